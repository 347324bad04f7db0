// Workspaces, endpoints, schedules, alert rules and jobs: what every database keeps of them.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/store/store_fixture.h"
#include "slipway/wire/alert.h"
#include "slipway/wire/endpoint.h"
#include "slipway/wire/job.h"
#include "slipway/wire/rollout.h"
#include "slipway/wire/schedule.h"
#include "slipway/wire/workspace.h"

namespace slipway::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::vector<std::string> NamesOf(const std::vector<T>& things) {
  std::vector<std::string> names;
  for (const T& thing : things) names.push_back(thing.name);
  return names;
}

domain::CreationContext ContextOf(int day) {
  const Timestamp at = *ParseTimestamp(fmt::format("2026-01-{:02}T03:04:05.678901Z", day));
  return {at, "ann", at + Duration(1), "bob"};
}

class Workspaces : public AnyStore {
 protected:
  domain::WorkspaceStore& workspaces() { return store_->workspaces(); }
};
SLIPWAY_OVER_ALL_DATABASES(Workspaces);

domain::Workspace MakeWorkspace() {
  domain::Workspace workspace;
  workspace.scope = {"S-1", "Data", "Team"};  // a resource group whose name is a collection's
  workspace.id = "AbC-1";
  workspace.display_name = "The team";
  workspace.description = "d";
  workspace.tags = {{"k", "v"}};
  workspace.context = ContextOf(1);
  return workspace;
}

TEST_P(Workspaces, ComeBackWhole) {
  const domain::Workspace workspace = MakeWorkspace();
  SLIPWAY_ASSERT_OK(workspaces().PutWorkspace(workspace));
  const auto found = Must(workspaces().GetWorkspace({"s-1", "data", "TEAM"}));
  EXPECT_EQ(wire::WorkspaceToArm(found), wire::WorkspaceToArm(workspace));
  EXPECT_EQ(Must(workspaces().FindWorkspaceById("abc-1")).scope, workspace.scope);
  EXPECT_EQ(workspaces().FindWorkspaceById("other").error().code(), Code::kNotFound);
  EXPECT_EQ(workspaces().GetWorkspace({}).error().code(), Code::kNotFound);
}

TEST_P(Workspaces, AreReplacedAndKeepTheirNames) {
  domain::Workspace workspace = MakeWorkspace();
  SLIPWAY_ASSERT_OK(workspaces().PutWorkspace(workspace));
  workspace.scope.workspace = "TEAM";
  workspace.description = "other";
  SLIPWAY_ASSERT_OK(workspaces().PutWorkspace(workspace));
  const auto all = Must(workspaces().ListWorkspaces());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].scope.workspace, "Team");
  EXPECT_EQ(all[0].description, "other");
}

TEST_P(Workspaces, AreNotDeletedWhileTheyHoldAnything) {
  SLIPWAY_ASSERT_OK(workspaces().PutWorkspace({}));
  domain::OnlineEndpoint endpoint;
  endpoint.name = "oe";
  SLIPWAY_ASSERT_OK(store_->endpoints().PutEndpoint(scope_, endpoint));
  domain::Schedule schedule;
  schedule.name = "s";
  schedule.trigger.rule = domain::CronTrigger{"* * * * *"};
  SLIPWAY_ASSERT_OK(store_->schedules().PutSchedule(scope_, schedule));
  const Status refused = workspaces().DeleteWorkspace(scope_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("1 online endpoint(s), 1 schedule(s)"));
  EXPECT_EQ(Must(workspaces().ListWorkspaces()).size(), 1u);
}

TEST_P(Workspaces, TakeTheirPartsAndHistoryAlong) {
  SLIPWAY_ASSERT_OK(workspaces().PutWorkspace({}));
  domain::Compute compute;
  compute.name = "c";
  SLIPWAY_ASSERT_OK(workspaces().PutCompute(scope_, compute));
  const auto experiment = Must(store_->runs().GetOrCreateExperiment(scope_, "history", {}));
  domain::Run run;
  run.id = "r";
  run.experiment_id = experiment.id;
  run.latest_metrics = {{"m", 1, 2, 3}};
  SLIPWAY_ASSERT_OK(store_->runs().InsertRun(scope_, run));
  SLIPWAY_ASSERT_OK(workspaces().DeleteWorkspace(scope_));
  EXPECT_TRUE(Must(workspaces().ListWorkspaces()).empty());
  EXPECT_TRUE(Must(workspaces().ListComputes(scope_)).empty());
  EXPECT_EQ(store_->runs().GetRun(scope_, "r").error().code(), Code::kNotFound);
}

TEST_P(Workspaces, KeepDatastoresWithTheirSecrets) {
  domain::Datastore datastore;
  datastore.name = "Blob";
  datastore.type = "azure_blob";
  datastore.description = "d";
  datastore.tags = {{"k", "v"}};
  datastore.is_default = true;
  datastore.settings = {{"account_name", "a"}, {"container_name", "c"}, {"endpoint", "e"}, {"protocol", "https"}};
  datastore.credentials = {{"account_key", "secret"}};
  datastore.context = ContextOf(2);
  SLIPWAY_ASSERT_OK(workspaces().PutDatastore(scope_, datastore));
  Reopen();
  if (GetParam() == Kind::kMemory) SLIPWAY_ASSERT_OK(workspaces().PutDatastore(scope_, datastore));
  const auto found = Must(workspaces().GetDatastore(scope_, "blob"));
  EXPECT_EQ(found.name, "Blob");
  EXPECT_EQ(found.settings, datastore.settings);
  EXPECT_EQ(found.credentials, datastore.credentials);
  EXPECT_EQ(wire::DatastoreToArm(scope_, found), wire::DatastoreToArm(scope_, datastore));
}

TEST_P(Workspaces, ListDatastoresAndComputesByName) {
  for (const char* name : {"beta", "Alpha", "gamma"}) {
    domain::Datastore datastore;
    datastore.name = name;
    SLIPWAY_ASSERT_OK(workspaces().PutDatastore(scope_, datastore));
    domain::Compute compute;
    compute.name = name;
    compute.tier = "low_priority";
    compute.max_instances = 7;
    compute.idle_seconds_before_scale_down = 61;
    SLIPWAY_ASSERT_OK(workspaces().PutCompute(scope_, compute));
  }
  EXPECT_THAT(NamesOf(Must(workspaces().ListDatastores(scope_))), ElementsAre("Alpha", "beta", "gamma"));
  EXPECT_THAT(NamesOf(Must(workspaces().ListComputes(scope_))), ElementsAre("Alpha", "beta", "gamma"));
  const auto compute = Must(workspaces().GetCompute(scope_, "ALPHA"));
  EXPECT_EQ(compute.tier, "low_priority");
  EXPECT_EQ(compute.max_instances, 7);
  EXPECT_EQ(compute.idle_seconds_before_scale_down, 61);
  EXPECT_TRUE(Must(workspaces().ListDatastores({"other", "other", "other"})).empty());
}

class Endpoints : public AnyStore {
 protected:
  domain::EndpointStore& endpoints() { return store_->endpoints(); }
  void PutDeployment(const std::string& endpoint, const std::string& name) {
    domain::OnlineDeployment deployment;
    deployment.endpoint_name = endpoint;
    deployment.name = name;
    SLIPWAY_ASSERT_OK(endpoints().PutDeployment(scope_, deployment));
  }
};
SLIPWAY_OVER_ALL_DATABASES(Endpoints);

domain::OnlineEndpoint MakeEndpoint(const std::string& name) {
  domain::OnlineEndpoint endpoint;
  endpoint.name = name;
  endpoint.auth_mode = domain::AuthMode::kAmlToken;
  endpoint.tags = {{"k", "v"}};
  endpoint.traffic = {{"blue", 90}, {"green", 10}};
  endpoint.mirror_traffic = {{"green", 5}};
  endpoint.traffic_was_set = true;
  endpoint.primary_key = "one";
  endpoint.secondary_key = "two";
  endpoint.state = domain::ProvisioningState::kFailed;
  endpoint.state_message = "why";
  endpoint.context = ContextOf(3);
  return endpoint;
}

TEST_P(Endpoints, ComeBackWithTheirKeys) {
  const auto endpoint = MakeEndpoint("Oe-1");
  SLIPWAY_ASSERT_OK(endpoints().PutEndpoint(scope_, endpoint));
  const auto found = Must(endpoints().GetEndpoint(scope_, "oe-1"));
  constexpr auto kInclude = wire::Secrets::kInclude;
  EXPECT_EQ(wire::EndpointToArm(scope_, found, {}, kInclude), wire::EndpointToArm(scope_, endpoint, {}, kInclude));
  EXPECT_EQ(found.primary_key, "one");
  const auto missing = endpoints().GetEndpoint(scope_, "other");
  EXPECT_THAT(missing.error().ToString(), HasSubstr("there is no online endpoint 'other'"));
}

TEST_P(Endpoints, KeepDeploymentsWhole) {
  SLIPWAY_ASSERT_OK(endpoints().PutEndpoint(scope_, MakeEndpoint("Oe")));
  domain::OnlineDeployment deployment;
  deployment.name = "Blue";
  deployment.endpoint_name = "oe";
  deployment.model = "azureml:m:1";
  deployment.code = "/codes/c";
  deployment.scoring_script = "score.cpp";
  deployment.environment_variables = {{"A", "b"}};
  deployment.instance_count = 3;
  deployment.request_settings.max_queue_wait_ms = 250;
  deployment.data_collector = domain::DataCollector{{{"model_inputs", {true, "n", "p", "1"}}}, 0.5, "day", {"x-id"}};
  deployment.state = domain::ProvisioningState::kSucceeded;
  deployment.state_message = "m";
  deployment.revision = 4;
  deployment.context = ContextOf(4);
  SLIPWAY_ASSERT_OK(endpoints().PutDeployment(scope_, deployment));
  const auto found = Must(endpoints().GetDeployment(scope_, "OE", "blue"));
  EXPECT_EQ(found.endpoint_name, "Oe");
  deployment.endpoint_name = "Oe";
  EXPECT_EQ(wire::DeploymentToArm(scope_, found), wire::DeploymentToArm(scope_, deployment));
}

TEST_P(Endpoints, TakeTheirDeploymentsAlong) {
  for (const char* name : {"a", "b"}) SLIPWAY_ASSERT_OK(endpoints().PutEndpoint(scope_, MakeEndpoint(name)));
  PutDeployment("a", "green");
  PutDeployment("A", "blue");
  PutDeployment("b", "blue");
  EXPECT_THAT(NamesOf(Must(endpoints().ListDeployments(scope_, "a"))), ElementsAre("blue", "green"));
  SLIPWAY_ASSERT_OK(endpoints().DeleteDeployment(scope_, "b", "BLUE"));
  EXPECT_TRUE(Must(endpoints().ListDeployments(scope_, "b")).empty());
  SLIPWAY_ASSERT_OK(endpoints().DeleteEndpoint(scope_, "a"));
  EXPECT_TRUE(Must(endpoints().ListDeployments(scope_, "a")).empty());
  EXPECT_THAT(NamesOf(Must(endpoints().ListEndpoints(scope_))), ElementsAre("b"));
}

TEST_P(Endpoints, HaveToBeThereBeforeTheirDeployments) {
  domain::OnlineDeployment deployment;
  deployment.endpoint_name = "none";
  deployment.name = "blue";
  EXPECT_EQ(endpoints().PutDeployment(scope_, deployment).error().code(), Code::kNotFound);
}

class Schedules : public AnyStore {
 protected:
  domain::ScheduleStore& schedules() { return store_->schedules(); }
};
SLIPWAY_OVER_ALL_DATABASES(Schedules);

domain::JobSpec MakeJobSpec() {
  domain::CommandSpec command;
  command.command = "train --depth ${{inputs.depth}}";
  command.environment = "azureml:e:1";
  command.inputs["depth"] = domain::Literal{domain::Literal::Kind::kInteger, "7"};
  domain::JobSpec spec;
  spec.name = "nightly-job";
  spec.display_name = "Nightly";
  spec.body = command;
  return spec;
}

TEST_P(Schedules, ComeBackWhole) {
  domain::Schedule schedule;
  schedule.name = "Nightly";
  schedule.display_name = "At night";
  schedule.tags = {{"k", "v"}};
  domain::RecurrenceTrigger recurrence;
  recurrence.frequency = "week";
  recurrence.interval = 2;
  recurrence.week_days = {"monday", "friday"};
  schedule.trigger = {recurrence, "2026-01-01T00:00:00", std::nullopt, "W. Europe Standard Time"};
  schedule.create_job = MakeJobSpec();
  schedule.is_enabled = false;
  schedule.last_fired_at = ContextOf(5).created_at;
  schedule.next_fire_at = ContextOf(6).created_at;
  schedule.context = ContextOf(7);
  SLIPWAY_ASSERT_OK(schedules().PutSchedule(scope_, schedule));
  const auto found = Must(schedules().GetSchedule(scope_, "nightly"));
  EXPECT_EQ(wire::ScheduleToArm(scope_, found), wire::ScheduleToArm(scope_, schedule));
  EXPECT_EQ(std::get<domain::RecurrenceTrigger>(found.trigger.rule).week_days, recurrence.week_days);
  EXPECT_EQ(found.create_job.name, "nightly-job");
  EXPECT_THAT(NamesOf(Must(schedules().ListSchedules(scope_))), ElementsAre("Nightly"));
  SLIPWAY_ASSERT_OK(schedules().DeleteSchedule(scope_, "NIGHTLY"));
  EXPECT_EQ(schedules().GetSchedule(scope_, "nightly").error().code(), Code::kNotFound);
}

TEST_P(Schedules, KeepAlertRulesWhole) {
  domain::AlertRule rule;
  rule.name = "Drift";
  rule.conditions[0].query = "customMetrics | where value > 0.5";
  rule.conditions[0].time_aggregation = "Average";
  rule.conditions[0].metric_measure_column = "value";
  rule.conditions[0].compare = domain::CompareOperator::kLessThanOrEqual;
  rule.conditions[0].threshold = 0.1;
  rule.severity = 1;
  rule.mute_seconds = 60;
  rule.auto_mitigate = false;
  rule.create_job = MakeJobSpec();
  rule.last_evaluated_at = ContextOf(8).created_at;
  rule.is_fired = true;
  rule.context = ContextOf(9);
  SLIPWAY_ASSERT_OK(schedules().PutAlertRule(scope_, rule));
  const auto found = Must(schedules().GetAlertRule(scope_, "drift"));
  EXPECT_EQ(wire::AlertRuleToArm(scope_, found), wire::AlertRuleToArm(scope_, rule));
  EXPECT_EQ(found.create_job->name, "nightly-job");
  SLIPWAY_ASSERT_OK(schedules().DeleteAlertRule(scope_, "DRIFT"));
  EXPECT_TRUE(Must(schedules().ListAlertRules(scope_)).empty());
}

TEST_P(Schedules, ListWhatRulesDidNewestFirst) {
  const auto event = [](const std::string& id, const std::string& rule, int day) {
    domain::AlertEvent made;
    made.id = id;
    made.rule = rule;
    made.fired_at = ContextOf(day).created_at;
    made.value = day;
    return made;
  };
  for (const auto& one : {event("1", "r", 3), event("2", "R", 9), event("3", "r", 5), event("4", "other", 7)})
    SLIPWAY_ASSERT_OK(schedules().PutAlertEvent(scope_, one));
  auto resolved = event("3", "r", 5);
  resolved.resolved_at = ContextOf(6).created_at;
  SLIPWAY_ASSERT_OK(schedules().PutAlertEvent(scope_, resolved));
  const auto idsOf = [&](const std::string& rule, size_t limit) {
    std::vector<std::string> ids;
    for (const auto& one : Must(schedules().ListAlertEvents(scope_, rule, limit))) ids.push_back(one.id);
    return ids;
  };
  EXPECT_THAT(idsOf("r", 10), ElementsAre("2", "3", "1"));
  EXPECT_THAT(idsOf("r", 2), ElementsAre("2", "3"));
  EXPECT_THAT(idsOf("", 10), ElementsAre("2", "4", "3", "1"));
  EXPECT_TRUE(Must(schedules().ListAlertEvents(scope_, "r", 10))[1].resolved_at.has_value());
}

class Rollouts : public AnyStore {};
SLIPWAY_OVER_ALL_DATABASES(Rollouts);

domain::RolloutDecision MakeDecision() {
  domain::RolloutEvidence evidence;
  evidence.since = ContextOf(3).created_at;
  evidence.until = ContextOf(4).created_at;
  evidence.canary = {100, 0.01, 0.005, 1, 2, 3, 50};
  evidence.control = {99, 0.02, 0.015, 4, 5, 6, 51};
  evidence.score_psi = 0.25;
  domain::RolloutDecision decision{ContextOf(4).created_at, ContextOf(5).created_at, 3, "hold", 5, "few", evidence, {}};
  decision.guards = {{"p99_ms<20", domain::GuardOutcome::Verdict::kHolds, 3, 20, ""},
                     {"score_psi<0.2", domain::GuardOutcome::Verdict::kUnknown, std::nullopt, std::nullopt, "why"}};
  return decision;
}

TEST_P(Rollouts, ComeBackWhole) {
  domain::Rollout rollout;
  rollout.name = "First";
  rollout.endpoint = "credit";
  rollout.from = "blue";
  rollout.to = "green";
  rollout.steps = {5, 25, 100};
  rollout.every_ms = 90'500;
  rollout.guards = {"p99_ms<20", "score_psi<0.2"};
  rollout.samples_min = 7;
  rollout.status = domain::RolloutStatus::kRolledBack;
  rollout.reason = "r";
  rollout.step = 1;
  rollout.share = 0;
  rollout.share_before = 25;
  rollout.is_moved = true;
  rollout.step_started_at = ContextOf(3).created_at;
  rollout.revision = 4;
  rollout.decisions = {MakeDecision()};
  rollout.context = ContextOf(2);
  SLIPWAY_ASSERT_OK(store_->rollouts().PutRollout(scope_, rollout));
  const auto found = Must(store_->rollouts().GetRollout(scope_, "first"));
  EXPECT_EQ(wire::RolloutToJson(scope_, found), wire::RolloutToJson(scope_, rollout));
  EXPECT_EQ(found.every_ms, 90'500);
  EXPECT_EQ(found.status, domain::RolloutStatus::kRolledBack);
  EXPECT_EQ(found.step_started_at, rollout.step_started_at);
  ASSERT_EQ(found.decisions.size(), 1u);
  EXPECT_EQ(found.decisions[0].evidence->control.p99_ms, 6);
  EXPECT_EQ(found.decisions[0].guards[1].verdict, domain::GuardOutcome::Verdict::kUnknown);
  EXPECT_THAT(NamesOf(Must(store_->rollouts().ListRollouts(scope_))), ElementsAre("First"));
  EXPECT_EQ(store_->rollouts().GetRollout(scope_, "other").error().code(), Code::kNotFound);
}

class Jobs : public AnyStore {
 protected:
  domain::JobStore& jobs() { return store_->jobs(); }
  std::vector<std::string> List(const domain::JobFilter& filter) {
    return NamesOf(Must(jobs().ListJobs(scope_, filter)));
  }
};
SLIPWAY_OVER_ALL_DATABASES(Jobs);

domain::Job MakeJob(const std::string& name, const std::string& parent = "", const std::string& root = "") {
  domain::Job job;
  job.name = name;
  job.parent = parent;
  job.root = root.empty() ? name : root;
  job.spec = MakeJobSpec();
  job.reuse_key = "key of " + name;
  return job;
}

TEST_P(Jobs, ComeBackWholeAndAreUnique) {
  domain::Job job = MakeJob("Train-1");
  job.status = domain::JobStatus::kRunning;
  job.output_uris = {{"model", "azureml://x"}};
  job.process_id = 12;
  job.started_at = ContextOf(1).created_at;
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, job));
  EXPECT_EQ(wire::JobToStored(Must(jobs().GetJob(scope_, "train-1"))), wire::JobToStored(job));
  const Status twice = jobs().InsertJob(scope_, MakeJob("TRAIN-1"));
  EXPECT_EQ(twice.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(jobs().GetJob(scope_, "none").error().code(), Code::kNotFound);
}

TEST_P(Jobs, AreUpdatedOnlyFromTheExpectedStatus) {
  domain::Job job = MakeJob("Train");
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, job));
  job.name = "TRAIN";
  job.status = domain::JobStatus::kRunning;
  SLIPWAY_ASSERT_OK(jobs().UpdateJob(scope_, job, domain::JobStatus::kNotStarted));
  const Status late = jobs().UpdateJob(scope_, job, domain::JobStatus::kNotStarted);
  EXPECT_EQ(late.error().code(), Code::kConflict);
  EXPECT_THAT(late.error().message(), HasSubstr("Running"));
  EXPECT_EQ(Must(jobs().GetJob(scope_, "train")).name, "Train");
  EXPECT_EQ(jobs().UpdateJob(scope_, MakeJob("none")).error().code(), Code::kNotFound);
}

TEST_P(Jobs, AreListedNewestFirstByEveryFilter) {
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, MakeJob("pipe")));
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, MakeJob("step", "pipe", "pipe")));
  domain::Job done = MakeJob("done");
  done.status = domain::JobStatus::kCompleted;
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, done));
  domain::Job archived = MakeJob("archived");
  archived.is_archived = true;
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, archived));
  domain::JobFilter top, below, within, unfinished, old, latest;
  top.parent = "";
  below.parent = "PIPE";
  within.root = "pipe";
  unfinished.unfinished_only = true;
  old.view = domain::ListView::kArchivedOnly;
  latest.job_type = "command";
  latest.view = domain::ListView::kAll;
  latest.limit = 2;
  EXPECT_THAT(List({}), ElementsAre("done", "step", "pipe"));
  EXPECT_THAT(List(top), ElementsAre("done", "pipe"));
  EXPECT_THAT(List(below), ElementsAre("step"));
  EXPECT_THAT(List(within), ElementsAre("step", "pipe"));
  EXPECT_THAT(List(unfinished), ElementsAre("step", "pipe"));
  EXPECT_THAT(List(old), ElementsAre("archived"));
  EXPECT_THAT(List(latest), ElementsAre("archived", "done"));
  SLIPWAY_ASSERT_OK(jobs().DeleteJob(scope_, "PIPE"));
  EXPECT_THAT(List({}), ElementsAre("done"));
}

TEST_P(Jobs, AreReusedOnceTheyCompleted) {
  domain::Job job = MakeJob("a");
  SLIPWAY_ASSERT_OK(jobs().InsertJob(scope_, job));
  EXPECT_FALSE(Must(jobs().FindReusable(scope_, job.reuse_key)).has_value());
  job.status = domain::JobStatus::kCompleted;
  SLIPWAY_ASSERT_OK(jobs().UpdateJob(scope_, job));
  EXPECT_EQ(Must(jobs().FindReusable(scope_, job.reuse_key))->name, "a");
  EXPECT_FALSE(Must(jobs().FindReusable(scope_, "")).has_value());
}

}  // namespace
}  // namespace slipway::store
