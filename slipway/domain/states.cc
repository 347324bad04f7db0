// Names of states, as the REST API and the command line show them.
#include <array>

#include "slipway/base/text.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/job.h"

namespace slipway::domain {
namespace {

constexpr std::array<std::string_view, 10> kJobStatusNames = {"NotStarted",      "Starting",   "Preparing", "Queued",
                                                              "Running",         "Finalizing", "Completed", "Failed",
                                                              "CancelRequested", "Canceled"};
constexpr std::array<std::string_view, 7> kProvisioningStateNames = {"Creating",  "Updating", "Scaling", "Deleting",
                                                                     "Succeeded", "Failed",   "Canceled"};

template <typename Enum, size_t N>
std::optional<Enum> Find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (EqualsIgnoreCase(names[i], name)) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view JobStatusName(JobStatus status) {
  return kJobStatusNames[static_cast<size_t>(status)];
}

std::optional<JobStatus> ParseJobStatus(std::string_view name) {
  return Find<JobStatus>(kJobStatusNames, name);
}

bool IsTerminal(JobStatus status) {
  return status == JobStatus::kCompleted || status == JobStatus::kFailed || status == JobStatus::kCanceled;
}

std::string_view ProvisioningStateName(ProvisioningState state) {
  return kProvisioningStateNames[static_cast<size_t>(state)];
}

std::optional<ProvisioningState> ParseProvisioningState(std::string_view name) {
  return Find<ProvisioningState>(kProvisioningStateNames, name);
}

}  // namespace slipway::domain
