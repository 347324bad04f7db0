// The input example that MLflow keeps beside a model.
#pragma once

#include <string>

#include "slipway/tabular/table.h"

namespace slipway::model {

// pandas' split form: {"columns": ["a", …], "data": [[1, …], …]}. Nulls, NaN and infinities are null, datetimes ISO
// 8601 texts; doubles have as many digits as read back the same.
std::string SplitJson(const tabular::Table& table);

}  // namespace slipway::model
