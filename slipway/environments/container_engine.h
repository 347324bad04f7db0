// A container engine on this machine: podman or docker, whichever its user has. Only the command line is used, which
// both share.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/run.h"

namespace slipway::environments {

struct ContainerSettings {
  std::string engine;  // the program's name or path; "" = podman, else docker, on the PATH
  enum class Pull { kMissing, kNever, kAlways } pull = Pull::kMissing;  // of images that are not on this machine
};

// An image on this machine, and how to run it.
struct ContainerImage {
  std::string engine;  // the program's path
  std::string id;      // "sha256:…": its content, whatever its name comes to mean
  // Options of `run` by which files that it writes belong to this process' user, also in engines without root.
  std::vector<std::string> user_options;
};

// The program and the first words of a command line of the engine. It and what it starts carry no mark of our process
// tree: the monitors of containers, and the process that holds an unprivileged user's name spaces, belong to the engine
// and must not be killed with the call that happened to start them.
std::vector<std::string> EngineCommand(const std::string& program);

// Thread-safe; calls block while the engine works. `supervisor` must outlive it.
class ContainerEngine {
 public:
  ContainerEngine(ContainerSettings settings, std::map<std::string, std::string> variables,
                  std::chrono::milliseconds build_timeout, process::Supervisor& supervisor);

  const ContainerSettings& settings() const { return settings_; }

  // The program's path. kFailedPrecondition when this machine has none.
  Result<std::string> Program() const;

  // The image of that name on this machine; nullopt when there is none.
  Result<std::optional<ContainerImage>> Find(const std::string& name);

  // Fetches the image / makes one from a folder; what the engine prints goes to `log`. kFailedPrecondition ends with
  // the log's last lines.
  Status Pull(const std::string& name, const std::filesystem::path& log);
  Status Build(const std::string& name, const std::filesystem::path& context, const std::string& dockerfile,
               const std::filesystem::path& log);

  // Containers with the label ("key=value"), running or not, by id with their value of the label `shown`.
  Result<std::map<std::string, std::string>> List(const std::string& label, const std::string& shown);
  // Kills and removes them; those that are gone already are no failure.
  Status Remove(const std::vector<std::string>& ids);

 private:
  Result<process::RunResult> Run(std::vector<std::string> arguments, std::chrono::milliseconds timeout,
                                 const std::filesystem::path& log = {});
  Status RunLogged(std::vector<std::string> arguments, const std::string& what, const std::filesystem::path& log);
  Result<std::vector<std::string>> UserOptions();

  const ContainerSettings settings_;
  const std::map<std::string, std::string> variables_;  // of the engine's processes
  const std::chrono::milliseconds build_timeout_;
  process::Supervisor& supervisor_;
  std::mutex mutex_;
  std::optional<std::vector<std::string>> user_options_;  // once they are known
};

}  // namespace slipway::environments
