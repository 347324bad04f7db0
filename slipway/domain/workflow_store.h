// Workflow runs and what stands beside them, as stored; beside the other stores (stores.h), whose contract holds here
// too.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/domain/workflow.h"

namespace slipway::domain {

struct WorkflowRunFilter {
  std::string workflow_path;  // "" = all
  bool unfinished_only = false;
  size_t limit = 100;  // newest first
};

class WorkflowStore {
 public:
  virtual ~WorkflowStore() = default;
  // Fills id and number. kAlreadyExists when a run of this `cause` is there: what one event starts is started once,
  // whenever the server dies. "" = no such check.
  virtual Result<WorkflowRun> InsertRun(const Scope& scope, WorkflowRun run, const std::string& cause) = 0;
  virtual Status UpdateRun(const Scope& scope, const WorkflowRun& run) = 0;
  virtual Result<WorkflowRun> GetRun(const Scope& scope, int64_t id) = 0;
  virtual Result<std::vector<WorkflowRun>> ListRuns(const Scope& scope, const WorkflowRunFilter& filter) = 0;

  virtual Status PutGate(const Scope& scope, const EnvironmentGate& gate) = 0;
  virtual Result<EnvironmentGate> GetGate(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<EnvironmentGate>> ListGates(const Scope& scope) = 0;
  virtual Status DeleteGate(const Scope& scope, const std::string& name) = 0;

  virtual Status PutRepository(const Scope& scope, const WorkflowRepository& repository) = 0;
  virtual Result<std::vector<WorkflowRepository>> ListRepositories(const Scope& scope) = 0;
  virtual Status DeleteRepository(const Scope& scope, const std::string& path) = 0;
};

}  // namespace slipway::domain
