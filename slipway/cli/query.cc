#include "slipway/cli/query.h"

#include "slipway/expressions/jmespath.h"

namespace slipway::cli {

Status CheckQuery(const std::string& expression) {
  SLIPWAY_RETURN_IF_ERROR(expressions::Jmespath::Compile(expression));
  return {};
}

Result<nlohmann::ordered_json> ApplyQuery(const std::string& expression, const nlohmann::ordered_json& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto compiled, expressions::Jmespath::Compile(expression));
  return compiled.Evaluate(value);
}

}  // namespace slipway::cli
