// The drift gauges of one deployment: a window each over the last five minutes and the last hour, for every feature of
// the model's baseline and for its scores.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/time.h"
#include "slipway/monitor/live_drift/sliding_counts.h"
#include "slipway/stats/baseline.h"

namespace slipway::monitor {

// The feature name under which the model's scores stand.
inline constexpr std::string_view kScoreFeature = "(score)";

struct GaugeReading {
  std::string feature;
  std::string kind;    // "numeric", "categorical", "score"
  std::string window;  // "PT5M", "PT1H"
  stats::DriftGauge gauge;
};

// Not thread-safe. Memory depends on the baseline alone.
class DeploymentGauges {
 public:
  explicit DeploymentGauges(stats::Baseline baseline);
  DeploymentGauges(const DeploymentGauges&) = delete;
  DeploymentGauges& operator=(const DeploymentGauges&) = delete;

  // One row that the model was asked, an object by column. A column that it lacks is missing; other members are passed
  // over; a value of the wrong type counts as missing.
  void AddRow(const nlohmann::json& row, Timestamp time);
  // Nothing when the baseline has no scores.
  void AddScore(double score, Timestamp time);

  // By feature as in the baseline, the score last; the short window before the long one.
  std::vector<GaugeReading> Read(Timestamp now) const;

  // The readings worth telling: those that are new, moved or changed their verdict since they were told, and once a
  // minute those whose rows changed. What it gives counts as told.
  std::vector<GaugeReading> TakeNews(Timestamp now);

  const stats::Baseline& baseline() const { return baseline_; }

 private:
  struct Windows {
    const stats::BaselineColumn* column;
    std::string feature, kind;
    std::vector<SlidingCounts> counts;  // by window
  };
  struct Told {
    stats::DriftGauge gauge;
    Timestamp time;
  };
  void Watch(const stats::BaselineColumn& column, std::string feature, std::string kind);
  template <typename Add>
  void Count(Windows& windows, Timestamp time, const Add& add);

  const stats::Baseline baseline_;
  std::vector<Windows> windows_;
  std::vector<std::optional<Told>> told_;  // by reading
};

}  // namespace slipway::monitor
