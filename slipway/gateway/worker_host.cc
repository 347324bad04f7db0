#include "slipway/gateway/worker_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/result.h"
#include "slipway/base/text.h"
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
struct HttpRequest {
  const char *method, *target;
  const char* headers;
  size_t headers_size;
  const char* body;
  size_t body_size;
};
using HttpAnswerSink = void (*)(void* context, int status, const char* headers, size_t headers_size, const char* body,
                                size_t body_size);
using RunHttpFunction = int (*)(const HttpRequest* request, HttpAnswerSink answer, Sink error, void* context);
using CollectFunction = int (*)(void* context, const char* collection, const char* correlation_id, const char* rows,
                                size_t rows_size, Sink used_id, void* id_context);
using SetCollectorFunction = void (*)(CollectFunction collect, void* context);
enum RunStatus { kOk = 0, kFailed = 1, kInvalidRequest = 2 };
enum CollectStatus { kCollected = 0, kCollectionOff = 1, kCollectFailed = 2 };

// The socket is written by run's thread, and by any that the script collects from.
class Channel {
 public:
  bool Send(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    while (!bytes.empty()) {
      const ssize_t sent = send(kSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

 private:
  std::mutex mutex_;
};

// What a script collects with: which collections there are, and whose request is under way.
struct Collecting {
  Channel& channel;
  std::vector<std::string> collections;
  std::mutex mutex;
  std::string request_id;
};

bool IsEnabled(const Collecting& collecting, std::string_view collection) {
  return std::any_of(collecting.collections.begin(), collecting.collections.end(),
                     [&](const std::string& name) { return EqualsIgnoreCase(name, collection); });
}

// CollectFunction
int Collect(void* context, const char* collection, const char* correlation_id, const char* rows, size_t rows_size,
            Sink used_id, void* id_context) {
  Collecting& collecting = *static_cast<Collecting*>(context);
  if (!IsEnabled(collecting, collection)) return kCollectionOff;
  if (!rows) return kCollected;
  std::string id = correlation_id;
  if (id.empty()) {
    const std::lock_guard lock(collecting.mutex);
    id = collecting.request_id.empty() ? RandomUuid() : collecting.request_id;
  }
  used_id(id_context, id.data(), id.size());
  const bool is_sent = collecting.channel.Send(EncodeRows({collection, id, {rows, rows_size}, ""}));
  return is_sent ? kCollected : kCollectFailed;
}

void AppendTo(void* context, const char* bytes, size_t size) {
  static_cast<std::string*>(context)->append(bytes, size);
}

struct Script {
  InitFunction init = nullptr;
  RunFunction run = nullptr;  // one of the two
  RunHttpFunction run_http = nullptr;
};

template <class Function>
Result<Function> Symbol(void* library, const char* name) {
  if (void* address = dlsym(library, name)) return reinterpret_cast<Function>(address);
  return FailedPrecondition(
      fmt::format("it does not export {}: end the script with SLIPWAY_SCORING_SCRIPT(init, run)", name));
}

// The library is never closed: its code runs until the process ends.
Result<Script> LoadScript(const std::string& path, Collecting& collecting) {
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
  script.run_http = reinterpret_cast<RunHttpFunction>(dlsym(library, "slipway_scoring_run_http"));
  if (!script.run_http) {
    SLIPWAY_ASSIGN_OR_RETURN(script.run, Symbol<RunFunction>(library, "slipway_scoring_run"));
  }
  if (void* address = dlsym(library, "slipway_scoring_set_collector"))
    reinterpret_cast<SetCollectorFunction>(address)(Collect, &collecting);
  return script;
}

Status Initialise(const Script& script) {
  std::string reason;
  if (script.init(AppendTo, &reason) == kOk) return {};
  return FailedPrecondition(fmt::format("init() failed: {}", reason));
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

// Sinks of slipway_scoring_run_http.
void TakeHttpAnswer(void* context, int status, const char* headers, size_t headers_size, const char* body,
                    size_t body_size) {
  auto& answer = *static_cast<WorkerAnswer*>(context);
  answer.status = status;
  answer.header_block.assign(headers, headers_size);
  answer.body.assign(body, body_size);
}
void TakeHttpError(void* context, const char* bytes, size_t size) {
  static_cast<WorkerAnswer*>(context)->body.append(bytes, size);
}

int Run(const Script& script, const WorkerRequest& request, WorkerAnswer& answer) {
  if (script.run) return script.run(request.body.data(), request.body.size(), AppendTo, &answer.body);
  const std::string method(request.method), target(request.target);
  const HttpRequest http{
      method.c_str(),      target.c_str(),     request.header_block.data(), request.header_block.size(),
      request.body.data(), request.body.size()};
  const int status = script.run_http(&http, TakeHttpAnswer, TakeHttpError, &answer);
  if (status != kOk || (answer.status >= 100 && answer.status <= 599)) return status;
  answer.body = fmt::format("the status {} is none of HTTP's", answer.status);
  return kFailed;
}

WorkerAnswer Answer(const Script& script, const WorkerRequest& request) {
  WorkerAnswer answer;
  answer.header_block = kJsonHeader;
  const auto started = std::chrono::steady_clock::now();
  const int status = Run(script, request, answer);
  const double exec_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  if (status == kOk) {
    answer.exec_ms = exec_ms;
    answer.run_failed = answer.status >= 500;
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

std::string RequestId(std::string_view header_block) {
  constexpr std::string_view kName = "x-request-id: ";
  for (const std::string_view line : Split(header_block, '\n')) {
    if (StartsWithIgnoreCase(line, kName)) return std::string(Trim(line.substr(kName.size())));
  }
  return {};
}

// Whatever the script printed must be on its way before the answer is, so that logs precede answers.
bool Reply(const Script& script, Collecting& collecting, const Message& message) {
  const auto request = DecodeRequest(message.payload);
  if (!request) return false;
  {
    const std::lock_guard lock(collecting.mutex);
    collecting.request_id = RequestId(request->header_block);
  }
  const WorkerAnswer answer = Answer(script, *request);
  std::fflush(nullptr);
  return collecting.channel.Send(EncodeAnswer(answer));
}

bool Handle(const Script& script, Collecting& collecting, const Message& message) {
  if (message.kind == MessageKind::kRequest) return Reply(script, collecting, message);
  if (message.kind != MessageKind::kPing) return true;
  const auto number = DecodeNumber(message.payload);
  return number && collecting.channel.Send(EncodePong(*number));
}

int Serve(const Script& script, Collecting& collecting) {
  MessageReader reader;
  std::array<char, 64 << 10> buffer;
  while (true) {
    auto message = reader.Next();
    if (!message) return 1;
    if (*message) {
      if (!Handle(script, collecting, **message)) return 1;
      continue;
    }
    const ssize_t size = recv(kSocket, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return 0;
    reader.Feed({buffer.data(), static_cast<size_t>(size)});
  }
}

std::vector<std::string> EnabledCollections() {
  const char* names = std::getenv("SLIPWAY_COLLECTIONS");
  std::vector<std::string> enabled;
  for (const std::string_view name : Split(names ? names : "", ',')) {
    if (!name.empty()) enabled.emplace_back(name);
  }
  return enabled;
}

int Refuse(Channel& channel, const std::string& script, const Error& error) {
  const std::string reason = fmt::format("{}: {}", script, error.message());
  PrintLine("ERROR", reason);
  std::fflush(nullptr);
  channel.Send(EncodeFailed(error.message()));
  return kBootErrorExit;
}

}  // namespace

int RunWorkerHost(const std::string& path) {
  fcntl(kSocket, F_SETFD, FD_CLOEXEC);
  // Line by line into the pipe, so that lines come with their time and none is lost in a crash.
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  Channel channel;
  Collecting collecting{channel, EnabledCollections(), {}, {}};
  const auto script = LoadScript(path, collecting);
  if (!script) return Refuse(channel, path, script.error());
  if (const Status ready = Initialise(*script); !ready) return Refuse(channel, path, ready.error());
  PrintLine("INFO", "init() is done, ready for requests");
  std::fflush(nullptr);
  if (!channel.Send(EncodeReady({.takes_http = script->run_http != nullptr}))) return 1;
  return Serve(*script, collecting);
}

}  // namespace slipway::gateway
