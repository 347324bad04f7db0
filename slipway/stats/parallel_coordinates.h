// A parallel-coordinates chart as inline SVG: one upright axis a quantity, one line a case.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/stats/html_writer.h"

namespace slipway::stats {

struct ParallelAxis {
  std::string name;
  std::vector<std::string> categories;  // values are indices into them; empty: values are numbers
  bool is_logarithmic = false;
};

struct ParallelLine {
  std::string label;                          // shown when pointed at
  std::vector<std::optional<double>> values;  // by axis; a line has a gap where there is none
  double strength = 1;                        // 0 (faint) to 1
  bool is_emphasized = false;                 // drawn last, in the accent colour
};

// Numeric axes reach from the least to the largest value. Values that are not finite are gaps.
Html ParallelCoordinates(const std::vector<ParallelAxis>& axes, const std::vector<ParallelLine>& lines);

}  // namespace slipway::stats
