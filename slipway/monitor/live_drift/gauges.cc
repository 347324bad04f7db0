#include "slipway/monitor/live_drift/gauges.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "slipway/stats/drift_text.h"

namespace slipway::monitor {
namespace {

using nlohmann::json;
using stats::BaselineColumn;
using stats::BinCounts;
using stats::DriftGauge;

struct WindowKind {
  std::string_view name;
  Duration length;
  int slots;
};
constexpr WindowKind kWindows[] = {{"PT5M", std::chrono::minutes(5), 30}, {"PT1H", std::chrono::hours(1), 60}};
constexpr Duration kRepeatAfter = std::chrono::minutes(1);

// JSON writers make whole floats of whole numbers, and text of either: the value decides, not its type.
void AddValue(const BaselineColumn& column, const json& value, BinCounts& counts) {
  if (column.kind == stats::FeatureKind::kNumeric) {
    if (value.is_boolean()) return counts.AddNumber(column, value.get<bool>() ? 1 : 0);
    if (value.is_number()) return counts.AddNumber(column, value.get<double>());
    return counts.AddMissing();
  }
  if (value.is_string()) return counts.AddCategory(column, value.get_ref<const std::string&>());
  if (value.is_boolean() || value.is_number()) return counts.AddCategory(column, value.dump());
  counts.AddMissing();
}

bool HasMoved(double before, double now) {
  return std::abs(now - before) >= std::max(0.02, 0.05 * std::abs(before));
}

bool IsNews(const DriftGauge& told, const DriftGauge& now) {
  return told.verdict != now.verdict || HasMoved(told.psi, now.psi) ||
         HasMoved(told.missing_share, now.missing_share) || HasMoved(told.unseen_share, now.unseen_share) ||
         (told.rows == 0) != (now.rows == 0);
}

}  // namespace

DeploymentGauges::DeploymentGauges(stats::Baseline baseline) : baseline_(std::move(baseline)) {
  for (const BaselineColumn& column : baseline_.columns)
    Watch(column, column.name, std::string(stats::FeatureKindName(column.kind)));
  if (baseline_.score) Watch(*baseline_.score, std::string(kScoreFeature), "score");
  told_.resize(windows_.size() * std::size(kWindows));
}

void DeploymentGauges::Watch(const BaselineColumn& column, std::string feature, std::string kind) {
  Windows windows{&column, std::move(feature), std::move(kind), {}};
  for (const WindowKind& window : kWindows) windows.counts.emplace_back(column, window.length, window.slots);
  windows_.push_back(std::move(windows));
}

template <typename Add>
void DeploymentGauges::Count(Windows& windows, Timestamp time, const Add& add) {
  for (SlidingCounts& counts : windows.counts)
    if (BinCounts* slot = counts.At(time)) add(*slot);
}

void DeploymentGauges::AddRow(const json& row, Timestamp time) {
  static const json kNothing;
  for (size_t i = 0; i < baseline_.columns.size(); ++i) {
    const BaselineColumn& column = baseline_.columns[i];
    const auto member = row.find(column.name);
    const json& value = member == row.end() ? kNothing : *member;
    Count(windows_[i], time, [&](BinCounts& counts) { AddValue(column, value, counts); });
  }
}

void DeploymentGauges::AddScore(double score, Timestamp time) {
  if (!baseline_.score) return;
  Count(windows_.back(), time, [&](BinCounts& counts) { counts.AddNumber(*baseline_.score, score); });
}

std::vector<GaugeReading> DeploymentGauges::Read(Timestamp now) const {
  std::vector<GaugeReading> readings;
  readings.reserve(told_.size());
  for (const Windows& windows : windows_)
    for (size_t i = 0; i < windows.counts.size(); ++i)
      readings.push_back({windows.feature, windows.kind, std::string(kWindows[i].name),
                          stats::MeasureGauge(*windows.column, windows.counts[i].Sum(now))});
  return readings;
}

std::vector<GaugeReading> DeploymentGauges::TakeNews(Timestamp now) {
  std::vector<GaugeReading> news;
  auto readings = Read(now);
  for (size_t i = 0; i < readings.size(); ++i) {
    const DriftGauge& gauge = readings[i].gauge;
    std::optional<Told>& told = told_[i];
    if (!told && gauge.rows == 0) continue;
    const bool is_due = told && now - told->time >= kRepeatAfter && told->gauge.rows != gauge.rows;
    if (told && !is_due && !IsNews(told->gauge, gauge)) continue;
    told = Told{gauge, now};
    news.push_back(std::move(readings[i]));
  }
  return news;
}

}  // namespace slipway::monitor
