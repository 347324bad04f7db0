#include "slipway/metrics/classification.h"

#include <fmt/format.h>

#include "slipway/metrics/check.h"

namespace slipway::metrics {
namespace {

double Ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

// The mean of the classes' scores under the weights that `weight` gives a class.
template <typename Weight>
ClassScores Average(const ConfusionMatrix& matrix, Weight weight) {
  ClassScores mean;
  double total = 0;
  for (size_t i = 0; i < matrix.classes(); ++i) {
    const ClassScores scores = ScoresOfClass(matrix, i);
    const double share = weight(i);
    mean.precision += share * scores.precision;
    mean.recall += share * scores.recall;
    mean.f1 += share * scores.f1;
    total += share;
  }
  return {Ratio(mean.precision, total), Ratio(mean.recall, total), Ratio(mean.f1, total), matrix.total()};
}

}  // namespace

Result<ConfusionMatrix> ConfusionMatrix::Make(std::span<const uint32_t> truth, std::span<const uint32_t> predicted,
                                              size_t classes) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), predicted.size(), "predictions"));
  ConfusionMatrix matrix(classes, truth.size());
  for (size_t row = 0; row < truth.size(); ++row) {
    for (uint32_t number : {truth[row], predicted[row]})
      if (number >= classes)
        return InvalidArgument(fmt::format("row {} has class {}, there are {} classes", row + 1, number, classes));
    ++matrix.counts_[truth[row] * classes + predicted[row]];
  }
  return matrix;
}

uint64_t ConfusionMatrix::true_count(size_t truth) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < classes_; ++i) sum += count(truth, i);
  return sum;
}

uint64_t ConfusionMatrix::predicted_count(size_t predicted) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < classes_; ++i) sum += count(i, predicted);
  return sum;
}

double Accuracy(const ConfusionMatrix& matrix) {
  uint64_t right = 0;
  for (size_t i = 0; i < matrix.classes(); ++i) right += matrix.count(i, i);
  return static_cast<double>(right) / static_cast<double>(matrix.total());
}

Result<double> Accuracy(std::span<const uint32_t> truth, std::span<const uint32_t> predicted) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), predicted.size(), "predictions"));
  size_t right = 0;
  for (size_t row = 0; row < truth.size(); ++row) right += truth[row] == predicted[row] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(truth.size());
}

ClassScores ScoresOfClass(const ConfusionMatrix& matrix, size_t positive) {
  const auto hits = static_cast<double>(matrix.count(positive, positive));
  ClassScores scores;
  scores.support = matrix.true_count(positive);
  scores.precision = Ratio(hits, static_cast<double>(matrix.predicted_count(positive)));
  scores.recall = Ratio(hits, static_cast<double>(scores.support));
  scores.f1 = Ratio(2 * scores.precision * scores.recall, scores.precision + scores.recall);
  return scores;
}

ClassScores MacroScores(const ConfusionMatrix& matrix) {
  return Average(matrix, [&](size_t i) { return matrix.true_count(i) + matrix.predicted_count(i) > 0 ? 1.0 : 0.0; });
}

ClassScores WeightedScores(const ConfusionMatrix& matrix) {
  return Average(matrix, [&](size_t i) { return static_cast<double>(matrix.true_count(i)); });
}

}  // namespace slipway::metrics
