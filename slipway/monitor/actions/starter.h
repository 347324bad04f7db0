// Starts what an event is to start: jobs through the runner, workflows through the workflow engine. Each start has a
// name that follows from rule, time and receiver, so that a second attempt after a crash finds the first.
#pragma once

#include <functional>
#include <string>

#include "slipway/domain/alert_store.h"
#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"
#include "slipway/monitor/actions/start_log.h"
#include "slipway/monitor/alert_events.h"

namespace slipway::monitor {

struct WorkflowRequest {
  std::string workflow;
  domain::Tags inputs;
  std::string run_name;  // the same name never starts a second run
};
// Gives the run's name.
using StartWorkflow = std::function<Result<std::string>(const domain::Scope&, const WorkflowRequest&)>;
// Of a run by the name that StartWorkflow gave.
using IsWorkflowRunning = std::function<Result<bool>(const domain::Scope&, const std::string& run)>;

// Action groups belong to a resource group: the scope that they are stored under.
domain::Scope GroupScope(domain::Scope scope);

// Borrows everything; not thread-safe by itself.
class Starter {
 public:
  struct Dependencies {
    domain::ActionGroupStore& groups;
    domain::JobStore& jobs;
    domain::JobSubmitter& submitter;
    const StartWorkflow& start_workflow;
    const IsWorkflowRunning& is_workflow_running;
    domain::AuditLog* audit;  // may be null
  };
  explicit Starter(Dependencies dependencies) : dependencies_(dependencies), log_(dependencies.audit) {}

  // Ends every pending start of `event`, which is one of `history`: started, left out with the reason, or failed. An
  // error: the start could not be tried (something was unavailable) and stays pending.
  Status StartPending(const domain::Scope& scope, const RuleHistory& history, domain::AlertEvent& event, Timestamp now);

  // Those of the history's starts that a later decision needs: what runs, and the newest that the budget looks at.
  Result<std::vector<domain::AlertStart>> StartsThatCount(const domain::Scope& scope, const RuleHistory& history);

 private:
  Result<std::string> WhyNot(const domain::Scope& scope, const RuleHistory& history, const domain::AlertEvent& event,
                             Timestamp now);
  Result<bool> IsRunning(const domain::Scope& scope, const domain::AlertStart& start);
  Status Start(const domain::Scope& scope, const RuleHistory& history, const domain::AlertEvent& event,
               domain::AlertDelivery& delivery, Timestamp now);
  // A start that was made, and what it is called where it is put on record.
  struct Begun {
    std::string name, subject;
  };
  Result<Begun> Begin(const domain::Scope& scope, const domain::AlertRule& rule, const domain::AlertDelivery& delivery,
                      const std::string& name);
  Result<Begun> StartJob(const domain::Scope& scope, const domain::AlertRule& rule, const domain::JobSpec& job,
                         const std::string& name);

  const Dependencies dependencies_;
  const StartLog log_;
};

// The receiver that a delivery is for; kNotFound when it is gone.
Result<domain::AlertReceiver> ReceiverOf(domain::ActionGroupStore& groups, const domain::Scope& scope,
                                         const domain::AlertDelivery& delivery);

}  // namespace slipway::monitor
