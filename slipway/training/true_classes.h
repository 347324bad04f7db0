// The labels of a table as the classes that a model knows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

// A label as models write it: whole numbers without a fraction, booleans as 0 and 1.
std::string LabelText(const tabular::Column& column, size_t row);

// Per row the index of its label in `classes`; whole numbers and booleans match however they are written.
// kInvalidArgument names the row of a label that is missing or unknown.
Result<std::vector<uint32_t>> TrueClasses(const tabular::Column& column, std::span<const std::string> classes);

// kInvalidArgument for texts, dates and missing values, with the row.
Result<std::vector<double>> TrueValues(const tabular::Column& column);

}  // namespace slipway::training
