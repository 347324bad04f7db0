#include "slipway/endpoints/plan/revision.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using domain::ProvisioningState;
using Action = Decision::Action;

std::string WithFallback(const RevisionProgress& progress, std::string message) {
  if (progress.serving && *progress.serving != progress.revision) {
    message += fmt::format("\nRevision {} goes on serving.", *progress.serving);
  }
  return message;
}

Decision Reject(const RevisionProgress& progress, std::string message) {
  return {Action::kReject, WithFallback(progress, std::move(message))};
}

Decision RejectReported(const RevisionProgress& progress) {
  return Reject(progress, fmt::format("ResourceNotReady: {}", Trim(progress.report->message)));
}

bool HasReport(const RevisionProgress& progress, std::string_view state) {
  return progress.report && progress.report->revision == progress.revision && progress.report->state == state;
}

bool IsWithGateway(const RevisionProgress& progress) {
  return progress.candidate == progress.revision || progress.serving == progress.revision;
}

bool HasFailedToPrepare(const RevisionProgress& progress) {
  return progress.preparation && progress.preparation->revision == progress.revision &&
         !progress.preparation->failure.empty();
}

Decision DecidePreparation(const RevisionProgress& progress) {
  if (HasFailedToPrepare(progress)) return Reject(progress, progress.preparation->failure);
  if (progress.preparing == progress.revision) return {};
  return {Action::kPrepare, ""};
}

Decision DecideUnderWay(const RevisionProgress& progress, Timestamp now) {
  if (!IsWithGateway(progress)) return DecidePreparation(progress);
  if (HasReport(progress, "Succeeded")) return {Action::kConfirm, ""};
  if (HasReport(progress, "Failed")) return RejectReported(progress);
  if (now < progress.candidate_since + progress.ready_timeout) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.ready_timeout).count();
  return Reject(progress,
                fmt::format("ResourceNotReady: the gateway did not report the deployment ready within {} s; is it "
                            "running? `slipway doctor` tells",
                            seconds));
}

// A deployment that worked is looked at again when its placement was lost, and when the gateway, started anew, cannot
// load it any more.
Decision DecideSucceeded(const RevisionProgress& progress) {
  if (!IsWithGateway(progress)) return DecidePreparation(progress);
  if (HasReport(progress, "Failed")) return RejectReported(progress);
  if (progress.serving != progress.revision && HasReport(progress, "Succeeded")) return {Action::kConfirm, ""};
  return {};
}

}  // namespace

bool IsUnderWay(ProvisioningState state) {
  return state == ProvisioningState::kCreating || state == ProvisioningState::kUpdating ||
         state == ProvisioningState::kScaling;
}

Decision Decide(const RevisionProgress& progress, Timestamp now) {
  if (IsUnderWay(progress.state)) return DecideUnderWay(progress, now);
  if (progress.state == ProvisioningState::kSucceeded) return DecideSucceeded(progress);
  const bool has_recovered = progress.state == ProvisioningState::kFailed && progress.serving == progress.revision &&
                             HasReport(progress, "Succeeded");
  if (has_recovered) return {Action::kConfirm, ""};
  return {};
}

}  // namespace slipway::endpoints
