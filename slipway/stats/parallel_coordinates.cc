#include "slipway/stats/parallel_coordinates.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::stats {
namespace {

constexpr double kTop = 34, kHeight = 260, kBottom = 16, kSide = 60, kGap = 130;
constexpr size_t kNameCharacters = 18, kLabelCharacters = 14;

// Where on its axis a value stands.
class Scale {
 public:
  Scale(const ParallelAxis& axis, size_t index, const std::vector<ParallelLine>& lines) : axis_(axis) {
    if (!axis.categories.empty()) {
      low_ = 0;
      high_ = static_cast<double>(axis.categories.size() - 1);
      return;
    }
    bool is_first = true;
    for (const ParallelLine& line : lines) {
      const auto value = line.values[index];
      if (!value || !IsDrawable(*value)) continue;
      low_ = is_first ? *value : std::min(low_, *value);
      high_ = is_first ? *value : std::max(high_, *value);
      is_first = false;
    }
  }

  std::optional<double> Y(const std::optional<double>& value) const {
    if (!value || !IsDrawable(*value)) return std::nullopt;
    const double low = Along(low_), high = Along(high_);
    const double share = high > low ? (Along(*value) - low) / (high - low) : 0.5;
    return kTop + kHeight * (1 - share);
  }

  // Values with their texts.
  std::vector<std::pair<double, std::string>> Ticks() const {
    std::vector<std::pair<double, std::string>> ticks;
    for (size_t i = 0; i < axis_.categories.size(); ++i) ticks.emplace_back(i, axis_.categories[i]);
    if (!ticks.empty()) return ticks;
    ticks.emplace_back(low_, fmt::format("{:.4g}", low_));
    if (high_ > low_) ticks.emplace_back(high_, fmt::format("{:.4g}", high_));
    return ticks;
  }

 private:
  bool IsDrawable(double value) const { return std::isfinite(value) && (!axis_.is_logarithmic || value > 0); }
  double Along(double value) const { return axis_.is_logarithmic ? std::log(value) : value; }

  const ParallelAxis& axis_;
  double low_ = 0, high_ = 0;
};

double X(size_t axis) {
  return kSide + kGap * static_cast<double>(axis);
}

std::string DrawAxis(const ParallelAxis& axis, const Scale& scale, size_t index) {
  std::string out = fmt::format(
      "<line class=axis x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
      "<text class=ink x=\"{0:.1f}\" y=14 text-anchor=middle>{3}<title>{4}</title></text>",
      X(index), kTop, kTop + kHeight, HtmlEscape(Shortened(axis.name, kNameCharacters)), HtmlEscape(axis.name));
  for (const auto& [value, text] : scale.Ticks()) {
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=end>{}</text>", X(index) - 5,
                       scale.Y(value).value_or(kTop) + 4, HtmlEscape(Shortened(text, kLabelCharacters)));
  }
  return out;
}

std::string DrawLine(const ParallelLine& line, const std::vector<Scale>& scales) {
  std::string path;
  bool is_open = false;
  for (size_t i = 0; i < scales.size(); ++i) {
    const auto y = scales[i].Y(line.values[i]);
    if (y) path += fmt::format("{}{:.1f} {:.1f}", is_open ? "L" : "M", X(i), *y);
    is_open = y.has_value();
  }
  return fmt::format(
      "<path d=\"{}\" fill=none stroke=\"var({})\" stroke-width=\"{}\" "
      "stroke-opacity=\"{:.2f}\"><title>{}</title></path>",
      path, line.is_emphasized ? "--bad" : "--cur", line.is_emphasized ? "2.5" : "1.4",
      line.is_emphasized ? 1.0 : 0.12 + 0.78 * std::clamp(line.strength, 0.0, 1.0), HtmlEscape(line.label));
}

}  // namespace

Html ParallelCoordinates(const std::vector<ParallelAxis>& axes, const std::vector<ParallelLine>& lines) {
  std::vector<Scale> scales;
  for (size_t i = 0; i < axes.size(); ++i) scales.emplace_back(axes[i], i, lines);
  const double width = axes.empty() ? 2 * kSide : X(axes.size() - 1) + kSide;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" role=img "
      "aria-label=\"parallel coordinates\">",
      width, kTop + kHeight + kBottom);
  for (const bool emphasized : {false, true}) {
    for (const ParallelLine& line : lines) {
      if (line.is_emphasized == emphasized) out += DrawLine(line, scales);
    }
  }
  for (size_t i = 0; i < axes.size(); ++i) out += DrawAxis(axes[i], scales[i], i);
  return {out + "</svg>"};
}

}  // namespace slipway::stats
