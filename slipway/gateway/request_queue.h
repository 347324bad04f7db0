// The requests of one script deployment that wait for a worker, first come first served.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "slipway/gateway/worker_process.h"
#include "slipway/gateway/worker_protocol.h"

namespace slipway::gateway {

using SteadyTime = std::chrono::steady_clock::time_point;

// What became of a request that was given to a deployment.
struct ScoreOutcome {
  enum class Kind {
    kAnswered,
    kTimedOut,  // longer than request_timeout_ms, waiting included
    kCrashed,   // the worker died over it
    kNotReady,  // no worker is there to take it
  };
  Kind kind = Kind::kAnswered;
  WorkerAnswer answer;  // kAnswered only
};

struct QueuedRequest {
  std::string message;  // as EncodeRequest made it
  SteadyTime deadline;
  std::function<void(ScoreOutcome)> done;  // called once, on any thread
};

// Thread-safe. Bounded by its owner's admission. A descriptor turns readable when something waits, so that workers can
// poll it beside their process' streams.
class RequestQueue {
 public:
  RequestQueue();
  // False when the queue is closed; the request is untouched then.
  bool Push(QueuedRequest& request);
  std::optional<QueuedRequest> TryPop();
  // Answers kTimedOut to those past their deadline.
  void Expire(SteadyTime now);
  std::optional<SteadyTime> NextDeadline() const;
  // Takes no more, answers kNotReady to those that wait.
  void Close();

  int wake_descriptor() const { return wake_.get(); }
  // To be called by a worker woken by the descriptor, before TryPop.
  void AcknowledgeWake();

 private:
  void Wake();
  Descriptor wake_;
  mutable std::mutex mutex_;
  std::deque<QueuedRequest> requests_;
  bool is_closed_ = false;
};

}  // namespace slipway::gateway
