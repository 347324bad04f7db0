// Charts of query results in a terminal, as text.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::cli {

struct ChartSize {
  size_t width = 80;   // columns, with labels
  size_t height = 16;  // rows of the drawing itself, for kinds that have a y axis
};

// `answer` is that of the query API: its first table, and its `render` if it has one. The x axis is the first column
// (of a time chart the first datetime), each other numeric column a series, split by the values of text columns. Kinds:
// timechart, linechart, areachart, scatterchart; columnchart; barchart, piechart, and what has no kind.
// kInvalidArgument when there is nothing numeric to draw, kUnimplemented for kinds that are not drawn.
Result<std::string> DrawChart(const nlohmann::json& answer, const ChartSize& size);

}  // namespace slipway::cli
