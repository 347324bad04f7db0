#include "slipway/domain/workflow.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr std::array<std::pair<WorkflowStatus, std::string_view>, 5> kStatuses = {
    {{WorkflowStatus::kPending, "pending"},
     {WorkflowStatus::kWaiting, "waiting"},
     {WorkflowStatus::kQueued, "queued"},
     {WorkflowStatus::kInProgress, "in_progress"},
     {WorkflowStatus::kCompleted, "completed"}}};

constexpr std::array<std::pair<WorkflowConclusion, std::string_view>, 6> kConclusions = {
    {{WorkflowConclusion::kNone, ""},
     {WorkflowConclusion::kSuccess, "success"},
     {WorkflowConclusion::kFailure, "failure"},
     {WorkflowConclusion::kCancelled, "cancelled"},
     {WorkflowConclusion::kSkipped, "skipped"},
     {WorkflowConclusion::kStartupFailure, "startup_failure"}}};

template <typename Table, typename Key>
std::string_view NameIn(const Table& table, Key key) {
  for (const auto& [each, name] : table)
    if (each == key) return name;
  return "";
}

template <typename Key, typename Table>
std::optional<Key> ParseIn(const Table& table, std::string_view name) {
  for (const auto& [each, known] : table)
    if (known == name) return each;
  return std::nullopt;
}

}  // namespace

std::string_view WorkflowStatusName(WorkflowStatus status) {
  return NameIn(kStatuses, status);
}
std::string_view WorkflowConclusionName(WorkflowConclusion conclusion) {
  return NameIn(kConclusions, conclusion);
}
std::optional<WorkflowStatus> ParseWorkflowStatus(std::string_view name) {
  return ParseIn<WorkflowStatus>(kStatuses, name);
}
std::optional<WorkflowConclusion> ParseWorkflowConclusion(std::string_view name) {
  return ParseIn<WorkflowConclusion>(kConclusions, name);
}

Status CheckReviewer(const EnvironmentGate& gate, std::string_view by, std::string_view asked_by) {
  if (gate.reviewers.empty()) return {};
  const bool is_reviewer = std::any_of(gate.reviewers.begin(), gate.reviewers.end(),
                                       [&](const std::string& name) { return EqualsIgnoreCase(name, by); });
  if (!is_reviewer)
    return Error(Code::kPermissionDenied, fmt::format("'{}' may not review the environment '{}': its reviewers are {}",
                                                      by, gate.name, Join(gate.reviewers, ", ")));
  if (gate.prevents_self_review && EqualsIgnoreCase(by, asked_by))
    return Error(
        Code::kPermissionDenied,
        fmt::format("'{}' asked for it, and the environment '{}' wants somebody else's review", by, gate.name));
  return {};
}

WorkflowJobRun* WorkflowRun::FindJob(std::string_view key) {
  for (WorkflowJobRun& job : jobs)
    if (job.key == key) return &job;
  return nullptr;
}
const WorkflowJobRun* WorkflowRun::FindJob(std::string_view key) const {
  return const_cast<WorkflowRun*>(this)->FindJob(key);
}

}  // namespace slipway::domain
