// Managed online endpoints and their deployments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/common.h"

namespace slipway::domain {

enum class ProvisioningState { kCreating, kUpdating, kScaling, kDeleting, kSucceeded, kFailed, kCanceled };
std::string_view ProvisioningStateName(ProvisioningState state);
std::optional<ProvisioningState> ParseProvisioningState(std::string_view name);

enum class AuthMode { kKey, kAmlToken, kAadToken };

struct OnlineEndpoint {
  std::string name;
  AuthMode auth_mode = AuthMode::kKey;
  std::string description;
  Tags tags;
  Tags properties;
  std::map<std::string, int> traffic;         // deployment → percent; sum 0 or 100
  std::map<std::string, int> mirror_traffic;  // at most one entry, 0..50
  bool traffic_was_set = false;               // a user set traffic at least once
  std::string public_network_access = "enabled";
  std::string primary_key, secondary_key;  // never shown but by listKeys
  ProvisioningState state = ProvisioningState::kSucceeded;
  std::string state_message;
  CreationContext context;
};

struct Probe {
  int64_t initial_delay_ms = 10'000;
  int64_t period_ms = 10'000;
  int64_t timeout_ms = 2'000;
  int success_threshold = 1;
  int failure_threshold = 30;
  bool operator==(const Probe&) const = default;
};

struct RequestSettings {
  int64_t request_timeout_ms = 5'000;  // at most 180'000
  int max_concurrent_requests_per_instance = 1;
  int64_t max_queue_wait_ms = 500;
};

// One collection of a deployment's data collector.
struct CollectorSettings {
  bool enabled = false;
  std::string data_name, data_path, data_version;      // the data asset and where it lies; "" = by the names
  std::optional<double> sampling_rate = std::nullopt;  // of this collection alone
  bool operator==(const CollectorSettings&) const = default;
};

struct DataCollector {
  std::map<std::string, CollectorSettings> collections;
  double sampling_rate = 1.0;
  std::string rolling_rate = "hour";
  std::vector<std::string> capture_headers;
  bool operator==(const DataCollector&) const = default;
};

// How many instances run a scoring script.
struct ScaleSettings {
  bool is_automatic = false;  // as many as the load needs, from min to max; otherwise `instance_count`
  int instances_min = 1, instances_max = 1;
  int target_utilization_percentage = 70;
  int64_t polling_interval_ms = 1'000;
  // Ours: without a request for so long, none at all, until the next request; 0: never.
  int64_t scale_to_zero_after_ms = 0;
  bool operator==(const ScaleSettings&) const = default;
};

struct OnlineDeployment {
  std::string name;
  std::string endpoint_name;
  std::string description;
  Tags tags;
  Tags properties;
  std::string model;  // asset reference, pinned to a version when deployed; "" = none
  std::string code;   // code asset reference; on the client a local path; "" = model-only
  std::string scoring_script;
  std::string environment;  // asset reference; "" allowed for model-only
  std::map<std::string, std::string> environment_variables;
  std::string instance_type = "Standard_DS3_v2";
  int instance_count = 1;
  ScaleSettings scale_settings;
  bool app_insights_enabled = false;
  std::string model_mount_path;
  std::string egress_public_network_access = "enabled";
  RequestSettings request_settings;
  Probe liveness_probe, readiness_probe;
  std::optional<Probe> startup_probe;  // while it is there, the others begin once it has succeeded
  uint64_t memory_limit_bytes = 0;     // of one worker process with its children; 0 = none
  std::optional<DataCollector> data_collector;
  ProvisioningState state = ProvisioningState::kCreating;
  std::string state_message;  // why it failed, with the log's last lines
  int revision = 1;           // counts changes that the gateway has to make: a new one rolls in beside the old
  CreationContext context;
};

// sum(weights) is 0 or 100, each 0..100, every name a deployment of the endpoint.
Status CheckTraffic(const std::map<std::string, int>& traffic, const std::vector<std::string>& deployments);

}  // namespace slipway::domain
