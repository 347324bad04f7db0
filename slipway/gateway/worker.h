// One worker of a script deployment: a thread that starts the process, feeds it requests, collects its lines and starts
// it again (with growing pauses) when it crashes or hangs.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "slipway/gateway/console_log.h"
#include "slipway/gateway/line_splitter.h"
#include "slipway/gateway/request_queue.h"
#include "slipway/gateway/worker_process.h"

namespace slipway::gateway {

struct WorkerOptions {
  std::string instance;  // as the logs name it
  WorkerCommand command;
  std::chrono::milliseconds start_timeout{310'000};  // from the start of the process to its being ready
  std::chrono::milliseconds back_off_min{100}, back_off_max{30'000};
};

// Hears of a worker's life, on the worker's thread.
struct WorkerEvents {
  std::function<void()> on_ready;
  std::function<void(const std::string& reason)> on_start_failed;
  std::function<void(SteadyTime::duration wait)> on_taken;  // a request from the queue
  std::function<void()> on_restart;
};

class Worker {
 public:
  // Starts at once. `queue`, `console` must outlive the worker.
  Worker(WorkerOptions options, RequestQueue& queue, ConsoleLog& console, WorkerEvents events);
  // Lets the request under way end (within its deadline), then ends the process.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool IsReady() const { return is_ready_.load(std::memory_order_relaxed); }
  // Its process' id; 0 while it is not ready.
  int64_t process_id() const { return process_id_.load(std::memory_order_relaxed); }

 private:
  enum class Ended { kStopped, kCrashed, kHung };
  struct Session;

  void Run();
  // One life of the process, from its start to its end. False when it never became ready.
  bool RunOnce();
  Status WaitUntilReady(Session& session);
  Ended Serve(Session& session);
  Ended EndSession(Session& session, ScoreOutcome::Kind outcome, Ended ended);
  void ReportEnd(Session& session, Ended ended);
  // Waits for input on any stream until `until`, reads what is there, passes lines on.
  void Poll(Session& session, std::optional<SteadyTime> until, bool wants_requests);
  void ReadSocket(Session& session);
  void WriteSocket(Session& session);
  void PumpLines(Descriptor& stream, LineSplitter& splitter);
  void DrainLines(Session& session);
  void StopProcess(Session& session);
  bool SleepUnlessStopping(std::chrono::milliseconds time);

  const WorkerOptions options_;
  RequestQueue& queue_;
  ConsoleLog& console_;
  const WorkerEvents events_;
  Descriptor stop_;  // turns readable when the worker is to stop
  std::atomic<bool> is_ready_{false};
  std::atomic<int64_t> process_id_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace slipway::gateway
