#include "slipway/endpoints/plan/rollout.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using domain::ProvisioningState;
using Action = Decision::Action;

std::string WithFallback(const Rollout& rollout, std::string message) {
  if (rollout.serving && *rollout.serving != rollout.revision) {
    message += fmt::format("\nRevision {} goes on serving.", *rollout.serving);
  }
  return message;
}

Decision Reject(const Rollout& rollout, std::string message) {
  return {Action::kReject, WithFallback(rollout, std::move(message))};
}

Decision RejectReported(const Rollout& rollout) {
  return Reject(rollout, fmt::format("ResourceNotReady: {}", Trim(rollout.report->message)));
}

bool HasReport(const Rollout& rollout, std::string_view state) {
  return rollout.report && rollout.report->revision == rollout.revision && rollout.report->state == state;
}

bool IsWithGateway(const Rollout& rollout) {
  return rollout.candidate == rollout.revision || rollout.serving == rollout.revision;
}

bool HasFailedToPrepare(const Rollout& rollout) {
  return rollout.preparation && rollout.preparation->revision == rollout.revision &&
         !rollout.preparation->failure.empty();
}

Decision DecidePreparation(const Rollout& rollout) {
  if (HasFailedToPrepare(rollout)) return Reject(rollout, rollout.preparation->failure);
  if (rollout.preparing == rollout.revision) return {};
  return {Action::kPrepare, ""};
}

Decision DecideUnderWay(const Rollout& rollout, Timestamp now) {
  if (!IsWithGateway(rollout)) return DecidePreparation(rollout);
  if (HasReport(rollout, "Succeeded")) return {Action::kConfirm, ""};
  if (HasReport(rollout, "Failed")) return RejectReported(rollout);
  if (now < rollout.candidate_since + rollout.ready_timeout) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rollout.ready_timeout).count();
  return Reject(rollout,
                fmt::format("ResourceNotReady: the gateway did not report the deployment ready within {} s; is it "
                            "running? `slipway doctor` tells",
                            seconds));
}

// A deployment that worked is looked at again when its placement was lost, and when the gateway, started anew, cannot
// load it any more.
Decision DecideSucceeded(const Rollout& rollout) {
  if (!IsWithGateway(rollout)) return DecidePreparation(rollout);
  if (HasReport(rollout, "Failed")) return RejectReported(rollout);
  if (rollout.serving != rollout.revision && HasReport(rollout, "Succeeded")) return {Action::kConfirm, ""};
  return {};
}

}  // namespace

bool IsUnderWay(ProvisioningState state) {
  return state == ProvisioningState::kCreating || state == ProvisioningState::kUpdating ||
         state == ProvisioningState::kScaling;
}

Decision Decide(const Rollout& rollout, Timestamp now) {
  if (IsUnderWay(rollout.state)) return DecideUnderWay(rollout, now);
  if (rollout.state == ProvisioningState::kSucceeded) return DecideSucceeded(rollout);
  const bool has_recovered = rollout.state == ProvisioningState::kFailed && rollout.serving == rollout.revision &&
                             HasReport(rollout, "Succeeded");
  if (has_recovered) return {Action::kConfirm, ""};
  return {};
}

}  // namespace slipway::endpoints
