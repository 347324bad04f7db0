// Small charts as inline SVG; colours follow the page of html_writer.h, light or dark.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "slipway/stats/histogram.h"
#include "slipway/stats/html_writer.h"

namespace slipway::stats {

enum class Side { kReference, kCurrent };

// A histogram without axes, for a table cell.
Html Sparkline(const std::vector<double>& heights, Side side);

// Both sides of a histogram as shares of their rows, bin beside bin, with axis and legend. Of many categories the
// largest are drawn.
Html PairedBars(const PairedHistogram& histogram, std::string_view reference_name, std::string_view current_name);

// A line over steps (windows, chunks) with what belongs to it. Lists are as long as the labels or empty; NaN is a gap.
struct Series {
  std::string name;
  std::vector<std::string> labels;  // of the steps
  std::vector<double> values;
  std::vector<double> low, high;  // a band around the line
  std::vector<double> dots;       // what came out
  std::string dots_name = {};
  // Dashed lines; NaN is none.
  double limit_low = std::numeric_limits<double>::quiet_NaN(), limit_high = limit_low;
};
Html SeriesChart(const Series& series);

struct BarEntry {
  std::string label;
  double value = 0;
  std::string text;  // beside the bar
};
// Horizontal bars of values from 0 to `full`.
Html HorizontalBars(const std::vector<BarEntry>& entries, double full);

// A square of values from 0 to 1, darker is more; NaN is blank.
Html HeatMap(const std::vector<std::string>& names, const std::vector<std::vector<double>>& values);

}  // namespace slipway::stats
