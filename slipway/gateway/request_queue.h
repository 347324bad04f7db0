// The requests of one script deployment that wait for a worker, first come first served.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "slipway/gateway/worker_process.h"
#include "slipway/gateway/worker_protocol.h"

namespace slipway::gateway {

using SteadyTime = std::chrono::steady_clock::time_point;

// What became of a request that was given to a deployment.
struct ScoreOutcome {
  enum class Kind {
    kAnswered,
    kTimedOut,       // longer than request_timeout_ms, waiting included
    kWaitedTooLong,  // no worker was free within max_queue_wait_ms
    kCrashed,        // the worker died over it
    kNotReady,       // no worker is there to take it
  };
  Kind kind = Kind::kAnswered;
  WorkerAnswer answer;                      // kAnswered only
  std::chrono::nanoseconds queue_wait{-1};  // negative: no worker took it
};

struct QueuedRequest {
  std::string message;  // as EncodeRequest made it
  SteadyTime deadline;
  SteadyTime queued_at;
  SteadyTime start_by = SteadyTime::max();  // not taken by a worker until then: kWaitedTooLong
  std::function<void(ScoreOutcome)> done;   // called once, on any thread
  std::optional<SteadyTime> taken_at = {};  // by a worker

  // For the worker that took it: tells `done` what became of it.
  void Finish(ScoreOutcome outcome) {
    if (taken_at) outcome.queue_wait = *taken_at - queued_at;
    done(std::move(outcome));
  }
};

// Thread-safe. Bounded by its owner's admission. A descriptor turns readable when something waits, so that workers can
// poll it beside their process' streams.
class RequestQueue {
 public:
  RequestQueue();
  // False when the queue is closed; the request is untouched then.
  bool Push(QueuedRequest& request);
  std::optional<QueuedRequest> TryPop();
  // For a worker that was woken and leaves without taking a request: wakes another.
  void PassWakeOn();
  // Answers those that wait past their time.
  void Expire(SteadyTime now);
  // Expires whatever has to be, as its time comes; returns when asked to stop. For a thread of its own.
  void ExpireUntilStopped(const std::stop_token& stop);
  // Takes no more, answers kNotReady to those that wait.
  void Close();

  int wake_descriptor() const { return wake_.get(); }
  // To be called by a worker woken by the descriptor, before TryPop.
  void AcknowledgeWake();

 private:
  static SteadyTime ExpiryOf(const QueuedRequest& request) { return std::min(request.deadline, request.start_by); }
  SteadyTime NextExpiry() const;
  void Wake();
  Descriptor wake_;
  mutable std::mutex mutex_;
  std::deque<QueuedRequest> requests_;
  SteadyTime expiry_at_ = SteadyTime::max();  // when ExpireUntilStopped looks next
  std::condition_variable_any expires_earlier_;
  bool is_closed_ = false;
};

}  // namespace slipway::gateway
