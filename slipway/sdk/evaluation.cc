#include "slipway/sdk/evaluation.h"

#include <algorithm>

#include "slipway/metrics/classification.h"
#include "slipway/metrics/probability.h"
#include "slipway/metrics/ranking.h"
#include "slipway/metrics/regression.h"
#include "slipway/training/true_classes.h"

namespace slipway::sdk {
namespace {

using Metrics = std::map<std::string, double>;
using tabular::Column;

Status AddProbabilityMetrics(const std::vector<uint32_t>& truth, const std::vector<float>& scores, size_t classes,
                             Metrics& metrics) {
  // A forest's sum of many float32 shares may come out a hair above 1.
  std::vector<double> probabilities;
  for (const float score : scores) probabilities.push_back(std::clamp(static_cast<double>(score), 0.0, 1.0));
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
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<uint32_t> truth, training::TrueClasses(target, predictions.classes));
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
  if (predictions.scores.size() != predictions.rows)
    return Unimplemented("metrics of a model with several outputs are not supported yet");
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> truth, training::TrueValues(target));
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
