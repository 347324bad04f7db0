// What decisions are made from: all unfinished jobs of one workspace and what is happening with them right now.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"

namespace slipway::runner {

// What the executor does with a command at the moment. Not stored: after a restart everything begins at kNone, and
// the engine finds running processes again before it plans.
enum class Activity {
  kNone,
  kPreparing,   // inputs, environment, look for a job to take over
  kPrepared,    // can start as soon as the compute has room
  kRunning,     // from launching on
  kEnding,      // told to end, not gone yet
  kFinalizing,  // process gone, outputs are being registered
};

// What a trial logged.
struct TrialMetrics {
  std::vector<double> reports;      // of the primary metric, in the order of their steps
  std::vector<std::string> logged;  // names of all metrics
};

// Values by names of the search space (domain/search_space.h).
using SampledValues = std::map<std::string, domain::Literal>;
// A trial that was made before, and the best it reported; none while it runs.
struct SampledTrial {
  SampledValues values;
  std::optional<double> best;
};
// Values for the trial with that number, given those before it; nullopt when the space has no further point (grid).
using Sampler = std::function<Result<std::optional<SampledValues>>(const domain::Job& sweep, int index,
                                                                   const std::vector<SampledTrial>& seen)>;

// Whether a trial's reports so far are so bad that its sweep's policy stops it; the text says why. Gets the reports of
// all trials of the sweep by name.
using EarlyStop = std::function<std::optional<std::string>(const domain::Job& sweep, const std::string& trial,
                                                           const std::map<std::string, std::vector<double>>& reports)>;

struct Snapshot {
  std::map<std::string, domain::Job> jobs;  // whole trees: finished children of unfinished roots too
  std::map<std::string, Activity> activities;
  std::map<std::string, TrialMetrics> metrics;  // by trial
  std::map<std::string, int> capacity;  // compute → commands at once; a compute not listed has kDefaultCapacity
  std::string default_datastore;
  std::string artifact_root;  // "azureml://datastores/<d>/paths/<p>/": a job's artifacts are at "<root>dcid.<job>/"
  Sampler sample;
  EarlyStop early_stop;

  Activity ActivityOf(const std::string& job) const {
    const auto found = activities.find(job);
    return found == activities.end() ? Activity::kNone : found->second;
  }
};

inline constexpr int kDefaultCapacity = 4;

}  // namespace slipway::runner
