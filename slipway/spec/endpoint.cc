#include "slipway/spec/endpoint.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/domain/memory_quantity.h"
#include "slipway/spec/asset.h"
#include "slipway/spec/print.h"

namespace slipway::spec {
namespace {

namespace fs = std::filesystem;

void ReadTraffic(ObjectReader& reader, std::string_view key, int sum_max, std::map<std::string, int>& into) {
  auto value = reader.Find(key);
  if (!value) return;
  int sum = 0;
  value->ForEachMember([&](const std::string& name, const Value& weight) {
    auto percent = weight.Integer();
    if (!percent) return;
    if (*percent < 0 || *percent > 100)
      return weight.Complain(fmt::format("a share is from 0 to 100 %, not {}", *percent));
    into[name] = static_cast<int>(*percent);
    sum += into[name];
  });
  if (sum > sum_max) value->Complain(fmt::format("the shares sum to {} %, at most {} are possible", sum, sum_max));
}

domain::AuthMode AuthModeOf(std::string_view text) {
  if (text == "aml_token") return domain::AuthMode::kAmlToken;
  return text == "aad_token" ? domain::AuthMode::kAadToken : domain::AuthMode::kKey;
}

void ReadCheckedName(ObjectReader& reader, std::string_view key, domain::NameKind kind, std::string& into) {
  auto value = reader.Require(key);
  if (!value) return;
  reader.Text(key, into);
  if (auto good = domain::CheckName(kind, into); !good) value->Complain(good.error().message());
}

void ReadProbe(ObjectReader& reader, std::string_view key, domain::Probe& into) {
  auto value = reader.Find(key);
  if (!value) return;
  ObjectReader probe(*value, fmt::format("'{}'", key));
  auto seconds = [&](std::string_view name, int64_t& milliseconds) {
    std::optional<int64_t> read;
    probe.Integer(name, read, 1);
    if (read) milliseconds = *read * 1000;
  };
  seconds("initial_delay", into.initial_delay_ms);
  seconds("period", into.period_ms);
  seconds("timeout", into.timeout_ms);
  probe.Integer("success_threshold", into.success_threshold, 1);
  probe.Integer("failure_threshold", into.failure_threshold, 1);
  probe.Ignore({"path", "port", "scheme", "method"});
  probe.Finish();
}

// `resources: {limits: {memory: 512Mi}}`, as Kubernetes deployments have it.
void ReadResources(ObjectReader& reader, domain::OnlineDeployment& into) {
  auto value = reader.Find("resources");
  if (!value) return;
  ObjectReader resources(*value, "'resources'");
  resources.Refuse({"requests"});
  if (auto limits_value = resources.Find("limits")) {
    ObjectReader limits(*limits_value, "'limits' of 'resources'");
    limits.Refuse({"cpu", "nvidia.com/gpu"});
    if (auto memory = limits.Find("memory")) {
      const auto text = memory->Text();
      const auto bytes = text ? domain::ParseMemoryQuantity(*text) : Result<uint64_t>(uint64_t{0});
      if (!bytes) memory->Complain(bytes.error().message());
      into.memory_limit_bytes = bytes.value_or(0);
    }
    limits.Finish();
  }
  resources.Finish();
}

void ReadRequestSettings(ObjectReader& reader, domain::RequestSettings& into) {
  constexpr int64_t kTimeoutMaxMs = 180'000;
  auto value = reader.Find("request_settings");
  if (!value) return;
  ObjectReader settings(*value, "'request_settings'");
  int timeout = static_cast<int>(into.request_timeout_ms), wait = static_cast<int>(into.max_queue_wait_ms);
  settings.Integer("request_timeout_ms", timeout, 1, kTimeoutMaxMs);
  settings.Integer("max_concurrent_requests_per_instance", into.max_concurrent_requests_per_instance, 1, 10'000);
  settings.Integer("max_queue_wait_ms", wait, 0, kTimeoutMaxMs);
  settings.Finish();
  into.request_timeout_ms = timeout;
  into.max_queue_wait_ms = wait;
}

void ReadSamplingRate(ObjectReader& reader, std::optional<double>& into) {
  auto rate = reader.Find("sampling_rate");
  if (!rate) return;
  reader.Number("sampling_rate", into);
  if (into && (*into < 0 || *into > 1)) rate->Complain("must be from 0 to 1");
}

domain::CollectorSettings ReadCollection(const Value& value) {
  domain::CollectorSettings collection;
  ObjectReader reader(value, "a collection");
  if (reader.Require("enabled")) reader.Boolean("enabled", collection.enabled);
  if (auto data = reader.Find("data")) {
    ObjectReader target(*data, "'data' of a collection");
    target.Text("name", collection.data_name);
    target.Text("path", collection.data_path);
    target.Text("version", collection.data_version);
    target.Finish();
  }
  ReadSamplingRate(reader, collection.sampling_rate);
  reader.Ignore({"client_id"});
  reader.Finish();
  return collection;
}

void ReadDataCollector(ObjectReader& reader, std::optional<domain::DataCollector>& into) {
  auto value = reader.Find("data_collector");
  if (!value) return;
  domain::DataCollector collector;
  ObjectReader settings(*value, "'data_collector'");
  if (auto collections = settings.Require("collections"))
    collections->ForEachMember([&](const std::string& name, const Value& collection) {
      collector.collections[ToLower(name)] = ReadCollection(collection);
    });
  std::optional<double> rate;
  ReadSamplingRate(settings, rate);
  collector.sampling_rate = rate.value_or(collector.sampling_rate);
  settings.Choice("rolling_rate", {"minute", "hour", "day", "month", "year"}, collector.rolling_rate);
  if (auto logging = settings.Find("request_logging")) {
    ObjectReader request(*logging, "'request_logging'");
    if (auto headers = request.Find("capture_headers")) collector.capture_headers = headers->TextList();
    request.Finish();
  }
  settings.Finish();
  into = std::move(collector);
}

void ReadCodeConfiguration(ObjectReader& reader, domain::OnlineDeployment& into) {
  auto value = reader.Find("code_configuration");
  if (!value) return;
  ObjectReader configuration(*value, "'code_configuration'");
  if (auto code = configuration.Require("code")) into.code = ReadCode(*code);
  auto script = configuration.Require("scoring_script");
  if (script) configuration.RequireText("scoring_script", into.scoring_script);
  configuration.Finish();
  const fs::path folder = into.code;
  std::error_code ignored;
  if (script && folder.is_absolute() && fs::is_directory(folder, ignored) && !into.scoring_script.empty() &&
      !fs::exists(folder / into.scoring_script, ignored))
    script->Complain(fmt::format("no file '{}'", (folder / into.scoring_script).lexically_normal().string()));
}

void ReadDeployedModel(const Value& value, domain::OnlineDeployment& into, AnonymousAssets& anonymous) {
  if (!value.node().IsMap()) {
    into.model = ReadReference(value, {.kind = domain::AssetKind::kModel, .version_optional = true});
    return;
  }
  domain::AssetVersion model = ReadInlineModel(value);
  const std::string hash = Sha256Hex(ToJson(model).dump()).substr(0, 32);
  if (model.name.empty()) {
    model.name = "anonymous-" + hash;
    model.is_anonymous = true;
  }
  if (model.version.empty()) model.version = "1";
  into.model = fmt::format("azureml:{}:{}", model.name, model.version);
  anonymous.push_back(std::move(model));
}

void ReadScaleSettings(ObjectReader& reader, domain::ScaleSettings& into) {
  auto value = reader.Find("scale_settings");
  if (!value) return;
  ObjectReader scale(*value, "'scale_settings'");
  std::string type = "default";
  scale.Choice("type", {"default", "target_utilization"}, type);
  into.is_automatic = type == "target_utilization";
  if (!into.is_automatic) {
    for (const char* key : {"min_instances", "max_instances", "polling_interval", "target_utilization_percentage"})
      if (auto unused = scale.Find(key)) unused->Complain("needs type: target_utilization");
    return scale.Finish();
  }
  int polling_seconds = static_cast<int>(into.polling_interval_ms / 1000);
  scale.Integer("min_instances", into.instances_min, 1, 1000);
  into.instances_max = into.instances_min;
  scale.Integer("max_instances", into.instances_max, 1, 1000);
  scale.Integer("target_utilization_percentage", into.target_utilization_percentage, 1, 100);
  scale.Integer("polling_interval", polling_seconds, 1, 3'600);
  into.polling_interval_ms = polling_seconds * int64_t{1000};
  if (into.instances_max < into.instances_min)
    value->Complain(
        fmt::format("max_instances ({}) is below min_instances ({})", into.instances_max, into.instances_min));
  scale.Finish();
}

// What Azure's dialect has no key for.
void ReadOwnSettings(ObjectReader& reader, domain::ScaleSettings& into) {
  auto value = reader.Find("slipway");
  if (!value) return;
  ObjectReader own(*value, "'slipway'");
  int idle_seconds = 0;
  own.Integer("scale_to_zero_after", idle_seconds, 0, 30 * 24 * 3'600);
  into.scale_to_zero_after_ms = idle_seconds * int64_t{1000};
  own.Finish();
}

void ReadDeploymentType(ObjectReader& reader) {
  std::string type = "managed";
  auto value = reader.Find("type");
  reader.Choice("type", {"managed", "kubernetes"}, type);
  if (value && type == "kubernetes")
    value->Complain("deployments of type kubernetes are not supported yet", Code::kUnimplemented);
}

}  // namespace

Result<domain::OnlineEndpoint> ReadEndpoint(const Document& document) {
  Complaints complaints;
  domain::OnlineEndpoint endpoint;
  ObjectReader reader(Value(document.root, "", complaints), "an online endpoint");
  ReadCheckedName(reader, "name", domain::NameKind::kEndpoint, endpoint.name);
  std::string auth = "key";
  reader.Choice("auth_mode", {"key", "aml_token", "aad_token"}, auth);
  endpoint.auth_mode = AuthModeOf(auth);
  reader.Text("description", endpoint.description);
  reader.TextMap("tags", endpoint.tags);
  reader.TextMap("properties", endpoint.properties);
  ReadTraffic(reader, "traffic", 100, endpoint.traffic);
  ReadTraffic(reader, "mirror_traffic", 50, endpoint.mirror_traffic);
  endpoint.traffic_was_set = !endpoint.traffic.empty();
  reader.Choice("public_network_access", {"enabled", "disabled"}, endpoint.public_network_access);
  reader.Refuse({"compute"});
  reader.Ignore({"state_message", "identity", "scoring_uri", "openapi_uri", "provisioning_state", "location", "kind",
                 "id", "creation_context"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return endpoint;
}

Result<DeploymentDocument> ReadDeployment(const Document& document) {
  Complaints complaints;
  DeploymentDocument result;
  domain::OnlineDeployment& deployment = result.deployment;
  ObjectReader reader(Value(document.root, "", complaints), "an online deployment");
  ReadCheckedName(reader, "name", domain::NameKind::kDeployment, deployment.name);
  ReadCheckedName(reader, "endpoint_name", domain::NameKind::kEndpoint, deployment.endpoint_name);
  ReadDeploymentType(reader);
  reader.Text("description", deployment.description);
  reader.TextMap("tags", deployment.tags);
  reader.TextMap("properties", deployment.properties);
  if (auto model = reader.Find("model")) ReadDeployedModel(*model, deployment, result.anonymous);
  ReadCodeConfiguration(reader, deployment);
  if (auto environment = reader.Find("environment")) {
    if (environment->node().IsMap())
      deployment.environment = ReadEnvironmentReference(*environment, result.anonymous);
    else
      deployment.environment =
          ReadReference(*environment, {.kind = domain::AssetKind::kEnvironment, .version_optional = true});
  }
  reader.TextMap("environment_variables", deployment.environment_variables);
  reader.Text("instance_type", deployment.instance_type);
  reader.Integer("instance_count", deployment.instance_count, 1, 1000);
  reader.Boolean("app_insights_enabled", deployment.app_insights_enabled);
  reader.Text("model_mount_path", deployment.model_mount_path);
  reader.Choice("egress_public_network_access", {"enabled", "disabled"}, deployment.egress_public_network_access);
  ReadRequestSettings(reader, deployment.request_settings);
  ReadProbe(reader, "liveness_probe", deployment.liveness_probe);
  ReadProbe(reader, "readiness_probe", deployment.readiness_probe);
  if (reader.Has("startup_probe")) ReadProbe(reader, "startup_probe", deployment.startup_probe.emplace());
  ReadResources(reader, deployment);
  ReadDataCollector(reader, deployment.data_collector);
  ReadScaleSettings(reader, deployment.scale_settings);
  ReadOwnSettings(reader, deployment.scale_settings);
  reader.Ignore({"state_message", "provisioning_state", "id", "creation_context", "private_network_connection"});
  reader.Finish();
  if (deployment.model.empty() && deployment.code.empty() && complaints.empty())
    complaints.Add(document.root.mark, "", "an online deployment needs 'model', 'code_configuration' or both");
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

}  // namespace slipway::spec
