// Assets, endpoints, workspaces, schedules and alert rules keep everything on their way through ARM's shape.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/wire/action_group.h"
#include "slipway/wire/alert.h"
#include "slipway/wire/asset.h"
#include "slipway/wire/endpoint.h"
#include "slipway/wire/schedule.h"
#include "slipway/wire/workspace.h"

namespace slipway::wire {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr domain::AssetKind kEnvironment = domain::AssetKind::kEnvironment;

TEST(AssetsOnTheWire, KeepEverything) {
  domain::AssetVersion asset;
  asset.kind = kEnvironment;
  asset.name = "train";
  asset.version = "3";
  asset.tags = {{"a", "b"}};
  asset.is_archived = true;
  domain::EnvironmentBody body;
  body.image = "i";
  body.conda_file = "dependencies: []\n";
  body.scoring_route = domain::Route{5001, "/score"};
  body.native = domain::NativeProvider{"native", "make", {"cmake"}, {"c++"}, {{"K", "v"}}};
  asset.body = body;
  asset.context.created_at = *ParseTimestamp("2026-01-02T03:04:05Z");
  const json arm = AssetVersionToArm({}, asset);
  EXPECT_THAT(arm["id"].get<std::string>(), HasSubstr("/environments/train/versions/3"));
  auto read = AssetVersionFromArm(kEnvironment, arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->name, "train");
  EXPECT_EQ(AssetVersionToArm({}, *read), arm);
}

TEST(AssetsOnTheWire, AreReadAsClientsSendThem) {
  auto data = AssetVersionFromArm(
      domain::AssetKind::kData,
      json::parse(R"({"properties":{"dataType":"mltable","dataUri":"azureml://datastores/d/paths/p"}})"));
  ASSERT_TRUE(data) << data.error().ToString();
  EXPECT_EQ(std::get<domain::DataBody>(data->body).type, domain::DataType::kMltable);
  EXPECT_EQ(data->name, "");
  auto model =
      AssetVersionFromArm(domain::AssetKind::kModel,
                          json::parse(R"({"properties":{"modelUri":"u","flavors":{"onnx":{"data":{"v":"1"}}}}})"));
  ASSERT_TRUE(model) << model.error().ToString();
  EXPECT_EQ(std::get<domain::ModelBody>(model->body).flavors.at("onnx").at("v"), "1");
}

TEST(AssetsOnTheWire, NameTheFieldThatIsWrong) {
  auto data = AssetVersionFromArm(domain::AssetKind::kData, json::parse(R"({"properties":{"dataType":"files"}})"));
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().ToString(), HasSubstr("dataType must be uri_file, uri_folder or mltable, not 'files'"));
  EXPECT_THAT(data.error().ToString(), HasSubstr("dataUri"));
}

TEST(ContainersOnTheWire, KeepEverything) {
  domain::AssetContainer container;
  container.name = "credit";
  container.latest_version = "2";
  container.next_version = "3";
  container.data_type = domain::DataType::kUriFile;
  const json arm = AssetContainerToArm({}, container);
  auto read = AssetContainerFromArm(domain::AssetKind::kData, arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AssetContainerToArm({}, *read), arm);
}

TEST(EndpointsOnTheWire, KeepEverythingAndShowNoKeys) {
  domain::OnlineEndpoint endpoint;
  endpoint.name = "oe";
  endpoint.auth_mode = domain::AuthMode::kAmlToken;
  endpoint.traffic = {{"blue", 90}, {"green", 10}};
  endpoint.traffic_was_set = true;
  endpoint.primary_key = "secret";
  endpoint.state = domain::ProvisioningState::kFailed;
  endpoint.state_message = "why";
  EXPECT_THAT(EndpointToArm({}, endpoint, {"https://x/score", "https://x/swagger.json"}).dump(),
              testing::Not(HasSubstr("secret")));
  const json stored = EndpointToArm({}, endpoint, {}, Secrets::kInclude);
  auto read = EndpointFromArm(stored);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(EndpointToArm({}, *read, {}, Secrets::kInclude), stored);
}

TEST(EndpointsOnTheWire, RefuseSharesThatAreNone) {
  auto read = EndpointFromArm(json::parse(R"({"properties":{"authMode":"Key","traffic":{"blue":120}}})"));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().ToString(), HasSubstr("properties.traffic.blue"));
}

TEST(DeploymentsOnTheWire, KeepEverything) {
  domain::OnlineDeployment deployment;
  deployment.name = "blue";
  deployment.endpoint_name = "oe";
  deployment.model = "azureml:m:1";
  deployment.code = "/codes/c";
  deployment.scoring_script = "score.cpp";
  deployment.instance_count = 3;
  deployment.request_settings.max_queue_wait_ms = 250;
  deployment.readiness_probe.initial_delay_ms = 1500;
  deployment.scale_settings = {true, 2, 5, 60, 3'000, 600'000};
  deployment.data_collector =
      domain::DataCollector{{{"model_inputs", {true, "n", "p", "1", 0.25}}}, 0.5, "day", {"x-id"}};
  deployment.startup_probe.emplace().failure_threshold = 7;
  deployment.memory_limit_bytes = 512 << 20;
  deployment.state = domain::ProvisioningState::kSucceeded;
  deployment.revision = 4;
  const json arm = DeploymentToArm({}, deployment);
  auto read = DeploymentFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->endpoint_name, "oe");
  EXPECT_EQ(read->readiness_probe.initial_delay_ms, 1500);
  EXPECT_EQ(read->scale_settings, deployment.scale_settings);
  EXPECT_EQ(read->data_collector, deployment.data_collector);
  EXPECT_EQ(read->startup_probe, deployment.startup_probe);
  EXPECT_EQ(read->memory_limit_bytes, deployment.memory_limit_bytes);
  EXPECT_EQ(arm["properties"]["scaleSettings"], json::parse(R"({"scaleType":"TargetUtilization","minInstances":2,
      "maxInstances":5,"pollingInterval":"PT3S","targetUtilizationPercentage":60})"));
  EXPECT_EQ(DeploymentToArm({}, *read), arm);
}

TEST(DeploymentsOnTheWire, RefuseWhatIsNotSupportedYet) {
  auto read = DeploymentFromArm(json::parse(R"({"properties":{"endpointComputeType":"Kubernetes"}})"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kUnimplemented);
}

TEST(WorkspacesOnTheWire, KeepEverything) {
  domain::Workspace workspace;
  workspace.scope.workspace = "team";
  workspace.id = "g";
  workspace.display_name = "The team";
  const json arm = WorkspaceToArm(workspace, "http://x/mlflow");
  auto read = WorkspaceFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(WorkspaceToArm(*read, "http://x/mlflow"), arm);
}

TEST(DatastoresOnTheWire, KeepEverythingAndCanOmitSecrets) {
  domain::Datastore datastore;
  datastore.name = "d";
  datastore.type = "azure_blob";
  datastore.settings = {{"account_name", "a"}, {"container_name", "c"}};
  datastore.credentials = {{"account_key", "secret"}};
  const json arm = DatastoreToArm({}, datastore);
  auto read = DatastoreFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(DatastoreToArm({}, *read), arm);
  EXPECT_THAT(DatastoreToArm({}, datastore, Secrets::kOmit).dump(), testing::Not(HasSubstr("secret\"")));
}

TEST(ComputesOnTheWire, KeepEverything) {
  domain::Compute compute;
  compute.name = "cpu";
  compute.max_instances = 9;
  compute.tier = "low_priority";
  compute.idle_seconds_before_scale_down = 30;
  const json arm = ComputeToArm({}, compute);
  auto read = ComputeFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(ComputeToArm({}, *read), arm);
}

TEST(SchedulesOnTheWire, KeepEverything) {
  domain::Schedule schedule;
  schedule.name = "nightly";
  schedule.trigger.rule = domain::RecurrenceTrigger{"week", 2, {3}, {0, 30}, {}, {"monday"}};
  schedule.trigger.start_time = "2026-01-01T00:00:00";
  schedule.trigger.time_zone = "W. Europe Standard Time";
  domain::CommandSpec command;
  command.command = "echo";
  command.environment = "azureml:e:1";
  schedule.create_job.body = command;
  schedule.next_fire_at = *ParseTimestamp("2026-01-02T03:00:00Z");
  const json arm = ScheduleToArm({}, schedule);
  auto read = ScheduleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(ScheduleToArm({}, *read), arm);
}

TEST(AlertRulesOnTheWire, KeepEverything) {
  domain::AlertRule rule;
  rule.name = "drift";
  rule.conditions[0].query = "traces";
  rule.evaluation_frequency_seconds = 5;
  rule.window_size_seconds = 600;
  rule.conditions[0].time_aggregation = "Maximum";
  rule.conditions[0].metric_measure_column = "share";
  rule.conditions[0].compare = domain::CompareOperator::kLessThanOrEqual;
  rule.conditions[0].threshold = 0.5;
  rule.mute_seconds = 60;
  rule.is_fired = true;
  const json arm = AlertRuleToArm({}, rule);
  auto read = AlertRuleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertRuleToArm({}, *read), arm);
}

TEST(AlertRulesOnTheWire, KeepDimensionsPeriodsAndActions) {
  domain::AlertRule rule;
  rule.name = "errors";
  rule.conditions[0].query = "traces";
  rule.conditions[0].dimensions = {{"model", false, {"*"}}, {"status", true, {"200", "204"}}};
  rule.evaluation_periods = 4;
  rule.failing_periods = 3;
  rule.query_range_seconds = 3600;
  rule.action_groups = {"ops"};
  rule.custom_properties = {{"pipeline", "retrain"}};
  rule.cool_down_seconds = 60;
  rule.budget = {3, 3600};
  const json arm = AlertRuleToArm({}, rule);
  EXPECT_EQ(arm["properties"]["actions"]["actionGroups"][0], ActionGroupId({}, "ops"));
  auto read = AlertRuleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertRuleToArm({}, *read), arm);
}

TEST(AlertRulesOnTheWire, KeepMetricRules) {
  domain::AlertRule rule;
  rule.name = "slow";
  rule.kind = domain::AlertKind::kMetric;
  rule.resource = domain::Scope{}.ArmId() + "/onlineEndpoints/e";
  rule.conditions[0].metric_name = "RequestLatency_P99";
  rule.conditions[0].time_aggregation = "Average";
  rule.action_groups = {"ops"};
  const json arm = AlertRuleToArm({}, rule);
  EXPECT_EQ(arm["type"], "Microsoft.Insights/metricAlerts");
  EXPECT_EQ(arm["properties"]["scopes"][0], rule.resource);
  auto read = AlertRuleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertRuleToArm({}, *read), arm);
}

TEST(AlertRulesOnTheWire, KeepWhatEachKindAloneHas) {
  domain::AlertRule rule;
  rule.name = "slow";
  rule.kind = domain::AlertKind::kMetric;
  rule.resource = domain::Scope{}.ArmId() + "/onlineEndpoints/e";
  rule.target_resource_types = {"Microsoft.MachineLearningServices/workspaces/onlineEndpoints"};
  rule.target_resource_region = "local";
  rule.conditions.resize(2);
  for (domain::AlertCondition& condition : rule.conditions) condition.metric_name = "RequestLatency_P99";
  rule.conditions[0].name = "fast";
  rule.conditions[0].dimensions = {{"deployment", true, {"blue"}}};
  rule.conditions[1].name = "slow";
  rule.conditions[1].metric_namespace = "n";
  rule.conditions[1].skips_metric_validation = true;
  rule.starts = {{*ParseTimestamp("2026-03-04T05:06:07Z"), "job", "slow-20260304T050607Z"}};
  json arm = AlertRuleToArm({}, rule);
  auto read = AlertRuleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertRuleToArm({}, *read), arm);
  EXPECT_EQ(read->conditions[0].name, "fast");

  rule = {};
  rule.conditions[0].query = "traces";
  rule.conditions[0].resource_id_column = "_ResourceId";
  rule.target_resource_types = {"a", "b"};
  rule.skips_query_validation = true;
  rule.resolve_seconds = 600;
  rule.action_properties = {{"Email.Subject", "look"}};
  arm = AlertRuleToArm({}, rule);
  EXPECT_EQ(arm["properties"]["ruleResolveConfiguration"]["timeToResolve"], "PT10M");
  read = AlertRuleFromArm(arm);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertRuleToArm({}, *read), arm);
}

// Whatever Azure's rules may hold and ours cannot honour.
TEST(AlertRulesOnTheWire, WhatCannotBeHonouredIsRefusedByName) {
  domain::AlertRule rule;
  rule.conditions[0].query = "traces";
  const json log = AlertRuleToArm({}, rule);
  rule.kind = domain::AlertKind::kMetric;
  rule.conditions[0].metric_name = "m";
  const json metric = AlertRuleToArm({}, rule);
  const auto refused = [](json arm, const char* pointer, const json& value) {
    arm[json::json_pointer(pointer)] = value;
    const auto read = AlertRuleFromArm(arm);
    EXPECT_FALSE(read) << pointer;
    if (read) return std::string();
    EXPECT_EQ(read.error().code(), Code::kUnimplemented) << read.error().ToString();
    return read.error().ToString();
  };
  EXPECT_THAT(refused(log, "/kind", "LogToMetric"), HasSubstr("kind 'LogToMetric'"));
  EXPECT_THAT(refused(log, "/identity", {{"type", "SystemAssigned"}}), HasSubstr("an identity is not supported"));
  EXPECT_THAT(refused(log, "/properties/checkWorkspaceAlertsStorageConfigured", true),
              HasSubstr("checkWorkspaceAlerts"));
  EXPECT_THAT(refused(log, "/properties/actions/actionProperties", {{"Icm.Title", "x"}}), HasSubstr("'Icm.Title'"));
  EXPECT_THAT(refused(log, "/properties/criteria/allOf/0/metricName", "x"), HasSubstr("LogToMetric"));
  EXPECT_THAT(refused(metric, "/properties/criteria/allOf/0/criterionType", "DynamicThresholdCriterion"),
              HasSubstr("'DynamicThresholdCriterion'"));
  EXPECT_THAT(refused(metric, "/properties/criteria/allOf/0/dimensions",
                      json::array({{{"name", "d"}, {"operator", "StartsWith"}, {"values", {"b"}}}})),
              HasSubstr("StartsWith"));
  json arm = log;
  arm["properties"]["ruleResolveConfiguration"] = {{"autoResolved", false}};
  EXPECT_THAT(AlertRuleFromArm(arm).error().ToString(),
              HasSubstr("autoResolved says something else than autoMitigate"));
}

TEST(AlertRulesOnTheWire, SayWhatIsWrong) {
  domain::AlertRule rule;
  rule.conditions[0].query = "traces";
  json arm = AlertRuleToArm({}, rule);
  arm["properties"]["criteria"]["allOf"][0]["dimensions"] = json::array({{{"name", "x"}, {"values", json::array()}}});
  EXPECT_THAT(AlertRuleFromArm(arm).error().message(), HasSubstr("a dimension needs values"));
  arm["properties"]["criteria"]["odata.type"] = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria";
  EXPECT_EQ(AlertRuleFromArm(arm).error().code(), Code::kUnimplemented);
}

TEST(AlertEventsOnTheWire, KeepTheirDeliveries) {
  domain::AlertEvent event;
  event.id = "e";
  event.rule = "r";
  event.dimensions = {{"model", "credit"}};
  event.fired_at = *ParseTimestamp("2026-03-04T05:06:07Z");
  event.good_since = *ParseTimestamp("2026-03-04T06:06:07Z");
  event.further_values = {2.5, std::nullopt};
  event.deliveries = {
      {"ops", "hook", "webhook", true, domain::AlertDelivery::State::kFailed, 2, event.fired_at, "404"}};
  const json written = AlertEventToJson(event);
  auto read = AlertEventFromJson(written);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(AlertEventToJson(*read), written);
}

TEST(ActionGroupsOnTheWire, KeepEverythingAndShowNoSecrets) {
  domain::ActionGroup group;
  group.name = "ops";
  group.short_name = "ops";
  group.receivers = {{"hook", domain::WebhookReceiver{"https://h/x", "secret", false}},
                     {"mail", domain::EmailReceiver{"a@b.c"}},
                     {"run", domain::CommandReceiver{"true", 5}},
                     {"flow", domain::WorkflowReceiver{"build.yml", {{"a", "b"}}}}};
  const json stored = ActionGroupToArm({}, group, Secrets::kInclude);
  auto read = ActionGroupFromArm(stored);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(ActionGroupToArm({}, *read, Secrets::kInclude), stored);
  EXPECT_EQ(ActionGroupToArm({}, group).dump().find("\"secret\""), std::string::npos);
}

TEST(ActionGroupsOnTheWire, RefuseOtherReceiversByName) {
  json arm = ActionGroupToArm({}, {});
  arm["properties"]["smsReceivers"] = json::array({{{"name", "me"}}});
  const auto read = ActionGroupFromArm(arm);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kUnimplemented);
  EXPECT_THAT(read.error().ToString(), HasSubstr("smsReceivers"));
}

}  // namespace
}  // namespace slipway::wire
