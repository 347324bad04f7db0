#include "slipway/training/domain_drift.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "slipway/base/hash.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/metrics/ranking.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/stats/column_pair.h"
#include "slipway/tabular/concatenate.h"
#include "slipway/training/importance.h"

namespace slipway::training {
namespace {

using stats::DomainDrift;
using tabular::Column;
using tabular::ColumnType;
using tabular::Table;

std::vector<std::string> SharedColumns(const Table& reference, const Table& current,
                                       const std::vector<std::string>& ignored) {
  std::vector<std::string> names;
  for (const Column& column : reference.columns()) {
    const Column* other = current.Find(column.name);
    const bool is_wanted =
        other != nullptr && column.type != ColumnType::kDatetime &&
        (column.type == other->type || (stats::HoldsNumbers(column.type) && stats::HoldsNumbers(other->type)));
    if (is_wanted && std::find(ignored.begin(), ignored.end(), column.name) == ignored.end())
      names.push_back(column.name);
  }
  return names;
}

// At most `most` rows, drawn without replacement.
Table Draw(const Table& table, size_t most, SplitMix64& random) {
  std::vector<uint32_t> rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0);
  for (size_t i = 0; i < std::min(most, rows.size()); ++i)
    std::swap(rows[i], rows[i + random.NextBelow(rows.size() - i)]);
  rows.resize(std::min(most, rows.size()));
  return table.TakeRows(rows);
}

// Both sides below one another with a column of labels, whose name is nobody's.
struct Labelled {
  Table table;
  std::string label;
  std::vector<uint8_t> is_current;
};

Result<Labelled> Label(const Table& reference, const Table& current) {
  Labelled labelled;
  labelled.label = "is_current";
  while (reference.Find(labelled.label) != nullptr) labelled.label += "_";
  labelled.is_current.assign(reference.rows(), 0);
  labelled.is_current.resize(reference.rows() + current.rows(), 1);
  SLIPWAY_ASSIGN_OR_RETURN(labelled.table, tabular::Append(reference, current));
  tabular::ColumnBuilder labels(labelled.label, ColumnType::kInt64);
  for (const uint8_t is_current : labelled.is_current) labels.AddInt(is_current);
  SLIPWAY_RETURN_IF_ERROR(labelled.table.Add(std::move(labels).Build()));
  return labelled;
}

// Both sides' rows are in an order that was drawn: every `folds`-th of each.
std::vector<uint32_t> RowsOfFold(const Labelled& labelled, int folds, int fold, bool is_held_out) {
  std::vector<uint32_t> rows;
  int next[2] = {0, 0};
  for (size_t row = 0; row < labelled.is_current.size(); ++row)
    if ((next[labelled.is_current[row]]++ % folds == fold) == is_held_out) rows.push_back(static_cast<uint32_t>(row));
  return rows;
}

learn::FitOptions ForestOptions(const DomainDriftOptions& options) {
  learn::FitOptions fit = learn::DefaultOptions(learn::Algorithm::kRandomForest, learn::Task::kClassification);
  fit.forest.trees = options.trees;
  fit.forest.max_depth = 10;
  fit.forest.min_samples_leaf = 5;
  fit.forest.seed = options.seed;
  return fit;
}

Result<std::shared_ptr<const scoring::CompiledModel>> Learn(const Table& train, const std::string& label,
                                                            const DomainDriftOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const learn::FittedModel fitted, learn::FitModel(train, label, ForestOptions(options)));
  SLIPWAY_ASSIGN_OR_RETURN(const model::OnnxModel onnx, learn::ToOnnx(fitted));
  return scoring::CompiledModel::Make(onnx, fitted.signature, false);
}

std::vector<DomainDrift::Contribution> LargestFirst(const std::map<std::string, double>& sums, int folds) {
  std::vector<DomainDrift::Contribution> all;
  for (const auto& [column, sum] : sums) all.push_back({column, sum / folds});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
  return all;
}

Status Judge(const Labelled& labelled, const DomainDriftOptions& options, DomainDrift& drift) {
  std::vector<double> scores;
  std::vector<uint8_t> truth;
  std::map<std::string, double> contributions;
  for (int fold = 0; fold < options.folds; ++fold) {
    const auto held_out = RowsOfFold(labelled, options.folds, fold, true);
    const Table train = labelled.table.TakeRows(RowsOfFold(labelled, options.folds, fold, false));
    const Table test = labelled.table.TakeRows(held_out);
    SLIPWAY_ASSIGN_OR_RETURN(const auto model, Learn(train, labelled.label, options));
    SLIPWAY_ASSIGN_OR_RETURN(const auto predictions, model->ScoreTable(test.Without(labelled.label)));
    for (size_t i = 0; i < held_out.size(); ++i) {
      scores.push_back(static_cast<double>(predictions.scores[2 * i + 1]));
      truth.push_back(labelled.is_current[held_out[i]]);
    }
    // Rows in the order of the sides: all of a fold are looked at, so that both are.
    SLIPWAY_ASSIGN_OR_RETURN(
        const auto importances,
        PermutationImportance(*model, test, labelled.label, {.rows = test.rows(), .repeats = 1, .seed = options.seed}));
    for (const ColumnImportance& importance : importances) contributions[importance.column] += importance.value;
  }
  SLIPWAY_ASSIGN_OR_RETURN(drift.auc, metrics::RocAuc(truth, scores));
  drift.standard_error = stats::RocAucStandardError(drift.auc, drift.current_rows, drift.reference_rows);
  drift.contributions = LargestFirst(contributions, options.folds);
  drift.verdict = stats::JudgeDomainAuc(drift.auc, drift.standard_error, options.auc);
  return {};
}

}  // namespace

Result<stats::DomainDrift> MeasureDomainDrift(const Table& reference, const Table& current,
                                              const DomainDriftOptions& options) {
  const auto names = SharedColumns(reference, current, options.ignored);
  if (names.empty()) return InvalidArgument("the tables have no column in common that a model could learn from");
  SplitMix64 random(options.seed);
  SLIPWAY_ASSIGN_OR_RETURN(const Table before, reference.Select(names));
  SLIPWAY_ASSIGN_OR_RETURN(const Table now, current.Select(names));
  DomainDrift drift;
  drift.reference_rows = std::min(options.rows_max, before.rows());
  drift.current_rows = std::min(options.rows_max, now.rows());
  if (std::min(drift.reference_rows, drift.current_rows) < options.rows_min) return drift;
  SLIPWAY_ASSIGN_OR_RETURN(const Labelled labelled,
                           Label(Draw(before, options.rows_max, random), Draw(now, options.rows_max, random)));
  SLIPWAY_RETURN_IF_ERROR(Judge(labelled, options, drift));
  return drift;
}

}  // namespace slipway::training
