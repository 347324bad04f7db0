// The gateway beside the control plane. One that outlived an earlier control plane is taken over, so that scoring goes
// on through restarts and crashes of the control plane; one that dies is started again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "apps/slipway/gateway_address.h"
#include "slipway/process/supervisor.h"

namespace slipway::apps {

struct GatewayProcessOptions {
  std::filesystem::path program;  // slipway-gateway
  std::filesystem::path home;
  std::string control_url;
  std::string version;  // a gateway of another version is replaced
  std::string listen_address = "127.0.0.1";
  uint16_t tls_port = 0;  // 0: the port of its last life, else a free one
  std::vector<std::string> dns_names;
  std::vector<std::string> worker_options;  // --worker-user and the like, handed on
};

// Thread-safe. `supervisor` must outlive it.
class GatewayProcess {
 public:
  // `on_address` is called on a thread of this object each time a gateway listens.
  GatewayProcess(GatewayProcessOptions options, process::Supervisor& supervisor,
                 std::function<void(const GatewayAddress&)> on_address);
  // Ends the gateway: answers under way go out first.
  ~GatewayProcess();

  // Returns once a gateway listens; fails with the last lines of its log when it ends instead.
  Status Start();
  // Ends the care for the gateway; one that was taken over goes on. For a start that fails: it scored before.
  void GiveBack();
  bool is_running() const;
  const std::filesystem::path& log_file() const { return log_file_; }

 private:
  // One gateway process, from the moment it was started or taken over.
  struct Life {
    process::Identity identity;
    bool is_taken_over = false;
    std::optional<std::string> end;  // how it ended; guarded by mutex_
  };

  // Takes over a running gateway that fits, or ends it and starts one.
  Result<GatewayAddress> TakeOverOrSpawn();
  std::optional<GatewayAddress> TakeOver();
  bool Fits(const GatewayAddress& address) const;
  Result<GatewayAddress> Spawn(uint16_t port);
  Result<GatewayAddress> WaitUntilItListens(const std::shared_ptr<Life>& life);
  std::vector<std::string> CommandLine(uint16_t port) const;
  process::ExitHandler OnExitOf(std::shared_ptr<Life> life);
  void SetCurrent(std::shared_ptr<Life> life);
  std::shared_ptr<Life> current() const;
  void KeepRunning(std::stop_token stop);
  void StopKeeper();
  void End(const Life& life);

  const GatewayProcessOptions options_;
  const std::filesystem::path log_file_;
  process::Supervisor& supervisor_;
  const std::function<void(const GatewayAddress&)> on_address_;

  // Never held while the supervisor is called: its thread takes it in exit handlers.
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::shared_ptr<Life> current_;
  std::jthread keeper_;
};

}  // namespace slipway::apps
