// The folder of one running command: <runs>/<workspace>/<job>/ with
//   work/        the command's current directory
//   inputs/      private copies of inputs (mode download)
//   uploads/     outputs that appear in their datastore when the command has ended well (mode upload)
//   command.sh   the command
//   batch.sh, slurm  of a Slurm compute: what is submitted, and id and state of the cluster's job
//   pid, exit    process id and exit code, written by the wrapper around the command, so that they outlive the server
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/identity.h"

namespace slipway::runner {

// What runs commands: Azure does with bash, and scripts rely on it where it is there.
std::string Shell();

class RunFolder {
 public:
  RunFolder(const std::filesystem::path& runs, const std::string& workspace, const std::string& job)
      : root_(runs / workspace / job), job_(job) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path work() const { return root_ / "work"; }
  std::filesystem::path inputs() const { return root_ / "inputs"; }
  std::filesystem::path uploads() const { return root_ / "uploads"; }

  // Leaves an empty folder.
  Status Reset() const;
  Status WriteCommand(const std::string& command) const;
  // The program and arguments that run the command and write `pid` and `exit`.
  std::vector<std::string> Arguments() const;

  // Whether the command was given to a cluster (slurm.h).
  bool IsOfCluster() const;
  // The exit code that was left; nullopt while there is none.
  std::optional<int> ExitCode() const;
  // The process that runs the command, when it still does. Its environment has to name the job: the id may be another
  // process' by now.
  std::optional<process::Identity> FindProcess() const;

 private:
  std::filesystem::path root_;
  std::string job_;
};

}  // namespace slipway::runner
