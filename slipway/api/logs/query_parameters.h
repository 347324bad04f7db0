// The values of a query's parameters, as requests carry them.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/logstore/log_store.h"

namespace slipway::api {

// {"name": "text", "other": 5, …}; null is the same as none. `where` names the member in the message of an error.
Result<logstore::QueryParameters> ReadQueryParameters(const nlohmann::json& json, std::string_view where);

}  // namespace slipway::api
