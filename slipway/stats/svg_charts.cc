#include "slipway/stats/svg_charts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::stats {
namespace {

constexpr size_t kCategoriesMax = 24;
constexpr size_t kLabelCharacters = 14;

std::string_view ClassOf(Side side) {
  return side == Side::kReference ? "ref" : "cur";
}

std::string AxisNumber(double value) {
  return std::abs(value) >= 1e6 || (value != 0 && std::abs(value) < 1e-3) ? fmt::format("{:.2g}", value)
                                                                          : fmt::format("{:.6g}", value);
}

std::vector<double> Shares(const std::vector<size_t>& counts) {
  const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), size_t{0}));
  std::vector<double> shares;
  for (size_t count : counts) shares.push_back(total == 0 ? 0 : static_cast<double>(count) / total);
  return shares;
}

// The bins drawn: all of a numeric histogram, else the largest categories in their order.
std::vector<size_t> DrawnBins(const PairedHistogram& histogram, const std::vector<double>& reference,
                              const std::vector<double>& current) {
  std::vector<size_t> bins(reference.size());
  std::iota(bins.begin(), bins.end(), size_t{0});
  if (histogram.labels.empty() || bins.size() <= kCategoriesMax) return bins;
  std::stable_sort(bins.begin(), bins.end(),
                   [&](size_t a, size_t b) { return reference[a] + current[a] > reference[b] + current[b]; });
  bins.resize(kCategoriesMax);
  std::sort(bins.begin(), bins.end());
  return bins;
}

struct Frame {
  double width = 640, height = 240, left = 44, right = 8, top = 26, bottom = 52;
  double plot_width() const { return width - left - right; }
  double plot_height() const { return height - top - bottom; }
  double y(double share) const { return top + plot_height() * (1 - share); }
};

std::string ShareAxis(const Frame& frame, double highest) {
  std::string out;
  for (int step = 0; step <= 2; ++step) {
    const double y = frame.y(step / 2.0);
    out += fmt::format(
        "<line class=axis x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end>{:.3g} %</text>",
        frame.left, frame.width - frame.right, y, y, frame.left - 6, y + 4, 100 * highest * step / 2);
  }
  return out;
}

std::string Legend(const Frame& frame, std::string_view reference_name, std::string_view current_name) {
  return fmt::format(
      "<rect class=ref x=\"{0:.0f}\" y=6 width=10 height=10 rx=2 /><text x=\"{1:.0f}\" y=15>{2}</text>"
      "<rect class=cur x=\"{3:.0f}\" y=6 width=10 height=10 rx=2 /><text x=\"{4:.0f}\" y=15>{5}</text>",
      frame.left, frame.left + 15, HtmlEscape(reference_name), frame.left + 130, frame.left + 145,
      HtmlEscape(current_name));
}

std::string BinTitle(const PairedHistogram& histogram, size_t bin) {
  if (!histogram.labels.empty()) return histogram.labels[bin];
  return fmt::format("{} to {}", AxisNumber(histogram.edges[bin]), AxisNumber(histogram.edges[bin + 1]));
}

std::string Bar(std::string_view kind, const Frame& frame, double x, double width, double share, double highest,
                const std::string& title) {
  const double height = highest == 0 ? 0 : frame.plot_height() * share / highest;
  return fmt::format(
      "<rect class={} x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=1><title>{}: {:.2f} "
      "%</title></rect>",
      kind, x, frame.height - frame.bottom - height, width, height, HtmlEscape(title), 100 * share);
}

std::string CategoryLabel(const Frame& frame, double x, const std::string& label) {
  const double y = frame.height - frame.bottom + 14;
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end transform=\"rotate(-28 {:.1f} {:.1f})\">{}</text>", x, y, x, y,
      HtmlEscape(Shortened(label, kLabelCharacters)));
}

std::string RangeLabels(const Frame& frame, const PairedHistogram& histogram) {
  const double y = frame.height - frame.bottom + 16;
  const double middle = (histogram.edges.front() + histogram.edges.back()) / 2;
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text><text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=middle>{}</text>"
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end>{}</text>",
      frame.left, y, AxisNumber(histogram.edges.front()), frame.left + frame.plot_width() / 2, y, AxisNumber(middle),
      frame.width - frame.right, y, AxisNumber(histogram.edges.back()));
}

}  // namespace

Html Sparkline(const std::vector<double>& heights, Side side) {
  constexpr double kWidth = 110, kHeight = 32;
  if (heights.empty()) return {};
  const double highest = *std::max_element(heights.begin(), heights.end());
  const double step = kWidth / static_cast<double>(heights.size());
  std::string out = fmt::format("<svg width={0} height={1} viewBox=\"0 0 {0} {1}\" aria-hidden=true>", kWidth, kHeight);
  for (size_t i = 0; i < heights.size(); ++i) {
    const double height = highest <= 0 ? 0 : std::max(heights[i] > 0 ? 1.0 : 0.0, kHeight * heights[i] / highest);
    out += fmt::format("<rect class={} x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" />", ClassOf(side),
                       step * static_cast<double>(i), kHeight - height, std::max(0.5, step - 1), height);
  }
  return {out + "</svg>"};
}

Html PairedBars(const PairedHistogram& histogram, std::string_view reference_name, std::string_view current_name) {
  const auto reference = Shares(histogram.reference), current = Shares(histogram.current);
  if (reference.empty()) return {};
  const auto bins = DrawnBins(histogram, reference, current);
  double highest = 0;
  for (size_t bin : bins) highest = std::max({highest, reference[bin], current[bin]});
  const Frame frame;
  std::string out = fmt::format("<svg width={0:.0f} height={1:.0f} viewBox=\"0 0 {0:.0f} {1:.0f}\" role=img>",
                                frame.width, frame.height);
  out += ShareAxis(frame, highest) + Legend(frame, reference_name, current_name);
  const double step = frame.plot_width() / static_cast<double>(bins.size());
  const double bar = std::max(0.6, std::min(step * 0.42, 34.0));
  for (size_t i = 0; i < bins.size(); ++i) {
    const double middle = frame.left + step * (static_cast<double>(i) + 0.5);
    const std::string title = BinTitle(histogram, bins[i]);
    out += Bar("ref", frame, middle - bar, bar, reference[bins[i]], highest, title);
    out += Bar("cur", frame, middle, bar, current[bins[i]], highest, title);
    if (!histogram.labels.empty()) out += CategoryLabel(frame, middle, histogram.labels[bins[i]]);
  }
  if (!histogram.edges.empty()) out += RangeLabels(frame, histogram);
  out += "</svg>";
  if (bins.size() < reference.size())
    out += fmt::format("<p>The {} largest of {} categories are drawn.</p>", bins.size(), reference.size());
  return {out};
}

Html HorizontalBars(const std::vector<BarEntry>& entries, double full) {
  constexpr double kWidth = 640, kRow = 24, kLabel = 190, kText = 70;
  const double height = kRow * static_cast<double>(entries.size()) + 4;
  std::string out = fmt::format("<svg width={0} height={1:.0f} viewBox=\"0 0 {0} {1:.0f}\" role=img>", kWidth, height);
  for (size_t i = 0; i < entries.size(); ++i) {
    const double y = kRow * static_cast<double>(i) + 4;
    const double length = full <= 0 || !std::isfinite(entries[i].value)
                              ? 0
                              : (kWidth - kLabel - kText) * std::clamp(entries[i].value / full, 0.0, 1.0);
    out += fmt::format(
        "<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=end>{}</text>"
        "<rect class=cur x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=14 rx=2 />"
        "<text class=ink x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
        kLabel - 8, y + 12, HtmlEscape(Shortened(entries[i].label, 28)), kLabel, y, length, kLabel + length + 6, y + 12,
        HtmlEscape(entries[i].text));
  }
  return {out + "</svg>"};
}

Html HeatMap(const std::vector<std::string>& names, const std::vector<std::vector<double>>& values) {
  constexpr double kLabel = 150, kCell = 44;
  const double side = kCell * static_cast<double>(names.size());
  std::string out = fmt::format("<svg width={0:.0f} height={1:.0f} viewBox=\"0 0 {0:.0f} {1:.0f}\" role=img>",
                                kLabel + side + 70, side + 90);
  for (size_t i = 0; i < names.size(); ++i) {
    const double place = kCell * (static_cast<double>(i) + 0.5);
    out += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=end>{}</text>", kLabel - 8, place + 4,
                       HtmlEscape(Shortened(names[i], 20)));
    out += fmt::format("<text x=\"{0:.1f}\" y=\"{1:.1f}\" transform=\"rotate(35 {0:.1f} {1:.1f})\">{2}</text>",
                       kLabel + place, side + 14, HtmlEscape(Shortened(names[i], 14)));
    for (size_t j = 0; j < names.size(); ++j) {
      const double value = values[i][j];
      if (std::isnan(value)) continue;
      const double strength = std::clamp(std::abs(value), 0.0, 1.0);
      const double shown = std::abs(value) < 0.005 ? 0 : value;  // not "-0.00"
      out += fmt::format(
          "<rect class=cur fill-opacity=\"{:.2f}\" x=\"{:.1f}\" y=\"{:.1f}\" width={} height={}><title>{} / {}: {:.3f}"
          "</title></rect><text class=ink text-anchor=middle x=\"{:.1f}\" y=\"{:.1f}\">{:.2f}</text>",
          0.08 + 0.72 * strength, kLabel + kCell * static_cast<double>(j), kCell * static_cast<double>(i), kCell - 2,
          kCell - 2, HtmlEscape(names[i]), HtmlEscape(names[j]), shown, kLabel + kCell * (static_cast<double>(j) + 0.5),
          kCell * static_cast<double>(i) + kCell / 2 + 3, shown);
    }
  }
  return {out + "</svg>"};
}

}  // namespace slipway::stats
