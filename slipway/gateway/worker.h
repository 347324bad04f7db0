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

#include "slipway/gateway/console_stream.h"
#include "slipway/gateway/request_queue.h"
#include "slipway/gateway/worker_probes.h"
#include "slipway/gateway/worker_process.h"

namespace slipway::gateway {

struct WorkerOptions {
  std::string instance;  // as the logs name it
  WorkerCommand command;
  std::string image = "slipway-worker";  // as the event log names what is started: the environment
  ProbeSettings probes;
  uint64_t memory_limit_bytes = 0;  // of the process with its children; 0 = none
  std::chrono::milliseconds back_off_min{100}, back_off_max{30'000};
};

// Hears of a worker's life, on the worker's thread.
struct WorkerEvents {
  std::function<void(const WorkerReady&)> on_ready;
  std::function<void(const std::string& reason)> on_start_failed;
  std::function<void(SteadyTime::duration wait)> on_taken;  // a request from the queue
  std::function<void()> on_restart;
  std::function<void(const WorkerRows&)> on_rows;  // of a script's Collector
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
  enum class Ended { kStopped, kCrashed, kHung, kDead, kOverMemory };
  struct Session;

  void Run();
  // One life of the process, from its start to its end. False when it never became ready.
  bool RunOnce();
  // Tells the event log of the start.
  void ReportStart();
  Status WaitUntilReady(Session& session);
  // Why a process that has not been ready has to go; nothing while it may go on.
  std::optional<Error> StartFailure(Session& session);
  // Probes and measures what is due; how the session has to end when it has to.
  std::optional<Ended> Watch(Session& session);
  void Ask(Session& session, uint32_t number);
  void ReportProbeFailure(const Session& session, const WorkerProbes::Failure& failure);
  // Whether its memory has to be looked at; otherwise the kernel does.
  bool IsMemoryMeasured(const Session& session) const;
  bool IsOverMemory(Session& session);
  // When Watch or a time-out has something to do next.
  SteadyTime NextDue(const Session& session) const;
  Ended Serve(Session& session);
  Ended EndSession(Session& session, ScoreOutcome::Kind outcome, Ended ended);
  void ReportEnd(Session& session, Ended ended);
  // Waits for input on any stream until something else is due, reads what is there, passes lines on.
  void Poll(Session& session, bool wants_requests);
  void ReadSocket(Session& session);
  void WriteSocket(Session& session);
  void TakeMessage(Session& session, const Message& message);
  void TakeAnswer(Session& session, std::string_view payload);
  void PumpLines(Descriptor& stream, ConsoleStream& lines);
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
