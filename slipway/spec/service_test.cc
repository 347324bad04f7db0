#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/spec/alert.h"
#include "slipway/spec/endpoint.h"
#include "slipway/spec/print.h"
#include "slipway/spec/schedule.h"
#include "slipway/spec/spec_test_support.h"
#include "slipway/spec/workspace.h"

namespace slipway::spec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Endpoints, AreRead) {
  const ScratchFiles files;
  auto endpoint = ReadEndpoint(files.Load(
      "name: credit-oe\nauth_mode: AMLToken\ntraffic: {blue: 90, green: '10'}\nidentity: {type: system_assigned}\n"));
  ASSERT_TRUE(endpoint) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->auth_mode, domain::AuthMode::kAmlToken);
  EXPECT_EQ(endpoint->traffic.at("green"), 10);
}

TEST(Endpoints, RefuseWrongNamesAndTraffic) {
  const ScratchFiles files;
  EXPECT_THAT(
      files.Complaints(ReadEndpoint(files.Load("name: a_b\nauth_mode: keys\ntraffic: {blue: 90, green: 20}\n"))),
      ElementsAre(HasSubstr("1:7 name: 'a_b' cannot be the name of an endpoint"),
                  "2:12 auth_mode: 'keys' is not one of key, aml_token, aad_token; did you mean 'key'?",
                  "3:10 traffic: the shares sum to 110 %, at most 100 are possible"));
}

constexpr std::string_view kDeployment = R"(name: blue
endpoint_name: credit-oe
model: azureml:m@latest
code_configuration: {code: src, scoring_script: score.cpp}
environment: azureml:e
instance_type: Standard_DS3_v2
request_settings: {request_timeout_ms: 3000, max_concurrent_requests_per_instance: 4}
readiness_probe: {initial_delay: 2}
scale_settings: {type: target_utilization, min_instances: 2, max_instances: 5, polling_interval: 3}
slipway: {scale_to_zero_after: 600}
startup_probe: {period: 3, failure_threshold: 100}
resources: {limits: {memory: 512Mi}}
data_collector:
  collections:
    Model_Inputs: {enabled: "True", sampling_rate: 0.25}
)";

TEST(Deployments, AreReadAndPrintedBack) {
  const ScratchFiles files;
  files.Write("src/score.cpp", "//\n");
  auto read = ReadDeployment(files.Load(kDeployment));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->deployment.code, files.path("src").string());
  EXPECT_EQ(read->deployment.request_settings.request_timeout_ms, 3000);
  EXPECT_EQ(read->deployment.readiness_probe.initial_delay_ms, 2000);
  EXPECT_EQ(read->deployment.scale_settings, (domain::ScaleSettings{true, 2, 5, 70, 3'000, 600'000}));
  EXPECT_TRUE(read->deployment.data_collector->collections.at("model_inputs").enabled);
  EXPECT_EQ(read->deployment.data_collector->collections.at("model_inputs").sampling_rate, 0.25);
  EXPECT_EQ(read->deployment.startup_probe->period_ms, 3000);
  EXPECT_EQ(read->deployment.memory_limit_bytes, 512u << 20);
  const auto printed = ToJson(read->deployment);
  auto again = ReadDeployment(*ParseDocument(printed.dump(), "printed", ""));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(ToJson(again->deployment), printed);
}

TEST(Deployments, NeedTheirScriptAndSomethingToRun) {
  const ScratchFiles files;
  files.Write("src/other.cpp", "//\n");
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load(kDeployment))),
              ElementsAre(HasSubstr("4:49 code_configuration.scoring_script: no file '")));
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load("name: blue\nendpoint_name: credit-oe\n"))),
              ElementsAre(HasSubstr("an online deployment needs 'model', 'code_configuration' or both")));
  EXPECT_THAT(files.Complaints(ReadDeployment(
                  files.Load("name: blue\nendpoint_name: credit-oe\nmodel: azureml:m:1\ntype: kubernetes\n"))),
              ElementsAre(HasSubstr("type: deployments of type kubernetes are not supported yet")));
}

TEST(Deployments, SayWhatIsWrongWithTheirLimitsAndCollections) {
  const ScratchFiles files;
  const std::string beginning = "name: blue\nendpoint_name: credit-oe\nmodel: azureml:m:1\n";
  const auto complaints = [&](const std::string& rest) {
    return files.Complaints(ReadDeployment(files.Load(beginning + rest)));
  };
  EXPECT_THAT(complaints("resources: {limits: {memory: 12 potatoes}}\n"),
              ElementsAre(HasSubstr("4:30 resources.limits.memory: '12 potatoes' is no amount of memory")));
  EXPECT_THAT(complaints("resources: {limits: {cpu: 2}}\n"), ElementsAre(HasSubstr("resources.limits.cpu")));
  EXPECT_THAT(complaints("data_collector: {sampling_rate: 2, collections: {}}\n"),
              ElementsAre(HasSubstr("data_collector.sampling_rate: must be from 0 to 1")));
  EXPECT_THAT(complaints("data_collector: {collections: {request: {enabled: 'true', data: {nam: x}}}}\n"),
              ElementsAre(HasSubstr("did you mean 'name'?")));
}

TEST(Deployments, SayWhatIsWrongWithTheirScale) {
  const ScratchFiles files;
  const std::string beginning = "name: blue\nendpoint_name: credit-oe\nmodel: azureml:m:1\n";
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load(
                  beginning + "scale_settings: {type: target_utilization, min_instances: 3, max_instances: 2}\n"))),
              ElementsAre(HasSubstr("4:17 scale_settings: max_instances (2) is below min_instances (3)")));
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load(beginning + "scale_settings: {max_instances: 2}\n"))),
              ElementsAre(HasSubstr("scale_settings.max_instances: needs type: target_utilization")));
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load(
                  beginning + "scale_settings: {type: target_utilization, target_utilization_percentage: 101}\n"))),
              ElementsAre(HasSubstr("target_utilization_percentage")));
  EXPECT_THAT(files.Complaints(ReadDeployment(files.Load(beginning + "slipway: {scale_to_zero: 5}\n"))),
              ElementsAre(HasSubstr("did you mean 'scale_to_zero_after'?")));
}

TEST(Deployments, MayDefineTheirModelInline) {
  const ScratchFiles files;
  files.Write("m/model.onnx", "x");
  auto read = ReadDeployment(files.Load("name: blue\nendpoint_name: credit-oe\nmodel: {path: m}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->anonymous.size(), 1u);
  EXPECT_EQ(read->deployment.model, "azureml:" + read->anonymous[0].name + ":1");
}

constexpr std::string_view kJobFile = "command: echo\nenvironment: azureml:e:1\n";

TEST(Schedules, ReadTriggersAndTheJobsFile) {
  const ScratchFiles files;
  files.Write("jobs/job.yml", kJobFile);
  auto read = ReadSchedule(
      files.Load("name: nightly\ntrigger: {type: cron, expression: '0 2 * * *', time_zone: W. Europe Standard Time}\n"
                 "create_job: jobs/job.yml\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(std::get<domain::CronTrigger>(read->schedule.trigger.rule).expression, "0 2 * * *");
  EXPECT_EQ(std::get<domain::CommandSpec>(read->schedule.create_job.body).command, "echo");
}

TEST(Schedules, ReplaceTopLevelKeysOfTheJob) {
  const ScratchFiles files;
  files.Write("job.yml", kJobFile);
  auto read =
      ReadSchedule(files.Load("name: n\ntrigger: {type: recurrence, frequency: week, interval: 1, schedule: {hours: 3, "
                              "minutes: [0, 30], week_days: [Monday]}}\n"
                              "create_job: {type: command, job: ./job.yml, experiment_name: x}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->schedule.create_job.experiment_name, "x");
  const auto& recurrence = std::get<domain::RecurrenceTrigger>(read->schedule.trigger.rule);
  EXPECT_THAT(recurrence.minutes, ElementsAre(0, 30));
  EXPECT_THAT(recurrence.week_days, ElementsAre("monday"));
}

TEST(Schedules, TakeTheNameOfASubmittedJob) {
  const ScratchFiles files;
  auto read = ReadSchedule(
      files.Load("name: n\ntrigger: {type: cron, expression: '* * * * *'}\ncreate_job: azureml:sunny_sail\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->create_job_of, "sunny_sail");
}

TEST(Schedules, RefuseWrongTriggers) {
  const ScratchFiles files;
  files.Write("job.yml", kJobFile);
  EXPECT_THAT(
      files.Complaints(ReadSchedule(files.Load(
          "name: n\ntrigger: {type: cron, expression: '0 2 * *', time_zone: Europe/Berlin, start_time: tomorrow}\n"
          "create_job: job.yml\n"))),
      ElementsAre(HasSubstr("trigger.expression: a cron expression has 5 fields"),
                  HasSubstr("trigger.start_time: 'tomorrow' is not an ISO 8601 date and time"),
                  HasSubstr("trigger.time_zone: 'Europe/Berlin' is not a Windows time zone name")));
  EXPECT_THAT(files.Complaints(ReadSchedule(
                  files.Load("name: n\ntrigger: {type: cron, expression: '0 2 * * *'}\nimport_data: {}\n"))),
              Contains(HasSubstr("'import_data' of a schedule is not supported yet")));
}

TEST(Schedules, ComplainAboutTheJobInItsOwnFile) {
  const ScratchFiles files;
  files.Write("job.yml", "command: echo\n");
  EXPECT_THAT(files.Complaints(ReadSchedule(
                  files.Load("name: n\ntrigger: {type: cron, expression: '0 2 * * *'}\ncreate_job: job.yml\n"))),
              ElementsAre("job.yml:1:1 a command job needs the key 'environment'"));
}

TEST(AlertRules, AreRead) {
  const auto file = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "examples/credit-card-default/core/alerts/drift.yml";
  auto read = ReadAlertRule(*LoadDocument(file));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->rule.evaluation_frequency_seconds, 5);
  EXPECT_EQ(read->rule.window_size_seconds, 600);
  EXPECT_EQ(read->rule.conditions[0].compare, domain::CompareOperator::kGreaterThan);
  ASSERT_TRUE(read->rule.create_job);
  EXPECT_TRUE(std::get<domain::PipelineSpec>(read->rule.create_job->body).settings.force_rerun);
}

TEST(AlertRules, RefuseWrongConditions) {
  const ScratchFiles files;
  EXPECT_THAT(files.Complaints(
                  ReadAlertRule(files.Load("name: a\nquery: traces\noperator: More\nthreshold: many\nwindow_size: 5m\n"
                                           "time_aggregation: average\n"))),
              ElementsAre(HasSubstr("window_size: '5m' is not an ISO 8601 duration"),
                          HasSubstr("operator: 'More' is not one of"), HasSubstr("threshold: a number is needed here"),
                          HasSubstr("time_aggregation Average needs the key 'metric_measure_column'")));
}

TEST(AlertRules, OfMetricsSplitByDimensions) {
  ScratchFiles files;
  auto read = ReadAlertRule(files.Load(
      "type: metric\nname: slow\nendpoint_name: e\ntime_to_resolve: PT10M\nconditions:\n"
      "  - {metric: RequestLatency_P99, name: p99, operator: GreaterThan, threshold: 1, skip_metric_validation: true,\n"
      "     dimensions: [{name: deployment, operator: Exclude, values: [blue]}]}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  const domain::AlertCondition& condition = read->rule.conditions.at(0);
  EXPECT_EQ(condition.name, "p99");
  EXPECT_TRUE(condition.skips_metric_validation);
  ASSERT_EQ(condition.dimensions.size(), 1u);
  EXPECT_TRUE(condition.dimensions[0].is_excluding);
  EXPECT_EQ(read->rule.resolve_seconds, 600);
}

TEST(AlertRules, OfLogsHaveOneCondition) {
  ScratchFiles files;
  EXPECT_THAT(
      files.Complaints(ReadAlertRule(files.Load("name: a\nquery: traces\noperator: GreaterThan\nthreshold: 1\n"
                                                "conditions: [{query: x}]\naction_properties: {Icm.Title: x}\n"))),
      ::testing::AllOf(Contains(HasSubstr("a log alert has one condition, as in Azure Monitor")),
                       Contains(HasSubstr("'Icm.Title'"))));
}

TEST(AlertRules, OfMetricsNameTheirEndpoint) {
  const ScratchFiles files;
  auto read =
      ReadAlertRule(files.Load("type: metric\nname: slow\nendpoint_name: e\ndeployment_name: blue\nconditions:\n"
                               "  - {metric: RequestLatency_P99, operator: GreaterThan, threshold: 50}\n"
                               "action_groups: [ops]\ncool_down: PT1H\nbudget: {runs: 3, per: P1D}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->endpoint_name, "e");
  EXPECT_EQ(read->deployment_name, "blue");
  EXPECT_EQ(read->rule.conditions[0].time_aggregation, "Average");
  EXPECT_EQ(read->rule.cool_down_seconds, 3600);
  EXPECT_EQ(read->rule.budget.runs, 3);
  EXPECT_THAT(files.Complaints(ReadAlertRule(files.Load("type: metric\nname: slow\nconditions: []\n"))),
              ElementsAre(HasSubstr("needs a condition"), HasSubstr("needs the key 'endpoint_name'")));
}

TEST(ActionGroups, AreReadAndPrinted) {
  const ScratchFiles files;
  const std::string yaml =
      "name: ops\nwebhooks:\n  - {name: hook, uri: 'http://127.0.0.1:1/x', secret: s}\nemails:\n"
      "  - {name: mail, address: a@b.c}\ncommands:\n  - {name: run, command: 'true', timeout: 5}\nworkflows:\n"
      "  - {name: flow, workflow: build.yml, inputs: {a: b}}\n";
  auto read = ReadActionGroup(files.Load(yaml));
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->group.receivers.size(), 4u);
  EXPECT_EQ(std::get<domain::WebhookReceiver>(read->group.receivers[0].target).secret, "s");
  const auto printed = ToJson(read->group);
  EXPECT_EQ(printed["commands"][0]["timeout"], 5);
  EXPECT_EQ(printed.dump().find("\"s\""), std::string::npos);
  EXPECT_THAT(files.Complaints(ReadActionGroup(
                  files.Load("name: ops\nemails:\n  - {name: a, address: x@y.z}\n  - {name: a, adress: x@y.z}\n"))),
              ElementsAre(HasSubstr("needs the key 'address'"), HasSubstr("did you mean 'address'"),
                          HasSubstr("two receivers have the name 'a'")));
}

TEST(Computes, AreReadWithTheirLimits) {
  const ScratchFiles files;
  auto compute = ReadCompute(files.Load("name: cpu-cluster\ntype: amlcompute\nmax_instances: 8\n"));
  ASSERT_TRUE(compute) << compute.error().ToString();
  EXPECT_EQ(compute->max_instances, 8);
  EXPECT_THAT(
      files.Complaints(ReadCompute(files.Load("name: cpu\ntype: amlcompute\nmin_instances: 5\nmax_instances: 2\n"))),
      ElementsAre(HasSubstr("min_instances 5 is greater than max_instances 2")));
  EXPECT_THAT(files.Complaints(ReadCompute(files.Load("name: cpu\ntype: kubernetes\n"))),
              ElementsAre(HasSubstr("computes of type kubernetes are not supported yet")));
}

TEST(Datastores, HaveTheKeysOfTheirType) {
  const ScratchFiles files;
  auto local = ReadDatastore(files.Load("name: d\ntype: local\npath: here\n"));
  ASSERT_TRUE(local) << local.error().ToString();
  EXPECT_EQ(local->path, files.path("here").string());
  EXPECT_THAT(files.Complaints(ReadDatastore(files.Load("name: d\ntype: azure_blob\naccount_name: a\n"))),
              ElementsAre(HasSubstr("a datastore needs the key 'container_name'")));
}

}  // namespace
}  // namespace slipway::spec
