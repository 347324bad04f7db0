#include "slipway/sdk/evaluation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/metrics/classification.h"
#include "slipway/metrics/probability.h"
#include "slipway/metrics/ranking.h"
#include "slipway/metrics/regression.h"

namespace slipway::sdk {
namespace {

using Metrics = std::map<std::string, double>;
using tabular::Column;
using tabular::ColumnType;

// A label as models write it: whole numbers without a fraction, booleans as 0 and 1.
std::string LabelText(const Column& column, size_t row) {
  const bool is_whole = column.type == ColumnType::kFloat64 && std::abs(column.doubles[row]) < 1e15 &&
                        column.doubles[row] == std::floor(column.doubles[row]);
  if (is_whole) return fmt::format("{:.0f}", column.doubles[row]);
  if (column.type == ColumnType::kBool) return column.ints[row] != 0 ? "1" : "0";
  return column.text(row);
}

Result<uint32_t> ClassOf(const Column& column, size_t row, const std::vector<std::string>& classes) {
  if (column.is_null(row)) return InvalidArgument(fmt::format("row {}: '{}' has no value", row, column.name));
  for (const std::string& text : {LabelText(column, row), column.text(row)}) {
    const auto found = std::find(classes.begin(), classes.end(), text);
    if (found != classes.end()) return static_cast<uint32_t>(found - classes.begin());
  }
  return InvalidArgument(
      fmt::format("row {}: the model has no class '{}' of '{}'", row, column.text(row), column.name));
}

Status AddProbabilityMetrics(const std::vector<uint32_t>& truth, const std::vector<float>& scores, size_t classes,
                             Metrics& metrics) {
  const std::vector<double> probabilities(scores.begin(), scores.end());
  if (classes != 2) {
    SLIPWAY_ASSIGN_OR_RETURN(metrics["log_loss"], metrics::LogLoss(truth, probabilities, classes));
    SLIPWAY_ASSIGN_OR_RETURN(metrics["roc_auc"], metrics::RocAucOneVsRest(truth, probabilities, classes));
    return {};
  }
  const std::vector<uint8_t> is_second(truth.begin(), truth.end());
  std::vector<double> second;
  for (size_t row = 0; row < truth.size(); ++row) second.push_back(probabilities[2 * row + 1]);
  SLIPWAY_ASSIGN_OR_RETURN(metrics["log_loss"], metrics::LogLoss(is_second, second));
  SLIPWAY_ASSIGN_OR_RETURN(metrics["roc_auc"], metrics::RocAuc(is_second, second));
  return {};
}

Result<Metrics> EvaluateClasses(const scoring::Predictions& predictions, const Column& target) {
  const size_t classes = predictions.classes.size();
  std::vector<uint32_t> truth;
  for (size_t row = 0; row < predictions.rows; ++row) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint32_t label, ClassOf(target, row, predictions.classes));
    truth.push_back(label);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto matrix, metrics::ConfusionMatrix::Make(truth, predictions.labels, classes));
  const auto scores = classes == 2 ? metrics::ScoresOfClass(matrix, 1) : metrics::MacroScores(matrix);
  Metrics result = {{"accuracy", metrics::Accuracy(matrix)},
                    {"precision", scores.precision},
                    {"recall", scores.recall},
                    {"f1_score", scores.f1}};
  SLIPWAY_RETURN_IF_ERROR(AddProbabilityMetrics(truth, predictions.scores, classes, result));
  return result;
}

Result<Metrics> EvaluateNumbers(const scoring::Predictions& predictions, const Column& target) {
  if (!target.is_numeric()) return InvalidArgument(fmt::format("'{}' is no column of numbers", target.name));
  if (predictions.scores.size() != predictions.rows)
    return Unimplemented("metrics of a model with several outputs are not supported yet");
  std::vector<double> truth;
  for (size_t row = 0; row < predictions.rows; ++row) truth.push_back(target.number(row));
  const std::vector<double> predicted(predictions.scores.begin(), predictions.scores.end());
  SLIPWAY_ASSIGN_OR_RETURN(const auto scores, metrics::ScoreRegression(truth, predicted));
  return Metrics{{"rmse", scores.rmse}, {"mae", scores.mae}, {"r2_score", scores.r2}};
}

}  // namespace

Result<Metrics> EvaluatePredictions(const scoring::Predictions& predictions, const tabular::Table& labelled,
                                    const std::string& target) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, labelled.Get(target));
  if (!predictions.classes.empty()) return EvaluateClasses(predictions, *column);
  return EvaluateNumbers(predictions, *column);
}

}  // namespace slipway::sdk
