#include "slipway/endpoints/rollout/rollouts.h"

#include <algorithm>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/retry.h"
#include "slipway/base/text.h"
#include "slipway/base/ticker.h"
#include "slipway/endpoints/rollout/checks.h"
#include "slipway/endpoints/rollout/policy.h"

namespace slipway::endpoints {
namespace {

using domain::Rollout;
using domain::RolloutEvidence;
using domain::RolloutStatus;
using domain::Scope;
using domain::Workspace;
using Kind = RolloutAction::Kind;

// Within a step the guards are looked at this many times.
constexpr int kLooksAStep = 4;
constexpr Duration kLookMin = std::chrono::milliseconds(250), kLookMax = std::chrono::seconds(30);
// What failed because something was unavailable is tried again after this time.
constexpr Duration kRetryAfter = std::chrono::seconds(5);

bool IsDue(const Rollout& rollout) {
  return !rollout.is_moved || rollout.status == RolloutStatus::kRunning;
}

Timestamp NextLook(const Rollout& rollout, Timestamp now) {
  const Duration every = std::chrono::milliseconds(rollout.every_ms);
  const Timestamp over = rollout.step_started_at.value_or(now) + every;
  const Timestamp next = now + std::clamp(every / kLooksAStep, kLookMin, kLookMax);
  return now < over ? std::min(over, next) : next;
}

// Whether somebody has changed the rollout between two looks.
bool IsSame(const Rollout& a, const Rollout& b) {
  const auto key = [](const Rollout& rollout) {
    return std::tuple(rollout.status, rollout.step, rollout.is_moved, rollout.step_started_at,
                      rollout.decisions.size());
  };
  return key(a) == key(b);
}

domain::RolloutQuestion QuestionOf(const Workspace& workspace, const Rollout& rollout, const std::vector<Guard>& guards,
                                   Timestamp now) {
  domain::RolloutQuestion question;
  question.workspace_id = workspace.id;
  question.endpoint = rollout.endpoint;
  question.from = rollout.from;
  question.to = rollout.to;
  question.since = rollout.step_started_at.value_or(now);
  question.control_since = rollout.context.created_at;
  question.until = now;
  question.samples_min = rollout.samples_min;
  question.wants_scores = std::any_of(guards.begin(), guards.end(),
                                      [](const Guard& guard) { return guard.metric == GuardMetric::kScorePsi; });
  return question;
}

// Evidence that cannot be read decides nothing.
RolloutAction DecideWithout(const Rollout& rollout, const Error& error, Timestamp now) {
  const auto over = rollout.step_started_at.value_or(now) + std::chrono::milliseconds(rollout.every_ms);
  if (now < over) return {};
  return {Kind::kHold, fmt::format("the logs cannot be read: {}", error.ToString()), {}};
}

void RecordByHand(std::string_view action, std::string reason, Timestamp now, Rollout& rollout) {
  rollout.reason = reason;
  Record({now, now, 1, std::string(action), rollout.share, std::move(reason), std::nullopt, {}}, rollout);
}

}  // namespace

struct Rollouts::Impl {
  explicit Impl(RolloutDependencies wanted)
      : dependencies(std::move(wanted)), ticker(dependencies.clock, [this](Timestamp now) { return Tick(now); }) {}

  std::optional<Timestamp> Tick(Timestamp now);
  std::optional<Timestamp> TickWorkspace(const Workspace& workspace, Timestamp now);
  Result<std::optional<Timestamp>> Look(const Workspace& workspace, const std::string& name, Timestamp now);

  // All below want `changing` held.
  Result<RolloutWorld> ReadWorld(const Scope& scope, const Rollout& rollout);
  Status FillBeginning(const Scope& scope, Rollout& rollout);
  Status CheckAlone(const Scope& scope, const Rollout& rollout);
  Result<Rollout> ReadUnfinished(const Scope& scope, const std::string& name);
  // Stores what was decided, then does it. `by`: who decided; "" = the rollout itself.
  Status Settle(const Scope& scope, Rollout& rollout, const std::string& by = "");
  Status Audit(const Scope& scope, const Rollout& rollout, const std::string& by);
  Status Store(const Scope& scope, Rollout& rollout);
  Status Move(const Scope& scope, Rollout& rollout);
  void GiveUpMove(const Error& why, Rollout& rollout);
  // The traffic is to be `share`, whatever of the two deployments has it now.
  Status AdoptShare(const Scope& scope, int share, Rollout& rollout);

  const RolloutDependencies dependencies;
  std::mutex changing;  // held while rollouts are read and written back; not while the logs are asked
  Ticker ticker;
};

Rollouts::Rollouts(RolloutDependencies dependencies) : impl_(std::make_unique<Impl>(std::move(dependencies))) {}

Rollouts::~Rollouts() = default;

void Rollouts::Start() {
  impl_->ticker.Start();
}

void Rollouts::Stop() {
  impl_->ticker.Stop();
}

std::optional<Timestamp> Rollouts::Tick(Timestamp now) {
  return impl_->Tick(now);
}

// By itself.

std::optional<Timestamp> Rollouts::Impl::Tick(Timestamp now) {
  const auto workspaces = dependencies.workspaces.ListWorkspaces();
  if (!workspaces) {
    LogError("rollouts cannot be read: {}", workspaces.error().ToString());
    return now + kRetryAfter;
  }
  std::optional<Timestamp> next;
  for (const Workspace& workspace : *workspaces) next = Earlier(next, TickWorkspace(workspace, now));
  return next;
}

std::optional<Timestamp> Rollouts::Impl::TickWorkspace(const Workspace& workspace, Timestamp now) {
  const auto rollouts = dependencies.rollouts.ListRollouts(workspace.scope);
  if (!rollouts) {
    LogError("rollouts of {} cannot be read: {}", workspace.scope.workspace, rollouts.error().ToString());
    return now + kRetryAfter;
  }
  std::optional<Timestamp> next;
  for (const Rollout& rollout : *rollouts) {
    if (!IsDue(rollout)) continue;
    const auto looked = Look(workspace, rollout.name, now);
    if (!looked) LogError("rollout {}: {}", rollout.name, looked.error().ToString());
    next = Earlier(next, looked ? *looked : now + kRetryAfter);
  }
  return next;
}

Result<std::optional<Timestamp>> Rollouts::Impl::Look(const Workspace& workspace, const std::string& name,
                                                      Timestamp now) {
  const Scope& scope = workspace.scope;
  Rollout before;
  {
    const std::lock_guard lock(changing);
    SLIPWAY_ASSIGN_OR_RETURN(before, dependencies.rollouts.GetRollout(scope, name));
    if (!before.is_moved) SLIPWAY_RETURN_IF_ERROR(Move(scope, before));
    if (before.status != RolloutStatus::kRunning) return std::optional<Timestamp>();
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto guards, ParseGuards(before.guards));
  const auto evidence = dependencies.evidence(QuestionOf(workspace, before, guards, now));
  const std::lock_guard lock(changing);
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, dependencies.rollouts.GetRollout(scope, name));
  if (!IsSame(before, rollout)) return std::optional(now);
  SLIPWAY_ASSIGN_OR_RETURN(const RolloutWorld world, ReadWorld(scope, rollout));
  RolloutAction action = CheckWorld(rollout, world);
  if (action.kind == Kind::kWait)
    action = evidence ? DecideRollout(rollout, guards, *evidence, now) : DecideWithout(rollout, evidence.error(), now);
  if (action.kind == Kind::kWait) return std::optional(NextLook(rollout, now));
  ApplyAction(action, evidence ? std::optional<RolloutEvidence>(*evidence) : std::nullopt, now, rollout);
  if (rollout.decisions.back().times == 1)  // a row of holds is one decision
    LogInfo("rollout {}: {}, {} % to '{}': {}", name, ActionName(action.kind), rollout.share, rollout.to,
            action.reason);
  SLIPWAY_RETURN_IF_ERROR(Settle(scope, rollout));
  if (rollout.status != RolloutStatus::kRunning) return std::optional<Timestamp>();
  return std::optional(NextLook(rollout, now));
}

Result<RolloutWorld> Rollouts::Impl::ReadWorld(const Scope& scope, const Rollout& rollout) {
  RolloutWorld world;
  const auto absent = [](const auto& result) { return !result && result.error().code() == Code::kNotFound; };
  const auto endpoint = dependencies.endpoints.GetEndpoint(scope, rollout.endpoint);
  if (absent(endpoint)) return world;
  SLIPWAY_RETURN_IF_ERROR(endpoint);
  world.endpoint = *endpoint;
  const auto to = dependencies.endpoints.GetDeployment(scope, rollout.endpoint, rollout.to);
  if (!to && !absent(to)) return Error(to.error());
  if (to) world.to = *to;
  world.has_from = dependencies.endpoints.GetDeployment(scope, rollout.endpoint, rollout.from).has_value();
  return world;
}

// A row of holds is one decision.
Status Rollouts::Impl::Audit(const Scope& scope, const Rollout& rollout, const std::string& by) {
  if (dependencies.audit == nullptr || rollout.decisions.empty() || rollout.decisions.back().times > 1) return {};
  const domain::RolloutDecision& decision = rollout.decisions.back();
  domain::AuditEntry entry;
  entry.time = decision.at;
  entry.action = "rollout." + ReplaceAll(decision.action, " ", "-");
  entry.actor = by.empty() ? "rollout:" + rollout.name : by;
  entry.scope = scope.ArmId();
  entry.subject = fmt::format("{}/{}", rollout.endpoint, rollout.to);
  entry.reason = decision.reason;
  entry.evidence = {{"rollout", rollout.name}, {"share", fmt::format("{}", decision.share)}, {"from", rollout.from}};
  for (const domain::GuardOutcome& guard : decision.guards)
    entry.evidence["guard " + guard.guard] = fmt::format("{}{}", domain::VerdictName(guard.verdict),
                                                         guard.value ? ", " + FormatDouble(*guard.value) : guard.note);
  SLIPWAY_RETURN_IF_ERROR(dependencies.audit->Record(std::move(entry)));
  return {};
}

Status Rollouts::Impl::Settle(const Scope& scope, Rollout& rollout, const std::string& by) {
  SLIPWAY_RETURN_IF_ERROR(Store(scope, rollout));
  SLIPWAY_RETURN_IF_ERROR(Audit(scope, rollout, by));
  return rollout.is_moved ? Status() : Move(scope, rollout);
}

Status Rollouts::Impl::Store(const Scope& scope, Rollout& rollout) {
  rollout.context.last_modified_at = dependencies.clock.Now();
  return dependencies.rollouts.PutRollout(scope, rollout);
}

Status Rollouts::Impl::Move(const Scope& scope, Rollout& rollout) {
  const Status moved = dependencies.endpoints.MoveTraffic(
      scope, rollout.endpoint, TrafficOf(rollout, rollout.share_before), TrafficOf(rollout, rollout.share));
  const bool is_hopeless =
      !moved && (moved.error().code() == Code::kConflict || moved.error().code() == Code::kNotFound ||
                 moved.error().code() == Code::kInvalidArgument);
  if (!moved && !is_hopeless) return moved;
  rollout.is_moved = true;
  rollout.step_started_at = dependencies.clock.Now();
  if (!moved) GiveUpMove(moved.error(), rollout);
  return Store(scope, rollout);
}

// Somebody else has changed the traffic, or deleted what should get it, since the move was decided.
void Rollouts::Impl::GiveUpMove(const Error& why, Rollout& rollout) {
  std::string reason = fmt::format("the traffic was left as it is: {}", why.ToString());
  if (IsOver(rollout.status))
    reason = fmt::format("{}; {}", rollout.reason, reason);
  else
    rollout.status = RolloutStatus::kPaused;
  RecordByHand(IsOver(rollout.status) ? "leave" : "pause", std::move(reason), dependencies.clock.Now(), rollout);
}

// By hand.

Status Rollouts::Impl::FillBeginning(const Scope& scope, Rollout& rollout) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto endpoint, dependencies.endpoints.GetEndpoint(scope, rollout.endpoint));
  SLIPWAY_ASSIGN_OR_RETURN(const auto to, dependencies.endpoints.GetDeployment(scope, endpoint.name, rollout.to));
  SLIPWAY_RETURN_IF_ERROR(CheckReady(to));
  if (rollout.from.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(rollout.from, FindFrom(endpoint, to.name));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto from, dependencies.endpoints.GetDeployment(scope, endpoint.name, rollout.from));
  if (EqualsIgnoreCase(from.name, to.name))
    return InvalidArgument(fmt::format("'{}' cannot be rolled out against itself", to.name));
  rollout.endpoint = endpoint.name;
  rollout.from = from.name;
  rollout.to = to.name;
  rollout.revision = to.revision;
  SLIPWAY_ASSIGN_OR_RETURN(rollout.share_before, PresentShare(endpoint, from.name, to.name));
  return CheckBeginning(rollout, endpoint, rollout.share_before);
}

Status Rollouts::Impl::CheckAlone(const Scope& scope, const Rollout& rollout) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto known, dependencies.rollouts.ListRollouts(scope));
  for (const Rollout& other : known) {
    if (EqualsIgnoreCase(other.name, rollout.name))
      return AlreadyExists(fmt::format("there is a rollout '{}' already: take another name", other.name));
    if (!IsOver(other.status) && EqualsIgnoreCase(other.endpoint, rollout.endpoint))
      return FailedPrecondition(fmt::format("the rollout '{}' of the endpoint '{}' is {}: abort or promote it first",
                                            other.name, other.endpoint, domain::RolloutStatusName(other.status)));
  }
  return {};
}

Result<Rollout> Rollouts::Create(const Scope& scope, Rollout wanted, const std::string& by) {
  Rollout rollout;
  std::tie(rollout.name, rollout.endpoint, rollout.from, rollout.to, rollout.steps, rollout.every_ms, rollout.guards,
           rollout.samples_min) = std::tie(wanted.name, wanted.endpoint, wanted.from, wanted.to, wanted.steps,
                                           wanted.every_ms, wanted.guards, wanted.samples_min);
  SLIPWAY_RETURN_IF_ERROR(CheckRollout(rollout));
  const std::lock_guard lock(impl_->changing);
  SLIPWAY_RETURN_IF_ERROR(impl_->FillBeginning(scope, rollout));
  SLIPWAY_RETURN_IF_ERROR(impl_->CheckAlone(scope, rollout));
  const Timestamp now = impl_->dependencies.clock.Now();
  rollout.context.created_at = now;
  rollout.share = rollout.steps.front();
  RecordByHand("start", fmt::format("'{}' had {} %", rollout.to, rollout.share_before), now, rollout);
  rollout.reason.clear();
  const Status settled = impl_->Settle(scope, rollout, by);
  impl_->ticker.Wake();
  SLIPWAY_RETURN_IF_ERROR(settled);
  return rollout;
}

Result<Rollout> Rollouts::Impl::ReadUnfinished(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, dependencies.rollouts.GetRollout(scope, name));
  if (!IsOver(rollout.status)) return rollout;
  return FailedPrecondition(fmt::format("the rollout '{}' is over: {}{}{}", rollout.name,
                                        domain::RolloutStatusName(rollout.status), rollout.reason.empty() ? "" : ", ",
                                        rollout.reason));
}

Status Rollouts::Impl::AdoptShare(const Scope& scope, int share, Rollout& rollout) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto endpoint, dependencies.endpoints.GetEndpoint(scope, rollout.endpoint));
  SLIPWAY_ASSIGN_OR_RETURN(rollout.share_before, PresentShare(endpoint, rollout.from, rollout.to));
  rollout.share = share;
  rollout.is_moved = false;
  return {};
}

Result<Rollout> Rollouts::Pause(const Scope& scope, const std::string& name, const std::string& by) {
  const std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, impl_->ReadUnfinished(scope, name));
  if (rollout.status == RolloutStatus::kPaused) return rollout;
  rollout.status = RolloutStatus::kPaused;
  RecordByHand("pause", "paused by hand", impl_->dependencies.clock.Now(), rollout);
  SLIPWAY_RETURN_IF_ERROR(impl_->Settle(scope, rollout, by));
  return rollout;
}

Result<Rollout> Rollouts::Resume(const Scope& scope, const std::string& name, const std::string& by) {
  const std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, impl_->ReadUnfinished(scope, name));
  if (rollout.status == RolloutStatus::kRunning) return rollout;
  SLIPWAY_ASSIGN_OR_RETURN(const auto to,
                           impl_->dependencies.endpoints.GetDeployment(scope, rollout.endpoint, rollout.to));
  SLIPWAY_RETURN_IF_ERROR(CheckReady(to));
  SLIPWAY_RETURN_IF_ERROR(impl_->AdoptShare(scope, rollout.steps[rollout.step], rollout));
  rollout.status = RolloutStatus::kRunning;
  rollout.revision = to.revision;
  RecordByHand("resume", fmt::format("resumed by hand; '{}' had {} %", rollout.to, rollout.share_before),
               impl_->dependencies.clock.Now(), rollout);
  rollout.reason.clear();
  const Status settled = impl_->Settle(scope, rollout, by);
  impl_->ticker.Wake();
  SLIPWAY_RETURN_IF_ERROR(settled);
  return rollout;
}

Result<Rollout> Rollouts::Promote(const Scope& scope, const std::string& name, const std::string& by) {
  const std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, impl_->ReadUnfinished(scope, name));
  SLIPWAY_RETURN_IF_ERROR(impl_->AdoptShare(scope, 100, rollout));
  rollout.status = RolloutStatus::kCompleted;
  RecordByHand("promote", "promoted by hand", impl_->dependencies.clock.Now(), rollout);
  SLIPWAY_RETURN_IF_ERROR(impl_->Settle(scope, rollout, by));
  return rollout;
}

Result<Rollout> Rollouts::Abort(const Scope& scope, const std::string& name, const std::string& by) {
  const std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, impl_->ReadUnfinished(scope, name));
  // A rollout can be ended whatever became of the traffic.
  const Status adopted = impl_->AdoptShare(scope, 0, rollout);
  rollout.status = RolloutStatus::kAborted;
  rollout.is_moved = !adopted;
  const std::string left = adopted ? "" : "; the traffic was left as it is: " + adopted.error().message();
  RecordByHand("abort", "aborted by hand" + left, impl_->dependencies.clock.Now(), rollout);
  SLIPWAY_RETURN_IF_ERROR(impl_->Settle(scope, rollout, by));
  return rollout;
}

Status CheckNoRollout(domain::RolloutStore& rollouts, const Scope& scope, const std::string& endpoint,
                      const std::string& deployment) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto known, rollouts.ListRollouts(scope));
  for (const Rollout& rollout : known) {
    const bool takes_part = EqualsIgnoreCase(rollout.from, deployment) || EqualsIgnoreCase(rollout.to, deployment);
    if (IsOver(rollout.status) || !takes_part || !EqualsIgnoreCase(rollout.endpoint, endpoint)) continue;
    return FailedPrecondition(fmt::format(
        "the deployment '{}' takes part in the rollout '{}', which is {}: end that first with `slipway rollout "
        "abort --name {}` (or promote)",
        deployment, rollout.name, domain::RolloutStatusName(rollout.status), rollout.name));
  }
  return {};
}

}  // namespace slipway::endpoints
