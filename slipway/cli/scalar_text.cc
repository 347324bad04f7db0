#include "slipway/cli/scalar_text.h"

#include "slipway/base/text.h"

namespace slipway::cli {

std::string ScalarText(const nlohmann::ordered_json& value, std::string_view null_text) {
  if (value.is_null()) return std::string(null_text);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number_float()) {
    std::string text = FormatDouble(value.get<double>());
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
  }
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace slipway::cli
