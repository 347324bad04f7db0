#include "slipway/gateway/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "slipway/base/log.h"

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kExitPatience{2'000};   // for a worker that was asked to exit
constexpr milliseconds kCrashPatience{1'000};  // from its socket's end to its own
constexpr milliseconds kSteadyTime{10'000};    // a life longer than this resets the back-off

int PollTimeout(std::optional<SteadyTime> until) {
  if (!until) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*until - steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

}  // namespace

// What belongs to one life of the process.
struct Worker::Session {
  explicit Session(WorkerProcess started) : process(std::move(started)) {}

  WorkerProcess process;
  MessageReader reader;
  LineSplitter output_lines, error_lines;
  std::optional<QueuedRequest> current;
  size_t sent = 0;  // of current->message
  bool is_ready = false;
  bool has_ended = false;      // the socket is at its end
  std::string failure_reason;  // as the worker's "failed" message gave it
};

Worker::Worker(WorkerOptions options, RequestQueue& queue, ConsoleLog& console, WorkerEvents events)
    : options_(std::move(options)),
      queue_(queue),
      console_(console),
      events_(std::move(events)),
      stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

Worker::~Worker() {
  is_stopping_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

void Worker::Run() {
  milliseconds back_off = options_.back_off_min;
  while (!is_stopping_) {
    const auto started = steady_clock::now();
    const bool was_ready = RunOnce();
    if (is_stopping_) return;
    if (was_ready && steady_clock::now() - started > kSteadyTime) back_off = options_.back_off_min;
    console_.Event(options_.instance, "BackOff",
                   fmt::format("Back-off restarting failed container: next start in {} ms", back_off.count()));
    if (!SleepUnlessStopping(back_off)) return;
    events_.on_restart();
    back_off = std::min(2 * back_off, options_.back_off_max);
  }
}

bool Worker::RunOnce() {
  auto process = WorkerProcess::Spawn(options_.command);
  if (!process) {
    events_.on_start_failed(process.error().ToString());
    return false;
  }
  console_.Event(options_.instance, "Started", "Started container inference-server");
  Session session(std::move(*process));
  if (const Status ready = WaitUntilReady(session); !ready) {
    session.process.Kill();
    DrainLines(session);
    if (!is_stopping_) events_.on_start_failed(ready.error().message());
    return false;
  }
  process_id_ = session.process.id();
  is_ready_ = true;
  events_.on_ready();
  const Ended ended = Serve(session);
  is_ready_ = false;
  process_id_ = 0;
  ReportEnd(session, ended);
  return true;
}

Status Worker::WaitUntilReady(Session& session) {
  const SteadyTime deadline = steady_clock::now() + options_.start_timeout;
  while (!session.is_ready) {
    if (is_stopping_) return FailedPrecondition("the deployment is being removed");
    if (session.has_ended) {
      if (!session.process.WaitForExit(kCrashPatience)) session.process.Kill();
      DrainLines(session);
      if (!session.failure_reason.empty()) return FailedPrecondition(session.failure_reason);
      return FailedPrecondition(fmt::format("the worker process {} before it was ready", session.process.exit_text()));
    }
    if (steady_clock::now() >= deadline) {
      console_.Event(options_.instance, "ReadinessProbeFailed", "Readiness probe failed: init is still running");
      return FailedPrecondition(fmt::format("init() was not done after {} s", options_.start_timeout.count() / 1000));
    }
    Poll(session, deadline, false);
  }
  return {};
}

Worker::Ended Worker::Serve(Session& session) {
  while (true) {
    if (session.has_ended) return EndSession(session, ScoreOutcome::Kind::kCrashed, Ended::kCrashed);
    if (session.current && steady_clock::now() >= session.current->deadline) {
      return EndSession(session, ScoreOutcome::Kind::kTimedOut, Ended::kHung);
    }
    if (!session.current && is_stopping_) {
      queue_.PassWakeOn();
      return Ended::kStopped;
    }
    if (!session.current) {
      session.current = queue_.TryPop();
      if (session.current) events_.on_taken(steady_clock::now() - session.current->queued_at);
      session.sent = 0;
    }
    if (session.current && session.sent < session.current->message.size()) WriteSocket(session);
    std::optional<SteadyTime> until;
    if (session.current) until = session.current->deadline;
    Poll(session, until, !session.current);
  }
}

Worker::Ended Worker::EndSession(Session& session, ScoreOutcome::Kind outcome, Ended ended) {
  is_ready_ = false;
  if (session.current) std::exchange(session.current, std::nullopt)->Finish({outcome, {}});
  return ended;
}

void Worker::ReportEnd(Session& session, Ended ended) {
  if (ended == Ended::kStopped) {
    console_.Event(options_.instance, "Killing", "Stopping container inference-server");
    StopProcess(session);
    return;
  }
  if (ended == Ended::kHung) {
    console_.Event(options_.instance, "LivenessProbeFailed", "Liveness probe failed: a request ran into its time-out");
    console_.Event(options_.instance, "Killing", "Container inference-server failed liveness probe, will be restarted");
    session.process.Kill();
  } else if (!session.process.WaitForExit(kCrashPatience)) {
    session.process.Kill();
  }
  DrainLines(session);
  console_.Line(options_.instance,
                fmt::format("slipway: the worker process {}; it is started again", session.process.exit_text()));
}

void Worker::Poll(Session& session, std::optional<SteadyTime> until, bool wants_requests) {
  WorkerProcess& process = session.process;
  const bool is_sending = session.current && session.sent < session.current->message.size();
  const short socket_events = static_cast<short>(POLLIN | (is_sending ? POLLOUT : 0));
  // A negative descriptor is skipped by poll. While a request is under way a stop has to wait for it.
  std::array<pollfd, 5> polled = {{{process.socket.get(), socket_events, 0},
                                   {process.standard_output.get(), POLLIN, 0},
                                   {process.standard_error.get(), POLLIN, 0},
                                   {wants_requests ? queue_.wake_descriptor() : -1, POLLIN, 0},
                                   {session.current ? -1 : stop_.get(), POLLIN, 0}}};
  if (poll(polled.data(), polled.size(), PollTimeout(until)) <= 0) return;
  // Lines before answers: what a request printed is logged before its answer goes out.
  if (polled[1].revents) PumpLines(process.standard_output, session.output_lines);
  if (polled[2].revents) PumpLines(process.standard_error, session.error_lines);
  if (polled[0].revents & POLLOUT) WriteSocket(session);
  if (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) ReadSocket(session);
  if (polled[3].revents) queue_.AcknowledgeWake();
}

void Worker::ReadSocket(Session& session) {
  std::array<char, 64 << 10> buffer;
  const ssize_t size = recv(session.process.socket.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    session.has_ended = true;
    return;
  }
  session.reader.Feed({buffer.data(), static_cast<size_t>(size)});
  while (true) {
    auto message = session.reader.Next();
    if (!message) {
      LogWarning("worker {}: {}", options_.instance, message.error().message());
      session.has_ended = true;
      return;
    }
    if (!*message) return;
    if ((*message)->kind == MessageKind::kReady) session.is_ready = true;
    if ((*message)->kind == MessageKind::kFailed) session.failure_reason = (*message)->payload;
    if ((*message)->kind != MessageKind::kAnswer || !session.current) continue;
    auto answer = DecodeAnswer((*message)->payload);
    PumpLines(session.process.standard_output, session.output_lines);
    QueuedRequest request = *std::exchange(session.current, std::nullopt);
    if (answer) {
      request.Finish({ScoreOutcome::Kind::kAnswered, std::move(*answer)});
    } else {
      request.Finish({ScoreOutcome::Kind::kCrashed, {}});
    }
  }
}

void Worker::WriteSocket(Session& session) {
  const std::string_view rest = std::string_view(session.current->message).substr(session.sent);
  const ssize_t size = send(session.process.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (size > 0) session.sent += static_cast<size_t>(size);
  if (size < 0 && errno != EAGAIN && errno != EINTR) session.has_ended = true;
}

void Worker::PumpLines(Descriptor& stream, LineSplitter& splitter) {
  const auto sink = [&](std::string_view line) { console_.Line(options_.instance, line); };
  std::array<char, 64 << 10> buffer;
  // Bounded, so that a script that never stops printing cannot keep its request's time-out from being seen.
  constexpr int kRoundsMax = 16;
  for (int round = 0; round < kRoundsMax && stream.IsOpen(); ++round) {
    const ssize_t size = read(stream.get(), buffer.data(), buffer.size());
    if (size > 0) {
      splitter.Feed({buffer.data(), static_cast<size_t>(size)}, sink);
      if (static_cast<size_t>(size) == buffer.size()) continue;
      return;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    splitter.Flush(sink);
    stream.Close();
  }
}

void Worker::DrainLines(Session& session) {
  const auto sink = [&](std::string_view line) { console_.Line(options_.instance, line); };
  PumpLines(session.process.standard_output, session.output_lines);
  PumpLines(session.process.standard_error, session.error_lines);
  session.output_lines.Flush(sink);
  session.error_lines.Flush(sink);
}

void Worker::StopProcess(Session& session) {
  session.process.socket.Close();
  const SteadyTime deadline = steady_clock::now() + kExitPatience;
  // Its last lines have to be read while it exits, or it would wait on a full pipe.
  while (!session.process.WaitForExit(milliseconds(5)) && steady_clock::now() < deadline) DrainLines(session);
  session.process.Kill();
  DrainLines(session);
}

bool Worker::SleepUnlessStopping(milliseconds time) {
  const SteadyTime deadline = steady_clock::now() + time;
  while (steady_clock::now() < deadline) {
    pollfd stop{stop_.get(), POLLIN, 0};
    if (poll(&stop, 1, PollTimeout(deadline)) > 0) return false;
  }
  return true;
}

}  // namespace slipway::gateway
