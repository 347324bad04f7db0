// The folder of one running command: <runs>/<workspace>/<job>/ with
//   work/        the command's current directory
//   inputs/      private copies of inputs (mode download)
//   uploads/     outputs that appear in their datastore when the command has ended well (mode upload)
//   command.sh   the command
//   batch.sh, slurm  of a Slurm compute: what is submitted, and id and state of the cluster's job
//   container.env  of a command in a container: its environment variables
//   pid, exit, use  process id, exit code and what the command used, written by the wrapper around the command, so that
//                they outlive the server
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/process/identity.h"

namespace slipway::runner {

// A function of the shell, `measure FOLDER [FILE]`: writes to FOLDER/use what the commands have used that the shell has
// waited for, the number in FILE being their memory.
extern const char* const kMeasureFunction;

// The environment variable with the job's name, by which the process of a command is known.
inline constexpr const char* kJobVariable = "AZUREML_RUN_ID";

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
  // The program and arguments that run the command, or in its place `other`, and write `pid`, `exit` and, of the
  // command itself, `use`.
  std::vector<std::string> Arguments(std::vector<std::string> other = {}) const;

  // Whether the command was given to a cluster (slurm.h).
  bool IsOfCluster() const;
  // Whether the command runs in a container (container.h).
  bool IsOfContainer() const;
  // The exit code that was left; nullopt while there is none.
  std::optional<int> ExitCode() const;
  // What the command had used by its end, with 0 for what could not be told; nullopt when nothing could.
  std::optional<domain::ResourceUse> Use() const;
  // The process that runs the command, when it still does. Its environment has to name the job: the id may be another
  // process' by now.
  std::optional<process::Identity> FindProcess() const;

 private:
  std::filesystem::path root_;
  std::string job_;
};

}  // namespace slipway::runner
