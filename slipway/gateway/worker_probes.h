// The probes of one worker together: a startup probe, when there is one, goes first and alone; liveness and readiness
// follow it, or begin with the worker. Pure: times in, steps and findings out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "slipway/gateway/probe.h"

namespace slipway::gateway {

struct ProbeSettings {
  domain::Probe liveness, readiness;
  std::optional<domain::Probe> startup;
};

class WorkerProbes {
 public:
  enum class Kind { kStartup, kLiveness, kReadiness };
  // "Startup", "Liveness", "Readiness".
  static std::string_view NameOf(Kind kind);

  WorkerProbes(const ProbeSettings& settings, Probe::Time started);

  struct Failure {
    Kind kind;
    bool is_verdict;  // as many in a row as its threshold
    int64_t timeout_ms;
  };
  struct Steps {
    std::vector<uint32_t> questions;  // to be sent to the worker
    std::vector<Failure> failures;
  };
  // `may_ask`: false while the worker has a request under way, which has a time-out of its own.
  Steps Advance(Probe::Time now, bool may_ask);
  // When Advance has something to do next; the far future for never.
  Probe::Time due(bool may_ask) const;

  void Answered(uint32_t number);
  // The worker said that init is done: as good as an answer to each probe, so that nobody waits for the first one.
  void Initialised();

  // Whether the worker may be given requests.
  bool IsReady() const { return is_ready_; }

 private:
  bool IsStarting() const { return startup_ && !startup_->has_succeeded(); }
  std::vector<std::pair<Kind, Probe*>> Running();
  void Settle();

  std::optional<Probe> startup_;
  Probe liveness_, readiness_;
  uint32_t questions_ = 0;
  bool is_ready_ = false;
};

}  // namespace slipway::gateway
