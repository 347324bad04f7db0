// What changed in the data beside their distributions: columns, types, missing values, categories, ranges. Each finding
// says what it is, how much of the data it touches, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/stats/severity.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

enum class ShiftKind {
  kMissingColumn,  // the current data lack it
  kNewColumn,      // the reference lacks it
  kTypeChange,     // numbers became texts, or the like
  kConstant,       // it varied, and holds one value now
  kMissingValues,  // more of them than before
  kNewCategories,  // texts that the reference does not have
  kOutOfRange,     // numbers below or above all of the reference
};
std::string_view ShiftKindName(ShiftKind kind);  // "missing_column" …

struct ShiftFinding {
  ShiftKind kind = ShiftKind::kNewColumn;
  Severity severity = Severity::kNote;
  std::string column = {};
  double share = 0;       // of the current rows that it touches
  std::string what = {};  // "12.4 % of the values are missing, before 0.1 %"
  std::string advice = {};
};

struct ShiftLimits {
  // The share of missing values has to rise by this many points to be told of, and by so many to be an error; and by
  // more than chance makes it (two-proportion z test, one-sided, p < 0.001).
  double missing_warning = 0.01, missing_error = 0.1;
  // Shares of rows.
  double new_category_warning = 0, new_category_error = 0.05;  // warning: above it; a note where it may be chance
  double out_of_range_warning = 0.001, out_of_range_error = 0.05;
};

// Of one column; `now` is null where the current data lack it.
std::vector<ShiftFinding> FindColumnShifts(const tabular::Column& before, const tabular::Column* now,
                                           const ShiftLimits& limits = {});
ShiftFinding NewColumn(const std::string& name);
// By severity, then by share.
void SortWorstFirst(std::vector<ShiftFinding>& findings);

// Of all columns, worst first. Columns of times are looked at for missing values and types alone.
std::vector<ShiftFinding> FindShifts(const tabular::Table& reference, const tabular::Table& current,
                                     const ShiftLimits& limits = {});

}  // namespace slipway::stats
