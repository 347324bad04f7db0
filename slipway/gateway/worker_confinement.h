// What a worker's process may touch: scoring scripts are other people's code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/process/spawn.h"

namespace slipway::gateway {

// How the operator wants workers to be kept.
struct WorkerPolicy {
  enum class Sandbox {
    kOff,
    kOn,       // where the kernel can; deployments may widen it, or do without
    kRequired  // or they do not start
  };
  Sandbox sandbox = Sandbox::kOn;
  std::optional<process::User> user = std::nullopt;  // none: the gateway's own
  std::filesystem::path memory_groups = {};  // a cgroup whose groups bound the memory of workers; "": they are measured
};
std::optional<WorkerPolicy::Sandbox> ParseSandbox(std::string_view text);  // on, required, off

struct WorkerConfinement {
  process::Confinement process;
  process::Limits limits;
  std::string description;  // for the event log: what holds, and why not more
};

// What a worker is started with.
struct WorkerPrograms {
  std::string gateway;         // this program
  std::string python_shim;     // worker_shim.py, written out
  std::filesystem::path home;  // of the server; no worker is to see it but for its own model and code
  WorkerPolicy policy;
};

// `scratch`: a folder that the workers may write to. Deployments say in their environment variables what they want
// beside: SLIPWAY_SANDBOX (on, off), SLIPWAY_SANDBOX_READ and SLIPWAY_SANDBOX_WRITE (absolute paths, ':' between them).
// kInvalidArgument for what cannot be; kFailedPrecondition for what the policy forbids or the kernel cannot do.
Result<WorkerConfinement> Confine(const WantedDeployment& wanted, const WorkerPrograms& programs,
                                  const std::filesystem::path& scratch);

// Lets workers of another user pass through the server's home (its group, mode 0710), and checks that they get there.
Status LetPass(const process::User& user, const std::filesystem::path& home);

}  // namespace slipway::gateway
