// Commands that run in a container (environments of the provider `container`): the engine's `run` is the process that
// the rest of the runner knows, with the container's output and exit code. It outlives the server as any command does.
// In the container the run folder, inputs, outputs and artifacts stand under the paths that they have here, and the
// network is this machine's.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/environments/container_engine.h"
#include "slipway/runner/execute/run_folder.h"

namespace slipway::runner {

// Labels of containers. A mark (process::TreeMarkFor) stands for a path, which may have characters that filters do not
// take.
inline constexpr const char* kServerLabel = "slipway.server";  // the mark of the folder of all runs
inline constexpr const char* kRunLabel = "slipway.run";        // the mark of the run folder
inline constexpr const char* kJobLabel = "slipway.job";        // the job's name, for people

struct Mount {
  std::filesystem::path path;
  bool is_writable = false;
};

struct ContainerRun {
  const environments::ContainerImage& image;
  const domain::Job& job;
  std::string server_mark;
  std::map<std::string, std::string> variables;  // of the command
  std::vector<Mount> mounts;                     // beside the run folder
};

// The engine's command line, and variables that its process needs for it.
struct ContainerCommand {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> variables;
};

// Writes the command's variables, which may be secrets, to a file that only this user can read: no command line shows
// them. kInvalidArgument for `docker_args` that are no options, and for paths that no engine takes.
Result<ContainerCommand> PrepareContainer(const RunFolder& folder, const ContainerRun& run);

// Splits a text as a shell does: at blanks, but for what is quoted by ' or ", or stands behind a backslash out of
// quotes (ShellQuoted, base/shell.h, writes that). kInvalidArgument when a quote is not closed.
Result<std::vector<std::string>> SplitWords(std::string_view text);

}  // namespace slipway::runner
