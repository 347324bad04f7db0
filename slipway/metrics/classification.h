// How well predicted classes match the true ones, with scikit-learn's semantics (1.2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::metrics {

// Counts of (true class, predicted class). Classes are numbers below classes(). A value.
class ConfusionMatrix {
 public:
  // kInvalidArgument when the lists are empty or of different lengths, or a class is not below `classes`.
  static Result<ConfusionMatrix> Make(std::span<const uint32_t> truth, std::span<const uint32_t> predicted,
                                      size_t classes);

  size_t classes() const { return classes_; }
  uint64_t total() const { return total_; }
  uint64_t count(size_t truth, size_t predicted) const { return counts_[truth * classes_ + predicted]; }
  uint64_t true_count(size_t truth) const;           // rows that are of the class
  uint64_t predicted_count(size_t predicted) const;  // rows that are said to be

 private:
  ConfusionMatrix(size_t classes, uint64_t total) : classes_(classes), total_(total), counts_(classes * classes) {}
  size_t classes_;
  uint64_t total_;
  std::vector<uint64_t> counts_;
};

// The share of right predictions.
double Accuracy(const ConfusionMatrix& matrix);
Result<double> Accuracy(std::span<const uint32_t> truth, std::span<const uint32_t> predicted);

// A ratio without anything below the line is 0 (scikit-learn's zero_division=0).
struct ClassScores {
  double precision = 0;  // of the rows said to be of the class, how many are
  double recall = 0;     // of the rows of the class, how many are said to be
  double f1 = 0;         // their harmonic mean
  uint64_t support = 0;  // rows of the class
};

// Of one class: for two classes, ScoresOfClass(matrix, 1) with class 1 as the positive one.
ClassScores ScoresOfClass(const ConfusionMatrix& matrix, size_t positive);
// Means over the classes that occur among truth or predictions (average="macro"); support: all rows.
ClassScores MacroScores(const ConfusionMatrix& matrix);
// The same, weighted by the classes' support (average="weighted").
ClassScores WeightedScores(const ConfusionMatrix& matrix);

}  // namespace slipway::metrics
