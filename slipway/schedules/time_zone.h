// Wall clocks: what a clock on the wall of a time zone shows at an instant, and back. The rules come from the system's
// tz database, read through Howard Hinnant's date library (only time_zone.cc includes it).
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace date {
class time_zone;
}

namespace slipway::schedules {

// Microseconds on a wall clock, without a zone.
using WallTime = std::chrono::local_time<Duration>;

// A value; refers to the database, which lives as long as the process. Thread-safe.
class TimeZone {
 public:
  // A Windows zone name ("UTC", "W. Europe Standard Time"), compared without case, as Azure takes them.
  // kInvalidArgument with the nearest name otherwise; IANA names are refused with the Windows name that stands for
  // them.
  static Result<TimeZone> Find(std::string_view windows_name);

  WallTime WallAt(Timestamp instant) const;

  // Every instant at which the clock shows `wall`: none where clocks were set forward over it, two where they were set
  // back, earlier one first.
  std::vector<Timestamp> Instants(WallTime wall) const;

  // The one instant meant by a time of day that a person wrote: the earlier of two, and the end of the gap for a time
  // that clocks skipped.
  Timestamp Resolve(WallTime wall) const;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;
};

}  // namespace slipway::schedules
