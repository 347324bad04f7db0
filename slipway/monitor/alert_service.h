// The service that evaluates alert rules: at each rule's frequency it runs the rule's queries over the windows that end
// now, and does what the rule says when it fires or is resolved.
//
// The newest stored event of a combination of dimensions is the truth about its state: fired while it has no
// resolved_at. Firing stores the event, with everything that is to be done as pending deliveries, before it does any of
// it; a server that dies in between finds them. Jobs and workflows are started under names that follow from rule and
// time, so a firing is neither lost nor doubled; receivers that are told (web hooks, mails, commands) are told at least
// once. What keeps a start from happening (freeze, a job or workflow of an earlier firing that still runs, cool-down,
// budget) stands in the event.
//
// Time is UTC throughout, so summer time changes nothing. A clock that is set back is followed: what was evaluated,
// fired or started ahead of it holds nothing up for longer than it would have.
//
// A query that fails stands in the rule's last_error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/alert_store.h"
#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"
#include "slipway/logstore/log_store.h"
#include "slipway/monitor/actions/messenger.h"
#include "slipway/monitor/actions/starter.h"
#include "slipway/monitor/replay.h"

namespace slipway::monitor {

struct Options {
  int query_timeout_ms = 60'000;
  // What failed because something was unavailable is tried again after this time.
  Duration retry_after = std::chrono::seconds(30);
};

// Borrowed; they outlive the service.
struct Dependencies {
  domain::ScheduleStore& alerts;
  domain::ActionGroupStore& groups;
  domain::WorkspaceStore& workspaces;
  domain::JobStore& jobs;
  domain::JobSubmitter& submitter;
  logstore::LogStore& logs;
  Messenger& messenger;
  const Clock& clock;
  StartWorkflow start_workflow{};  // empty: receivers that start workflows are refused
  IsWorkflowRunning is_workflow_running{};
  domain::AuditLog* audit = nullptr;  // may be left out: where starts are recorded
};

// What a receiver said to a test.
struct NotificationResult {
  std::string receiver, kind;
  Status outcome;
};

// Thread-safe. All changes of stored rules and action groups go through here.
class AlertService {
 public:
  AlertService(Options options, Dependencies dependencies);
  ~AlertService();  // Stop()

  // Starts the threads that evaluate and tell. Tests leave it out and call Tick() and Deliver().
  void Start();
  void Stop();

  // Creates or replaces; creation time and state are kept. kInvalidArgument for a bad name, an action group or a metric
  // that is not there, and a query that does not compile, with its caret text.
  Result<domain::AlertRule> Put(const domain::Scope& scope, domain::AlertRule rule);
  Status Delete(const domain::Scope& scope, const std::string& name);

  // When the rule would have fired and been resolved from `begin` to `end`, over the logs as they are now. Nothing is
  // stored and nobody told.
  Result<Replay> Test(const domain::Scope& scope, domain::AlertRule rule, Timestamp begin, Timestamp end);

  // `scope` names the resource group.
  Result<domain::ActionGroup> PutGroup(const domain::Scope& scope, domain::ActionGroup group);
  // Refused with kConflict while a rule of the resource group names it.
  Status DeleteGroup(const domain::Scope& scope, const std::string& name);
  // Tells every receiver that can be told of a made-up alert, now; jobs and workflows are not started.
  Result<std::vector<NotificationResult>> TestGroup(const domain::Scope& scope, const std::string& name);

  // While frozen, alerts start nothing. Nullopt takes it back.
  Status Freeze(const domain::Scope& scope, std::optional<domain::AlertFreeze> freeze);

  // Evaluates every enabled rule of every workspace that is due at `now`. The next time at which one will be.
  std::optional<Timestamp> Tick(Timestamp now);
  // Tells what is to be told at `now`. The next time at which an attempt is due.
  std::optional<Timestamp> Deliver(Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::monitor
