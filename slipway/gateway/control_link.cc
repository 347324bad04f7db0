#include "slipway/gateway/control_link.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

constexpr int kPollTimeoutMs = 45'000;  // the control plane answers within 30 s
constexpr int kReportTimeoutMs = 10'000;
constexpr auto kRetryTime = std::chrono::milliseconds(500);

net::ClientOptions ClientOptionsOf(const ControlLinkOptions& options, int timeout_ms) {
  net::ClientOptions client;
  client.timeout_ms = timeout_ms;
  client.ca_file = options.ca_file;
  return client;
}

Error UnexpectedStatus(const net::Response& response) {
  return Unavailable(fmt::format("the control plane answered {}: {}", response.status, response.body.substr(0, 300)));
}

}  // namespace

ControlLink::ControlLink(ControlLinkOptions options, DeploymentManager& manager)
    : options_(std::move(options)),
      manager_(manager),
      poll_client_(ClientOptionsOf(options_, kPollTimeoutMs)),
      report_client_(ClientOptionsOf(options_, kReportTimeoutMs)) {}

void ControlLink::Stop() {
  poll_thread_.request_stop();
  report_thread_.request_stop();
  poll_client_.Cancel();
  report_client_.Cancel();
  if (poll_thread_.joinable()) poll_thread_.join();
  if (report_thread_.joinable()) report_thread_.join();
}

Status ControlLink::ApplyStored() {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(options_.snapshot_file));
  SLIPWAY_ASSIGN_OR_RETURN(RoutingSnapshot snapshot, With(ParseRoutingSnapshot(text), options_.snapshot_file.string()));
  manager_.Apply(std::move(snapshot));
  return {};
}

void ControlLink::Start() {
  poll_thread_ = std::jthread([this](std::stop_token stop) { Poll(stop); });
  report_thread_ = std::jthread([this](std::stop_token stop) { Report(stop); });
}

void ControlLink::NotifyReports() {
  const std::lock_guard lock(mutex_);
  has_reports_ = true;
  changed_.notify_all();
}

void ControlLink::Poll(std::stop_token stop) {
  bool is_connected = true;
  while (!stop.stop_requested()) {
    const auto polled = PollOnce();
    if (stop.stop_requested()) return;
    if (polled) {
      // It may have been started anew and know nothing of earlier reports.
      if (!is_connected) NotifyReports();
      is_connected = true;
      continue;
    }
    if (is_connected) LogWarning("no routing snapshot: {}; the last one stays in force", polled.error().ToString());
    is_connected = false;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kRetryTime, [] { return false; });
  }
}

Result<bool> ControlLink::PollOnce() {
  const std::string url = fmt::format("{}/slipway/routing?after={}", options_.url, UrlEncode(etag_));
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response response, poll_client_.Send("GET", url, RequestHeaders()));
  if (response.status == 204) return false;
  if (response.status != 200) return UnexpectedStatus(response);
  SLIPWAY_ASSIGN_OR_RETURN(RoutingSnapshot snapshot, ParseRoutingSnapshot(response.body));
  // Before it is applied: after a kill the gateway must not fall behind what it has served.
  if (const Status stored = WriteFileAtomic(options_.snapshot_file, response.body, 0600); !stored) {
    LogWarning("the routing snapshot is not kept: {}", stored.error().ToString());
  }
  etag_ = snapshot.etag;
  manager_.Apply(std::move(snapshot));
  return true;
}

void ControlLink::Report(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return has_reports_; })) return;
      has_reports_ = false;
    }
    if (SendReports()) continue;
    std::unique_lock lock(mutex_);
    has_reports_ = true;
    changed_.wait_for(lock, stop, kRetryTime, [] { return false; });
  }
}

Status ControlLink::SendReports() {
  nlohmann::json deployments = nlohmann::json::array();
  for (const DeploymentReport& report : manager_.Reports()) {
    deployments.push_back({{"endpoint", report.endpoint},
                           {"deployment", report.deployment},
                           {"revision", report.revision},
                           {"state", report.state},
                           {"message", report.message}});
  }
  const std::string body = nlohmann::json{{"deployments", std::move(deployments)}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  SLIPWAY_ASSIGN_OR_RETURN(
      const net::Response response,
      report_client_.Send("POST", options_.url + "/slipway/gateway/status", RequestHeaders(), body));
  if (response.status >= 300) return UnexpectedStatus(response);
  return {};
}

net::Headers ControlLink::RequestHeaders() const {
  net::Headers headers;
  headers.Set("Content-Type", "application/json");
  if (!options_.token.empty()) headers.Set("Authorization", "Bearer " + options_.token);
  return headers;
}

}  // namespace slipway::gateway
