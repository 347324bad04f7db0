// Puts on record what alerts start.
#pragma once

#include <string>

#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/services.h"

namespace slipway::apps {

// Thread-safe. All are borrowed.
class AuditedStarts final : public domain::JobSubmitter {
 public:
  AuditedStarts(domain::JobSubmitter& submitter, domain::AuditLog& audit, const Clock& clock)
      : submitter_(submitter), audit_(audit), clock_(clock) {}

  // A job that is there already was put on record when it was started.
  Result<domain::Job> Submit(const domain::Scope& scope, const domain::JobSpec& spec) override;
  Status RecordWorkflow(const domain::Scope& scope, const std::string& workflow, const std::string& cause,
                        const std::string& run);

 private:
  Status Record(const domain::Scope& scope, std::string action, std::string actor, std::string subject,
                std::string reason);

  domain::JobSubmitter& submitter_;
  domain::AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace slipway::apps
