// What to do next with all unfinished runs: a pure function from what is known and the time to actions. The service
// applies them and asks again until there are none; after a crash the same function goes on from what is stored.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/workflow.h"
#include "slipway/expressions/workflow/expression.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::workflows {

using Files = std::map<std::string, std::shared_ptr<const spec::workflow::Workflow>>;  // by path

struct RunView {
  const domain::WorkflowRun* run = nullptr;
  const Files* files = nullptr;
};

struct Snapshot {
  std::vector<RunView> runs;                             // unfinished ones of one workspace, oldest first
  std::map<std::string, domain::EnvironmentGate> gates;  // by lower-case name
  std::map<std::string, std::string> variables;          // of every environment
  size_t room = 1;                                       // jobs that may run at once
};

// Needs and `if` are decided: `jobs` take the place of the job.
struct Expand {
  int64_t run = 0;
  std::string key;
  std::vector<domain::WorkflowJobRun> jobs;
};
struct MoveJob {
  int64_t run = 0;
  std::string key;
  domain::WorkflowStatus status{};
  std::string reason;
};
struct FinishJob {
  int64_t run = 0;
  std::string key;
  domain::WorkflowConclusion conclusion{};
  std::string reason;
  std::map<std::string, std::string> outputs;  // of a call
};
// Starts the job's process.
struct StartJob {
  int64_t run = 0;
  std::string key;
};
// Tells the job's process to end; it is finished once that has.
struct StopJob {
  int64_t run = 0;
  std::string key, reason;
};
struct MoveRun {
  int64_t run = 0;
  domain::WorkflowStatus status{};
  std::string reason;
};
struct CancelRun {
  int64_t run = 0;
  std::string reason;
};
struct FinishRun {
  int64_t run = 0;
  domain::WorkflowConclusion conclusion{};
};
using Action = std::variant<Expand, MoveJob, FinishJob, StartJob, StopJob, MoveRun, CancelRun, FinishRun>;

// Ordered; applied one after another. Empty when nothing can be done before NextDeadline or an event.
std::vector<Action> Plan(const Snapshot& snapshot, Timestamp now);

// The next time at which Plan may have something to do by itself (wait timers, overdue reviews).
std::optional<Timestamp> NextDeadline(const Snapshot& snapshot, Timestamp now);

// The jobs of a file as they stand at the beginning. `parent` is the call's key.
std::vector<domain::WorkflowJobRun> FirstJobs(const spec::workflow::Workflow& workflow, const std::string& parent,
                                              const std::string& parent_name);

// A group name of concurrency, evaluated: kInvalidArgument when it is empty or too long.
Result<std::string> GroupName(const spec::Node& group, const expressions::workflow::Scope& scope);

}  // namespace slipway::workflows
