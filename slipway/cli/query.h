// `--query`: JMESPath over what a command prints.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::cli {

// Fails for an expression that cannot be parsed.
Status CheckQuery(const std::string& expression);
// `value` has sorted keys; objects that the expression makes keep the order it is written in.
Result<nlohmann::ordered_json> ApplyQuery(const std::string& expression, const nlohmann::ordered_json& value);

}  // namespace slipway::cli
