#include "slipway/training/baseline.h"

#include <vector>

#include <nlohmann/json.hpp>

namespace slipway::training {

Result<stats::Baseline> DescribeFeatures(const tabular::Table& train, const learn::FittedModel& model) {
  std::vector<std::string> names;
  for (const auto& column : model.columns) names.push_back(column.name);
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table features, train.Select(names));
  return stats::DescribeTable(features);
}

std::optional<stats::BaselineColumn> DescribePredictions(const scoring::Predictions& predictions) {
  const size_t width = predictions.classes.empty() ? 1 : predictions.classes.size();
  std::vector<double> scores;
  scores.reserve(predictions.rows);
  for (size_t row = 0; row < predictions.rows; ++row)
    scores.push_back(static_cast<double>(predictions.scores[row * width + width - 1]));
  return stats::DescribeScores(std::move(scores));
}

std::string BaselineText(const stats::Baseline& baseline) {
  return stats::BaselineToJson(baseline).dump(1) + "\n";
}

}  // namespace slipway::training
