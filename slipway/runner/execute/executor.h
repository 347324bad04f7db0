// How commands are carried out, as the engine sees it. Tests record calls instead.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/process/identity.h"
#include "slipway/runner/plan/outcome.h"

namespace slipway::runner {

// A job of a workspace.
struct JobKey {
  domain::Scope scope;
  std::string name;
};

// What preparing a command found out.
struct Preparation {
  std::map<std::string, std::string> resolved_inputs;  // input → pinned reference or literal
  std::string reuse_key;                               // "" = must not be taken over by others
  std::map<std::string, std::string> reuse_parts;      // reuse_key.h
  std::optional<domain::Job> reusable;                 // a completed job whose outputs this one takes over
};

// What became of the outputs of a command that ended well.
struct Finalized {
  std::map<std::string, std::string> registered;  // output → "azureml:name:version"
};

// A command that a cluster's scheduler was given: what that says of it.
struct ExternalState {
  std::string id;     // the scheduler's own; "" until it is known
  std::string state;  // in its own word
  bool has_begun = false;
  process::Identity identity;  // of the process here that watches it
};

// Calls return at once; what they lead to arrives through the handlers, on any thread.
class Executor {
 public:
  struct Handlers {
    std::function<void(const JobKey&, const std::string& what)> waiting;  // preparing takes long: what it waits for
    std::function<void(const JobKey&, Result<Preparation>)> prepared;
    std::function<void(const JobKey&, process::Identity)> started;
    // In place of `started` for commands that a scheduler was given; again whenever something has changed.
    std::function<void(const JobKey&, ExternalState)> external;
    std::function<void(const JobKey&, ProcessEnd)> exited;  // also when it could not be started
    std::function<void(const JobKey&, Result<Finalized>)> finalized;
  };
  virtual ~Executor() = default;
  virtual void SetHandlers(Handlers handlers) = 0;

  // `may_reuse`: look for a completed job with the same content key, and give this one its key.
  virtual void Prepare(const JobKey& key, const domain::Job& job, bool may_reuse) = 0;
  // After Prepare.
  virtual void Launch(const JobKey& key, const domain::Job& job) = 0;
  // Kills the process tree; `exited` follows.
  virtual void End(const JobKey& key) = 0;
  // After an exit code of 0: moves and registers outputs.
  virtual void Finalize(const JobKey& key, const domain::Job& job) = 0;
  // Puts small files, by paths, below the artifacts of a job; returns when they are there.
  virtual Status WriteArtifacts(const JobKey& key, const domain::Job& job,
                                const std::map<std::string, std::string>& files) = 0;
  // Frees what a job that has ended still holds.
  virtual void Discard(const JobKey& key) = 0;

  // After a restart, for a job that may have a process: kRunning when it was found (then `exited` follows), kEnded with
  // what it left, kNone when it never started or vanished.
  enum class Trace { kNone, kRunning, kEnded };
  struct Recovery {
    Trace trace = Trace::kNone;
    process::Identity identity;  // kRunning
    ProcessEnd end;              // kEnded
  };
  virtual Recovery Recover(const JobKey& key, const domain::Job& job) = 0;
  // After the last Recover: ends what an earlier life of the server left behind and no job has.
  virtual void RemoveLeftovers() = 0;
};

}  // namespace slipway::runner
