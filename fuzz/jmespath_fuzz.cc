// An expression, a line break, a JSON document: no crash, and what compiles evaluates or says why not.
#include <string_view>

#include "slipway/expressions/jmespath.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_break = text.find('\n');
  const auto compiled = slipway::expressions::Jmespath::Compile(text.substr(0, line_break));
  if (!compiled || line_break == std::string_view::npos) return 0;
  const auto document = nlohmann::ordered_json::parse(text.substr(line_break + 1), nullptr, false);
  if (!document.is_discarded()) (void)compiled->Evaluate(document);
  return 0;
}
