#include "slipway/endpoints/rollout/policy.h"

#include <array>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using domain::GuardOutcome;
using domain::ProvisioningState;
using domain::Rollout;
using domain::RolloutDecision;
using domain::RolloutEvidence;
using domain::RolloutStatus;
using Kind = RolloutAction::Kind;
using Verdict = GuardOutcome::Verdict;

Traffic Normal(const Traffic& traffic) {
  Traffic normal;
  for (const auto& [name, share] : traffic)
    if (share != 0) normal[ToLower(name)] = share;
  return normal;
}

std::string OutcomeText(const GuardOutcome& outcome) {
  if (outcome.verdict == Verdict::kUnknown) return fmt::format("{}: {}", outcome.guard, outcome.note);
  return fmt::format("{} is breached: {:.4g} against {:.4g}", outcome.guard, *outcome.value, *outcome.limit);
}

std::vector<std::string> TextsOf(const std::vector<GuardOutcome>& outcomes, Verdict verdict) {
  std::vector<std::string> texts;
  for (const GuardOutcome& outcome : outcomes)
    if (outcome.verdict == verdict) texts.push_back(OutcomeText(outcome));
  return texts;
}

std::vector<GuardOutcome> JudgeAll(const Rollout& rollout, const std::vector<Guard>& guards,
                                   const RolloutEvidence& evidence) {
  std::vector<GuardOutcome> outcomes;
  for (const Guard& guard : guards) outcomes.push_back(Judge(guard, evidence, rollout.samples_min));
  return outcomes;
}

bool IsLastStep(const Rollout& rollout) {
  return rollout.step + 1 >= rollout.steps.size();
}

std::string SamplesText(const RolloutEvidence& evidence) {
  return fmt::format("{} requests of the new deployment, {} of the old one", evidence.canary.requests,
                     evidence.control.requests);
}

RolloutAction Onward(const Rollout& rollout, const RolloutEvidence& evidence, std::vector<GuardOutcome> outcomes) {
  const std::string all =
      fmt::format("{} over {}", outcomes.empty() ? "no guards" : "all guards hold", SamplesText(evidence));
  return {IsLastStep(rollout) ? Kind::kComplete : Kind::kAdvance, all, std::move(outcomes)};
}

RolloutAction CheckDeployment(const Rollout& rollout, const domain::OnlineDeployment& to) {
  if (to.revision != rollout.revision)
    return {Kind::kPause,
            fmt::format("the deployment '{}' was changed (revision {}, was {}): resume to roll out the new "
                        "revision",
                        rollout.to, to.revision, rollout.revision),
            {}};
  if (to.state == ProvisioningState::kFailed)
    return {Kind::kRollBack,
            fmt::format("the deployment '{}' has failed: {}", rollout.to,
                        to.state_message.substr(0, to.state_message.find('\n'))),
            {}};
  return {};
}

// A row of holds for the same lack is one decision: the first's time, the latest's evidence.
bool IsRepeated(const RolloutDecision& last, const RolloutDecision& next) {
  return last.action == next.action && last.share == next.share && next.action == ActionName(Kind::kHold);
}

}  // namespace

bool IsSameTraffic(const Traffic& a, const Traffic& b) {
  return Normal(a) == Normal(b);
}

Traffic TrafficOf(const Rollout& rollout, int share) {
  return {{rollout.from, 100 - share}, {rollout.to, share}};
}

std::string TrafficText(const Traffic& traffic) {
  std::vector<std::string> parts;
  for (const auto& [name, share] : traffic)
    if (share != 0) parts.push_back(fmt::format("{}={}", name, share));
  return parts.empty() ? "none" : Join(parts, " ");
}

std::string_view ActionName(Kind kind) {
  constexpr std::array<std::string_view, 7> kNames = {"wait",      "hold",  "advance", "complete",
                                                      "roll back", "pause", "abort"};
  return kNames[static_cast<size_t>(kind)];
}

RolloutAction CheckWorld(const Rollout& rollout, const RolloutWorld& world) {
  if (!world.endpoint) return {Kind::kAbort, fmt::format("the endpoint '{}' was deleted", rollout.endpoint), {}};
  if (!world.to || !world.has_from)
    return {Kind::kAbort, fmt::format("the deployment '{}' was deleted", world.to ? rollout.from : rollout.to), {}};
  const Traffic& traffic = world.endpoint->traffic;
  if (!IsSameTraffic(traffic, TrafficOf(rollout, rollout.share)))
    return {Kind::kPause,
            fmt::format("the traffic was changed by hand: it is {}, the rollout had set {}", TrafficText(traffic),
                        TrafficText(TrafficOf(rollout, rollout.share))),
            {}};
  return CheckDeployment(rollout, *world.to);
}

RolloutAction DecideRollout(const Rollout& rollout, const std::vector<Guard>& guards, const RolloutEvidence& evidence,
                            Timestamp now) {
  auto outcomes = JudgeAll(rollout, guards, evidence);
  if (const auto breached = TextsOf(outcomes, Verdict::kBreached); !breached.empty())
    return {Kind::kRollBack, Join(breached, "; "), std::move(outcomes)};
  const auto over = rollout.step_started_at.value_or(now) + std::chrono::milliseconds(rollout.every_ms);
  if (now < over) return {Kind::kWait, "", std::move(outcomes)};
  if (evidence.canary.requests < rollout.samples_min)
    return {Kind::kHold,
            fmt::format("too few samples: {} requests of the new deployment, {} needed", evidence.canary.requests,
                        rollout.samples_min),
            std::move(outcomes)};
  if (const auto unknown = TextsOf(outcomes, Verdict::kUnknown); !unknown.empty())
    return {Kind::kHold, Join(unknown, "; "), std::move(outcomes)};
  return Onward(rollout, evidence, std::move(outcomes));
}

void WantShare(Rollout& rollout, int share) {
  // A move that has not been made yet begins where the traffic still is.
  if (rollout.is_moved) rollout.share_before = rollout.share;
  rollout.share = share;
  rollout.is_moved = false;
}

void Record(RolloutDecision decision, Rollout& rollout) {
  if (!rollout.decisions.empty() && IsRepeated(rollout.decisions.back(), decision)) {
    decision.at = rollout.decisions.back().at;
    decision.times = rollout.decisions.back().times + 1;
    rollout.decisions.pop_back();
  }
  rollout.decisions.push_back(std::move(decision));
}

void ApplyAction(const RolloutAction& action, const std::optional<RolloutEvidence>& evidence, Timestamp now,
                 Rollout& rollout) {
  const auto end = [&](RolloutStatus status) {
    rollout.status = status;
    rollout.reason = action.reason;
  };
  switch (action.kind) {
    case Kind::kWait:
      return;
    case Kind::kHold:
      rollout.reason = action.reason;
      break;
    case Kind::kAdvance:
      rollout.reason.clear();
      ++rollout.step;
      WantShare(rollout, rollout.steps[rollout.step]);
      break;
    case Kind::kComplete:
      end(RolloutStatus::kCompleted);
      break;
    case Kind::kRollBack:
      end(RolloutStatus::kRolledBack);
      WantShare(rollout, 0);
      break;
    case Kind::kPause:
      end(RolloutStatus::kPaused);
      break;
    case Kind::kAbort:
      end(RolloutStatus::kAborted);
      break;
  }
  Record({now, now, 1, std::string(ActionName(action.kind)), rollout.share, action.reason, evidence, action.guards},
         rollout);
}

}  // namespace slipway::endpoints
