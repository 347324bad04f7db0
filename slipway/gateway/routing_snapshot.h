// What the control plane wants served, as docs/formats/routing-snapshot.md describes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/gateway/scaling_policy.h"

namespace slipway::gateway {

// A folder on this machine and its name in a datastore.
struct WantedFolder {
  std::string folder, uri;
};

struct WantedCollection : WantedFolder {
  double sampling_rate = 1;
};

// What is collected of a deployment's requests (docs/data-collection.md).
struct WantedCollector {
  std::string rolling_rate = "hour";  // minute, hour, day, month, year
  std::vector<std::string> capture_headers;
  std::map<std::string, WantedCollection> collections;
};

struct WantedDeployment {
  enum class Kind { kModel, kScript };
  enum class Language { kCpp, kPython };

  std::string name;
  int64_t revision = 0;
  Kind kind = Kind::kModel;
  std::string model_dir, model_path, model_name, model_version;
  std::string code_dir, scoring_script;
  Language language = Language::kCpp;
  std::vector<std::string> program;  // Python: the interpreter and its arguments
  std::map<std::string, std::string> environment_variables;
  int instance_count = 1;
  ScalingSettings scaling;
  domain::RequestSettings request_settings;
  domain::Probe liveness_probe, readiness_probe;
  std::optional<domain::Probe> startup_probe;
  uint64_t memory_limit_bytes = 0;         // of one worker process with its children; 0 = none
  std::string environment;                 // "name:version"; "" of a model alone
  std::optional<WantedFolder> long_lines;  // for console lines that no log record takes
  WantedCollector data_collector;
  bool app_insights_enabled = false;
  // Differs whenever anything above does: a deployment is made anew for a new fingerprint.
  std::string fingerprint;
};

struct WantedEndpoint {
  std::string subscription, resource_group, workspace, workspace_id, name, location, arm_id;
  domain::AuthMode auth_mode = domain::AuthMode::kKey;
  std::vector<std::string> key_sha256;  // lower-case hex
  std::string token_secret;
  std::map<std::string, int> traffic, mirror_traffic;
  std::vector<WantedDeployment> deployments;
};

struct RoutingSnapshot {
  std::string etag;
  std::vector<WantedEndpoint> endpoints;
};

// kInvalidArgument names the field that is missing or wrong; kUnimplemented a version or kind this gateway does not
// know.
Result<RoutingSnapshot> ParseRoutingSnapshot(std::string_view json);

}  // namespace slipway::gateway
