#include "slipway/training/line_chart.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::training {
namespace {

constexpr double kSide = 250, kLeft = 54, kTop = 30, kWidth = 330, kHeight = 330;

double X(double share) {
  return kLeft + kSide * share;
}
double Y(double share) {
  return kTop + kSide * (1 - share);
}

std::string Grid(const LineChartText& text, const std::vector<std::string>& x_ticks,
                 const std::vector<std::string>& y_ticks) {
  std::string out = fmt::format("<text class=ink x={} y=16>{}</text>", kLeft, HtmlEscape(text.title));
  for (size_t i = 0; i < x_ticks.size(); ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(x_ticks.size() - 1);
    out += fmt::format("<line class=axis x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>", X(0), X(1),
                       Y(share));
    out += fmt::format("<line class=axis x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>", X(share), Y(0),
                       Y(1));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=middle>{}</text>", X(share), Y(0) + 16, x_ticks[i]);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end>{}</text>", X(0) - 6, Y(share) + 4, y_ticks[i]);
  }
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=middle>{}</text>", X(0.5), Y(0) + 36,
                     HtmlEscape(text.x_label));
  out += fmt::format("<text transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=middle>{}</text>", Y(0.5),
                     HtmlEscape(text.y_label));
  return out;
}

std::string Svg(const std::string& content) {
  return fmt::format("<svg width={0} height={1} viewBox=\"0 0 {0} {1}\" role=img>{2}</svg>", kWidth, kHeight, content);
}

std::string Diagonal() {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"var(--ref)\" stroke-dasharray=\"4 4\"/>",
      X(0), Y(0), X(1), Y(1));
}

std::string Dot(double x, double y, double radius) {
  return fmt::format("<circle class=cur cx=\"{:.1f}\" cy=\"{:.1f}\" r={} />", X(x), Y(y), radius);
}

}  // namespace

stats::Html LineChart(const LineChartText& text, const std::vector<ChartPoint>& points, bool diagonal, bool markers) {
  const std::vector<std::string> ticks = {"0", "0.5", "1"};
  std::string out = Grid(text, ticks, ticks) + (diagonal ? Diagonal() : "");
  out += "<polyline fill=none stroke=\"var(--cur)\" stroke-width=2 points=\"";
  for (const ChartPoint& point : points) out += fmt::format("{:.1f},{:.1f} ", X(point.x), Y(point.y));
  out += "\"/>";
  for (const ChartPoint& point : points)
    if (markers) out += Dot(point.x, point.y, 3.5);
  return {Svg(out)};
}

stats::Html ScatterChart(const LineChartText& text, const std::vector<ChartPoint>& points) {
  if (points.empty()) return {};
  double least = points[0].x, most = points[0].x;
  for (const ChartPoint& point : points) {
    least = std::min({least, point.x, point.y});
    most = std::max({most, point.x, point.y});
  }
  if (most == least) most = least + 1;
  std::vector<std::string> ticks;
  for (const double share : {0.0, 0.5, 1.0}) ticks.push_back(fmt::format("{:.4g}", least + share * (most - least)));
  std::string out = Grid(text, ticks, ticks) + Diagonal();
  for (const ChartPoint& point : points)
    out += Dot((point.x - least) / (most - least), (point.y - least) / (most - least), 2);
  return {Svg(out)};
}

}  // namespace slipway::training
