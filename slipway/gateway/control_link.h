// The gateway's side of the control plane: fetches routing snapshots by a long poll, keeps the last on disk, reports
// what became of deployments. While the control plane is away the last snapshot stays in force.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "slipway/base/result.h"
#include "slipway/gateway/deployment_manager.h"
#include "slipway/net/client.h"

namespace slipway::gateway {

struct ControlLinkOptions {
  std::string url;  // "http://127.0.0.1:7300"
  std::string token;
  std::string ca_file;  // for an https control plane
  std::filesystem::path snapshot_file;
};

class ControlLink {
 public:
  ControlLink(ControlLinkOptions options, DeploymentManager& manager);
  ~ControlLink() { Stop(); }

  // Applies the snapshot that an earlier life left on disk; kNotFound when there is none.
  Status ApplyStored();
  // Starts the threads that talk to the control plane.
  void Start();
  // Ends the threads. Idempotent; nothing is sent afterwards.
  void Stop();
  // Reports are to be sent. Thread-safe.
  void NotifyReports();

 private:
  void Poll(std::stop_token stop);
  Result<bool> PollOnce();  // whether a new snapshot was applied
  void Report(std::stop_token stop);
  Status SendReports();
  net::Headers RequestHeaders() const;

  const ControlLinkOptions options_;
  DeploymentManager& manager_;
  net::Client poll_client_, report_client_;
  std::string etag_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool has_reports_ = false;
  std::jthread poll_thread_, report_thread_;
};

}  // namespace slipway::gateway
