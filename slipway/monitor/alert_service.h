// The service that evaluates alert rules: at each rule's frequency it runs the query over the window that ends now, and
// starts the rule's job when it fires.
//
// The newest stored event of a rule is the truth about its state: fired while it has no resolved_at. Firing stores the
// event, marked as not started, before it submits the job under a name that follows from rule and time; a server that
// dies in between finds the mark and submits the same name. So a firing is neither lost nor doubled. While the job of
// an earlier firing runs no second one is started; the event says so.
//
// A query that fails stands in the rule's last_error, a submission that fails in the event's error.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

struct Options {
  int query_timeout_ms = 60'000;
  // What failed because something was unavailable is tried again after this time.
  Duration retry_after = std::chrono::seconds(30);
};

// Borrowed; they outlive the service.
struct Dependencies {
  domain::ScheduleStore& alerts;
  domain::WorkspaceStore& workspaces;
  domain::JobStore& jobs;
  domain::JobSubmitter& submitter;
  logstore::LogStore& logs;
  const Clock& clock;
};

// Thread-safe. All changes of stored rules go through here.
class AlertService {
 public:
  AlertService(Options options, Dependencies dependencies);
  ~AlertService();  // Stop()

  // Starts the thread that evaluates. Tests leave it out and call Tick().
  void Start();
  void Stop();

  // Creates or replaces; creation time and state are kept. kInvalidArgument for a bad name, and for a query that does
  // not compile, with its caret text.
  Result<domain::AlertRule> Put(const domain::Scope& scope, domain::AlertRule rule);
  Status Delete(const domain::Scope& scope, const std::string& name);

  // Evaluates every enabled rule of every workspace that is due at `now`. The next time at which one will be.
  std::optional<Timestamp> Tick(Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::monitor
