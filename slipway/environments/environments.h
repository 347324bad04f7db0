// Environments made real on this machine: what has to be present, built or installed before a command of a job or a
// scoring script of a deployment can start.
//
// Providers (docs/decisions/0005): `native` checks packages and programs and runs a build command once per
// code snapshot; `venv` installs the pip section of a conda file into a Python virtual environment; `conda` makes all
// of a conda file with micromamba, mamba or conda, whichever is on the PATH; `container` finds, pulls or builds the
// image in which podman or docker will run commands. Everything made is kept below Options::cache_folder, or by the
// container engine, under a name derived from the content, so equal wishes are met once.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/environments/container_engine.h"
#include "slipway/process/supervisor.h"

namespace slipway::environments {

struct Options {
  std::filesystem::path cache_folder;  // $SLIPWAY_HOME/cache
  // Prefix of the installed SDK (or a build tree): build commands get it as SLIPWAY_SDK and CMAKE_PREFIX_PATH. "" =
  // none.
  std::filesystem::path sdk_prefix;
  // Changes whenever what is built against the SDK has to be built again, e.g. its version.
  std::string sdk_stamp;
  // What every process starts with; PassedOnVariables() as a rule.
  std::map<std::string, std::string> variables;
  std::chrono::milliseconds build_timeout = std::chrono::minutes(30);
  ContainerSettings containers;
};

// The variables of this process that others may see: PATH, HOME, locale, time zone, temporary folder, library path,
// compiler and CMake settings. No secrets.
std::map<std::string, std::string> PassedOnVariables();

// An environment, or an environment with a code snapshot, ready for use.
struct Realized {
  // The snapshot's files with what the build command made of them; "" without a snapshot. Shared: copy before writing.
  std::filesystem::path folder;
  std::map<std::string, std::string> variables;  // complete, PATH included; in a container beside those of the image
  std::filesystem::path log;                     // of the build or installation; "" when there was none
  std::optional<ContainerImage> container = {};  // what commands run in
};

// A code snapshot on this machine. `hash` stands for its content.
struct Snapshot {
  std::filesystem::path folder;
  std::string hash;
};

// Thread-safe. `supervisor` must outlive it.
class Environments {
 public:
  Environments(Options options, process::Supervisor& supervisor);
  ~Environments();
  Environments(const Environments&) = delete;
  Environments& operator=(const Environments&) = delete;

  // Whether this machine can make the environment real: unknown or missing provider, missing packages or programs,
  // a conda file that cannot be read. kFailedPrecondition names what is missing and how to get it.
  Status Check(const domain::EnvironmentBody& environment) const;

  // Whether commands run in a container.
  bool IsContainer(const domain::EnvironmentBody& environment) const;

  // Blocks until it is ready; at once when it was made before. `build_path` is a folder of this machine here. Calls for
  // the same thing at the same time share one build. `name` is for messages. A failing build or installation is not
  // kept; its error ends with the log's last lines.
  Result<Realized> Realize(const std::string& name, const domain::EnvironmentBody& environment,
                           const std::optional<Snapshot>& snapshot);

  // True when Realize would not have to build or install anything.
  bool IsReady(const domain::EnvironmentBody& environment, const std::optional<Snapshot>& snapshot) const;

  // Where the log of building or installing stands once that has begun, for those who want to watch; "" when there is
  // nothing to build, and for containers.
  std::filesystem::path LogOf(const domain::EnvironmentBody& environment,
                              const std::optional<Snapshot>& snapshot) const;

  // The engine of containers, when any environment has had one.
  ContainerEngine* containers();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::environments
