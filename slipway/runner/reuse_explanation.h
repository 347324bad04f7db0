// Why a command ran although one like it had run before, or did not: what counts, compared with an earlier job.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/stores.h"
#include "slipway/runner/plan/reuse.h"

namespace slipway::runner {

struct ReuseExplanation {
  std::string job, step;
  std::string compared_with;           // "" = there is no other to compare with
  std::string reused_from;             // whose outputs it took over
  std::optional<std::string> why_not;  // earlier jobs were not looked for at all
  std::string summary;                 // one sentence
  std::vector<PartDifference> differences;
};

// Against `other`; of "", against the job it took over, else the earlier one of the same step that is the most alike.
// kInvalidArgument for jobs that run no command, kFailedPrecondition for one that has not been prepared.
Result<ReuseExplanation> ExplainReuse(domain::JobStore& jobs, const domain::Scope& scope, const std::string& name,
                                      const std::string& other);

}  // namespace slipway::runner
