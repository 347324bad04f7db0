// The target column of a table as what estimators take.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::learn {

// The classes of a target column.
struct ClassLabels {
  // Ascending: as numbers when they are whole numbers or booleans ("0", "1"), else as texts.
  std::vector<std::string> labels;
  bool are_integers = false;
  std::vector<uint32_t> codes;  // per row, index into `labels`
};

inline constexpr size_t kClassesMax = 1000;

// kInvalidArgument for missing values, fractions, dates, fewer than two or more than kClassesMax classes.
Result<ClassLabels> EncodeLabels(const tabular::Column& target);

// kInvalidArgument for texts, dates, missing values, numbers beyond float32, and one number in every row.
Result<std::vector<double>> TargetValues(const tabular::Column& target);

// Texts, booleans, and at most 20 different whole numbers; anything else is to be predicted as a number.
bool LooksLikeClasses(const tabular::Column& target);

}  // namespace slipway::learn
