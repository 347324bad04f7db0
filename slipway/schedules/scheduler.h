// The service that fires schedules: submits a schedule's job when its time has come.
//
// A schedule's next firing time is stored with it. Firing submits a job whose name follows from schedule and time, then
// stores the time after it: a server that dies in between submits the same name again at its next start and is told
// that the job exists. So a firing is neither lost nor doubled. However many firings were missed while the server was
// down, the first of them is caught up and the rest are dropped; a disabled schedule catches nothing up. When the clock
// is set back the schedule follows it, and times that come again find the jobs of their names.
//
// What became of the last firing stands in the schedule's properties: "slipway.lastJob" and, when the submission
// failed, "slipway.lastError".
#pragma once

#include <memory>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/services.h"
#include "slipway/domain/stores.h"

namespace slipway::schedules {

struct Options {
  bool catch_up = true;  // fire once for firings missed while the server was down
  // A submission that failed because something was unavailable is tried again after this time.
  Duration retry_after = std::chrono::seconds(30);
};

// Borrowed; they outlive the scheduler.
struct Dependencies {
  domain::ScheduleStore& schedules;
  domain::WorkspaceStore& workspaces;
  domain::JobSubmitter& jobs;
  const Clock& clock;
};

inline constexpr const char* kLastJobProperty = "slipway.lastJob";
inline constexpr const char* kLastErrorProperty = "slipway.lastError";

// "<schedule>-20260304T050607Z": job name and display name of a firing.
std::string FiringName(const std::string& schedule, Timestamp time);

// Thread-safe. All changes of stored schedules go through here, so that firing and changing do not overwrite each
// other.
class Scheduler {
 public:
  Scheduler(Options options, Dependencies dependencies);
  ~Scheduler();  // Stop()

  // Starts the thread that fires. Tests leave it out and call Tick().
  void Start();
  void Stop();

  // Creates or replaces; creation time and past firings are kept. The stored schedule, with its next firing time.
  // kInvalidArgument for a bad name or trigger.
  Result<domain::Schedule> Put(const domain::Scope& scope, domain::Schedule schedule);
  // kFailedPrecondition while it is enabled.
  Status Delete(const domain::Scope& scope, const std::string& name);
  // Submits the schedule's job now, enabled or not; leaves its firing times as they are.
  Result<domain::Job> Trigger(const domain::Scope& scope, const std::string& name);

  // Fires every schedule of every workspace that is due at `now`. The next time at which one will be; nullopt when
  // none.
  std::optional<Timestamp> Tick(Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::schedules
