// Small charts as inline SVG; colours follow the page of html_writer.h, light or dark.
#pragma once

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
