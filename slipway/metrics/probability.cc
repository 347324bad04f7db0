#include "slipway/metrics/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/metrics/check.h"

namespace slipway::metrics {
namespace {

double OffTheEnds(double probability) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  return std::clamp(probability, kEpsilon, 1 - kEpsilon);
}

}  // namespace

Result<double> LogLoss(std::span<const uint8_t> truth, std::span<const double> positive) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), positive.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(positive));
  double sum = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    const double probability = OffTheEnds(positive[row]);
    sum -= std::log(truth[row] != 0 ? probability : 1 - probability);
  }
  return sum / static_cast<double>(truth.size());
}

Result<double> LogLoss(std::span<const uint32_t> truth, std::span<const double> probabilities, size_t classes) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size() * classes, probabilities.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(probabilities));
  double sum = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] >= classes)
      return InvalidArgument(fmt::format("row {} has class {}, there are {} classes", row + 1, truth[row], classes));
    double whole = 0;
    for (double probability : probabilities.subspan(row * classes, classes)) whole += OffTheEnds(probability);
    sum -= std::log(OffTheEnds(probabilities[row * classes + truth[row]]) / whole);
  }
  return sum / static_cast<double>(truth.size());
}

Result<double> BrierScore(std::span<const uint8_t> truth, std::span<const double> positive) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), positive.size(), "probabilities"));
  SLIPWAY_RETURN_IF_ERROR(CheckProbabilities(positive));
  double sum = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    const double miss = positive[row] - (truth[row] != 0 ? 1 : 0);
    sum += miss * miss;
  }
  return sum / static_cast<double>(truth.size());
}

}  // namespace slipway::metrics
