#include "apps/slipway/gateway_process.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/process/spawn.h"

namespace slipway::apps {
namespace {

constexpr auto kStartTime = std::chrono::seconds(20);
constexpr auto kPollTime = std::chrono::milliseconds(10);
constexpr auto kEndTime = std::chrono::seconds(5);
constexpr auto kFirstPause = std::chrono::milliseconds(100), kLongestPause = std::chrono::milliseconds(10'000);
constexpr size_t kTailBytes = 2000;

std::string TailOf(const std::filesystem::path& file) {
  const auto text = ReadFile(file);
  if (!text) return "";
  return text->size() <= kTailBytes ? *text : text->substr(text->size() - kTailBytes);
}

}  // namespace

GatewayProcess::GatewayProcess(GatewayProcessOptions options, process::Supervisor& supervisor,
                               std::function<void(const GatewayAddress&)> on_address)
    : options_(std::move(options)),
      log_file_(options_.home / "gateway" / "gateway.log"),
      supervisor_(supervisor),
      on_address_(std::move(on_address)) {}

GatewayProcess::~GatewayProcess() {
  StopKeeper();
  if (const auto life = current()) End(*life);
}

void GatewayProcess::StopKeeper() {
  keeper_.request_stop();
  if (keeper_.joinable()) keeper_.join();
}

void GatewayProcess::GiveBack() {
  StopKeeper();
  if (const auto life = current(); life && life->is_taken_over) SetCurrent(nullptr);
}

bool GatewayProcess::is_running() const {
  const std::lock_guard lock(mutex_);
  return current_ && !current_->end;
}

std::shared_ptr<GatewayProcess::Life> GatewayProcess::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void GatewayProcess::SetCurrent(std::shared_ptr<Life> life) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(life);
}

Status GatewayProcess::Start() {
  SLIPWAY_ASSIGN_OR_RETURN(const GatewayAddress address, TakeOverOrSpawn());
  on_address_(address);
  keeper_ = std::jthread([this](std::stop_token stop) { KeepRunning(stop); });
  return {};
}

Result<GatewayAddress> GatewayProcess::TakeOverOrSpawn() {
  if (auto running = TakeOver()) return *running;
  const auto last = ReadGatewayAddress(options_.home);
  if (options_.tls_port == 0 && last && last->tls_port != 0) {
    if (auto address = Spawn(last->tls_port)) return address;  // somebody else may have taken it meanwhile
  }
  return Spawn(options_.tls_port);
}

bool GatewayProcess::Fits(const GatewayAddress& address) const {
  return address.control_url == options_.control_url && address.version == options_.version &&
         address.listen_address == options_.listen_address && address.worker_options == options_.worker_options &&
         (options_.tls_port == 0 || options_.tls_port == address.tls_port);
}

std::optional<GatewayAddress> GatewayProcess::TakeOver() {
  const auto address = ReadGatewayAddress(options_.home);
  if (!address) return std::nullopt;
  auto life = std::make_shared<Life>(Life{address->identity, true, {}});
  if (!supervisor_.Adopt(address->identity, OnExitOf(life))) return std::nullopt;
  if (!Fits(*address)) {
    LogInfo("the gateway {} of an earlier start is replaced", address->identity.pid);
    End(*life);
    return std::nullopt;
  }
  LogInfo("the gateway {} of an earlier start goes on", address->identity.pid);
  SetCurrent(std::move(life));
  return *address;
}

std::vector<std::string> GatewayProcess::CommandLine(uint16_t port) const {
  std::vector<std::string> words = {options_.program.string(),
                                    "--home",
                                    options_.home.string(),
                                    "--control",
                                    options_.control_url,
                                    "--listen",
                                    fmt::format("{}:{}", options_.listen_address, port)};
  for (const std::string& name : options_.dns_names) words.insert(words.end(), {"--dns-name", name});
  words.insert(words.end(), options_.worker_options.begin(), options_.worker_options.end());
  return words;
}

process::ExitHandler GatewayProcess::OnExitOf(std::shared_ptr<Life> life) {
  return [this, life = std::move(life)](const process::Exit& exit) {
    const std::lock_guard lock(mutex_);
    life->end = exit.ToString();
    changed_.notify_all();
  };
}

Result<GatewayAddress> GatewayProcess::Spawn(uint16_t port) {
  process::SpawnOptions spawn;
  spawn.arguments = CommandLine(port);
  spawn.environment = process::CurrentEnvironment();
  // A file, not a pipe: the gateway writes on when this process has died.
  spawn.output = process::OutputTarget::kFile;
  spawn.output_file = log_file_;
  auto life = std::make_shared<Life>();
  SLIPWAY_ASSIGN_OR_RETURN(life->identity, supervisor_.Spawn(std::move(spawn), OnExitOf(life)));
  SetCurrent(life);
  return WaitUntilItListens(life);
}

Result<GatewayAddress> GatewayProcess::WaitUntilItListens(const std::shared_ptr<Life>& life) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto address = ReadGatewayAddress(options_.home);
    if (address && address->identity == life->identity) return *address;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPollTime, [&] { return life->end.has_value(); })) {
      return FailedPrecondition(fmt::format("the gateway ended ({}): {}", *life->end, Trim(TailOf(log_file_))));
    }
  }
  End(*life);
  return Error(Code::kDeadlineExceeded, fmt::format("the gateway does not listen after {} s; its log is '{}'",
                                                    kStartTime.count(), log_file_.string()));
}

void GatewayProcess::KeepRunning(std::stop_token stop) {
  auto pause = kFirstPause;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return current_->end.has_value(); })) return;
      LogWarning("the gateway ended ({}); it is started again", *current_->end);
      changed_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    const auto address = TakeOverOrSpawn();
    if (address) {
      on_address_(*address);
      pause = kFirstPause;
    } else {
      LogError("the gateway cannot be started: {}", address.error().ToString());
      pause = std::min<std::chrono::milliseconds>(pause * 2, kLongestPause);
    }
  }
}

void GatewayProcess::End(const Life& life) {
  supervisor_.Terminate(life.identity, kEndTime);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kEndTime + std::chrono::seconds(1), [&] { return life.end.has_value(); });
}

}  // namespace slipway::apps
