#include "slipway/wire/workspace.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

constexpr std::string_view kType = "Microsoft.MachineLearningServices/workspaces";

// The dialect's names of datastore types ⇄ ARM's.
struct DatastoreType {
  std::string_view name, arm;
};
constexpr DatastoreType kDatastoreTypes[] = {{"local", "SlipwayLocal"},
                                             {"azure_blob", "AzureBlob"},
                                             {"azure_file", "AzureFile"},
                                             {"azure_data_lake_gen1", "AzureDataLakeGen1"},
                                             {"azure_data_lake_gen2", "AzureDataLakeGen2"}};

std::string DatastoreTypeToArm(const std::string& name) {
  for (const DatastoreType& type : kDatastoreTypes)
    if (type.name == name) return std::string(type.arm);
  return name;
}

std::string DatastoreTypeFromArm(const std::string& arm) {
  for (const DatastoreType& type : kDatastoreTypes)
    if (EqualsIgnoreCase(type.arm, arm)) return std::string(type.name);
  return arm;
}

// Settings of datastores: snake case in the dialect, camel case on the wire.
constexpr std::pair<const char*, const char*> kSettings[] = {
    {"account_name", "accountName"}, {"container_name", "containerName"}, {"file_share_name", "fileShareName"},
    {"filesystem", "filesystem"},    {"store_name", "storeName"},         {"endpoint", "endpoint"},
    {"protocol", "protocol"}};
constexpr std::pair<const char*, const char*> kPlainCredentials[] = {{"tenant_id", "tenantId"},
                                                                     {"client_id", "clientId"},
                                                                     {"thumbprint", "thumbprint"},
                                                                     {"resource_url", "resourceUrl"},
                                                                     {"authority_url", "authorityUrl"}};
struct SecretKind {
  const char *key, *secret, *credentials_type, *secrets_type;
};
constexpr SecretKind kSecretKinds[] = {{"account_key", "key", "AccountKey", "AccountKey"},
                                       {"sas_token", "sasToken", "Sas", "Sas"},
                                       {"client_secret", "clientSecret", "ServicePrincipal", "ServicePrincipal"},
                                       {"certificate", "certificate", "Certificate", "Certificate"}};

json CredentialsToArm(const std::map<std::string, std::string>& credentials, Secrets secrets) {
  json result = {{"credentialsType", "None"}};
  for (const auto& [key, arm_key] : kPlainCredentials)
    if (auto found = credentials.find(key); found != credentials.end()) result[arm_key] = found->second;
  for (const SecretKind& kind : kSecretKinds) {
    auto found = credentials.find(kind.key);
    if (found == credentials.end()) continue;
    result["credentialsType"] = kind.credentials_type;
    if (secrets == Secrets::kInclude)
      result["secrets"] = {{"secretsType", kind.secrets_type}, {kind.secret, found->second}};
  }
  return result;
}

std::map<std::string, std::string> ReadCredentials(const JsonView& properties) {
  std::map<std::string, std::string> credentials;
  const auto view = properties.Find("credentials");
  if (!view) return credentials;
  for (const auto& [key, arm_key] : kPlainCredentials)
    if (view->Has(arm_key)) credentials[key] = view->Text(arm_key);
  if (const auto secrets = view->Find("secrets"))
    for (const SecretKind& kind : kSecretKinds)
      if (secrets->Has(kind.secret)) credentials[kind.key] = secrets->Text(kind.secret);
  return credentials;
}

}  // namespace

json WorkspaceToArm(const domain::Workspace& workspace, const std::string& tracking_uri) {
  json properties = {
      {"friendlyName", workspace.display_name.empty() ? workspace.scope.workspace : workspace.display_name},
      {"workspaceId", workspace.id},
      {"provisioningState", "Succeeded"},
      {"publicNetworkAccess", "Enabled"},
      {"hbiWorkspace", false}};
  PutText(properties, "description", workspace.description);
  PutText(properties, "mlFlowTrackingUri", tracking_uri);
  return {{"id", workspace.scope.ArmId()},
          {"name", workspace.scope.workspace},
          {"type", kType},
          {"location", workspace.location},
          {"kind", "Default"},
          {"identity", {{"type", "SystemAssigned"}}},
          {"tags", workspace.tags},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(workspace.context)}};
}

Result<domain::Workspace> WorkspaceFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::Workspace workspace;
  if (view.Has("id")) {
    workspace.scope = {SegmentOfId(view, "subscriptions"), SegmentOfId(view, "resourceGroups"),
                       SegmentOfId(view, "workspaces")};
  }
  workspace.location = view.Text("location", "local");
  workspace.tags = view.TextMap("tags");
  workspace.context = ReadSystemData(view);
  if (const auto properties = view.Find("properties"); properties && properties->CheckObject()) {
    workspace.id = properties->Text("workspaceId");
    workspace.description = properties->Text("description");
    workspace.display_name = properties->Text("friendlyName");
    if (workspace.display_name == workspace.scope.workspace) workspace.display_name.clear();
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return workspace;
}

json DatastoreToArm(const domain::Scope& scope, const domain::Datastore& datastore, Secrets secrets) {
  json properties = {{"datastoreType", DatastoreTypeToArm(datastore.type)},
                     {"isDefault", datastore.is_default},
                     {"credentials", CredentialsToArm(datastore.credentials, secrets)}};
  PutText(properties, "description", datastore.description);
  PutMap(properties, "tags", datastore.tags);
  for (const auto& [key, arm_key] : kSettings)
    if (auto found = datastore.settings.find(key); found != datastore.settings.end())
      properties[arm_key] = found->second;
  if (!datastore.path.empty()) properties["slipway"] = {{"path", datastore.path}};
  return {{"id", fmt::format("{}/datastores/{}", scope.ArmId(), datastore.name)},
          {"name", datastore.name},
          {"type", fmt::format("{}/datastores", kType)},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(datastore.context)}};
}

Result<domain::Datastore> DatastoreFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::Datastore datastore;
  datastore.name = view.Text("name");
  datastore.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    datastore.type = DatastoreTypeFromArm(properties->RequireText("datastoreType"));
    datastore.description = properties->Text("description");
    datastore.tags = properties->TextMap("tags");
    datastore.is_default = properties->Boolean("isDefault", false);
    for (const auto& [key, arm_key] : kSettings)
      if (properties->Has(arm_key)) datastore.settings[key] = properties->Text(arm_key);
    datastore.credentials = ReadCredentials(*properties);
    if (const auto own = properties->Find("slipway")) datastore.path = own->Text("path");
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return datastore;
}

json ComputeToArm(const domain::Scope& scope, const domain::Compute& compute) {
  const json scale = {
      {"minNodeCount", compute.min_instances},
      {"maxNodeCount", compute.max_instances},
      {"nodeIdleTimeBeforeScaleDown", FormatIsoDuration(std::chrono::seconds(compute.idle_seconds_before_scale_down))}};
  json properties = {{"computeType", compute.type == "amlcompute" ? "AmlCompute" : "Slurm"},
                     {"provisioningState", "Succeeded"},
                     {"isAttachedCompute", false},
                     {"computeLocation", "local"},
                     {"createdOn", FormatTimestamp(compute.context.created_at)},
                     {"modifiedOn", FormatTimestamp(compute.context.last_modified_at)},
                     {"properties",
                      {{"vmSize", compute.size},
                       {"vmPriority", compute.tier == "low_priority" ? "LowPriority" : "Dedicated"},
                       {"osType", "Linux"},
                       {"allocationState", "Steady"},
                       {"scaleSettings", scale}}}};
  PutText(properties, "description", compute.description);
  return {{"id", fmt::format("{}/computes/{}", scope.ArmId(), compute.name)},
          {"name", compute.name},
          {"type", fmt::format("{}/computes", kType)},
          {"location", "local"},
          {"tags", compute.tags},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(compute.context)}};
}

Result<domain::Compute> ComputeFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::Compute compute;
  compute.name = view.Text("name");
  compute.tags = view.TextMap("tags");
  compute.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    compute.type = ToLower(properties->RequireText("computeType"));
    compute.description = properties->Text("description");
    if (const auto inner = properties->Find("properties")) {
      compute.size = inner->Text("vmSize", compute.size);
      compute.tier = EqualsIgnoreCase(inner->Text("vmPriority"), "LowPriority") ? "low_priority" : "dedicated";
      if (const auto scale = inner->Find("scaleSettings")) {
        compute.min_instances = static_cast<int>(scale->Integer("minNodeCount", 0));
        compute.max_instances = static_cast<int>(scale->Integer("maxNodeCount", compute.max_instances));
        compute.idle_seconds_before_scale_down =
            static_cast<int>(ReadMilliseconds(*scale, "nodeIdleTimeBeforeScaleDown", 120'000) / 1000);
      }
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return compute;
}

}  // namespace slipway::wire
