#include "slipway/stats/drift_plan.h"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnInfo;
using tabular::ColumnSource;
using tabular::ColumnType;
using tabular::ColumnTypeName;

bool HoldsCategories(ColumnType type) {
  return type == ColumnType::kString || type == ColumnType::kBool;
}

bool AreAllShares(const std::vector<double>& sorted) {
  return sorted.empty() || (sorted.front() >= 0 && sorted.back() <= 1);
}

bool IsRegressionTarget(const Column& column) {
  constexpr size_t kDistinctMin = 5;
  return HoldsNumbers(column.type) && CountDistinct(SortedNumbers(column), kDistinctMin) >= kDistinctMin;
}

bool IsNumericPrediction(const Column& column, const Column* target) {
  if (!HoldsNumbers(column.type)) return false;
  const auto sorted = SortedNumbers(column);
  if (column.type == ColumnType::kFloat64 && AreAllShares(sorted)) return true;
  if (target != nullptr) return IsRegressionTarget(*target);
  return CountDistinct(sorted, ColumnPair::kDistinctMax + 1) > ColumnPair::kDistinctMax;
}

class Planner {
 public:
  Planner(const ColumnSource& reference, const DriftOptions& options) : reference_(reference), options_(options) {
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
    std::shared_ptr<const Column> target;
    if (!options_.target.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t index, reference_.Get(options_.target));
      SLIPWAY_ASSIGN_OR_RETURN(target, reference_.Read(index));
      AddOutcome(index, ColumnRole::kTarget, IsRegressionTarget(*target));
    }
    if (!options_.prediction.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t index, reference_.Get(options_.prediction));
      SLIPWAY_ASSIGN_OR_RETURN(const auto prediction, reference_.Read(index));
      AddOutcome(index, ColumnRole::kPrediction, IsNumericPrediction(*prediction, target.get()));
    }
    return {};
  }

  void AddOutcome(size_t index, ColumnRole role, bool is_numeric) {
    taken_.insert(reference_.columns()[index].name);
    Add(index, role, is_numeric ? FeatureKind::kNumeric : FeatureKind::kCategorical);
  }

  void Add(size_t index, ColumnRole role, FeatureKind kind) {
    plan_.push_back({index, reference_.columns()[index].name, role, kind});
  }

  Status AddNumeric() {
    std::vector<std::string> names = options_.numeric;
    if (names.empty())
      for (const ColumnInfo& column : reference_.columns())
        if (HoldsNumbers(column.type) && !taken_.contains(column.name)) names.push_back(column.name);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t index, reference_.Get(name));
      if (const ColumnType type = reference_.columns()[index].type; !HoldsNumbers(type))
        return InvalidArgument(
            fmt::format("column '{}' is listed as numeric, but holds values of type {}", name, ColumnTypeName(type)));
      Add(index, ColumnRole::kFeature, FeatureKind::kNumeric);
    }
    return {};
  }

  Status AddCategorical() {
    std::vector<std::string> names = options_.categorical;
    if (names.empty()) {
      for (const ColumnInfo& column : reference_.columns())
        if (HoldsCategories(column.type) && !taken_.contains(column.name)) names.push_back(column.name);
      std::sort(names.begin(), names.end());
    }
    for (const std::string& name : names) {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t index, reference_.Get(name));
      Add(index, ColumnRole::kFeature, FeatureKind::kCategorical);
    }
    return {};
  }

  const ColumnSource& reference_;
  const DriftOptions& options_;
  std::set<std::string, std::less<>> taken_;
  std::vector<PlannedColumn> plan_;
};

}  // namespace

Result<std::vector<PlannedColumn>> PlanColumns(const ColumnSource& reference, const DriftOptions& options) {
  return Planner(reference, options).Plan();
}

}  // namespace slipway::stats
