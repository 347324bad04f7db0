// The Windows time zones and the IANA zone whose rules each follows (Unicode CLDR's mapping of territory 001).
#pragma once

#include <span>
#include <string_view>

namespace slipway::schedules {

struct WindowsZone {
  std::string_view windows;
  std::string_view iana;
};

// From west to east.
std::span<const WindowsZone> WindowsZones();

}  // namespace slipway::schedules
