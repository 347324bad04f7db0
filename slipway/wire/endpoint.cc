#include "slipway/wire/endpoint.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/memory_quantity.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

constexpr std::string_view kEndpointType = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints";

std::string_view AuthModeName(domain::AuthMode mode) {
  if (mode == domain::AuthMode::kAmlToken) return "AMLToken";
  return mode == domain::AuthMode::kAadToken ? "AADToken" : "Key";
}

domain::AuthMode ReadAuthMode(const JsonView& properties) {
  const std::string text = properties.Text("authMode", "Key");
  if (EqualsIgnoreCase(text, "AMLToken") || EqualsIgnoreCase(text, "aml_token")) return domain::AuthMode::kAmlToken;
  if (EqualsIgnoreCase(text, "AADToken") || EqualsIgnoreCase(text, "aad_token")) return domain::AuthMode::kAadToken;
  if (!EqualsIgnoreCase(text, "Key"))
    properties.Complain(fmt::format("authMode must be Key, AMLToken or AADToken, not '{}'", text));
  return domain::AuthMode::kKey;
}

std::map<std::string, int> ReadShares(const JsonView& properties, std::string_view key) {
  std::map<std::string, int> shares;
  properties.ForEachMember(key, [&](const std::string& name, const JsonView& value) {
    const auto number = value.AsNumber();
    if (number && (*number < 0 || *number > 100 || *number != static_cast<int>(*number)))
      value.Complain("a share is a whole number from 0 to 100");
    else if (number)
      shares[name] = static_cast<int>(*number);
  });
  return shares;
}

domain::ProvisioningState ReadState(const JsonView& properties, domain::ProvisioningState otherwise) {
  return domain::ParseProvisioningState(properties.Text("provisioningState")).value_or(otherwise);
}

json ProbeToArm(const domain::Probe& probe) {
  return {{"initialDelay", MillisecondsToArm(probe.initial_delay_ms)},
          {"period", MillisecondsToArm(probe.period_ms)},
          {"timeout", MillisecondsToArm(probe.timeout_ms)},
          {"successThreshold", probe.success_threshold},
          {"failureThreshold", probe.failure_threshold}};
}

// As Kubernetes deployments have it in Azure's contract.
json ResourcesToArm(uint64_t memory_limit_bytes) {
  return {{"containerResourceLimits", {{"memory", domain::FormatMemoryQuantity(memory_limit_bytes)}}}};
}

uint64_t ReadMemoryLimit(const JsonView& properties) {
  const auto resources = properties.Find("containerResourceRequirements");
  const auto limits = resources ? resources->Find("containerResourceLimits") : std::nullopt;
  const std::string text = limits ? limits->Text("memory") : "";
  if (text.empty()) return 0;
  const auto bytes = domain::ParseMemoryQuantity(text);
  if (!bytes) limits->Complain(bytes.error().message());
  return bytes.value_or(0);
}

domain::Probe ReadProbe(const JsonView& properties, std::string_view key) {
  domain::Probe probe;
  const auto view = properties.Find(key);
  if (!view) return probe;
  probe.initial_delay_ms = ReadMilliseconds(*view, "initialDelay", probe.initial_delay_ms);
  probe.period_ms = ReadMilliseconds(*view, "period", probe.period_ms);
  probe.timeout_ms = ReadMilliseconds(*view, "timeout", probe.timeout_ms);
  probe.success_threshold = static_cast<int>(view->Integer("successThreshold", probe.success_threshold));
  probe.failure_threshold = static_cast<int>(view->Integer("failureThreshold", probe.failure_threshold));
  return probe;
}

json CollectorToArm(const domain::DataCollector& collector) {
  json collections = json::object();
  for (const auto& [name, settings] : collector.collections) {
    json& collection = collections[name];
    collection["dataCollectionMode"] = settings.enabled ? "Enabled" : "Disabled";
    if (settings.sampling_rate) collection["samplingRate"] = *settings.sampling_rate;
    PutText(collection, "dataId", settings.data_name);
    PutText(collection, "dataPath", settings.data_path);
    PutText(collection, "dataVersion", settings.data_version);
  }
  return {{"collections", std::move(collections)},
          {"samplingRate", collector.sampling_rate},
          {"rollingRate", PascalCase(collector.rolling_rate)},
          {"requestLogging", {{"captureHeaders", collector.capture_headers}}}};
}

domain::DataCollector ReadCollector(const JsonView& view) {
  domain::DataCollector collector;
  view.ForEachMember("collections", [&](const std::string& name, const JsonView& collection) {
    collector.collections[ToLower(name)] = {EqualsIgnoreCase(collection.Text("dataCollectionMode"), "Enabled"),
                                            collection.Text("dataId"), collection.Text("dataPath"),
                                            collection.Text("dataVersion"), collection.Number("samplingRate")};
  });
  collector.sampling_rate = view.Number("samplingRate").value_or(1.0);
  collector.rolling_rate = ToLower(view.Text("rollingRate", "hour"));
  if (const auto logging = view.Find("requestLogging")) collector.capture_headers = logging->TextList("captureHeaders");
  return collector;
}

json ScaleToArm(const domain::ScaleSettings& scale) {
  if (!scale.is_automatic) return {{"scaleType", "Default"}};
  return {{"scaleType", "TargetUtilization"},
          {"minInstances", scale.instances_min},
          {"maxInstances", scale.instances_max},
          {"pollingInterval", MillisecondsToArm(scale.polling_interval_ms)},
          {"targetUtilizationPercentage", scale.target_utilization_percentage}};
}

domain::ScaleSettings ReadScale(const JsonView& view) {
  domain::ScaleSettings scale;
  const std::string type = view.Text("scaleType", "Default");
  scale.is_automatic = EqualsIgnoreCase(type, "TargetUtilization");
  if (!scale.is_automatic && !EqualsIgnoreCase(type, "Default"))
    view.Complain(fmt::format("scaleType must be Default or TargetUtilization, not '{}'", type));
  if (!scale.is_automatic) return scale;
  scale.instances_min = static_cast<int>(view.Integer("minInstances", scale.instances_min));
  scale.instances_max = static_cast<int>(view.Integer("maxInstances", scale.instances_max));
  scale.polling_interval_ms = ReadMilliseconds(view, "pollingInterval", scale.polling_interval_ms);
  scale.target_utilization_percentage =
      static_cast<int>(view.Integer("targetUtilizationPercentage", scale.target_utilization_percentage));
  return scale;
}

json DeploymentProperties(const domain::OnlineDeployment& deployment) {
  json properties = {
      {"endpointComputeType", "Managed"},
      {"instanceType", deployment.instance_type},
      {"appInsightsEnabled", deployment.app_insights_enabled},
      {"egressPublicNetworkAccess", PascalCase(deployment.egress_public_network_access)},
      {"requestSettings",
       {{"requestTimeout", MillisecondsToArm(deployment.request_settings.request_timeout_ms)},
        {"maxConcurrentRequestsPerInstance", deployment.request_settings.max_concurrent_requests_per_instance},
        {"maxQueueWait", MillisecondsToArm(deployment.request_settings.max_queue_wait_ms)}}},
      {"livenessProbe", ProbeToArm(deployment.liveness_probe)},
      {"readinessProbe", ProbeToArm(deployment.readiness_probe)},
      {"scaleSettings", ScaleToArm(deployment.scale_settings)},
      {"provisioningState", domain::ProvisioningStateName(deployment.state)}};
  PutText(properties, "description", deployment.description);
  PutText(properties, "model", deployment.model);
  PutText(properties, "modelMountPath", deployment.model_mount_path);
  PutText(properties, "environmentId", deployment.environment);
  PutMap(properties, "environmentVariables", deployment.environment_variables);
  PutMap(properties, "properties", deployment.properties);
  if (!deployment.code.empty() || !deployment.scoring_script.empty())
    properties["codeConfiguration"] = {{"codeId", deployment.code}, {"scoringScript", deployment.scoring_script}};
  if (deployment.data_collector) properties["dataCollector"] = CollectorToArm(*deployment.data_collector);
  if (deployment.startup_probe) properties["startupProbe"] = ProbeToArm(*deployment.startup_probe);
  if (deployment.memory_limit_bytes > 0)
    properties["containerResourceRequirements"] = ResourcesToArm(deployment.memory_limit_bytes);
  properties["slipway"] = {{"revision", deployment.revision}};
  PutText(properties["slipway"], "stateMessage", deployment.state_message);
  if (const int64_t idle_ms = deployment.scale_settings.scale_to_zero_after_ms; idle_ms > 0)
    properties["slipway"]["scaleToZeroAfter"] = MillisecondsToArm(idle_ms);
  return properties;
}

void ReadRunSettings(const JsonView& properties, domain::OnlineDeployment& into) {
  if (const auto settings = properties.Find("requestSettings")) {
    auto& request = into.request_settings;
    request.request_timeout_ms = ReadMilliseconds(*settings, "requestTimeout", request.request_timeout_ms);
    request.max_concurrent_requests_per_instance = static_cast<int>(
        settings->Integer("maxConcurrentRequestsPerInstance", request.max_concurrent_requests_per_instance));
    request.max_queue_wait_ms = ReadMilliseconds(*settings, "maxQueueWait", request.max_queue_wait_ms);
  }
  into.liveness_probe = ReadProbe(properties, "livenessProbe");
  into.readiness_probe = ReadProbe(properties, "readinessProbe");
  if (properties.Find("startupProbe")) into.startup_probe = ReadProbe(properties, "startupProbe");
  into.memory_limit_bytes = ReadMemoryLimit(properties);
  if (const auto scale = properties.Find("scaleSettings")) into.scale_settings = ReadScale(*scale);
  if (const std::string type = properties.Text("endpointComputeType", "Managed"); !EqualsIgnoreCase(type, "Managed"))
    properties.Complain(fmt::format("endpointComputeType {} is not supported yet", type), Code::kUnimplemented);
}

void ReadDeploymentProperties(const JsonView& properties, domain::OnlineDeployment& into) {
  into.description = properties.Text("description");
  into.properties = properties.TextMap("properties");
  into.model = properties.Text("model");
  into.model_mount_path = properties.Text("modelMountPath");
  into.environment = properties.Text("environmentId");
  into.environment_variables = properties.TextMap("environmentVariables");
  if (const auto code = properties.Find("codeConfiguration")) {
    into.code = code->Text("codeId");
    into.scoring_script = code->RequireText("scoringScript");
  }
  into.instance_type = properties.Text("instanceType", into.instance_type);
  into.app_insights_enabled = properties.Boolean("appInsightsEnabled", false);
  into.egress_public_network_access = ToLower(properties.Text("egressPublicNetworkAccess", "enabled"));
  ReadRunSettings(properties, into);
  if (const auto collector = properties.Find("dataCollector")) into.data_collector = ReadCollector(*collector);
  into.state = ReadState(properties, domain::ProvisioningState::kCreating);
  if (const auto own = properties.Find("slipway")) {
    into.revision = static_cast<int>(own->Integer("revision", 1));
    into.state_message = own->Text("stateMessage");
    into.scale_settings.scale_to_zero_after_ms = ReadMilliseconds(*own, "scaleToZeroAfter", 0);
  }
}

}  // namespace

json EndpointToArm(const domain::Scope& scope, const domain::OnlineEndpoint& endpoint, const EndpointLinks& links,
                   Secrets secrets) {
  json properties = {{"authMode", AuthModeName(endpoint.auth_mode)},
                     {"traffic", endpoint.traffic},
                     {"mirrorTraffic", endpoint.mirror_traffic},
                     {"publicNetworkAccess", PascalCase(endpoint.public_network_access)},
                     {"provisioningState", domain::ProvisioningStateName(endpoint.state)},
                     {"slipway", {{"trafficWasSet", endpoint.traffic_was_set}}}};
  PutText(properties, "description", endpoint.description);
  PutMap(properties, "properties", endpoint.properties);
  PutText(properties, "scoringUri", links.scoring_uri);
  PutText(properties, "swaggerUri", links.swagger_uri);
  PutText(properties["slipway"], "stateMessage", endpoint.state_message);
  if (secrets == Secrets::kInclude)
    properties["keys"] = {{"primaryKey", endpoint.primary_key}, {"secondaryKey", endpoint.secondary_key}};
  return {{"id", fmt::format("{}/onlineEndpoints/{}", scope.ArmId(), endpoint.name)},
          {"name", endpoint.name},
          {"type", kEndpointType},
          {"location", "local"},
          {"kind", "Managed"},
          {"identity", {{"type", "SystemAssigned"}}},
          {"tags", endpoint.tags},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(endpoint.context)}};
}

Result<domain::OnlineEndpoint> EndpointFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::OnlineEndpoint endpoint;
  endpoint.name = view.Text("name");
  endpoint.tags = view.TextMap("tags");
  endpoint.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    endpoint.auth_mode = ReadAuthMode(*properties);
    endpoint.description = properties->Text("description");
    endpoint.properties = properties->TextMap("properties");
    endpoint.traffic = ReadShares(*properties, "traffic");
    endpoint.mirror_traffic = ReadShares(*properties, "mirrorTraffic");
    endpoint.public_network_access = ToLower(properties->Text("publicNetworkAccess", "enabled"));
    endpoint.state = ReadState(*properties, domain::ProvisioningState::kSucceeded);
    if (const auto keys = properties->Find("keys")) {
      endpoint.primary_key = keys->Text("primaryKey");
      endpoint.secondary_key = keys->Text("secondaryKey");
    }
    if (const auto own = properties->Find("slipway")) {
      endpoint.traffic_was_set = own->Boolean("trafficWasSet", false);
      endpoint.state_message = own->Text("stateMessage");
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return endpoint;
}

json DeploymentToArm(const domain::Scope& scope, const domain::OnlineDeployment& deployment) {
  return {{"id", fmt::format("{}/onlineEndpoints/{}/deployments/{}", scope.ArmId(), deployment.endpoint_name,
                             deployment.name)},
          {"name", deployment.name},
          {"type", fmt::format("{}/deployments", kEndpointType)},
          {"location", "local"},
          {"kind", "Managed"},
          {"sku", {{"name", "Default"}, {"capacity", deployment.instance_count}}},
          {"tags", deployment.tags},
          {"properties", DeploymentProperties(deployment)},
          {"systemData", SystemDataToArm(deployment.context)}};
}

Result<domain::OnlineDeployment> DeploymentFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::OnlineDeployment deployment;
  deployment.endpoint_name = SegmentOfId(view, "onlineEndpoints");
  deployment.name = SegmentOfId(view, "deployments");
  deployment.tags = view.TextMap("tags");
  deployment.context = ReadSystemData(view);
  if (const auto sku = view.Find("sku")) deployment.instance_count = static_cast<int>(sku->Integer("capacity", 1));
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) ReadDeploymentProperties(*properties, deployment);
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return deployment;
}

}  // namespace slipway::wire
