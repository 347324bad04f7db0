// Lines over a square from 0 to 1 as inline SVG, in the colours of the report pages (stats/html_writer.h).
#pragma once

#include <string>
#include <vector>

#include "slipway/stats/html_writer.h"

namespace slipway::training {

struct ChartPoint {
  double x = 0, y = 0;
};

struct LineChartText {
  std::string title, x_label, y_label;
};

// `diagonal`: what a model that knows nothing, or a calibrated one, would draw. `markers`: a dot a point.
stats::Html LineChart(const LineChartText& text, const std::vector<ChartPoint>& points, bool diagonal, bool markers);

// Dots anywhere, with the line where both coordinates are equal.
stats::Html ScatterChart(const LineChartText& text, const std::vector<ChartPoint>& points);

}  // namespace slipway::training
