#include "slipway/endpoints/rollout/checks.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/endpoints/rollout/guard.h"
#include "slipway/endpoints/rollout/policy.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineEndpoint;
using domain::Rollout;

constexpr int64_t kEveryMsMin = 1'000;

Status CheckSteps(const std::vector<int>& steps) {
  if (steps.empty()) return InvalidArgument("a rollout needs steps, such as 5,25,50,100");
  int last = 0;
  for (const int step : steps) {
    if (step < 1 || step > 100) return InvalidArgument(fmt::format("the step {} is not from 1 to 100", step));
    if (step <= last) return InvalidArgument(fmt::format("the steps have to rise: {} comes after {}", step, last));
    last = step;
  }
  return {};
}

Status CheckGuards(const Rollout& rollout) {
  if (rollout.guards.empty())
    return InvalidArgument("a rollout needs a guard at least, such as 'error_rate<1%': nothing else can stop it");
  SLIPWAY_ASSIGN_OR_RETURN(const auto guards, ParseGuards(rollout.guards));
  for (const Guard& guard : guards) {
    if (guard.Compares() && rollout.steps.front() == 100)
      return InvalidArgument(
          fmt::format("the guard '{}' compares with the old deployment, which gets no traffic once the "
                      "first step is 100: begin with a smaller one",
                      guard.text));
  }
  return {};
}

bool IsOneOf(const std::string& name, const std::string& a, const std::string& b) {
  return EqualsIgnoreCase(name, a) || EqualsIgnoreCase(name, b);
}

}  // namespace

Status CheckRollout(const Rollout& rollout) {
  SLIPWAY_RETURN_IF_ERROR(
      With(domain::CheckName(domain::NameKind::kSchedule, rollout.name), "rollouts are named as schedules are"));
  SLIPWAY_RETURN_IF_ERROR(CheckSteps(rollout.steps));
  if (rollout.every_ms < kEveryMsMin) return InvalidArgument("a step takes a second or more");
  if (rollout.samples_min < 1) return InvalidArgument("the smallest number of samples is 1 or more");
  return CheckGuards(rollout);
}

Result<std::string> FindFrom(const OnlineEndpoint& endpoint, const std::string& to) {
  std::vector<std::string> others;
  for (const auto& [name, share] : endpoint.traffic)
    if (share > 0 && !EqualsIgnoreCase(name, to)) others.push_back(name);
  if (others.size() == 1) return others.front();
  return FailedPrecondition(
      fmt::format("the traffic of '{}' is {}: say which deployment is the old one (from), and let "
                  "it have the traffic",
                  endpoint.name, TrafficText(endpoint.traffic)));
}

Result<int> PresentShare(const OnlineEndpoint& endpoint, const std::string& from, const std::string& to) {
  int share = 0, sum = 0;
  for (const auto& [name, percent] : endpoint.traffic) {
    if (IsOneOf(name, from, to)) sum += percent;
    if (EqualsIgnoreCase(name, to)) share += percent;
  }
  if (sum == 100) return share;
  return FailedPrecondition(
      fmt::format("the traffic of '{}' is {}: it has to be between '{}' and '{}' alone; set it with `slipway "
                  "online-endpoint update --name {} --traffic \"{}=100\"`",
                  endpoint.name, TrafficText(endpoint.traffic), from, to, endpoint.name, from));
}

Status CheckBeginning(const Rollout& rollout, const OnlineEndpoint& endpoint, int share) {
  if (share > rollout.steps.front())
    return FailedPrecondition(fmt::format("'{}' gets {} % already, the first step is {} %: begin above it", rollout.to,
                                          share, rollout.steps.front()));
  for (const auto& [name, percent] : endpoint.mirror_traffic) {
    if (percent > 0 && EqualsIgnoreCase(name, rollout.to))
      return FailedPrecondition(
          fmt::format("'{}' gets mirrored traffic: end that first, a deployment gets live or "
                      "mirrored traffic, not both",
                      rollout.to));
  }
  return {};
}

Status CheckReady(const domain::OnlineDeployment& to) {
  if (to.state == domain::ProvisioningState::kSucceeded) return {};
  return FailedPrecondition(fmt::format("the deployment '{}' is {}: it has to be ready (Succeeded)", to.name,
                                        domain::ProvisioningStateName(to.state)));
}

}  // namespace slipway::endpoints
