#include "slipway/stats/histogram.h"

#include <algorithm>
#include <cmath>

namespace slipway::stats {

std::vector<double> EqualEdges(double first, double last, size_t bins) {
  if (first == last) {
    first -= 0.5;
    last += 0.5;
  }
  std::vector<double> edges(bins + 1);
  const double step = (last - first) / static_cast<double>(bins);
  for (size_t i = 0; i < bins; ++i) edges[i] = first + static_cast<double>(i) * step;
  edges[bins] = last;
  return edges;
}

std::vector<double> SturgesEdges(double first, double last, size_t count) {
  if (first == last) return EqualEdges(first, last, 1);
  // The division is done twice on purpose: ceil(log2 n + 1) differs by one bin for some n.
  const double width = (last - first) / (std::log2(static_cast<double>(count)) + 1.0);
  return EqualEdges(first, last, static_cast<size_t>(std::ceil((last - first) / width)));
}

std::vector<double> DoaneEdges(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size() + b.size());
  const double first = a.empty() ? b.front() : b.empty() ? a.front() : std::min(a.front(), b.front());
  const double last = a.empty() ? b.back() : b.empty() ? a.back() : std::max(a.back(), b.back());
  if (n < 3 || first == last) return EqualEdges(first, last, 1);
  double mean = 0;
  for (double v : a) mean += v;
  for (double v : b) mean += v;
  mean /= n;
  double second = 0, third = 0;
  const auto add = [&](double v) {
    const double d = v - mean;
    second += d * d;
    third += d * d * d;
  };
  for (double v : a) add(v);
  for (double v : b) add(v);
  const double deviation = std::sqrt(second / n);
  const double skewness = third / n / (deviation * deviation * deviation);
  const double skewness_error = std::sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
  const double width = (last - first) / (1 + std::log2(n) + std::log2(1 + std::abs(skewness) / skewness_error));
  return EqualEdges(first, last, static_cast<size_t>(std::ceil((last - first) / width)));
}

std::vector<size_t> CountInBins(std::span<const double> sorted, std::span<const double> edges) {
  std::vector<size_t> counts(edges.size() - 1);
  auto from = std::lower_bound(sorted.begin(), sorted.end(), edges.front());
  for (size_t i = 0; i < counts.size(); ++i) {
    const bool is_last = i + 1 == counts.size();
    const auto to = is_last ? std::upper_bound(from, sorted.end(), edges[i + 1])
                            : std::lower_bound(from, sorted.end(), edges[i + 1]);
    counts[i] = static_cast<size_t>(to - from);
    from = to;
  }
  return counts;
}

Histogram DensityHistogram(std::span<const double> sorted, size_t bins) {
  Histogram histogram;
  if (sorted.empty()) return histogram;
  histogram.edges = EqualEdges(sorted.front(), sorted.back(), bins);
  const auto counts = CountInBins(sorted, histogram.edges);
  const double n = static_cast<double>(sorted.size());
  for (size_t i = 0; i < counts.size(); ++i)
    histogram.heights.push_back(static_cast<double>(counts[i]) / (histogram.edges[i + 1] - histogram.edges[i]) / n);
  return histogram;
}

}  // namespace slipway::stats
