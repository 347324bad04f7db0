#include "slipway/monitor/live_drift/sliding_counts.h"

namespace slipway::monitor {

SlidingCounts::SlidingCounts(const stats::BaselineColumn& column, Duration window, int slots)
    : slot_length_(window / slots), empty_(column), ring_(static_cast<size_t>(slots), Slot{-1, empty_}) {}

stats::BinCounts* SlidingCounts::At(Timestamp time) {
  const int64_t number = NumberOf(time);
  if (number < 0) return nullptr;
  Slot& slot = ring_[static_cast<size_t>(number) % ring_.size()];
  if (slot.number > number) return nullptr;
  if (slot.number < number) slot = {number, empty_};
  return &slot.counts;
}

stats::BinCounts SlidingCounts::Sum(Timestamp now) const {
  const int64_t newest = NumberOf(now), oldest = newest - static_cast<int64_t>(ring_.size()) + 1;
  stats::BinCounts sum = empty_;
  for (const Slot& slot : ring_)
    if (slot.number >= oldest && slot.number <= newest) sum += slot.counts;
  return sum;
}

}  // namespace slipway::monitor
