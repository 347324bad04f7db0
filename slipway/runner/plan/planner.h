// Decisions: from a snapshot and a time to actions. Pure: no clock, store, file or process. The engine applies the
// actions, which changes the snapshot, and plans again until nothing follows. Every action is safe to plan again after
// a crash that lost it or happened after only a part of it was stored.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/runner/plan/snapshot.h"

namespace slipway::runner {

// A step or trial comes into being. Its name is derived from its parent's, so that planning it twice is seen.
struct CreateJob {
  domain::Job job;
};
// Make a command ready: inputs, environment, reuse.
struct Prepare {
  std::string job;
};
struct Launch {
  std::string job;
};
// A state on the way; `reason` "" leaves the reason as it is.
struct SetStatus {
  std::string job;
  domain::JobStatus status;
  std::string reason;
};
// The end of a job that has no process.
struct Finish {
  std::string job;
  domain::JobStatus status;
  std::optional<domain::JobError> error;
  std::string reason;
  std::map<std::string, std::string> output_uris;  // replace those of the job where named
  std::string best_child;
};
// Another trial is the best of its sweep so far.
struct SetBestChild {
  std::string job;
  std::string best_child;  // "" = none any more
};
// Kill the process tree of a running command. What becomes of the job is decided once it is gone.
struct EndProcess {
  std::string job;
  std::string reason;
  bool timed_out = false;
};

using Action = std::variant<CreateJob, Prepare, Launch, SetStatus, SetBestChild, Finish, EndProcess>;

std::vector<Action> Plan(const Snapshot& snapshot, Timestamp now);

// The earliest time at which Plan may have something new to say by itself (a timeout); nullopt when never.
std::optional<Timestamp> NextDeadline(const Snapshot& snapshot);

// The compute a job runs on: its own, as resolved at submission.
std::string ComputeOf(const domain::Job& job);

}  // namespace slipway::runner
