// KQL queries against the log store of the workspace.
#pragma once

#include <string>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

// Runs `query` over the workspace's logs (the Log Analytics API of SLIPWAY_CONTROL_URL). Throws Failure with the
// query's own error, caret included.
Table QueryLogs(const std::string& query);

}  // namespace slipway::sdk
