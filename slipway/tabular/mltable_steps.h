// The transformations of MLTable that take a table and give one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"
#include "slipway/tabular/yaml_value.h"

namespace slipway::tabular {

struct MltableStep {
  std::function<Result<Table>(Table)> apply;
  SourcePosition position;                     // of its name; errors of `apply` are complained about there
  std::vector<std::string> text_columns = {};  // columns that the step makes texts
  bool reads_values = false;                   // goes by the values of columns, hence by their types
};

// `name` is any transformation but those that read files; unknown names and arguments fail here, not in `apply`.
Result<MltableStep> ParseMltableStep(const YamlValue::Member& transformation);

}  // namespace slipway::tabular
