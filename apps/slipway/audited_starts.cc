#include "apps/slipway/audited_starts.h"

#include <fmt/format.h>

namespace slipway::apps {

Result<domain::Job> AuditedStarts::Submit(const domain::Scope& scope, const domain::JobSpec& spec) {
  SLIPWAY_ASSIGN_OR_RETURN(domain::Job job, submitter_.Submit(scope, spec));
  const auto rule = spec.properties.find("slipway.alert");
  SLIPWAY_RETURN_IF_ERROR(Record(scope, "alert.start-job",
                                 "alert:" + (rule == spec.properties.end() ? std::string() : rule->second), job.name,
                                 "the alert rule fired"));
  return job;
}

Status AuditedStarts::RecordWorkflow(const domain::Scope& scope, const std::string& workflow, const std::string& cause,
                                     const std::string& run) {
  return Record(scope, "alert.start-workflow", "alert:" + cause, fmt::format("{} run {}", workflow, run),
                "the alert rule fired");
}

Status AuditedStarts::Record(const domain::Scope& scope, std::string action, std::string actor, std::string subject,
                             std::string reason) {
  domain::AuditEntry entry;
  entry.time = clock_.Now();
  entry.action = std::move(action);
  entry.actor = std::move(actor);
  entry.scope = scope.ArmId();
  entry.subject = std::move(subject);
  entry.reason = std::move(reason);
  SLIPWAY_RETURN_IF_ERROR(audit_.Record(std::move(entry)));
  return {};
}

}  // namespace slipway::apps
