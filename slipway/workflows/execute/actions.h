// The actions that are built in: what actions/checkout, upload-artifact, download-artifact, cache and setup-* do, done
// on this machine without a network.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/workflows/execute/step_process.h"

namespace slipway::workflows {

// One call: what it is given, and what it leaves.
struct ActionCall {
  std::string action;                         // "actions/checkout", lower case
  std::map<std::string, std::string> inputs;  // by lower-case name
  std::filesystem::path work, temp, home, artifacts, cache;
  std::string repository;  // folder to check out from
  std::string repository_name, ref, sha, default_branch;
  std::map<std::string, std::string> environment;  // of programs
  Timestamp now{};
  // Runs a program in a folder; what it prints goes to the log, or into `captured`.
  std::function<Result<ProgramEnd>(std::vector<std::string> arguments, const std::filesystem::path& folder,
                                   std::string* captured)>
      run;
  std::function<void(std::string_view line)> log;
  std::function<void(std::string_view message)> warn;

  std::map<std::string, std::string> outputs;
  std::vector<std::pair<std::string, std::string>> variables;  // of later steps
  std::vector<std::string> paths;                              // before PATH, of later steps
  std::function<Status(ActionCall&)> post;                     // after all steps, when the job succeeded

  // "" when it was not given.
  std::string Input(std::string_view name, std::string_view fallback = "") const;
  // kInvalidArgument unless it is true or false.
  Result<bool> Flag(std::string_view name, bool fallback) const;
};

// kUnimplemented names an action, or an input's value, that there is no stand-in for.
Status RunBuiltInAction(ActionCall& call);

// Each in its own file.
Status Checkout(ActionCall& call);
Status UploadArtifact(ActionCall& call);
Status DownloadArtifact(ActionCall& call);
Status Cache(ActionCall& call);
Status CacheRestore(ActionCall& call);
Status CacheSave(ActionCall& call);
Status SetupTool(ActionCall& call);

}  // namespace slipway::workflows
