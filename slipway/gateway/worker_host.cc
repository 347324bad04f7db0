#include "slipway/gateway/worker_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/gateway/json_row.h"
#include "slipway/gateway/worker_protocol.h"

namespace slipway::gateway {
namespace {

constexpr int kSocket = 3;
constexpr int kBootErrorExit = 3;
constexpr std::string_view kJsonHeader = "Content-Type: application/json\r\n";
constexpr std::string_view kRunFailedBody =
    R"({"message": "An unexpected error occurred in scoring script. Check the logs for more info."})";

// The C ABI of slipway/sdk/scoring_script.h, restated: a worker loads it by name and shares no header with the script.
constexpr int kAbiVersion = 1;
using Sink = void (*)(void* context, const char* bytes, size_t size);
using VersionFunction = int (*)();
using InitFunction = int (*)(Sink error, void* context);
using RunFunction = int (*)(const char* request, size_t request_size, Sink answer, void* context);
enum RunStatus { kOk = 0, kFailed = 1, kInvalidRequest = 2 };

void AppendTo(void* context, const char* bytes, size_t size) {
  static_cast<std::string*>(context)->append(bytes, size);
}

struct Script {
  InitFunction init = nullptr;
  RunFunction run = nullptr;
};

template <class Function>
Result<Function> Symbol(void* library, const char* name) {
  if (void* address = dlsym(library, name)) return reinterpret_cast<Function>(address);
  return FailedPrecondition(
      fmt::format("it does not export {}: end the script with SLIPWAY_SCORING_SCRIPT(init, run)", name));
}

// The library is never closed: its code runs until the process ends.
Result<Script> LoadScript(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return FailedPrecondition(dlerror());
  SLIPWAY_ASSIGN_OR_RETURN(const auto version, Symbol<VersionFunction>(library, "slipway_scoring_abi_version"));
  if (version() != kAbiVersion) {
    return FailedPrecondition(
        fmt::format("it was built for version {} of the scoring ABI, this gateway speaks {}: build it anew", version(),
                    kAbiVersion));
  }
  Script script;
  SLIPWAY_ASSIGN_OR_RETURN(script.init, Symbol<InitFunction>(library, "slipway_scoring_init"));
  SLIPWAY_ASSIGN_OR_RETURN(script.run, Symbol<RunFunction>(library, "slipway_scoring_run"));
  return script;
}

Status Initialise(const Script& script) {
  std::string reason;
  if (script.init(AppendTo, &reason) == kOk) return {};
  return FailedPrecondition(fmt::format("init() failed: {}", reason));
}

bool SendAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(kSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void PrintLine(std::string_view level, std::string_view text) {
  fmt::print("{} | slipway | {} | {}\n", FormatTimestamp(SystemClock().Now(), 3), level, text);
}

std::string MessageBody(std::string_view message) {
  std::string body;
  JsonRow row(body);
  row.Text("message", message);
  row.Close();
  return body;
}

WorkerAnswer Answer(const Script& script, const WorkerRequest& request) {
  WorkerAnswer answer;
  answer.header_block = kJsonHeader;
  const auto started = std::chrono::steady_clock::now();
  const int status = script.run(request.body.data(), request.body.size(), AppendTo, &answer.body);
  const double exec_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  if (status == kOk) {
    answer.exec_ms = exec_ms;
  } else if (status == kInvalidRequest) {
    PrintLine("WARNING", answer.body);
    answer.status = 400;
    answer.body = MessageBody(answer.body);
  } else {
    PrintLine("ERROR", "run() failed: " + answer.body);
    answer.status = 500;
    answer.run_failed = true;
    answer.body = kRunFailedBody;
  }
  PrintLine("INFO", fmt::format("{} {} {} {:.3f}ms {}", request.method, request.target, answer.status, exec_ms,
                                answer.body.size()));
  return answer;
}

// Whatever the script printed must be on its way before the answer is, so that logs precede answers.
bool Reply(const Script& script, const Message& message) {
  const auto request = DecodeRequest(message.payload);
  if (!request) return false;
  const WorkerAnswer answer = Answer(script, *request);
  std::fflush(nullptr);
  return SendAll(EncodeAnswer(answer));
}

int Serve(const Script& script) {
  MessageReader reader;
  std::array<char, 64 << 10> buffer;
  while (true) {
    auto message = reader.Next();
    if (!message) return 1;
    if (*message) {
      if ((*message)->kind == MessageKind::kRequest && !Reply(script, **message)) return 1;
      continue;
    }
    const ssize_t size = recv(kSocket, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return 0;
    reader.Feed({buffer.data(), static_cast<size_t>(size)});
  }
}

int Refuse(const std::string& script, const Error& error) {
  const std::string reason = fmt::format("{}: {}", script, error.message());
  PrintLine("ERROR", reason);
  std::fflush(nullptr);
  SendAll(EncodeFailed(error.message()));
  return kBootErrorExit;
}

}  // namespace

int RunWorkerHost(const std::string& path) {
  fcntl(kSocket, F_SETFD, FD_CLOEXEC);
  // Line by line into the pipe, so that lines come with their time and none is lost in a crash.
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  const auto script = LoadScript(path);
  if (!script) return Refuse(path, script.error());
  if (const Status ready = Initialise(*script); !ready) return Refuse(path, ready.error());
  PrintLine("INFO", "init() is done, ready for requests");
  std::fflush(nullptr);
  if (!SendAll(EncodeReady())) return 1;
  return Serve(*script);
}

}  // namespace slipway::gateway
