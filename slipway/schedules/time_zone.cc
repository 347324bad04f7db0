#include "slipway/schedules/time_zone.h"

#include <exception>
#include <string>

#include <date/tz.h>
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/schedules/windows_zones.h"

namespace slipway::schedules {
namespace {

date::local_time<Duration> ToDate(WallTime wall) {
  return date::local_time<Duration>(wall.time_since_epoch());
}

Timestamp At(WallTime wall, std::chrono::seconds offset) {
  return Timestamp(wall.time_since_epoch() - offset);
}

Error NoZone(std::string_view name) {
  std::vector<std::string> names;
  for (const WindowsZone& zone : WindowsZones()) {
    if (EqualsIgnoreCase(zone.iana, name)) {
      return InvalidArgument(fmt::format("'{}' is an IANA time zone: write the Windows name '{}'", name, zone.windows));
    }
    names.emplace_back(zone.windows);
  }
  return InvalidArgument(
      fmt::format("'{}' is not a Windows time zone name such as 'UTC' or 'W. Europe Standard Time'{}", name,
                  DidYouMean(name, names)));
}

Result<const date::time_zone*> Locate(std::string_view iana) {
  try {
    return date::locate_zone(iana);
  } catch (const std::exception& failure) {
    return Unavailable(
        fmt::format("the system's time zone database (package tzdata) has no '{}': {}", iana, failure.what()));
  }
}

}  // namespace

Result<TimeZone> TimeZone::Find(std::string_view windows_name) {
  for (const WindowsZone& zone : WindowsZones()) {
    if (!EqualsIgnoreCase(zone.windows, windows_name)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const date::time_zone* located, Locate(zone.iana));
    return TimeZone(located);
  }
  return NoZone(windows_name);
}

WallTime TimeZone::WallAt(Timestamp instant) const {
  const auto offset = zone_->get_info(instant).offset;
  return WallTime(instant.time_since_epoch() + offset);
}

std::vector<Timestamp> TimeZone::Instants(WallTime wall) const {
  const date::local_info info = zone_->get_info(ToDate(wall));
  switch (info.result) {
    case date::local_info::unique:
      return {At(wall, info.first.offset)};
    case date::local_info::ambiguous:
      return {At(wall, info.first.offset), At(wall, info.second.offset)};
    default:
      return {};
  }
}

Timestamp TimeZone::Resolve(WallTime wall) const {
  const date::local_info info = zone_->get_info(ToDate(wall));
  if (info.result == date::local_info::nonexistent) return Timestamp(info.second.begin);
  return At(wall, info.first.offset);
}

}  // namespace slipway::schedules
