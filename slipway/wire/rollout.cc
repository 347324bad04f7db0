#include "slipway/wire/rollout.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using domain::GuardOutcome;
using domain::Rollout;
using domain::RolloutDecision;
using domain::RolloutEvidence;
using domain::RolloutSide;
using nlohmann::json;

json OrNull(const std::optional<double>& number) {
  return number ? json(*number) : json(nullptr);
}

template <class Visit>
void ForEachElement(const JsonView& view, std::string_view key, const Visit& visit) {
  const auto list = view.Find(key);
  if (!list) return;
  if (!list->value().is_array()) return list->Complain("must be a list");
  for (size_t i = 0; i < list->value().size(); ++i) visit(list->At(std::to_string(i), list->value()[i]));
}

json SideToJson(const RolloutSide& side) {
  return {{"requests", side.requests}, {"errorRate", side.error_rate}, {"rate5xx", side.rate_5xx},
          {"p50Ms", side.p50_ms},      {"p95Ms", side.p95_ms},         {"p99Ms", side.p99_ms},
          {"scores", side.scores}};
}

RolloutSide ReadSide(const JsonView& evidence, std::string_view key) {
  RolloutSide side;
  const auto view = evidence.Require(key);
  if (!view) return side;
  side.requests = view->Integer("requests", 0);
  side.error_rate = view->Number("errorRate").value_or(0);
  side.rate_5xx = view->Number("rate5xx").value_or(0);
  side.p50_ms = view->Number("p50Ms").value_or(0);
  side.p95_ms = view->Number("p95Ms").value_or(0);
  side.p99_ms = view->Number("p99Ms").value_or(0);
  side.scores = view->Integer("scores", 0);
  return side;
}

json EvidenceToJson(const RolloutEvidence& evidence) {
  return {{"since", FormatTimestamp(evidence.since)}, {"until", FormatTimestamp(evidence.until)},
          {"canary", SideToJson(evidence.canary)},    {"control", SideToJson(evidence.control)},
          {"scorePsi", OrNull(evidence.score_psi)},   {"scoreNote", evidence.score_note}};
}

RolloutEvidence ReadEvidence(const JsonView& view) {
  RolloutEvidence evidence;
  evidence.since = ReadTime(view, "since").value_or(Timestamp{});
  evidence.until = ReadTime(view, "until").value_or(Timestamp{});
  evidence.canary = ReadSide(view, "canary");
  evidence.control = ReadSide(view, "control");
  evidence.score_psi = view.Number("scorePsi");
  evidence.score_note = view.Text("scoreNote");
  return evidence;
}

json OutcomeToJson(const GuardOutcome& outcome) {
  return {{"guard", outcome.guard},
          {"verdict", domain::VerdictName(outcome.verdict)},
          {"value", OrNull(outcome.value)},
          {"limit", OrNull(outcome.limit)},
          {"note", outcome.note}};
}

GuardOutcome ReadOutcome(const JsonView& view) {
  GuardOutcome outcome;
  outcome.guard = view.RequireText("guard");
  const auto verdict = domain::ParseVerdict(view.RequireText("verdict"));
  if (!verdict) view.Complain("the verdict is not known");
  outcome.verdict = verdict.value_or(GuardOutcome::Verdict::kUnknown);
  outcome.value = view.Number("value");
  outcome.limit = view.Number("limit");
  outcome.note = view.Text("note");
  return outcome;
}

json DecisionToJson(const RolloutDecision& decision) {
  json guards = json::array();
  for (const GuardOutcome& outcome : decision.guards) guards.push_back(OutcomeToJson(outcome));
  return {{"at", FormatTimestamp(decision.at)},
          {"lastAt", FormatTimestamp(decision.last_at)},
          {"times", decision.times},
          {"action", decision.action},
          {"share", decision.share},
          {"reason", decision.reason},
          {"evidence", decision.evidence ? EvidenceToJson(*decision.evidence) : json(nullptr)},
          {"guards", std::move(guards)}};
}

RolloutDecision ReadDecision(const JsonView& view) {
  RolloutDecision decision;
  decision.at = ReadTime(view, "at").value_or(Timestamp{});
  decision.last_at = ReadTime(view, "lastAt").value_or(decision.at);
  decision.times = view.Integer("times", 1);
  decision.action = view.RequireText("action");
  decision.share = static_cast<int>(view.Integer("share", 0));
  decision.reason = view.Text("reason");
  if (const auto evidence = view.Find("evidence")) decision.evidence = ReadEvidence(*evidence);
  ForEachElement(view, "guards", [&](const JsonView& guard) { decision.guards.push_back(ReadOutcome(guard)); });
  return decision;
}

void ReadSteps(const JsonView& properties, Rollout& rollout) {
  ForEachElement(properties, "steps", [&](const JsonView& step) {
    const auto percent = step.AsNumber();
    if (!percent) return;
    if (*percent < 1 || *percent > 100 || *percent != static_cast<int>(*percent))
      return step.Complain(fmt::format("a step is a whole percentage from 1 to 100, not {}", FormatDouble(*percent)));
    rollout.steps.push_back(static_cast<int>(*percent));
  });
}

void ReadState(const JsonView& properties, Rollout& rollout) {
  const auto status = domain::ParseRolloutStatus(properties.Text("status", "Running"));
  if (!status) properties.Complain("the status is not known");
  rollout.status = status.value_or(domain::RolloutStatus::kRunning);
  rollout.reason = properties.Text("reason");
  rollout.step = static_cast<size_t>(std::max<int64_t>(properties.Integer("step", 0), 0));
  rollout.share = static_cast<int>(properties.Integer("share", 0));
  rollout.share_before = static_cast<int>(properties.Integer("shareBefore", 0));
  rollout.is_moved = properties.Boolean("isMoved", false);
  rollout.step_started_at = ReadTime(properties, "stepStartedAt");
  rollout.revision = static_cast<int>(properties.Integer("revision", 0));
  ForEachElement(properties, "decisions",
                 [&](const JsonView& decision) { rollout.decisions.push_back(ReadDecision(decision)); });
}

}  // namespace

json RolloutToJson(const domain::Scope& scope, const Rollout& rollout) {
  json decisions = json::array();
  for (const RolloutDecision& decision : rollout.decisions) decisions.push_back(DecisionToJson(decision));
  json properties = {{"endpoint", rollout.endpoint},
                     {"from", rollout.from},
                     {"to", rollout.to},
                     {"steps", rollout.steps},
                     {"every", MillisecondsToArm(rollout.every_ms)},
                     {"guards", rollout.guards},
                     {"minSamples", rollout.samples_min},
                     {"status", domain::RolloutStatusName(rollout.status)},
                     {"reason", rollout.reason},
                     {"step", rollout.step},
                     {"share", rollout.share},
                     {"shareBefore", rollout.share_before},
                     {"isMoved", rollout.is_moved},
                     {"revision", rollout.revision},
                     {"decisions", std::move(decisions)}};
  PutTime(properties, "stepStartedAt", rollout.step_started_at);
  return {{"id", fmt::format("{}/slipway/rollouts/{}", scope.ArmId(), rollout.name)},
          {"name", rollout.name},
          {"type", "slipway/rollouts"},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(rollout.context)}};
}

Result<Rollout> RolloutFromJson(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  Rollout rollout;
  rollout.name = view.Text("name");
  rollout.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    rollout.endpoint = properties->RequireText("endpoint");
    rollout.from = properties->Text("from");
    rollout.to = properties->RequireText("to");
    ReadSteps(*properties, rollout);
    rollout.every_ms = ReadMilliseconds(*properties, "every", rollout.every_ms);
    rollout.guards = properties->TextList("guards");
    rollout.samples_min = properties->Integer("minSamples", rollout.samples_min);
    ReadState(*properties, rollout);
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return rollout;
}

}  // namespace slipway::wire
