// The version that `slipway version` prints: the build defines it as the project's in CMakeLists.txt.
#pragma once

#include <string_view>

namespace slipway::cli {

inline constexpr std::string_view kVersion = SLIPWAY_VERSION;

}  // namespace slipway::cli
