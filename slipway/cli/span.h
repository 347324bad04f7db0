// Spans of time as people and az write them: "7d", "90m", "1d12h30m".
#pragma once

#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::cli {

// As ISO 8601, which is taken as it is. kInvalidArgument begins with `flag`, "--last".
Result<std::string> IsoSpan(const std::string& text, std::string_view flag);

}  // namespace slipway::cli
