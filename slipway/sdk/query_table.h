// The answer of the Logs query API as a table. For the SDK's own .cc files.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::sdk {

// The answer's first table. int and long become integers, real and decimal numbers (infinite and NaN ones too), bool
// and datetime themselves; string, guid, timespan and dynamic text, a dynamic its JSON. kResourceExhausted when the
// answer is cut short, kInternal when it is not one.
Result<tabular::Table> TableOfAnswer(const nlohmann::json& answer);

}  // namespace slipway::sdk
