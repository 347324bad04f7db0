#include "slipway/cli/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/cli/scalar_text.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMarks = "*o+x#@%&$=";
constexpr size_t kLabelWidthMax = 32;
constexpr size_t kBarsMax = 200;

struct Series {
  std::string name;
  std::vector<std::optional<double>> values;  // one a label
};

struct Chart {
  std::string kind, x_name;
  bool is_time = false;
  std::vector<std::string> labels;  // of the x axis, in the order of the rows; times in theirs
  std::vector<double> positions;    // of the labels on the axis: seconds, numbers, or 0, 1, 2 …
  std::vector<Series> series;
};

struct Column {
  std::string name, type;
  bool is_number() const { return type == "long" || type == "int" || type == "real" || type == "decimal"; }
};

std::optional<double> NumberOf(const Json& cell) {
  if (cell.is_number()) return cell.get<double>();
  if (cell.is_string()) {
    const auto number = ParseDouble(cell.get<std::string>());
    if (number && std::isfinite(*number)) return number;
  }
  return std::nullopt;
}

// Which columns are what.
struct Roles {
  size_t x = 0;
  std::vector<size_t> values, splits;
};

Result<Roles> FindRoles(const std::vector<Column>& columns, bool wants_time) {
  Roles roles;
  if (columns.empty()) return InvalidArgument("the query gave no columns: there is nothing to draw");
  const auto time =
      std::find_if(columns.begin(), columns.end(), [](const Column& column) { return column.type == "datetime"; });
  if (time != columns.end() && (wants_time || !columns[0].is_number()))
    roles.x = static_cast<size_t>(time - columns.begin());
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i == roles.x) continue;
    if (columns[i].is_number()) roles.values.push_back(i);
    if (columns[i].type == "string" || columns[i].type == "bool" || columns[i].type == "guid")
      roles.splits.push_back(i);
  }
  if (!roles.values.empty()) return roles;
  return InvalidArgument(
      fmt::format("the query gave no numbers beside '{}': there is nothing to draw", columns[roles.x].name));
}

double PositionOf(const Json& cell, const Column& column, size_t index) {
  if (column.type == "datetime" && cell.is_string()) {
    if (const auto time = ParseTimestamp(cell.get<std::string>()))
      return static_cast<double>(time->time_since_epoch().count()) / 1e6;
  }
  if (column.is_number()) return NumberOf(cell).value_or(static_cast<double>(index));
  return static_cast<double>(index);
}

class ChartBuilder {
 public:
  explicit ChartBuilder(Chart& chart) : chart_(chart) {}

  void Add(const Json& row, const std::vector<Column>& columns, const Roles& roles) {
    const size_t label = LabelOf(row[roles.x], columns[roles.x]);
    std::string split;
    for (const size_t i : roles.splits)
      split += (split.empty() ? "" : ", ") + ScalarText(nlohmann::ordered_json(row[i]), "");
    for (const size_t i : roles.values) {
      std::string name = split.empty()              ? columns[i].name
                         : roles.values.size() == 1 ? split
                                                    : split + " " + columns[i].name;
      Series& series = SeriesOf(std::move(name));
      series.values.resize(std::max(series.values.size(), label + 1));
      if (const auto value = NumberOf(row[i])) series.values[label] = series.values[label].value_or(0) + *value;
    }
  }

  void Finish() {
    for (Series& series : chart_.series) series.values.resize(chart_.labels.size());
  }

 private:
  size_t LabelOf(const Json& cell, const Column& column) {
    const std::string text = ScalarText(nlohmann::ordered_json(cell), "(null)");
    const auto [entry, is_new] = labels_.try_emplace(text, chart_.labels.size());
    if (is_new) {
      chart_.labels.push_back(text);
      chart_.positions.push_back(PositionOf(cell, column, entry->second));
    }
    return entry->second;
  }

  Series& SeriesOf(std::string name) {
    const auto [entry, is_new] = series_.try_emplace(name, chart_.series.size());
    if (is_new) chart_.series.push_back({std::move(name), {}});
    return chart_.series[entry->second];
  }

  Chart& chart_;
  std::map<std::string, size_t> labels_, series_;
};

Result<Chart> ReadChart(const Json& answer) {
  if (!answer.is_object() || !answer.contains("tables") || answer["tables"].empty())
    return InvalidArgument("there is no table to draw");
  const Json& table = answer["tables"].front();
  Chart chart;
  if (answer.contains("render") && answer["render"].is_object() &&
      answer["render"].value("visualization", Json()).is_string())
    chart.kind = ToLower(answer["render"]["visualization"].get<std::string>());
  std::vector<Column> columns;
  for (const Json& column : table["columns"]) columns.push_back({column.value("name", ""), column.value("type", "")});
  SLIPWAY_ASSIGN_OR_RETURN(const Roles roles, FindRoles(columns, chart.kind == "timechart"));
  chart.x_name = columns[roles.x].name;
  chart.is_time = columns[roles.x].type == "datetime";
  if (chart.kind.empty()) chart.kind = chart.is_time ? "timechart" : "barchart";
  ChartBuilder builder(chart);
  for (const Json& row : table["rows"]) builder.Add(row, columns, roles);
  builder.Finish();
  return chart;
}

// Characters, not bytes, of UTF-8.
size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string Cut(const std::string& text, size_t width) {
  if (WidthOf(text) <= width) return text + std::string(width - WidthOf(text), ' ');
  size_t end = 0, count = 0;
  while (end < text.size() && (count < width - 1 || (text[end] & 0xc0) == 0x80))
    count += (text[end++] & 0xc0) != 0x80 ? 1 : 0;
  return text.substr(0, end) + "…";
}

std::string Number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

// A bar of eighths.
std::string Bar(double share, size_t width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width) * 8));
  std::string bar;
  for (size_t i = 0; i < eighths / 8; ++i) bar += "█";
  return bar + kEighths[eighths % 8];
}

std::string DrawBars(const Chart& chart, size_t width) {
  double largest = 0, total = 0;
  size_t label_width = 1;
  const bool is_pie = chart.kind == "piechart";
  const auto label_of = [&](size_t label, const Series& series) {
    return chart.series.size() == 1 ? chart.labels[label] : chart.labels[label] + " " + series.name;
  };
  for (const Series& series : chart.series) {
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (!series.values[i]) continue;
      largest = std::max(largest, std::abs(*series.values[i]));
      total += std::abs(*series.values[i]);
      label_width = std::max(label_width, WidthOf(label_of(i, series)));
    }
  }
  label_width = std::min(label_width, kLabelWidthMax);
  const size_t bar_width = width > label_width + 24 ? width - label_width - 22 : 10;
  std::string text;
  size_t drawn = 0;
  for (size_t i = 0; i < chart.labels.size(); ++i) {
    for (const Series& series : chart.series) {
      if (!series.values[i] || drawn++ >= kBarsMax) continue;
      const double value = *series.values[i];
      const double share = largest > 0 ? std::abs(value) / (is_pie ? total : largest) : 0;
      text += fmt::format("{} │{} {}", Cut(label_of(i, series), label_width), Bar(share, bar_width), Number(value));
      text += is_pie && total > 0 ? fmt::format(" ({:.1f} %)\n", 100 * std::abs(value) / total) : "\n";
    }
  }
  if (drawn > kBarsMax) text += fmt::format("… and {} more\n", drawn - kBarsMax);
  return text;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void Take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
  // 0 … 1.
  double Place(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

// A grid of marks with axes.
class Plot {
 public:
  Plot(size_t width, size_t height) : width_(width), lines_(height, std::string(width, ' ')) {}

  void Set(double x, double y, char mark) { Cell(x, y) = mark; }
  // Dots between two points, which never hide a mark.
  void Connect(double x0, double y0, double x1, double y1) {
    const auto steps = static_cast<int>(std::abs(x1 - x0) * static_cast<double>(width_)) + 1;
    for (int i = 1; i < steps; ++i) {
      const double t = static_cast<double>(i) / steps;
      char& cell = Cell(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
      if (cell == ' ') cell = '.';
    }
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  char& Cell(double x, double y) {
    const auto column = static_cast<size_t>(std::lround(std::clamp(x, 0.0, 1.0) * static_cast<double>(width_ - 1)));
    const auto row =
        static_cast<size_t>(std::lround((1 - std::clamp(y, 0.0, 1.0)) * static_cast<double>(lines_.size() - 1)));
    return lines_[row][column];
  }
  size_t width_;
  std::vector<std::string> lines_;
};

std::string WithAxes(const std::vector<std::string>& lines, const Range& y, const std::string& left,
                     const std::string& right, size_t width) {
  const std::string top = Number(y.high), bottom = Number(y.low);
  const size_t margin = std::max(WidthOf(top), WidthOf(bottom));
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string label = i == 0 ? top : i + 1 == lines.size() ? bottom : "";
    text += fmt::format("{:>{}} ┤{}\n", label, margin, lines[i]);
  }
  std::string rule;
  for (size_t i = 0; i < width; ++i) rule += "─";
  text += fmt::format("{} └{}\n", std::string(margin, ' '), rule);
  const size_t gap = width > left.size() + right.size() ? width - left.size() - right.size() : 1;
  return text + fmt::format("{}  {}{}{}\n", std::string(margin, ' '), left, std::string(gap, ' '), right);
}

std::string Legend(const Chart& chart) {
  std::string legend;
  for (size_t i = 0; i < chart.series.size(); ++i)
    legend += fmt::format("{}{} {}", i == 0 ? "  " : "   ", kMarks[i % kMarks.size()], chart.series[i].name);
  return legend + "\n";
}

Range ValuesOf(const Chart& chart, bool from_zero) {
  Range range;
  if (from_zero) range.Take(0);
  for (const Series& series : chart.series) {
    for (const auto& value : series.values) {
      if (value) range.Take(*value);
    }
  }
  return range;
}

std::string DrawLines(const Chart& chart, const ChartSize& size) {
  Range y = ValuesOf(chart, chart.kind == "areachart");
  if (y.low == y.high) y.Take(0);  // a level line says more above its zero
  Range x;
  for (const double position : chart.positions) x.Take(position);
  if (y.is_empty()) return "(no rows)\n";
  const size_t width = size.width > 30 ? size.width - 12 : 20;
  Plot plot(width, size.height);
  std::vector<size_t> order(chart.labels.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return chart.positions[a] < chart.positions[b]; });
  for (size_t s = 0; s < chart.series.size(); ++s) {
    std::optional<std::pair<double, double>> before;
    for (const size_t i : order) {
      if (!chart.series[s].values[i]) continue;
      const double at = x.Place(chart.positions[i]), height = y.Place(*chart.series[s].values[i]);
      if (before && chart.kind != "scatterchart") plot.Connect(before->first, before->second, at, height);
      plot.Set(at, height, kMarks[s % kMarks.size()]);
      before = {at, height};
    }
  }
  return WithAxes(plot.lines(), y, chart.labels[order.front()], chart.labels[order.back()], width) + Legend(chart);
}

std::string DrawColumns(const Chart& chart, const ChartSize& size) {
  static constexpr const char* kEighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const Range y = ValuesOf(chart, true);
  const size_t slots = chart.labels.size() * chart.series.size(), width = size.width > 30 ? size.width - 12 : 20;
  if (y.is_empty() || slots == 0) return "(no rows)\n";
  // Columns that do not fit, or go below zero, lie down.
  if (slots * 2 > width || y.low < 0) return DrawBars(chart, size.width);
  const size_t column_width = std::clamp<size_t>(width / slots - 1, 1, 6);
  std::vector<std::string> lines(size.height);
  for (size_t i = 0; i < chart.labels.size(); ++i) {
    for (const Series& series : chart.series) {
      const double eighths = y.Place(series.values[i].value_or(0)) * static_cast<double>(size.height * 8);
      for (size_t row = 0; row < size.height; ++row) {
        const double here = eighths - static_cast<double>((size.height - 1 - row) * 8);
        const auto level = static_cast<size_t>(std::clamp(std::lround(here), 0L, 8L));
        for (size_t c = 0; c < column_width; ++c) lines[row] += kEighths[level];
        lines[row] += ' ';
      }
    }
  }
  std::string text = WithAxes(lines, y, chart.labels.front(), chart.labels.back(), slots * (column_width + 1));
  if (chart.series.size() > 1) {
    text += "  each group, from the left:";
    for (const Series& series : chart.series) text += " " + series.name;
    text += "\n";
  }
  return text;
}

}  // namespace

Result<std::string> DrawChart(const Json& answer, const ChartSize& size) {
  SLIPWAY_ASSIGN_OR_RETURN(const Chart chart, ReadChart(answer));
  if (chart.labels.empty()) return std::string("(no rows)\n");
  const auto is = [&](std::string_view kind) { return chart.kind == kind; };
  if (is("timechart") || is("linechart") || is("areachart") || is("scatterchart")) return DrawLines(chart, size);
  if (is("columnchart")) return DrawColumns(chart, size);
  if (is("barchart") || is("piechart")) return DrawBars(chart, size.width);
  return Unimplemented(
      fmt::format("render '{}' is not drawn in a terminal; timechart, linechart, areachart, scatterchart, columnchart, "
                  "barchart and piechart are",
                  chart.kind));
}

}  // namespace slipway::cli
