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
#include "slipway/domain/memory_quantity.h"
#include "slipway/process/memory.h"

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kExitPatience{2'000};   // for a worker that was asked to exit
constexpr milliseconds kCrashPatience{1'000};  // from its socket's end to its own
constexpr milliseconds kSteadyTime{10'000};    // a life longer than this resets the back-off

constexpr milliseconds kMemoryPeriod{100};  // how often a limited worker's memory is looked at

int PollTimeout(SteadyTime until) {
  if (until == SteadyTime::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

}  // namespace

// What belongs to one life of the process.
struct Worker::Session {
  Session(WorkerProcess spawned, const WorkerOptions& options, ConsoleLog& console)
      : process(std::move(spawned)),
        output_lines(console, options.instance),
        error_lines(console, options.instance),
        probes(options.probes, started) {}

  const SteadyTime started = steady_clock::now();
  WorkerProcess process;
  MessageReader reader;
  ConsoleStream output_lines, error_lines;
  WorkerProbes probes;
  SteadyTime memory_due = started;
  uint64_t memory_bytes = 0;  // as last measured
  std::optional<QueuedRequest> current;
  size_t sent = 0;  // of current->message
  bool is_initialised = false;
  bool has_been_ready = false;
  bool has_ended = false;      // the socket is at its end
  WorkerReady ready;           // what it said of itself
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
    console_.Event(options_.instance, "Failed", "Error: " + process.error().ToString());
    events_.on_start_failed(process.error().ToString());
    return false;
  }
  ReportStart();
  Session session(std::move(*process), options_, console_);
  if (const Status ready = WaitUntilReady(session); !ready) {
    session.process.Kill();
    DrainLines(session);
    if (!is_stopping_) events_.on_start_failed(ready.error().message());
    return false;
  }
  process_id_ = session.process.id();
  is_ready_ = true;
  events_.on_ready(session.ready);
  const Ended ended = Serve(session);
  is_ready_ = false;
  process_id_ = 0;
  ReportEnd(session, ended);
  return true;
}

void Worker::ReportStart() {
  console_.Event(options_.instance, "Pulled",
                 fmt::format("Container image \"{}\" already present on machine", options_.image));
  console_.Event(options_.instance, "Created", "Created container inference-server");
  console_.Event(options_.instance, "Started", "Started container inference-server");
}

Status Worker::WaitUntilReady(Session& session) {
  while (!session.is_initialised || !session.probes.IsReady()) {
    if (is_stopping_) return FailedPrecondition("the deployment is being removed");
    if (auto failure = StartFailure(session)) return std::move(*failure);
    Poll(session, false);
  }
  return {};
}

std::optional<Error> Worker::StartFailure(Session& session) {
  if (session.has_ended) {
    if (!session.process.WaitForExit(kCrashPatience)) session.process.Kill();
    DrainLines(session);
    if (!session.failure_reason.empty()) return FailedPrecondition(session.failure_reason);
    if (session.process.was_over_memory())
      return FailedPrecondition(fmt::format("init() needed more memory than its limit, {}",
                                            domain::FormatMemoryQuantity(options_.memory_limit_bytes)));
    return FailedPrecondition(fmt::format("the worker process {} before it was ready", session.process.exit_text()));
  }
  const auto ended = Watch(session);
  if (!ended) return std::nullopt;
  if (*ended == Ended::kOverMemory) {
    return FailedPrecondition(fmt::format("init() used {} of memory, the limit is {}",
                                          domain::FormatMemoryQuantity(session.memory_bytes),
                                          domain::FormatMemoryQuantity(options_.memory_limit_bytes)));
  }
  const auto seconds = std::chrono::round<std::chrono::seconds>(steady_clock::now() - session.started).count();
  return FailedPrecondition(fmt::format("{} after {} s, when its probes gave up",
                                        session.is_initialised ? "the worker was not ready" : "init() was not done",
                                        seconds));
}

// While it starts every verdict is fatal. Later only liveness decides about its life: an unready worker gets no
// requests until it is ready again.
std::optional<Worker::Ended> Worker::Watch(Session& session) {
  const WorkerProbes::Steps steps = session.probes.Advance(steady_clock::now(), !session.current);
  for (const uint32_t number : steps.questions) Ask(session, number);
  bool is_dead = false;
  for (const WorkerProbes::Failure& failure : steps.failures) {
    ReportProbeFailure(session, failure);
    const bool is_fatal = !session.has_been_ready || failure.kind == WorkerProbes::Kind::kLiveness;
    is_dead = is_dead || (failure.is_verdict && is_fatal);
  }
  if (is_dead) return Ended::kDead;
  if (IsOverMemory(session)) return Ended::kOverMemory;
  return std::nullopt;
}

// A few bytes, and nothing else is on its way: a worker that does not read them fails the probe.
void Worker::Ask(Session& session, uint32_t number) {
  const std::string ping = EncodePing(number);
  if (send(session.process.socket.get(), ping.data(), ping.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN &&
      errno != EINTR)
    session.has_ended = true;
}

void Worker::ReportProbeFailure(const Session& session, const WorkerProbes::Failure& failure) {
  const std::string_view name = WorkerProbes::NameOf(failure.kind);
  const std::string why = session.is_initialised ? fmt::format("no answer within {} ms", failure.timeout_ms)
                                                 : std::string("init is still running");
  console_.Event(options_.instance, fmt::format("{}ProbeFailed", name), fmt::format("{} probe failed: {}", name, why));
}

bool Worker::IsMemoryMeasured(const Session& session) const {
  return options_.memory_limit_bytes > 0 && !session.process.has_memory_group();
}

bool Worker::IsOverMemory(Session& session) {
  if (!IsMemoryMeasured(session) || steady_clock::now() < session.memory_due) return false;
  session.memory_due = steady_clock::now() + kMemoryPeriod;
  session.memory_bytes = process::MemoryOfTree(session.process.id()).value_or(0);
  return session.memory_bytes > options_.memory_limit_bytes;
}

SteadyTime Worker::NextDue(const Session& session) const {
  SteadyTime due = session.probes.due(!session.current);
  if (session.current) due = std::min(due, session.current->deadline);
  if (IsMemoryMeasured(session)) due = std::min(due, session.memory_due);
  return due;
}

Worker::Ended Worker::Serve(Session& session) {
  session.has_been_ready = true;
  while (true) {
    if (session.has_ended) return EndSession(session, ScoreOutcome::Kind::kCrashed, Ended::kCrashed);
    if (session.current && steady_clock::now() >= session.current->deadline) {
      return EndSession(session, ScoreOutcome::Kind::kTimedOut, Ended::kHung);
    }
    if (!session.current && is_stopping_) {
      queue_.PassWakeOn();
      return Ended::kStopped;
    }
    if (const auto ended = Watch(session)) return EndSession(session, ScoreOutcome::Kind::kCrashed, *ended);
    is_ready_ = session.probes.IsReady();
    if (!session.current && is_ready_) {
      session.current = queue_.TryPop();
      if (session.current) events_.on_taken(steady_clock::now() - session.current->queued_at);
      session.sent = 0;
    }
    if (session.current && session.sent < session.current->message.size()) WriteSocket(session);
    Poll(session, !session.current && is_ready_);
  }
}

Worker::Ended Worker::EndSession(Session& session, ScoreOutcome::Kind outcome, Ended ended) {
  is_ready_ = false;
  if (session.current) std::exchange(session.current, std::nullopt)->Finish({outcome, {}});
  return ended;
}

void Worker::ReportEnd(Session& session, Ended ended) {
  std::string why;
  const auto kill_because = [&](std::string_view message) {
    console_.Event(options_.instance, "Killing", message);
    session.process.Kill();
  };
  switch (ended) {
    case Ended::kStopped:
      console_.Event(options_.instance, "Killing", "Stopping container inference-server");
      return StopProcess(session);
    case Ended::kHung:
      console_.Event(options_.instance, "LivenessProbeFailed",
                     "Liveness probe failed: a request ran into its time-out");
      kill_because("Container inference-server failed liveness probe, will be restarted");
      break;
    case Ended::kDead:
      kill_because("Container inference-server failed liveness probe, will be restarted");
      why = "did not answer its liveness probe and ";
      break;
    case Ended::kOverMemory:
      why = fmt::format("used {} of memory, the limit is {}, and ", domain::FormatMemoryQuantity(session.memory_bytes),
                        domain::FormatMemoryQuantity(options_.memory_limit_bytes));
      kill_because(fmt::format("Container inference-server {}will be restarted", why));
      break;
    case Ended::kCrashed:
      if (!session.process.WaitForExit(kCrashPatience)) session.process.Kill();
      if (session.process.was_over_memory())
        why = fmt::format("needed more memory than its limit, {}, and ",
                          domain::FormatMemoryQuantity(options_.memory_limit_bytes));
      break;
  }
  DrainLines(session);
  console_.Line(options_.instance,
                fmt::format("slipway: the worker process {}{}; it is started again", why, session.process.exit_text()));
}

void Worker::Poll(Session& session, bool wants_requests) {
  WorkerProcess& process = session.process;
  const bool is_sending = session.current && session.sent < session.current->message.size();
  const short socket_events = static_cast<short>(POLLIN | (is_sending ? POLLOUT : 0));
  // A negative descriptor is skipped by poll. While a request is under way a stop has to wait for it.
  std::array<pollfd, 5> polled = {{{process.socket.get(), socket_events, 0},
                                   {process.standard_output.get(), POLLIN, 0},
                                   {process.standard_error.get(), POLLIN, 0},
                                   {wants_requests ? queue_.wake_descriptor() : -1, POLLIN, 0},
                                   {session.current ? -1 : stop_.get(), POLLIN, 0}}};
  if (poll(polled.data(), polled.size(), PollTimeout(NextDue(session))) <= 0) return;
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
    TakeMessage(session, **message);
  }
}

void Worker::TakeMessage(Session& session, const Message& message) {
  switch (message.kind) {
    case MessageKind::kReady:
      session.ready = DecodeReady(message.payload);
      session.is_initialised = true;
      return session.probes.Initialised();
    case MessageKind::kFailed:
      session.failure_reason = message.payload;
      return;
    case MessageKind::kPong:
      return session.probes.Answered(DecodeNumber(message.payload).value_or(0));
    case MessageKind::kRows:
      if (const auto rows = DecodeRows(message.payload); rows && events_.on_rows) events_.on_rows(*rows);
      return;
    case MessageKind::kAnswer:
      return TakeAnswer(session, message.payload);
    case MessageKind::kRequest:
    case MessageKind::kPing:
      return;  // the gateway's to send
  }
}

void Worker::TakeAnswer(Session& session, std::string_view payload) {
  if (!session.current) return;
  auto answer = DecodeAnswer(payload);
  PumpLines(session.process.standard_output, session.output_lines);
  PumpLines(session.process.standard_error, session.error_lines);
  QueuedRequest request = *std::exchange(session.current, std::nullopt);
  if (answer) {
    request.Finish({ScoreOutcome::Kind::kAnswered, std::move(*answer)});
  } else {
    request.Finish({ScoreOutcome::Kind::kCrashed, {}});
  }
}

void Worker::WriteSocket(Session& session) {
  const std::string_view rest = std::string_view(session.current->message).substr(session.sent);
  const ssize_t size = send(session.process.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (size > 0) session.sent += static_cast<size_t>(size);
  if (size < 0 && errno != EAGAIN && errno != EINTR) session.has_ended = true;
}

void Worker::PumpLines(Descriptor& stream, ConsoleStream& lines) {
  std::array<char, 64 << 10> buffer;
  // Bounded, so that a script that never stops printing cannot keep its request's time-out from being seen.
  constexpr int kRoundsMax = 16;
  for (int round = 0; round < kRoundsMax && stream.IsOpen(); ++round) {
    const ssize_t size = read(stream.get(), buffer.data(), buffer.size());
    if (size > 0) {
      lines.Feed({buffer.data(), static_cast<size_t>(size)});
      if (static_cast<size_t>(size) == buffer.size()) continue;
      return;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    lines.Flush();
    stream.Close();
  }
}

void Worker::DrainLines(Session& session) {
  PumpLines(session.process.standard_output, session.output_lines);
  PumpLines(session.process.standard_error, session.error_lines);
  session.output_lines.Flush();
  session.error_lines.Flush();
}

void Worker::StopProcess(Session& session) {
  session.process.socket.Close();
  const SteadyTime deadline = steady_clock::now() + kExitPatience;
  // Its last lines have to be read while it exits, or it would wait on a full pipe.
  while (!session.process.WaitForExit(milliseconds(5)) && steady_clock::now() < deadline) {
    PumpLines(session.process.standard_output, session.output_lines);
    PumpLines(session.process.standard_error, session.error_lines);
  }
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
