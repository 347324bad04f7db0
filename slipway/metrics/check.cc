#include "slipway/metrics/check.h"

#include <cmath>

#include <fmt/format.h>

namespace slipway::metrics {

Status CheckLengths(size_t truth, size_t others, std::string_view what) {
  if (truth != others) return InvalidArgument(fmt::format("there are {} true values, but {} {}", truth, others, what));
  if (truth == 0) return InvalidArgument("there is no row to measure");
  return {};
}

Status CheckFinite(std::span<const double> values, std::string_view what) {
  for (size_t row = 0; row < values.size(); ++row)
    if (!std::isfinite(values[row]))
      return InvalidArgument(fmt::format("{} {} is {}, it has to be a finite number", what, row + 1, values[row]));
  return {};
}

Status CheckProbabilities(std::span<const double> values) {
  for (size_t row = 0; row < values.size(); ++row)
    if (!(values[row] >= 0 && values[row] <= 1))
      return InvalidArgument(fmt::format("probability {} is {}, it has to be within 0 and 1", row + 1, values[row]));
  return {};
}

}  // namespace slipway::metrics
