#include "slipway/stats/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/thread_pool.h"
#include "slipway/stats/column_pair.h"
#include "slipway/stats/drift_plan.h"
#include "slipway/stats/drift_tests.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnSource;

constexpr size_t kSmallHistogramBins = 10;

// The test asked for by name; nullptr when the default rule is to choose.
Result<const DriftTest*> ChosenTest(const PlannedColumn& planned, const DriftOptions& options) {
  const bool is_numeric = planned.kind == FeatureKind::kNumeric;
  std::string name = options.test;
  if (const std::string& by_kind = is_numeric ? options.numeric_test : options.categorical_test; !by_kind.empty())
    name = by_kind;
  if (const auto found = options.test_by_column.find(planned.name); found != options.test_by_column.end())
    name = found->second;
  if (name.empty()) return nullptr;
  SLIPWAY_ASSIGN_OR_RETURN(const DriftTest* test, FindDriftTest(name));
  if (!(is_numeric ? test->takes_numbers : test->takes_categories))
    return InvalidArgument(fmt::format("the drift test '{}' does not take {} columns, and '{}' is one", name,
                                       is_numeric ? "numeric" : "categorical", planned.name));
  return test;
}

double ThresholdFor(const ColumnDrift& column, const DriftTest& test, const DriftOptions& options) {
  if (!options.threshold_by_column.empty()) {
    const auto found = options.threshold_by_column.find(column.name);
    return found == options.threshold_by_column.end() ? test.threshold : found->second;
  }
  const auto& by_kind =
      column.kind == FeatureKind::kNumeric ? options.numeric_threshold : options.categorical_threshold;
  return by_kind.value_or(options.threshold.value_or(test.threshold));
}

Histogram CategoryHistogram(const CategoryCounts& counts, const std::vector<size_t>& side) {
  Histogram histogram;
  histogram.labels = counts.keys;
  histogram.heights.assign(side.begin(), side.end());
  return histogram;
}

void DescribeDistributions(const ColumnPair& pair, ColumnDrift& column) {
  column.distribution = DistributionOf(pair);
  if (pair.kind == FeatureKind::kCategorical) {
    column.reference_histogram = CategoryHistogram(pair.counts, pair.counts.reference);
    column.current_histogram = CategoryHistogram(pair.counts, pair.counts.current);
  } else {
    column.reference_histogram = DensityHistogram(pair.reference, kSmallHistogramBins);
    column.current_histogram = DensityHistogram(pair.current, kSmallHistogramBins);
  }
}

void Score(const ColumnPair& pair, const DriftTest* chosen, const DriftOptions& options, ColumnDrift& column) {
  const DriftTest& test = chosen != nullptr ? *chosen : DefaultDriftTest(pair);
  column.test = test.name;
  column.test_title = test.title;
  column.threshold = ThresholdFor(column, test, options);
  auto score = test.score(pair, options.seed);
  if (!score) {
    column.problem = score.error().message();
    return;
  }
  column.score = *score;
  column.is_drifted = test.IsDrift(column.score, column.threshold);
}

// "" when the two columns can be laid side by side.
std::string WhyNotComparable(const PlannedColumn& planned, const Column* current) {
  if (current == nullptr) return "the current data have no such column";
  // A column without any value has whatever type its reader made of nothing.
  if (current->null_count() == current->size()) return "no usable value in the current data";
  if (planned.kind == FeatureKind::kNumeric && !current->is_numeric())
    return fmt::format("numeric in the reference, but of type {} in the current data",
                       tabular::ColumnTypeName(current->type));
  return "";
}

ColumnDrift CompareColumn(const PlannedColumn& planned, const Column& reference, const Column* current,
                          const DriftTest* chosen, const DriftOptions& options) {
  ColumnDrift column;
  column.name = reference.name;
  column.role = planned.role;
  column.kind = planned.kind;
  column.score = std::numeric_limits<double>::quiet_NaN();
  column.problem = WhyNotComparable(planned, current);
  if (!column.problem.empty()) return column;
  const ColumnPair pair = MakeColumnPair(reference, *current, planned.kind);
  column.reference_rows = pair.reference_rows;
  column.current_rows = pair.current_rows;
  column.reference_missing = reference.size() - pair.reference_rows;
  column.current_missing = current->size() - pair.current_rows;
  DescribeDistributions(pair, column);
  if (pair.reference_rows == 0 || pair.current_rows == 0)
    column.problem = fmt::format("no usable value in the {}", pair.reference_rows == 0 ? "reference" : "current data");
  else
    Score(pair, chosen, options, column);
  return column;
}

void Summarise(DriftReport& report) {
  for (const ColumnDrift& column : report.columns) {
    if (!column.problem.empty()) continue;
    ++report.tested;
    report.drifted += column.is_drifted;
  }
  if (report.tested == 0) return;
  report.drifted_share = static_cast<double>(report.drifted) / static_cast<double>(report.tested);
  report.is_drifted = report.drifted_share >= report.drift_share_threshold;
}

Status CheckSources(const ColumnSource& reference, const ColumnSource& current) {
  if (reference.rows() == 0) return InvalidArgument("the reference has no rows");
  if (current.rows() == 0) return InvalidArgument("the current data have no rows");
  for (const auto& column : reference.columns())
    if (current.IndexOf(column.name)) return {};
  return InvalidArgument(
      fmt::format("the tables have no column in common: the reference has {}; the current data have {}",
                  Join(reference.names(), ", "), Join(current.names(), ", ")));
}

std::vector<std::string> OnlyInCurrent(const ColumnSource& reference, const ColumnSource& current) {
  std::vector<std::string> names;
  for (const auto& column : current.columns())
    if (!reference.IndexOf(column.name)) names.push_back(column.name);
  return names;
}

// What the threads of a run share.
struct Run {
  const ColumnSource& reference;
  const ColumnSource& current;
  const DriftOptions& options;
  const ColumnVisitor& visit;

  Result<ColumnDrift> Compare(const PlannedColumn& planned, const DriftTest* chosen) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto before, With(reference.Read(planned.index), "the reference"));
    std::shared_ptr<const Column> now;
    if (const auto index = current.IndexOf(planned.name)) {
      SLIPWAY_ASSIGN_OR_RETURN(now, With(current.Read(*index), "the current data"));
    }
    ColumnDrift column = CompareColumn(planned, *before, now.get(), chosen, options);
    if (visit) visit(*before, now.get());
    return column;
  }
};

Status CompareAll(const Run& run, const std::vector<PlannedColumn>& plan, const std::vector<const DriftTest*>& chosen,
                  DriftReport& report) {
  std::vector<std::optional<Error>> failures(plan.size());
  const auto compare = [&](size_t i) {
    auto column = run.Compare(plan[i], chosen[i]);
    if (column)
      report.columns[i] = std::move(*column);
    else
      failures[i] = column.error();
  };
  if (run.options.threads > 1) {
    ThreadPool pool(run.options.threads - 1);
    pool.ParallelFor(plan.size(), compare);
  } else {
    for (size_t i = 0; i < plan.size(); ++i) compare(i);
  }
  for (auto& failure : failures)
    if (failure) return std::move(*failure);
  return {};
}

}  // namespace

const ColumnDrift* DriftReport::Find(std::string_view column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnDrift& drift) { return drift.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

Result<DriftReport> CompareTables(const tabular::Table& reference, const tabular::Table& current,
                                  const DriftOptions& options) {
  return CompareSources(*tabular::SourceOf(reference), *tabular::SourceOf(current), options);
}

Result<DriftReport> CompareSources(const ColumnSource& reference, const ColumnSource& current,
                                   const DriftOptions& options, const ColumnVisitor& visit) {
  SLIPWAY_RETURN_IF_ERROR(CheckSources(reference, current));
  SLIPWAY_ASSIGN_OR_RETURN(const auto plan, PlanColumns(reference, options));
  if (plan.empty()) return InvalidArgument("the reference has no column to compare");
  std::vector<const DriftTest*> chosen;
  for (const PlannedColumn& planned : plan) {
    SLIPWAY_ASSIGN_OR_RETURN(const DriftTest* test, ChosenTest(planned, options));
    chosen.push_back(test);
  }
  DriftReport report;
  report.columns.resize(plan.size());
  report.reference_rows = reference.rows();
  report.current_rows = current.rows();
  report.drift_share_threshold = options.drift_share;
  report.target = options.target;
  report.prediction = options.prediction;
  report.only_in_current = OnlyInCurrent(reference, current);
  SLIPWAY_RETURN_IF_ERROR(CompareAll({reference, current, options, visit}, plan, chosen, report));
  Summarise(report);
  return report;
}

}  // namespace slipway::stats
