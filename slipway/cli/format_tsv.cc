#include "slipway/base/text.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/scalar_text.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Cell(const Json& value) {
  if (value.is_array()) return std::to_string(value.size());
  if (value.is_object()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return ScalarText(value, "None");
}

std::string Line(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (!value.is_structured()) return ScalarText(value, "None");
  std::string line;
  bool first = true;
  for (const Json& item : value) {
    if (!first) line += '\t';
    first = false;
    line += Cell(item);
  }
  return line;
}

}  // namespace

std::string FormatTsv(const Json& value) {
  if (!value.is_array()) return Line(value) + "\n";
  std::string out;
  for (const Json& item : value) out += Line(item) + "\n";
  return out;
}

}  // namespace slipway::cli
