// Unfolding a job's matrix.
//
// Lists ("vectors") are crossed in the order of the file, the first varying slowest; `exclude` drops combinations that
// have all values of an entry; `include` adds to those whose own values fit, or becomes a combination of its own.
// Values compare as the expression language's == does.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/value.h"

namespace slipway::workflows {

inline constexpr size_t kMatrixMax = 256;  // jobs

struct Combination {
  expressions::workflow::Object values;
  std::string label;  // "3.11, linux": of the vectors' scalars; "" without any
};

// `matrix` evaluated. kInvalidArgument for an empty list, an `exclude` of an unknown key, more than kMatrixMax jobs.
Result<std::vector<Combination>> UnfoldMatrix(const expressions::workflow::Value& matrix);

}  // namespace slipway::workflows
