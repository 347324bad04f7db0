// What the parts of the alert service share. For this room's own files.
#pragma once

#include <mutex>

#include "slipway/base/ticker.h"
#include "slipway/monitor/actions/dispatcher.h"
#include "slipway/monitor/alert_events.h"
#include "slipway/monitor/alert_service.h"

namespace slipway::monitor {

// windows[c][i]: what condition c measured in the i-th window, newest first (Judge).
using Windows = std::vector<std::vector<Measured>>;

struct AlertService::Impl {
  Impl(Options options, Dependencies dependencies)
      : options(options),
        dependencies(std::move(dependencies)),
        starter({this->dependencies.groups, this->dependencies.jobs, this->dependencies.submitter,
                 this->dependencies.start_workflow, this->dependencies.is_workflow_running, this->dependencies.audit}),
        dispatcher({this->dependencies.alerts, this->dependencies.groups, this->dependencies.workspaces,
                    this->dependencies.messenger, this->dependencies.clock, changing}),
        ticker(this->dependencies.clock, [this](Timestamp now) { return Tick(now); }) {}

  std::optional<Timestamp> Tick(Timestamp now);
  std::optional<Timestamp> TickWorkspace(const domain::Workspace& workspace, Timestamp now);
  // Evaluates the rule if it is due. When it wants to be looked at next.
  Result<std::optional<Timestamp>> Look(const domain::Workspace& workspace, const std::string& name, Timestamp now);
  // What an earlier life, or something that was unavailable, left undone.
  Status StartWhatIsPending(const domain::Scope& scope, const RuleHistory& history, Timestamp now);

  Result<Windows> MeasureWindows(const domain::Workspace& workspace, const domain::AlertRule& rule, Timestamp now);
  Result<Measured> MeasureWindow(const domain::Workspace& workspace, const domain::AlertRule& rule,
                                 const domain::AlertCondition& condition, Timestamp end);
  Status Apply(const domain::Scope& scope, RuleHistory& history, const Result<Windows>& windows, Timestamp now);
  // Does what the verdict on a combination asks for.
  Status Follow(const domain::Scope& scope, RuleHistory& history, const Combination& combination,
                const Verdict& verdict, Timestamp now);
  Status NoteGoodSince(const domain::Scope& scope, RuleHistory& history, const Combination& combination,
                       std::optional<Timestamp> good_since);
  Status Fire(const domain::Scope& scope, RuleHistory& history, const Combination& combination, const Verdict& verdict,
              Timestamp now);
  Status Resolve(const domain::Scope& scope, RuleHistory& history, const Combination& combination, Timestamp now);
  std::vector<domain::ActionGroup> GroupsOf(const domain::Scope& scope, const domain::AlertRule& rule);
  Status CheckGroups(const domain::Scope& scope, const domain::AlertRule& rule);
  Result<std::string> RuleNaming(const domain::Scope& scope, const std::string& group);

  const Options options;
  const Dependencies dependencies;
  std::mutex changing;  // held while rules and events are read and written back; not while a query runs
  Starter starter;
  Dispatcher dispatcher;
  Ticker ticker;
};

}  // namespace slipway::monitor
