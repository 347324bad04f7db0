#include "slipway/stats/svg_charts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

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

// --- series ---

struct ValueRange {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void Take(double value) {
    if (std::isnan(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void Take(const std::vector<double>& values) {
    for (const double value : values) Take(value);
  }
  double share(double value) const { return (value - low) / (high - low); }
};

ValueRange RangeOf(const Series& series) {
  ValueRange range;
  for (const auto* values : {&series.values, &series.low, &series.high, &series.dots}) range.Take(*values);
  range.Take(series.limit_low);
  range.Take(series.limit_high);
  if (!(range.low <= range.high)) range = {0, 1};
  const double margin = range.high > range.low ? 0.08 * (range.high - range.low) : 0.5;
  return {range.low - margin, range.high + margin};
}

double StepX(const Frame& frame, size_t step, size_t steps) {
  return frame.left + frame.plot_width() * (static_cast<double>(step) + 0.5) / static_cast<double>(steps);
}

std::string ValueAxis(const Frame& frame, const ValueRange& range) {
  std::string out;
  for (const double share : {0.0, 0.5, 1.0})
    out += fmt::format(
        "<line class=axis x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end>{:.3g}</text>",
        frame.left, frame.width - frame.right, frame.y(share), frame.y(share), frame.left - 6, frame.y(share) + 4,
        range.low + share * (range.high - range.low));
  return out;
}

std::string StepLabels(const Frame& frame, const std::vector<std::string>& labels) {
  constexpr size_t kLabelsMax = 12;
  const size_t every = (labels.size() + kLabelsMax - 1) / kLabelsMax;
  std::string out;
  for (size_t i = 0; i < labels.size(); i += every)
    out += CategoryLabel(frame, StepX(frame, i, labels.size()), labels[i]);
  return out;
}

std::string Limit(const Frame& frame, const ValueRange& range, double value) {
  if (std::isnan(value)) return "";
  return fmt::format(
      "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"var(--ref)\" stroke-dasharray=\"4 4\"/>",
      frame.left, frame.width - frame.right, frame.y(range.share(value)), frame.y(range.share(value)));
}

std::string Band(const Frame& frame, const ValueRange& range, const Series& series) {
  std::string out;
  const double width = 0.6 * frame.plot_width() / static_cast<double>(series.labels.size());
  for (size_t i = 0; i < series.low.size(); ++i) {
    if (std::isnan(series.low[i]) || std::isnan(series.high[i])) continue;
    const double top = frame.y(range.share(series.high[i])), bottom = frame.y(range.share(series.low[i]));
    out += fmt::format(
        "<rect class=cur fill-opacity=\"0.2\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=2 />",
        StepX(frame, i, series.labels.size()) - width / 2, top, width, std::max(1.0, bottom - top));
  }
  return out;
}

// Lines between neighbours, and a dot a step with its number.
std::string LineThrough(const Frame& frame, const ValueRange& range, const Series& series) {
  std::string out;
  const auto place = [&](size_t i) {
    return std::pair(StepX(frame, i, series.labels.size()), frame.y(range.share(series.values[i])));
  };
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (std::isnan(series.values[i])) continue;
    const auto [x, y] = place(i);
    if (i > 0 && !std::isnan(series.values[i - 1])) {
      const auto [x0, y0] = place(i - 1);
      out += fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"var(--cur)\" stroke-width=2 />", x0,
          y0, x, y);
    }
    out += fmt::format("<circle class=cur cx=\"{:.1f}\" cy=\"{:.1f}\" r=3.5><title>{}: {:.4g}</title></circle>", x, y,
                       HtmlEscape(series.labels[i]), series.values[i]);
  }
  return out;
}

std::string Outcomes(const Frame& frame, const ValueRange& range, const Series& series) {
  std::string out;
  for (size_t i = 0; i < series.dots.size(); ++i) {
    if (std::isnan(series.dots[i])) continue;
    out += fmt::format("<circle class=ref cx=\"{:.1f}\" cy=\"{:.1f}\" r=4><title>{}: {:.4g}</title></circle>",
                       StepX(frame, i, series.labels.size()), frame.y(range.share(series.dots[i])),
                       HtmlEscape(series.labels[i]), series.dots[i]);
  }
  return out;
}

bool HasNumbers(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
}

std::string SeriesLegend(const Frame& frame, const Series& series) {
  std::string out =
      fmt::format("<rect class=cur x=\"{:.0f}\" y=6 width=10 height=10 rx=2 /><text x=\"{:.0f}\" y=15>{}</text>",
                  frame.left, frame.left + 15, HtmlEscape(Shortened(series.name, 40)));
  if (HasNumbers(series.dots))
    out += fmt::format("<circle class=ref cx=\"{:.0f}\" cy=11 r=5 /><text x=\"{:.0f}\" y=15>{}</text>",
                       frame.left + 300, frame.left + 310, HtmlEscape(series.dots_name));
  return out;
}

}  // namespace

Html SeriesChart(const Series& series) {
  if (series.labels.empty()) return {};
  const Frame frame;
  const ValueRange range = RangeOf(series);
  std::string out = fmt::format("<svg width={0:.0f} height={1:.0f} viewBox=\"0 0 {0:.0f} {1:.0f}\" role=img>",
                                frame.width, frame.height);
  out += ValueAxis(frame, range) + StepLabels(frame, series.labels) + SeriesLegend(frame, series);
  out += Limit(frame, range, series.limit_low) + Limit(frame, range, series.limit_high);
  out += Band(frame, range, series) + LineThrough(frame, range, series) + Outcomes(frame, range, series);
  return {out + "</svg>"};
}

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
