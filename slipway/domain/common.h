// What every noun shares: scope, tags, who and when.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::domain {

using Tags = std::map<std::string, std::string>;

inline constexpr std::string_view kDefaultSubscription = "00000000-0000-0000-0000-000000000000";
inline constexpr std::string_view kDefaultResourceGroup = "local";
inline constexpr std::string_view kDefaultWorkspace = "default";

// Where things live: a workspace or, where `registry` is not empty, the registry of that name (`workspace` is "" then).
// Names compare without case in stores, and keep the case they were made with.
struct Scope {
  std::string subscription{kDefaultSubscription};
  std::string resource_group{kDefaultResourceGroup};
  std::string workspace{kDefaultWorkspace};
  std::string registry{};
  bool operator==(const Scope&) const = default;
  // "/subscriptions/…/resourceGroups/…/providers/Microsoft.MachineLearningServices/workspaces/…" (or "…/registries/…")
  std::string ArmId() const;
};

struct CreationContext {
  Timestamp created_at{};
  std::string created_by = "local";
  Timestamp last_modified_at{};
  std::string last_modified_by = "local";
};

struct Workspace {
  Scope scope;
  std::string
      id;  // GUID: the Log Analytics workspace id ("customerId") and the Application Insights instrumentation key
  std::string location = "local";
  std::string display_name;
  std::string description;
  Tags tags;
  CreationContext context;
};

// type: "local" (Slipway's own), or an Azure type that is stored and shown but cannot be read yet.
struct Datastore {
  std::string name;
  std::string type = "local";
  std::string description;
  Tags tags;
  std::string path;  // local: absolute folder on the server
  bool is_default = false;
  std::map<std::string, std::string> settings;     // account_name, container_name, endpoint, protocol …
  std::map<std::string, std::string> credentials;  // never shown
  CreationContext context;
};

struct Compute {
  std::string name;
  std::string type = "amlcompute";
  std::string size = "Standard_DS3_v2";
  std::string tier = "dedicated";
  std::string description;
  int min_instances = 0;
  int max_instances = 4;  // jobs that run at once on it
  int idle_seconds_before_scale_down = 120;
  Tags tags;
  CreationContext context;
};

// Checks a name against the rules of azureml-yaml-and-cli (2.3). The message says the rule.
enum class NameKind {
  kAsset,
  kModelOrEnvironment,
  kComponent,
  kEndpoint,
  kDeployment,
  kJob,
  kSchedule,
  kDatastore,
  kCompute,
  kWorkspace,
  kRegistry,
  kStepKey,
  kPortKey
};
Status CheckName(NameKind kind, std::string_view name);

}  // namespace slipway::domain
