// The contexts that a run and a job of it see in expressions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/workflow.h"
#include "slipway/expressions/workflow/value.h"

namespace slipway::workflows {

// `github` as far as it is the run's own; what belongs to a job or step is added where that runs. Everything text, as
// on GitHub.
expressions::workflow::Object GithubContext(const domain::WorkflowRun& run);

// JSON text that we wrote ourselves; null for "".
expressions::workflow::Value ValueOfJson(const std::string& json);
expressions::workflow::Value TextMap(const std::map<std::string, std::string>& map);

// The result of all jobs that `job_id` became (a matrix), as `needs` and conditions see it.
struct GroupResult {
  bool is_complete = false;
  domain::WorkflowConclusion result = domain::WorkflowConclusion::kNone;
  std::map<std::string, std::string> outputs;
};
GroupResult ResultOf(const domain::WorkflowRun& run, const std::string& parent, const std::string& job_id);

expressions::workflow::Value NeedsContext(const domain::WorkflowRun& run, const std::string& parent,
                                          const std::vector<std::string>& needs);

// "main" of "refs/heads/main".
std::string ShortRef(const std::string& ref);

}  // namespace slipway::workflows
