// Local outlier probabilities (LoOP; Kriegel, Kroger, Schubert and Zimek, 2009) on Gower's distance (Gower, 1971).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::stats {

// Rows side by side, feature by feature. A number is scaled to its range; NaN is missing. Categories are small numbers.
struct GowerFeature {
  std::vector<float> values;
  bool is_category = false;
};

// The score of each row, 0 to 1, from its `neighbours` nearest rows, itself among them. A number missing in one of two
// rows is left out of their distance; missing in both, the two are no neighbours. Needs time in the square of the rows;
// runs on `threads` threads.
std::vector<double> OutlierScores(const std::vector<GowerFeature>& features, size_t rows, size_t neighbours,
                                  int threads);

}  // namespace slipway::stats
