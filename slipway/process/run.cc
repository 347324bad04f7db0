#include "slipway/process/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::process {
namespace {

constexpr size_t kKeptOutput = 64 * 1024;
constexpr std::chrono::milliseconds kGrace{2000};

// Shared with the supervisor's thread.
struct Outcome {
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<Exit> exit;
  std::string output;
};

void KeepEnd(std::string& output, std::string_view line) {
  output.append(line).push_back('\n');
  if (output.size() > 2 * kKeptOutput) output.erase(0, output.size() - kKeptOutput);
}

}  // namespace

Result<RunResult> RunToEnd(Supervisor& supervisor, SpawnOptions options,
                           std::optional<std::chrono::milliseconds> timeout) {
  const std::string program = options.arguments.empty() ? "" : options.arguments[0];
  const auto outcome = std::make_shared<Outcome>();
  const auto on_exit = [outcome](const Exit& exit) {
    std::lock_guard lock(outcome->mutex);
    outcome->exit = exit;
    outcome->ended.notify_all();
  };
  const auto on_line = [outcome](Stream, std::string_view line) {
    std::lock_guard lock(outcome->mutex);
    KeepEnd(outcome->output, line);
  };
  SLIPWAY_ASSIGN_OR_RETURN(const Identity identity, supervisor.Spawn(std::move(options), on_exit, on_line));

  std::unique_lock lock(outcome->mutex);
  const auto has_ended = [&] { return outcome->exit.has_value(); };
  bool timed_out = false;
  if (timeout && !outcome->ended.wait_for(lock, *timeout, has_ended)) {
    timed_out = true;
    lock.unlock();
    supervisor.Terminate(identity, kGrace);
    lock.lock();
  }
  outcome->ended.wait(lock, has_ended);
  if (outcome->output.size() > kKeptOutput) outcome->output.erase(0, outcome->output.size() - kKeptOutput);
  if (timed_out) {
    return Error(
        Code::kDeadlineExceeded,
        fmt::format("'{}' had not ended after {} and was killed; its last lines: {}", program,
                    FormatDouble(static_cast<double>(timeout->count()) / 1000) + " s", TailOf(outcome->output, 10)));
  }
  return RunResult{*outcome->exit, std::move(outcome->output)};
}

std::string TailOf(std::string_view text, size_t lines) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  size_t start = text.size();
  for (size_t count = 0; count < lines && start != std::string_view::npos && start > 0; ++count) {
    start = text.rfind('\n', start - 1);
  }
  return std::string(start == std::string_view::npos || text.empty() ? text
                     : start == 0                                    ? text
                                                                     : text.substr(start + 1));
}

std::string TailOfFile(const std::filesystem::path& path, size_t lines) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return "";
  const off_t size = lseek(descriptor, 0, SEEK_END);
  const off_t kept = static_cast<off_t>(kKeptOutput);
  const off_t from = size > kept ? size - kept : 0;
  std::string text(static_cast<size_t>(size - from), '\0');
  const ssize_t got = pread(descriptor, text.data(), text.size(), from);
  close(descriptor);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return TailOf(text, lines);
}

}  // namespace slipway::process
