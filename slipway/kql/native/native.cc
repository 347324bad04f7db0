#include "slipway/kql/native/native.h"

#include <algorithm>

#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

const std::vector<Function>& Table() {
  static const std::vector<Function> kTable = [] {
    std::vector<Function> all;
    for (const auto part :
         {TextFunctions(), AddressFunctions(), DynamicFunctions(), SeriesFunctions(), AnalysisFunctions(),
          MathFunctions(), DecimalFunctions(), WalkFunctions(), PatternFunctions()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace

std::vector<Function> AllFunctions() {
  return Table();
}

const Function* FindFunction(std::string_view name, size_t arguments) {
  const auto& table = Table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Function& function) {
    return function.name == name && function.parameters.size() == arguments;
  });
  return found == table.end() ? nullptr : &*found;
}

bool HasFunction(std::string_view name) {
  const auto& table = Table();
  return std::any_of(table.begin(), table.end(), [&](const Function& function) { return function.name == name; });
}

Json ParseJson(const Argument& argument) {
  if (IsNull(argument)) return nullptr;
  Json json = Json::parse(Text(argument), nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

std::string Write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Value Dynamic(const Json& json) {
  if (json.is_null()) return {};
  return Write(json);
}

}  // namespace slipway::kql::native
