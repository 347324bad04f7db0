// What to say of a column that a table does not have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::tabular {

// kNotFound with the nearest of `names`; of a table whose one column is named like several, what parts them.
Error NoSuchColumn(std::string_view name, const std::vector<std::string>& names);

}  // namespace slipway::tabular
