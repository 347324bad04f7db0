// Commands that a Slurm cluster runs (computes of type slurm): submitted with sbatch, watched with squeue, ended with
// scancel. A wrapper on this machine does that beside the run folder and ends as the cluster's job did, so that to the
// rest of the runner it is a process like any other: it outlives the server, its log grows, its exit code is kept. The
// run folder and the datastores have to be on a file system that the nodes see under the same paths.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/runner/execute/run_folder.h"

namespace slipway::runner {

inline constexpr const char* kSlurmType = "slurm";

// Options of sbatch: the compute's `size` is the partition (but for the default size, which is Azure's), its tags
// "slurm.<option>" are options ("slurm.account: ml" → --account=ml), the command's instance_count the nodes.
// kInvalidArgument for a tag that is no long option.
Result<std::vector<std::string>> SlurmOptions(const domain::Compute& compute, const domain::CommandSpec& command);

// Writes the batch script and gives the wrapper's program and arguments.
Result<std::vector<std::string>> PrepareSlurm(const RunFolder& folder, const std::string& job,
                                              const std::filesystem::path& log, std::vector<std::string> options);

// What the cluster last said of the job that the wrapper submitted; nullopt before that.
struct SlurmState {
  std::string id;
  std::string state;  // PENDING, RUNNING …
  bool has_begun() const { return state != "PENDING" && state != "CONFIGURING"; }
};
std::optional<SlurmState> ReadSlurmState(const RunFolder& folder);

}  // namespace slipway::runner
