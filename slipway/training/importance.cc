#include "slipway/training/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slipway/base/hash.h"
#include "slipway/training/evaluation.h"

namespace slipway::training {
namespace {

using tabular::Column;
using tabular::Table;

std::vector<uint32_t> Shuffled(size_t rows, SplitMix64& random) {
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = rows; i > 1; --i) std::swap(order[i - 1], order[random.NextBelow(i)]);
  return order;
}

// The table with one column's values in another order.
Result<Table> WithShuffled(const Table& table, const std::string& name, const std::vector<uint32_t>& order) {
  SLIPWAY_ASSIGN_OR_RETURN(const Table alone, table.Select({name}));
  const Table mixed = alone.TakeRows(order);
  std::vector<Column> columns;
  for (const Column& column : table.columns()) columns.push_back(column.name == name ? mixed.column(0) : column);
  return Table::Make(std::move(columns));
}

Result<double> Quality(const scoring::CompiledModel& model, const Table& table, const Column& truth) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto predictions, model.ScoreTable(table));
  SLIPWAY_ASSIGN_OR_RETURN(const Judged judged, Judge(predictions, truth));
  SLIPWAY_ASSIGN_OR_RETURN(const auto measured, Measure(judged, {.resamples = 0}));
  const std::string name = PermutationMetric(judged.classes.size());
  for (const auto& metric : measured)
    if (metric.name == name) return metric.value;
  return Internal("there is no metric " + name);
}

ColumnImportance Summary(const std::string& column, const std::vector<double>& falls) {
  const double count = static_cast<double>(falls.size());
  const double mean = std::accumulate(falls.begin(), falls.end(), 0.0) / count;
  double squares = 0;
  for (const double fall : falls) squares += (fall - mean) * (fall - mean);
  return {column, mean, std::sqrt(squares / count)};
}

void LargestFirst(std::vector<ColumnImportance>& importances) {
  std::stable_sort(importances.begin(), importances.end(),
                   [](const ColumnImportance& a, const ColumnImportance& b) { return a.value > b.value; });
}

}  // namespace

std::string PermutationMetric(size_t classes) {
  if (classes == 0) return "r2_score";
  return classes == 2 ? "roc_auc" : "accuracy";
}

Result<std::vector<ColumnImportance>> PermutationImportance(const scoring::CompiledModel& model, const Table& labelled,
                                                            const std::string& target,
                                                            const PermutationOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(labelled.Get(target));
  const Table sample = labelled.Head(options.rows);
  const Column truth = *sample.Find(target);
  const Table features = sample.Without(target);
  SLIPWAY_ASSIGN_OR_RETURN(const double best, Quality(model, features, truth));
  SplitMix64 random(options.seed);
  std::vector<ColumnImportance> importances;
  for (const model::ColumnSpec& column : model.signature().inputs) {
    std::vector<double> falls;
    for (int repeat = 0; repeat < options.repeats; ++repeat) {
      SLIPWAY_ASSIGN_OR_RETURN(const Table mixed,
                               WithShuffled(features, column.name, Shuffled(features.rows(), random)));
      SLIPWAY_ASSIGN_OR_RETURN(const double quality, Quality(model, mixed, truth));
      falls.push_back(best - quality);
    }
    importances.push_back(Summary(column.name, falls));
  }
  LargestFirst(importances);
  return importances;
}

Result<std::vector<ColumnImportance>> ShapImportance(const scoring::CompiledModel& model, const Table& table,
                                                     size_t rows) {
  SLIPWAY_RETURN_IF_ERROR(model.CheckExplainable());
  SLIPWAY_ASSIGN_OR_RETURN(const auto explained, model.ExplainTable(table.Head(rows)));
  const size_t columns = explained.columns.size();
  std::vector<ColumnImportance> importances;
  for (const std::string& column : explained.columns) importances.push_back({column, 0, 0});
  for (size_t i = 0; i < explained.values.size(); ++i) importances[i % columns].value += std::abs(explained.values[i]);
  for (ColumnImportance& importance : importances)
    importance.value /= static_cast<double>(std::max<size_t>(1, explained.rows * explained.base_values.size()));
  LargestFirst(importances);
  return importances;
}

}  // namespace slipway::training
