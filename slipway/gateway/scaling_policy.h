// How many instances a deployment of workers is to have: pure, from what was measured and the time.
//
// Utilisation is that of Azure ML's router on Kubernetes: (busy workers + waiting requests) / workers. The count that
// would bring it to its target follows Kubernetes' horizontal autoscaler: ceil(load / target), left alone within a
// tolerance of 10 %; up at once, down only to the highest count recommended within a stabilisation window, which is 20
// polling intervals, as the router's scaling down is 20 times slower than its scaling up.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

namespace slipway::gateway {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ScalingSettings {
  bool is_automatic = false;  // instances follow the load; otherwise their count is instances_max (and may be zero)
  int instances_min = 1, instances_max = 1;
  double target_utilisation = 0.7;  // above 0, at most 1
  std::chrono::milliseconds polling_interval{1'000};
  std::chrono::milliseconds idle_after{0};  // without a request for so long: no instance at all; zero: never
  int workers_per_instance = 1;

  // Whether there is anything to decide.
  bool IsScaled() const { return is_automatic || idle_after.count() > 0; }
};

// What one polling interval saw.
struct LoadSample {
  SteadyTime at;               // its end
  double load = 0;             // workers busy and requests waiting, on average over the interval
  int pending = 0;             // of both, at its end
  SteadyTime last_request_at;  // when the last one came or was answered
};

struct ScalingDecision {
  enum class Kind { kStay, kUp, kDown, kToZero, kWake };
  Kind kind = Kind::kStay;
  int from = 0, to = 0;
  double utilisation = 0;
  int recommended = 0;  // for the load alone, without regard to earlier recommendations
  std::string reason;   // with the numbers that led there
};

// Which decisions are worth a record: all that change something; of those to stay, the ones whose inputs have changed
// (another count or recommendation, another tenth of utilisation), ten seconds apart, and one a minute. Not
// thread-safe.
class DecisionNews {
 public:
  bool IsNews(const ScalingDecision& decision, SteadyTime now);

 private:
  bool HasChanged(const ScalingDecision& decision) const;
  std::optional<ScalingDecision> last_;
  SteadyTime last_at_;
};

// Remembers the recommendations of the stabilisation window. Not thread-safe.
class ScalingPolicy {
 public:
  explicit ScalingPolicy(const ScalingSettings& settings) : settings_(settings) {}

  // The count to begin with, for a wish of `instances`.
  int Initial(int instances) const;
  // `present`: the instances there are now, those that are starting included.
  ScalingDecision Decide(int present, const LoadSample& sample);

 private:
  struct Recommendation {
    SteadyTime at;
    int instances = 0;
  };
  int Recommend(int present, double load) const;
  bool IsIdle(const LoadSample& sample) const;
  ScalingDecision Wake(const LoadSample& sample) const;
  ScalingDecision Keep(int present, const LoadSample& sample) const;
  ScalingDecision Follow(int present, const LoadSample& sample);

  const ScalingSettings settings_;
  std::deque<Recommendation> recommendations_;
};

}  // namespace slipway::gateway
