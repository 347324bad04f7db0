// Scores of a binary classifier as probabilities: isotonic regression, and how far scores are from being probabilities.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace slipway::stats {

// A step-free rising function from score to probability: the least-squares fit among rising functions (pool adjacent
// violators; Barlow, Bartholomew, Bremner, Brunk, "Statistical Inference under Order Restrictions", 1972), between the
// scores of the fit linear and beyond them constant, as scikit-learn's IsotonicRegression(out_of_bounds="clip").
class IsotonicCalibration {
 public:
  // Of equal length, not empty; `truth` 1 or 0.
  static IsotonicCalibration Fit(std::span<const double> scores, std::span<const uint8_t> truth);
  double At(double score) const;

 private:
  std::vector<double> scores_, probabilities_;  // rising both
};

// The mean over ten bins of equally many rows of |mean probability - share of positives|, weighted by rows. Of equal
// length, not empty.
double ExpectedCalibrationError(std::span<const double> probabilities, std::span<const uint8_t> truth);

}  // namespace slipway::stats
