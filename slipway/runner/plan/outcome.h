// How jobs end: what an exit, the steps of a pipeline and the trials of a sweep come down to. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/runner/plan/planner.h"

namespace slipway::runner {

// What is known once a command's process is gone.
struct ProcessEnd {
  std::optional<int> code;  // none: a signal, or lost (the process ended while the server was down)
  int signal = 0;
  bool timed_out = false;                        // ended by us for its timeout
  std::string end_reason;                        // why we ended it; "" when we did not
  std::string log_tail;                          // last lines of its log
  std::string failure;                           // it could not even be started: the whole message
  std::string external_id;                       // of a cluster's job
  std::optional<domain::ResourceUse> resources;  // none where they were not counted: found again after a restart
};

// What becomes of the job. `retry` true: it starts once more with attempt + 1.
struct Verdict {
  domain::JobStatus status = domain::JobStatus::kCompleted;
  std::optional<domain::JobError> error;
  std::string reason;
  bool retry = false;
};
Verdict JudgeExit(const domain::Job& job, const ProcessEnd& end);

// Of one attempt after another.
domain::ResourceUse Sum(const domain::ResourceUse& a, const domain::ResourceUse& b);

// "step 'x' failed with exit code 3; last lines of its log: …" of the first step that failed; nullopt when all is well.
std::optional<domain::JobError> ErrorOfPipeline(const std::vector<const domain::Job*>& steps);

// The best value a trial reported; nullopt when it never reported one.
std::optional<double> BestReport(const domain::SweepSpec& sweep, const TrialMetrics& metrics);

// The best of the trials that completed or, with `live`, still run; nullptr while none reported a value.
const domain::Job* BestTrial(const Snapshot& snapshot, const domain::SweepSpec& sweep,
                             const std::vector<const domain::Job*>& trials, bool live);

// The sweep cannot choose: a trial completed without logging the primary metric, and none has logged it so far. Says
// which names were logged.
std::optional<domain::JobError> WhyHopeless(const Snapshot& snapshot, const domain::SweepSpec& sweep,
                                            const std::vector<const domain::Job*>& trials);

// Completed with the best trial's outputs, or failed with what was missing: no trial ended well, or none logged the
// primary metric (then with the names of those that were logged).
Finish FinishSweep(const Snapshot& snapshot, const domain::Job& sweep, const std::vector<const domain::Job*>& trials,
                   bool is_over_time);

}  // namespace slipway::runner
