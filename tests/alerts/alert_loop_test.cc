// From drifted requests in the log tables to a training pipeline that has run: the alert service over a real log store
// and a real metadata store, jobs as real processes, and a clock that the test moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/domain/testing/runnable_workspace.h"
#include "slipway/environments/environments.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/monitor/testing/fake_messenger.h"
#include "slipway/process/supervisor.h"
#include "slipway/runner/runner.h"
#include "slipway/store/metadata_store.h"

namespace slipway {
namespace {

using namespace domain;
using std::chrono::minutes;

constexpr const char* kWorkspaceId = "the-id";
constexpr int kNormalLimit = 160'000, kDriftedLimit = 420'000;

class AlertLoop : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::Make();
    ASSERT_TRUE(made);
    home_.emplace(std::move(*made));
    ASSERT_TRUE(domain::testing::MakeRunnable(workspaces_, assets_, scope_, home_->path() / "store"));
    ActionGroup group;
    group.name = "ops";
    group.receivers = {{"hook", WebhookReceiver{"http://127.0.0.1:9/hook", "", true}},
                       {"build", WorkflowReceiver{"build.yml", {}}}};
    StartServer();
    ASSERT_TRUE(alerts_->PutGroup(scope_, group));
  }
  void TearDown() override { StopServer(); }

  void StartServer() {
    auto supervisor = process::Supervisor::Start();
    ASSERT_TRUE(supervisor);
    supervisor_ = std::move(*supervisor);
    auto logs = logstore::LogStore::Open(home_->path() / "logs", home_->path() / "spool", clock_);
    ASSERT_TRUE(logs) << logs.error().ToString();
    logs_ = std::move(*logs);
    auto metadata = store::MetadataStore::Open("sqlite://" + (home_->path() / "slipway.db").string());
    ASSERT_TRUE(metadata) << metadata.error().ToString();
    metadata_ = std::move(*metadata);
    environments::Options options;
    options.cache_folder = home_->path() / "cache";
    options.variables = environments::PassedOnVariables();
    environments_.emplace(options, *supervisor_);
    runner::Options runner_options;
    runner_options.runs_folder = home_->path() / "runs";
    runner_options.server.control_url = "http://127.0.0.1:1";
    runner_ = std::make_unique<runner::Runner>(
        runner_options,
        runner::Dependencies{
            workspaces_, assets_, metadata_->jobs(), metadata_->runs(), *environments_, *supervisor_, clock_, {}});
    ASSERT_TRUE(runner_->Start());
    alerts_ = std::make_unique<monitor::AlertService>(
        monitor::Options{}, monitor::Dependencies{metadata_->schedules(), metadata_->action_groups(), workspaces_,
                                                  metadata_->jobs(), *runner_, *logs_, messenger_, clock_,
                                                  [this](const Scope&, const monitor::WorkflowRequest& request) {
                                                    workflows_.push_back(request.run_name);
                                                    return Result<std::string>(request.run_name);
                                                  }});
  }
  void StopServer() {
    alerts_.reset();
    runner_.reset();
    environments_.reset();
    metadata_.reset();
    logs_.reset();
    supervisor_.reset();
  }

  // Retrains in two steps, each of which leaves a line behind.
  JobSpec Retraining() const {
    PipelineSpec pipeline;
    pipeline.settings.force_rerun = true;
    for (const char* name : {"prepare", "train"}) {
      PipelineStep step;
      step.component.command = fmt::format("echo {} >> {}", name, Effects().string());
      step.component.environment = "azureml:env:1";
      step.compute = "cpu-cluster";
      pipeline.jobs[name] = step;
    }
    JobSpec job;
    job.body = pipeline;
    return job;
  }
  AlertRule Drift() const {
    AlertRule rule;
    rule.name = "drift";
    rule.conditions[0].query =
        "AmlOnlineEndpointConsoleLog | where Message has 'InputData'"
        " | extend row = parse_json(tostring(split(Message, '|')[-1]))"
        " | project DeploymentName, credit_limit = todouble(row.credit_limit)";
    rule.conditions[0].time_aggregation = "Average";
    rule.conditions[0].metric_measure_column = "credit_limit";
    rule.conditions[0].dimensions = {{"DeploymentName", false, {"*"}}};
    rule.conditions[0].threshold = 300'000;
    rule.evaluation_frequency_seconds = 60;
    rule.window_size_seconds = 300;
    rule.create_job = Retraining();
    rule.action_groups = {"ops"};
    return rule;
  }

  std::filesystem::path Effects() const { return home_->path() / "effects"; }
  std::vector<std::string> EffectLines() const {
    std::ifstream file(Effects());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // A minute of requests to a deployment, then what the server does at its end.
  void Minute(int blue_limit) {
    std::vector<std::string> rows;
    for (int i = 0; i < 20; ++i) {
      rows.push_back(Request("blue", blue_limit + 1000 * i, i));
      rows.push_back(Request("green", kNormalLimit + 1000 * i, i));
    }
    ASSERT_TRUE(logs_->Ingest("AmlOnlineEndpointConsoleLog", rows));
    clock_.Advance(minutes(1));
    alerts_->Tick(clock_.Now());
    alerts_->Deliver(clock_.Now());
  }
  std::string Request(const char* deployment, int limit, int second) const {
    return fmt::format(
        R"({{"TimeGenerated":"{}","TenantId":"{}","DeploymentName":"{}","Message":"online/credit/1|InputData|)"
        R"({{\"credit_limit\": {}}}"}})",
        FormatTimestamp(clock_.Now() + std::chrono::seconds(second)), kWorkspaceId, deployment, limit);
  }
  std::vector<AlertEvent> Events() { return *metadata_->schedules().ListAlertEvents(scope_, "drift", 100); }

  Scope scope_;
  ManualClock clock_{*ParseTimestamp("2026-03-04T10:00:00Z")};
  std::optional<TemporaryDirectory> home_;
  domain::testing::MemoryWorkspaceStore workspaces_{domain::testing::MemoryWorkspaceStore::Default(kWorkspaceId)};
  domain::testing::MemoryAssetStore assets_;
  monitor::testing::FakeMessenger messenger_;
  std::vector<std::string> workflows_;
  std::unique_ptr<process::Supervisor> supervisor_;
  std::unique_ptr<logstore::LogStore> logs_;
  std::unique_ptr<store::MetadataStore> metadata_;
  std::optional<environments::Environments> environments_;
  std::unique_ptr<runner::Runner> runner_;
  std::unique_ptr<monitor::AlertService> alerts_;
};

TEST_F(AlertLoop, DriftedRequestsRetrainOnceAndNormalOnesResolve) {
  const auto put = alerts_->Put(scope_, Drift());
  ASSERT_TRUE(put) << put.error().ToString();
  for (int i = 0; i < 10; ++i) Minute(kNormalLimit);
  ASSERT_EQ(metadata_->schedules().GetAlertRule(scope_, "drift")->last_error, "");
  EXPECT_TRUE(Events().empty());

  for (int i = 0; i < 6; ++i) Minute(kDriftedLimit);
  ASSERT_EQ(Events().size(), 1u);
  const AlertEvent fired = Events()[0];
  EXPECT_EQ(fired.dimensions, (Tags{{"DeploymentName", "blue"}}));  // green is as ever
  EXPECT_GT(fired.value, 300'000);
  const auto job = runner_->WaitForEnd(scope_, fired.job, std::chrono::seconds(120));
  ASSERT_TRUE(job) << job.error().ToString();
  EXPECT_EQ(job->status, JobStatus::kCompleted);
  EXPECT_EQ(EffectLines(), (std::vector<std::string>{"prepare", "train"}));

  // The server goes and comes while requests are still drifted: nothing starts a second time.
  StopServer();
  StartServer();
  for (int i = 0; i < 6; ++i) Minute(kDriftedLimit);
  EXPECT_EQ(Events().size(), 1u);
  EXPECT_FALSE(Events()[0].resolved_at);

  for (int i = 0; i < 6; ++i) Minute(kNormalLimit);
  ASSERT_EQ(Events().size(), 1u);
  ASSERT_TRUE(Events()[0].resolved_at);
  EXPECT_FALSE(metadata_->schedules().GetAlertRule(scope_, "drift")->is_fired);
  EXPECT_EQ(EffectLines(), (std::vector<std::string>{"prepare", "train"}));
  EXPECT_EQ(workflows_.size(), 1u);
  ASSERT_EQ(messenger_.told().size(), 2u);
  EXPECT_NE(messenger_.told()[0].text.find(R"("monitorCondition":"Fired")"), std::string::npos);
  EXPECT_NE(messenger_.told()[1].text.find(R"("monitorCondition":"Resolved")"), std::string::npos);

  // Drift that comes again is another alert, and another training.
  for (int i = 0; i < 6; ++i) Minute(kDriftedLimit);
  ASSERT_EQ(Events().size(), 2u);
  ASSERT_TRUE(runner_->WaitForEnd(scope_, Events()[0].job, std::chrono::seconds(120)));
  EXPECT_EQ(EffectLines().size(), 4u);
}

}  // namespace
}  // namespace slipway
