// The gateway's log records as rows of the log tables, appended to the spool. The tables and columns are Azure
// Monitor's; every row also carries WorkspaceId, by which the log store keeps workspaces apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "slipway/base/time.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/stage_times.h"
#include "slipway/spool/spool.h"

namespace slipway::gateway {

// Whose rows: an endpoint's names, with the members that all its rows share written once.
struct LogIdentity {
  explicit LogIdentity(const WantedEndpoint& endpoint);
  std::string endpoint;
  std::string arm_id;
  std::string workspace_member;  // "WorkspaceId":…
  std::string common_members;    // "WorkspaceId":…,"_ResourceId":…
  std::string traffic_members;   // those and the traffic table's constant columns
};

// One request, as AmlOnlineEndpointTrafficLog tells it.
struct TrafficRecord {
  std::string_view deployment;  // "" when none was chosen
  std::string_view method, path, protocol, user_agent;
  std::string_view request_id, client_request_id;
  std::string_view trace_id, caller_span_id;  // of the caller's trace; may be empty
  int response_code = 0;
  std::string_view response_reason;
  int model_status = 0;  // 0: the model was not asked
  std::string_view model_reason;
  uint64_t request_bytes = 0, response_bytes = 0;
  int64_t total_ms = 0, request_ms = 0, response_ms = 0;
  StageTimes stages;
  std::chrono::steady_clock::time_point answered;  // when the answer stood: what follows is logging
};

// One metric over one interval, as AzureMetrics tells it.
struct MetricRecord {
  std::string_view resource_id, name, unit;
  std::string_view dimensions;  // the members of a JSON object, without braces; may be empty
  double total = 0, minimum = 0, maximum = 0;
  int64_t count = 1;  // of samples that `total` is the sum of
};

struct ConsoleRecord {
  std::string_view deployment, instance;
  std::string_view line;           // any bytes
  std::string_view blob_uri = {};  // where the line is, when it is too long for a record and `line` says so
  std::string_view image = "slipway-worker";
};

struct EventRecord {
  std::string_view deployment, instance, name, message;
};

// Thread-safe; never blocks: what the spool cannot take is dropped and counted there.
class LogSink {
 public:
  // Without `logs_traffic`, requests are counted and not logged.
  LogSink(spool::Writer& writer, const Clock& clock, bool logs_traffic = true)
      : writer_(writer), clock_(clock), logs_traffic_(logs_traffic) {}

  void Traffic(const LogIdentity& identity, const TrafficRecord& record);
  void Console(const LogIdentity& identity, const ConsoleRecord& record);
  void Event(const LogIdentity& identity, const EventRecord& record);
  // `start`: of the interval, which is a minute.
  void Metric(const LogIdentity& identity, Timestamp start, const MetricRecord& record);
  // Application Insights' view of the same, for deployments with app_insights_enabled.
  void AppRequest(const LogIdentity& identity, const TrafficRecord& record, double duration_ms);
  void AppTrace(const LogIdentity& identity, const ConsoleRecord& record);

 private:
  // Valid until the thread's next call; only what changes within a second is written anew.
  std::string_view Now() const;
  spool::Writer& writer_;
  const Clock& clock_;
  const bool logs_traffic_;
};

}  // namespace slipway::gateway
