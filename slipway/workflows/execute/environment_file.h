// The files through which steps speak (GITHUB_ENV, GITHUB_OUTPUT, GITHUB_STATE): NAME=value, or NAME<<END … END.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::workflows {

// In the order of the file; a name may come twice, the last counts. kInvalidArgument tells the line.
Result<std::vector<std::pair<std::string, std::string>>> ParseEnvironmentFile(std::string_view text);

}  // namespace slipway::workflows
