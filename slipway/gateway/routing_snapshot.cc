#include "slipway/gateway/routing_snapshot.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"

namespace slipway::gateway {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

// Missing keys keep the member's default; ill-typed ones throw, which ParseRoutingSnapshot turns into an Error.
template <class T>
void Take(const Json& from, const char* key, T& member) {
  const auto found = from.find(key);
  if (found == from.end() || found->is_null()) return;
  try {
    found->get_to(member);
  } catch (const Json::exception&) {
    throw std::invalid_argument(fmt::format("'{}' has a value of the wrong type", key));
  }
}

template <class T>
void Require(const Json& from, const char* key, T& member) {
  if (!from.contains(key)) throw std::invalid_argument(fmt::format("'{}' is missing", key));
  Take(from, key, member);
}

domain::Probe ReadProbe(const Json& from, const char* key) {
  domain::Probe probe;
  const auto found = from.find(key);
  if (found == from.end() || !found->is_object()) return probe;
  Take(*found, "initial_delay_ms", probe.initial_delay_ms);
  Take(*found, "period_ms", probe.period_ms);
  Take(*found, "timeout_ms", probe.timeout_ms);
  Take(*found, "success_threshold", probe.success_threshold);
  Take(*found, "failure_threshold", probe.failure_threshold);
  return probe;
}

ScalingSettings ReadScaling(const Json& from) {
  ScalingSettings scaling;
  const auto found = from.find("scaling");
  if (found == from.end() || !found->is_object()) return scaling;
  int64_t polling_ms = scaling.polling_interval.count(), idle_ms = 0;
  int percentage = 70;
  Take(*found, "is_automatic", scaling.is_automatic);
  Take(*found, "instances_min", scaling.instances_min);
  Take(*found, "instances_max", scaling.instances_max);
  Take(*found, "target_utilization_percentage", percentage);
  Take(*found, "polling_interval_ms", polling_ms);
  Take(*found, "idle_after_ms", idle_ms);
  if (scaling.instances_min < 1 || scaling.instances_max < scaling.instances_min || percentage < 1 ||
      percentage > 100 || polling_ms < 1 || idle_ms < 0)
    throw std::invalid_argument("'scaling' has a value that cannot be");
  scaling.target_utilisation = percentage / 100.0;
  scaling.polling_interval = std::chrono::milliseconds(polling_ms);
  scaling.idle_after = std::chrono::milliseconds(idle_ms);
  return scaling;
}

WantedFolder ReadFolder(const Json& from) {
  WantedFolder folder;
  Require(from, "folder", folder.folder);
  Take(from, "uri", folder.uri);
  return folder;
}

WantedCollector ReadCollector(const Json& from) {
  WantedCollector collector;
  const auto found = from.find("data_collector");
  if (found == from.end() || !found->is_object()) return collector;
  Take(*found, "rolling_rate", collector.rolling_rate);
  Take(*found, "capture_headers", collector.capture_headers);
  const Json collections = found->value("collections", Json::object());
  for (const auto& [name, collection] : collections.items()) {
    WantedCollection& wanted = collector.collections[name];
    static_cast<WantedFolder&>(wanted) = ReadFolder(collection);
    Take(collection, "sampling_rate", wanted.sampling_rate);
  }
  return collector;
}

domain::AuthMode ReadAuthMode(const std::string& text) {
  if (text == "key") return domain::AuthMode::kKey;
  if (text == "aml_token") return domain::AuthMode::kAmlToken;
  if (text == "aad_token") return domain::AuthMode::kAadToken;
  throw std::invalid_argument(fmt::format("auth_mode '{}' is none of key, aml_token, aad_token", text));
}

WantedDeployment ReadDeployment(const Json& from) {
  WantedDeployment wanted;
  std::string kind, language = "cpp";
  Require(from, "name", wanted.name);
  Require(from, "kind", kind);
  Take(from, "revision", wanted.revision);
  Take(from, "model_dir", wanted.model_dir);
  Take(from, "model_path", wanted.model_path);
  Take(from, "model_name", wanted.model_name);
  Take(from, "model_version", wanted.model_version);
  Take(from, "code_dir", wanted.code_dir);
  Take(from, "scoring_script", wanted.scoring_script);
  Take(from, "language", language);
  Take(from, "program", wanted.program);
  Take(from, "environment_variables", wanted.environment_variables);
  Take(from, "instance_count", wanted.instance_count);
  wanted.scaling = ReadScaling(from);
  Take(from, "request_timeout_ms", wanted.request_settings.request_timeout_ms);
  Take(from, "max_concurrent_requests_per_instance", wanted.request_settings.max_concurrent_requests_per_instance);
  Take(from, "max_queue_wait_ms", wanted.request_settings.max_queue_wait_ms);
  Take(from, "app_insights_enabled", wanted.app_insights_enabled);
  wanted.liveness_probe = ReadProbe(from, "liveness_probe");
  wanted.readiness_probe = ReadProbe(from, "readiness_probe");
  if (from.contains("startup_probe")) wanted.startup_probe = ReadProbe(from, "startup_probe");
  Take(from, "memory_limit_bytes", wanted.memory_limit_bytes);
  Take(from, "environment", wanted.environment);
  if (from.contains("long_lines")) wanted.long_lines = ReadFolder(from.at("long_lines"));
  wanted.data_collector = ReadCollector(from);
  if (kind != "model" && kind != "script") throw std::invalid_argument(fmt::format("kind '{}' is unknown", kind));
  wanted.kind = kind == "model" ? WantedDeployment::Kind::kModel : WantedDeployment::Kind::kScript;
  wanted.language = language == "python" ? WantedDeployment::Language::kPython : WantedDeployment::Language::kCpp;
  wanted.fingerprint = Sha256Hex(from.dump());
  return wanted;
}

WantedEndpoint ReadEndpoint(const Json& from) {
  WantedEndpoint wanted;
  std::string auth_mode = "key";
  Require(from, "name", wanted.name);
  Take(from, "subscription", wanted.subscription);
  Take(from, "resource_group", wanted.resource_group);
  Take(from, "workspace", wanted.workspace);
  Take(from, "workspace_id", wanted.workspace_id);
  Take(from, "location", wanted.location);
  Take(from, "arm_id", wanted.arm_id);
  Take(from, "auth_mode", auth_mode);
  Take(from, "key_sha256", wanted.key_sha256);
  Take(from, "token_secret", wanted.token_secret);
  Take(from, "traffic", wanted.traffic);
  Take(from, "mirror_traffic", wanted.mirror_traffic);
  wanted.auth_mode = ReadAuthMode(auth_mode);
  for (const Json& deployment : from.value("deployments", Json::array())) {
    wanted.deployments.push_back(ReadDeployment(deployment));
  }
  return wanted;
}

}  // namespace

Result<RoutingSnapshot> ParseRoutingSnapshot(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return InvalidArgument("the routing snapshot is not a JSON object");
  try {
    int version = 0;
    Require(document, "version", version);
    if (version != kVersion)
      return Unimplemented(fmt::format("routing snapshot version {} is not supported yet", version));
    RoutingSnapshot snapshot;
    Take(document, "etag", snapshot.etag);
    for (const Json& endpoint : document.value("endpoints", Json::array())) {
      snapshot.endpoints.push_back(ReadEndpoint(endpoint));
    }
    return snapshot;
  } catch (const std::exception& error) {
    return InvalidArgument(fmt::format("malformed routing snapshot: {}", error.what()));
  }
}

}  // namespace slipway::gateway
