// Counting values into bins as numpy does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/tabular/table.h"

namespace slipway::stats {

// Either numeric, edges.size() == heights.size() + 1, or categorical, labels.size() == heights.size().
struct Histogram {
  std::vector<double> heights;  // numeric: densities; categorical: counts
  std::vector<double> edges;
  std::vector<std::string> labels;
  bool is_numeric() const { return !edges.empty(); }
};

// Rows of two sides in common bins (edges) or categories (labels).
struct PairedHistogram {
  std::vector<double> edges;
  std::vector<std::string> labels;
  std::vector<size_t> reference, current;
};

// Edges of equal bins from the smallest to the largest value; the number of bins by Sturges' or Doane's rule, exactly
// as numpy.histogram_bin_edges has it. A constant gets one bin of value -0.5 to +0.5. `first` <= `last`.
std::vector<double> EqualEdges(double first, double last, size_t bins);
std::vector<double> SturgesEdges(double first, double last, size_t count);
// `a` and `b` are pooled; both sorted, finite, not both empty.
std::vector<double> DoaneEdges(std::span<const double> a, std::span<const double> b);

// How many of `sorted` fall in each bin [e_i, e_{i+1}), the last one closed. Values outside are not counted.
std::vector<size_t> CountInBins(std::span<const double> sorted, std::span<const double> edges);

// `bins` equal bins over the own range of `sorted`, as densities. Empty input, empty histogram.
Histogram DensityHistogram(std::span<const double> sorted, size_t bins);

}  // namespace slipway::stats
