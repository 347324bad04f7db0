#include "slipway/monitor/replay.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "slipway/monitor/decision.h"

namespace slipway::monitor {
namespace {

using domain::AlertRule;

constexpr int64_t kEvaluationsMax = 20'000;

class Replayer {
 public:
  Replayer(const AlertRule& rule, Replay& replay) : rule_(rule), replay_(replay) {}

  void Apply(const std::vector<std::vector<Measured>>& windows, Timestamp now) {
    ++replay_.evaluations;
    for (const auto& [combination, verdict] : Judge(rule_, windows, Open())) {
      const std::optional<double> value = verdict.values.at(0);
      if (value) Note(*value);
      AlertState& state = states_[combination];
      if (state.is_fired) state.good_since = GoodSince(state, verdict.is_breached, now);
      const Decision decision = Decide(rule_, state, verdict.is_breached, now);
      if (decision == Decision::kFire) Fire(combination, value.value_or(0), now);
      if (decision == Decision::kResolve) Resolve(combination, now);
    }
  }

 private:
  std::vector<Combination> Open() const {
    std::vector<Combination> open;
    for (const auto& [combination, state] : states_)
      if (state.is_fired && rule_.auto_mitigate) open.push_back(combination);
    return open;
  }
  void Note(double value) {
    replay_.smallest = std::min(replay_.smallest.value_or(value), value);
    replay_.largest = std::max(replay_.largest.value_or(value), value);
  }
  void Fire(const Combination& combination, double value, Timestamp now) {
    states_[combination] = {true, now, std::nullopt};
    newest_[combination] = replay_.events.size();
    replay_.events.push_back({combination, now, std::nullopt, value});
  }
  void Resolve(const Combination& combination, Timestamp now) {
    states_[combination].is_fired = false;
    replay_.events[newest_.at(combination)].resolved_at = now;
  }

  const AlertRule& rule_;
  Replay& replay_;
  std::map<Combination, AlertState> states_;
  std::map<Combination, size_t> newest_;  // places in replay_.events
};

}  // namespace

Result<Replay> ReplayRule(const AlertRule& rule, Timestamp begin, Timestamp end, const MeasureWindows& measure) {
  const auto step = std::chrono::seconds(rule.evaluation_frequency_seconds);
  if (end < begin) return InvalidArgument("the span ends before it begins");
  if ((end - begin) / step > kEvaluationsMax)
    return InvalidArgument(
        fmt::format("that would be {} evaluations, one every {}: at most {} are made; take a shorter span",
                    (end - begin) / step, FormatIsoDuration(step), kEvaluationsMax));
  Replay replay;
  replay.begin = begin;
  replay.end = end;
  Replayer replayer(rule, replay);
  for (Timestamp now = begin; now <= end; now += step) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto windows, measure(rule, now));
    replayer.Apply(windows, now);
  }
  return replay;
}

}  // namespace slipway::monitor
