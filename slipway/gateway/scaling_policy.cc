#include "slipway/gateway/scaling_policy.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace slipway::gateway {
namespace {

using Kind = ScalingDecision::Kind;

constexpr double kTolerance = 0.1;
constexpr int kStabilisationIntervals = 20;
// Of a sum of averages: 1.4 / 0.7 has to be 2.
constexpr double kRounding = 1e-9;

double Seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

int ScalingPolicy::Initial(int instances) const {
  if (!settings_.is_automatic) return settings_.instances_max;
  return std::clamp(instances, settings_.instances_min, settings_.instances_max);
}

ScalingDecision ScalingPolicy::Decide(int present, const LoadSample& sample) {
  if (present == 0 && sample.pending > 0) return Wake(sample);
  if (present == 0) return {Kind::kStay, 0, 0, 0, 0, "no request waits"};
  if (IsIdle(sample)) {
    recommendations_.clear();
    return {Kind::kToZero,
            present,
            0,
            0,
            0,
            fmt::format("no request for {:.1f} s, scale_to_zero_after is {:.1f} s",
                        Seconds(sample.at - sample.last_request_at), Seconds(settings_.idle_after))};
  }
  return settings_.is_automatic ? Follow(present, sample) : Keep(present, sample);
}

bool ScalingPolicy::IsIdle(const LoadSample& sample) const {
  return settings_.idle_after.count() > 0 && sample.pending == 0 &&
         sample.at - sample.last_request_at >= settings_.idle_after;
}

ScalingDecision ScalingPolicy::Keep(int present, const LoadSample& sample) const {
  return {Kind::kStay,
          present,
          present,
          0,
          present,
          fmt::format("the last request was {:.1f} s ago, scale_to_zero_after is {:.1f} s",
                      Seconds(sample.at - sample.last_request_at), Seconds(settings_.idle_after))};
}

ScalingDecision ScalingPolicy::Wake(const LoadSample& sample) const {
  const int to = settings_.is_automatic ? std::max(1, settings_.instances_min) : settings_.instances_max;
  return {Kind::kWake, 0, to, 0, to, fmt::format("requests that wait for an instance: {}", sample.pending)};
}

int ScalingPolicy::Recommend(int present, double load) const {
  const double instances = load / settings_.workers_per_instance;
  const double ratio = instances / present / settings_.target_utilisation;
  if (std::abs(ratio - 1) <= kTolerance) return present;
  const double wanted = std::ceil(instances / settings_.target_utilisation - kRounding);
  return static_cast<int>(std::clamp<double>(wanted, settings_.instances_min, settings_.instances_max));
}

ScalingDecision ScalingPolicy::Follow(int present, const LoadSample& sample) {
  const SteadyTime oldest = sample.at - kStabilisationIntervals * settings_.polling_interval;
  while (!recommendations_.empty() && recommendations_.front().at <= oldest) recommendations_.pop_front();
  const int recommended = Recommend(present, sample.load);
  recommendations_.push_back({sample.at, recommended});
  int highest = recommended;
  for (const Recommendation& earlier : recommendations_) highest = std::max(highest, earlier.instances);
  const int to = recommended > present ? recommended : std::min(present, highest);
  const double capacity = static_cast<double>(present) * settings_.workers_per_instance;
  const double utilisation = sample.load / capacity;
  return {
      to == present  ? Kind::kStay
      : to > present ? Kind::kUp
                     : Kind::kDown,
      present,
      to,
      utilisation,
      recommended,
      fmt::format("utilization {:.2f} ({:.2f} busy or waiting on {} workers), target {:.2f}, recommended {}, highest "
                  "of the last {} intervals {}, from {} to {} instances are allowed",
                  utilisation, sample.load, capacity, settings_.target_utilisation, recommended,
                  kStabilisationIntervals, highest, settings_.instances_min, settings_.instances_max)};
}

bool DecisionNews::HasChanged(const ScalingDecision& decision) const {
  const auto inputs = [](const ScalingDecision& made) {
    return std::tuple(made.to, made.recommended, std::floor(made.utilisation * 10 + kRounding));
  };
  return inputs(*last_) != inputs(decision);
}

bool DecisionNews::IsNews(const ScalingDecision& decision, SteadyTime now) {
  constexpr std::chrono::seconds kChangesApart{10}, kEvery{60};
  const bool is_due = decision.kind != Kind::kStay || !last_ ||
                      (now - last_at_ >= kChangesApart && HasChanged(decision)) ||
                      (now - last_at_ >= kEvery && decision.to > 0);
  if (!is_due) return false;
  last_ = decision;
  last_at_ = now;
  return true;
}

}  // namespace slipway::gateway
