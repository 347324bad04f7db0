#include "slipway/stats/drift_plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;
using tabular::ColumnTypeName;

// Evidently calls booleans categorical; `is_numeric` of a column counts them as numbers.
bool HoldsNumbers(const Column& column) {
  return column.is_numeric() && column.type != ColumnType::kBool;
}

bool HoldsCategories(const Column& column) {
  return column.type == ColumnType::kString || column.type == ColumnType::kBool;
}

bool AreAllShares(const std::vector<double>& sorted) {
  return sorted.empty() || (sorted.front() >= 0 && sorted.back() <= 1);
}

bool IsRegressionTarget(const Column& column) {
  constexpr size_t kDistinctMin = 5;
  return HoldsNumbers(column) && CountDistinct(SortedNumbers(column), kDistinctMin) >= kDistinctMin;
}

bool IsNumericPrediction(const Column& column, const Column* target) {
  if (!HoldsNumbers(column)) return false;
  const auto sorted = SortedNumbers(column);
  if (column.type == ColumnType::kFloat64 && AreAllShares(sorted)) return true;
  if (target != nullptr) return IsRegressionTarget(*target);
  return CountDistinct(sorted, ColumnPair::kDistinctMax + 1) > ColumnPair::kDistinctMax;
}

class Planner {
 public:
  Planner(const tabular::Table& reference, const DriftOptions& options) : reference_(reference), options_(options) {
    for (const auto* names : {&options.ignored, &options.numeric, &options.categorical})
      taken_.insert(names->begin(), names->end());
  }

  Result<std::vector<PlannedColumn>> Plan() {
    SLIPWAY_RETURN_IF_ERROR(CheckNames());
    SLIPWAY_RETURN_IF_ERROR(AddOutcomes());
    SLIPWAY_RETURN_IF_ERROR(AddNumeric());
    SLIPWAY_RETURN_IF_ERROR(AddCategorical());
    return std::move(plan_);
  }

 private:
  Status CheckNames() const {
    std::set<std::string> seen;
    for (const auto* names : {&options_.numeric, &options_.categorical})
      for (const std::string& name : *names)
        if (!seen.insert(name).second) return InvalidArgument(fmt::format("column '{}' is listed twice", name));
    for (const std::string& name : options_.ignored) SLIPWAY_RETURN_IF_ERROR(reference_.Get(name));
    for (const auto& [name, test] : options_.test_by_column) SLIPWAY_RETURN_IF_ERROR(reference_.Get(name));
    for (const auto& [name, threshold] : options_.threshold_by_column) SLIPWAY_RETURN_IF_ERROR(reference_.Get(name));
    return {};
  }

  Status AddOutcomes() {
    const Column* target = nullptr;
    if (!options_.target.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(target, reference_.Get(options_.target));
      AddOutcome(*target, ColumnRole::kTarget, IsRegressionTarget(*target));
    }
    if (!options_.prediction.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(const Column* prediction, reference_.Get(options_.prediction));
      AddOutcome(*prediction, ColumnRole::kPrediction, IsNumericPrediction(*prediction, target));
    }
    return {};
  }

  void AddOutcome(const Column& column, ColumnRole role, bool is_numeric) {
    taken_.insert(column.name);
    plan_.push_back({&column, role, is_numeric ? FeatureKind::kNumeric : FeatureKind::kCategorical});
  }

  Status AddNumeric() {
    std::vector<std::string> names = options_.numeric;
    if (names.empty())
      for (const Column& column : reference_.columns())
        if (HoldsNumbers(column) && !taken_.contains(column.name)) names.push_back(column.name);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      SLIPWAY_ASSIGN_OR_RETURN(const Column* column, reference_.Get(name));
      if (!HoldsNumbers(*column))
        return InvalidArgument(fmt::format("column '{}' is listed as numeric, but holds values of type {}", name,
                                           ColumnTypeName(column->type)));
      plan_.push_back({column, ColumnRole::kFeature, FeatureKind::kNumeric});
    }
    return {};
  }

  Status AddCategorical() {
    std::vector<std::string> names = options_.categorical;
    if (names.empty()) {
      for (const Column& column : reference_.columns())
        if (HoldsCategories(column) && !taken_.contains(column.name)) names.push_back(column.name);
      std::sort(names.begin(), names.end());
    }
    for (const std::string& name : names) {
      SLIPWAY_ASSIGN_OR_RETURN(const Column* column, reference_.Get(name));
      plan_.push_back({column, ColumnRole::kFeature, FeatureKind::kCategorical});
    }
    return {};
  }

  const tabular::Table& reference_;
  const DriftOptions& options_;
  std::set<std::string, std::less<>> taken_;
  std::vector<PlannedColumn> plan_;
};

}  // namespace

Result<std::vector<PlannedColumn>> PlanColumns(const tabular::Table& reference, const DriftOptions& options) {
  return Planner(reference, options).Plan();
}

}  // namespace slipway::stats
