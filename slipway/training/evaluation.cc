#include "slipway/training/evaluation.h"

#include <algorithm>

#include "slipway/metrics/classification.h"
#include "slipway/training/true_classes.h"

namespace slipway::training {
namespace {

template <typename T>
std::vector<T> Take(const std::vector<T>& from, std::span<const uint32_t> rows, size_t width = 1) {
  std::vector<T> taken;
  if (from.empty()) return taken;
  taken.reserve(rows.size() * width);
  for (const uint32_t row : rows)
    taken.insert(taken.end(), from.begin() + static_cast<ptrdiff_t>(row * width),
                 from.begin() + static_cast<ptrdiff_t>((row + 1) * width));
  return taken;
}

std::vector<uint8_t> AreSecond(const std::vector<uint32_t>& classes) {
  std::vector<uint8_t> is_second;
  for (const uint32_t code : classes) is_second.push_back(code == 1 ? 1 : 0);
  return is_second;
}

Status AddClasses(const Judged& judged, Evaluation& evaluation) {
  const size_t classes = judged.classes.size();
  SLIPWAY_ASSIGN_OR_RETURN(const auto matrix,
                           metrics::ConfusionMatrix::Make(judged.true_classes, judged.predicted_classes, classes));
  for (size_t truth = 0; truth < classes; ++truth) {
    std::vector<uint64_t>& row = evaluation.confusion.emplace_back();
    for (size_t said = 0; said < classes; ++said) row.push_back(matrix.count(truth, said));
    const auto scores = metrics::ScoresOfClass(matrix, truth);
    evaluation.by_class.push_back({judged.classes[truth], scores.support, scores.precision, scores.recall, scores.f1});
  }
  return {};
}

Status AddCurves(const Judged& judged, Evaluation& evaluation) {
  const std::vector<uint8_t> truth = judged.IsSecond();
  const std::vector<double> second = judged.SecondProbabilities();
  const auto positives = std::count(truth.begin(), truth.end(), 1);
  if (positives == 0 || positives == static_cast<ptrdiff_t>(truth.size())) return {};
  SLIPWAY_ASSIGN_OR_RETURN(evaluation.curve, metrics::ThresholdCurve(truth, second));
  SLIPWAY_ASSIGN_OR_RETURN(evaluation.calibration, metrics::Calibrate(truth, second));
  SLIPWAY_ASSIGN_OR_RETURN(evaluation.lift, metrics::Lift(truth, second));
  return {};
}

}  // namespace

std::vector<double> Judged::SecondProbabilities() const {
  std::vector<double> second;
  for (size_t row = 0; row < rows(); ++row) second.push_back(probabilities[2 * row + 1]);
  return second;
}

std::vector<uint8_t> Judged::IsSecond() const {
  return AreSecond(true_classes);
}

Judged Judged::TakeRows(std::span<const uint32_t> rows) const {
  return {classes,
          Take(true_classes, rows),
          Take(predicted_classes, rows),
          Take(probabilities, rows, classes.size()),
          Take(true_values, rows),
          Take(predicted_values, rows)};
}

Result<Judged> Judge(const scoring::Predictions& predictions, const tabular::Column& truth) {
  Judged judged;
  judged.classes = predictions.classes;
  if (judged.is_classifier()) {
    SLIPWAY_ASSIGN_OR_RETURN(judged.true_classes, TrueClasses(truth, predictions.classes));
    judged.predicted_classes = predictions.labels;
    for (const float score : predictions.scores)
      judged.probabilities.push_back(std::clamp(static_cast<double>(score), 0.0, 1.0));
    return judged;
  }
  if (predictions.scores.size() != predictions.rows)
    return Unimplemented("metrics of a model with several outputs are not supported yet");
  SLIPWAY_ASSIGN_OR_RETURN(judged.true_values, TrueValues(truth));
  judged.predicted_values.assign(predictions.scores.begin(), predictions.scores.end());
  return judged;
}

Result<std::vector<metrics::Resampled>> Resample(const Judged& judged, const metrics::IntervalOptions& options) {
  if (!judged.is_classifier()) return metrics::ResampleRegression(judged.true_values, judged.predicted_values, options);
  if (judged.is_binary())
    return metrics::ResampleBinary(judged.IsSecond(), judged.SecondProbabilities(), AreSecond(judged.predicted_classes),
                                   options);
  return metrics::ResampleClasses(judged.true_classes, judged.probabilities, judged.predicted_classes,
                                  judged.classes.size(), options);
}

Result<std::vector<metrics::Measured>> Measure(const Judged& judged, const metrics::IntervalOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto resampled, Resample(judged, options));
  return metrics::WithIntervals(resampled, options.level);
}

const metrics::Measured* Evaluation::Find(std::string_view metric) const {
  const auto found =
      std::find_if(metrics.begin(), metrics.end(), [&](const auto& measured) { return measured.name == metric; });
  return found == metrics.end() ? nullptr : &*found;
}

Result<Evaluation> Evaluate(const Judged& judged, const metrics::IntervalOptions& options) {
  Evaluation evaluation;
  evaluation.rows = judged.rows();
  evaluation.classes = judged.classes;
  SLIPWAY_ASSIGN_OR_RETURN(evaluation.metrics, Measure(judged, options));
  if (judged.is_classifier()) SLIPWAY_RETURN_IF_ERROR(AddClasses(judged, evaluation));
  if (judged.is_binary()) SLIPWAY_RETURN_IF_ERROR(AddCurves(judged, evaluation));
  return evaluation;
}

}  // namespace slipway::training
