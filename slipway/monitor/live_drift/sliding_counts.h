// Counts of the last minutes or hours: a ring of slots, each of a fixed stretch of time, so that old rows leave without
// being kept one by one.
#pragma once

#include <cstdint>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/stats/baseline.h"

namespace slipway::monitor {

// A value type; not thread-safe. Memory: slots times bins of the column.
class SlidingCounts {
 public:
  // `slots` parts of `window`; a row leaves between `window` and one part less after its time.
  SlidingCounts(const stats::BaselineColumn& column, Duration window, int slots);

  // Where a row of this time is counted; nullptr when it is older than the ring. Later than all before: the ring turns.
  stats::BinCounts* At(Timestamp time);
  stats::BinCounts Sum(Timestamp now) const;

 private:
  struct Slot {
    int64_t number = -1;  // of the stretch of time, counted since 1970
    stats::BinCounts counts;
  };
  int64_t NumberOf(Timestamp time) const { return time.time_since_epoch() / slot_length_; }

  Duration slot_length_;
  stats::BinCounts empty_;
  std::vector<Slot> ring_;
};

}  // namespace slipway::monitor
