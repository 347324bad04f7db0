// A JSON scalar as Python's str() writes it.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace slipway::cli {

// Strings as they are; whole floats with ".0"; `null_text` for null; booleans "True" and "False".
std::string ScalarText(const nlohmann::ordered_json& value, std::string_view null_text);

}  // namespace slipway::cli
