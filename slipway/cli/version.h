// The version that `slipway version` prints: the project's in CMakeLists.txt.
#pragma once

#include <string_view>

namespace slipway::cli {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace slipway::cli
