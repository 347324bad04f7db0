#include "slipway/monitor/alert_service.h"
#include "slipway/base/file.h"
#include "slipway/domain/testing/fake_submitter.h"
#include "slipway/domain/testing/memory_audit_log.h"
#include "slipway/domain/testing/memory_schedule_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/monitor/testing/fake_logs.h"
#include "slipway/monitor/testing/fake_messenger.h"

#include <gtest/gtest.h>

#include <semaphore>

namespace slipway::monitor {
namespace {

using domain::AlertEvent;
using domain::AlertRule;
using domain::testing::FakeSubmitter;
using domain::testing::MemoryActionGroupStore;
using domain::testing::MemoryAuditLog;
using domain::testing::MemoryScheduleStore;
using domain::testing::MemoryWorkspaceStore;
using testing::FakeLogs;
using testing::FakeMessenger;

constexpr const char* kJobAtTen = "drift-20260304T100000Z";

class AlertServiceTest : public ::testing::Test {
 protected:
  static Timestamp At(std::string_view text) { return *ParseTimestamp(text); }

  Dependencies All() {
    return {alerts_,
            groups_,
            workspaces_,
            jobs_.jobs,
            jobs_,
            logs_,
            messenger_,
            clock_,
            [this](const domain::Scope&, const WorkflowRequest& request) {
              workflows_.push_back(request.run_name);
              return Result<std::string>(request.run_name);
            },
            {},
            &audit_};
  }
  void Restart() {
    service_.reset();
    service_ = std::make_unique<AlertService>(Options{}, All());
  }

  // Fires on more than 2 rows, every 5 minutes.
  static AlertRule Drift() {
    AlertRule rule;
    rule.name = "drift";
    rule.conditions[0].query = "traces";
    rule.conditions[0].threshold = 2;
    rule.window_size_seconds = 600;
    rule.create_job = domain::JobSpec{};
    return rule;
  }
  AlertRule Put(const AlertRule& rule) {
    auto put = service_->Put(scope_, rule);
    EXPECT_TRUE(put) << put.error().ToString();
    return put ? *put : AlertRule{};
  }
  std::optional<Timestamp> TickAt(std::string_view time, size_t rows) {
    logs_.rows = rows;
    clock_.Set(At(time));
    return service_->Tick(clock_.Now());
  }
  AlertRule Stored() { return *alerts_.GetAlertRule(scope_, "drift"); }
  std::vector<AlertEvent> Events() { return *alerts_.ListAlertEvents(scope_, "drift", 100); }

  domain::Scope scope_;
  ManualClock clock_{At("2026-03-04T09:00:00Z")};
  MemoryScheduleStore alerts_;
  MemoryActionGroupStore groups_;
  MemoryWorkspaceStore workspaces_{MemoryWorkspaceStore::Default("the-id")};
  FakeSubmitter jobs_;
  FakeLogs logs_;
  FakeMessenger messenger_;
  MemoryAuditLog audit_;
  std::vector<std::string> workflows_;
  std::unique_ptr<AlertService> service_ = std::make_unique<AlertService>(Options{}, All());
};

TEST_F(AlertServiceTest, EvaluatesTheWindowThatEndsNowAtTheRulesFrequency) {
  Put(Drift());
  EXPECT_EQ(TickAt("2026-03-04T10:00:00Z", 0), At("2026-03-04T10:05:00Z"));
  EXPECT_EQ(logs_.last_range.begin, At("2026-03-04T09:50:00Z"));
  EXPECT_EQ(logs_.last_range.end, At("2026-03-04T10:00:00Z"));
  EXPECT_EQ(logs_.last_workspace, "the-id");
  const int queries = logs_.queries;
  EXPECT_EQ(TickAt("2026-03-04T10:04:59Z", 9), At("2026-03-04T10:05:00Z"));
  EXPECT_EQ(logs_.queries, queries);
  EXPECT_EQ(Stored().last_evaluated_at, At("2026-03-04T10:00:00Z"));
}

TEST_F(AlertServiceTest, FiresOnceStartsTheJobAndResolves) {
  Put(Drift());
  TickAt("2026-03-04T10:00:00Z", 3);
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].job, kJobAtTen);
  EXPECT_EQ(Events()[0].error, "");
  EXPECT_EQ(Events()[0].value, 3);
  EXPECT_EQ(Events()[0].threshold, 2);
  EXPECT_EQ(jobs_.names(), (std::vector<std::string>{kJobAtTen}));
  EXPECT_EQ(jobs_.specs()[0].experiment_name, "drift");
  EXPECT_TRUE(Stored().is_fired);

  TickAt("2026-03-04T10:05:00Z", 4);
  EXPECT_EQ(Events().size(), 1u);
  TickAt("2026-03-04T10:10:00Z", 2);
  EXPECT_EQ(Events()[0].resolved_at, At("2026-03-04T10:10:00Z"));
  EXPECT_FALSE(Stored().is_fired);
  jobs_.Finish(kJobAtTen);
  TickAt("2026-03-04T10:15:00Z", 3);
  EXPECT_EQ(Events().size(), 2u);
  EXPECT_EQ(jobs_.names().size(), 2u);
}

TEST_F(AlertServiceTest, ARuleWithoutJobOnlyTells) {
  AlertRule rule = Drift();
  rule.create_job.reset();
  Put(rule);
  TickAt("2026-03-04T10:00:00Z", 3);
  EXPECT_EQ(Events()[0].job, "");
  EXPECT_EQ(Events()[0].error, "");
}

TEST_F(AlertServiceTest, WhileTheJobOfAnEarlierAlertRunsNoSecondOneStarts) {
  AlertRule rule = Drift();
  rule.auto_mitigate = false;
  Put(rule);
  TickAt("2026-03-04T10:00:00Z", 3);
  TickAt("2026-03-04T10:05:00Z", 3);
  ASSERT_EQ(Events().size(), 2u);
  EXPECT_EQ(Events()[0].job, "");
  EXPECT_EQ(Events()[0].error,
            "the job 'drift-20260304T100000Z' that an earlier alert started still runs: no second one was started");
  jobs_.Finish(kJobAtTen);
  TickAt("2026-03-04T10:10:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 2u);
  EXPECT_TRUE(Stored().is_fired);
  EXPECT_EQ(audit_.Actions(), (std::vector<std::string>{"alert.start-job", "alert.hold-back", "alert.start-job"}));
  const domain::AuditEntry held = audit_.List({})->at(1);
  EXPECT_EQ(held.actor, "alert:drift");
  EXPECT_EQ(held.subject, "drift-20260304T100500Z");
  EXPECT_EQ(held.reason, Events()[1].error);
  EXPECT_EQ(held.evidence.at("value"), "3");
  EXPECT_EQ(held.evidence.at("threshold"), "2");
}

TEST_F(AlertServiceTest, AMutedRuleStaysSilent) {
  AlertRule rule = Drift();
  rule.auto_mitigate = false;
  rule.mute_seconds = 600;
  Put(rule);
  TickAt("2026-03-04T10:00:00Z", 3);
  jobs_.Finish(kJobAtTen);
  TickAt("2026-03-04T10:05:00Z", 3);
  EXPECT_EQ(Events().size(), 1u);
  TickAt("2026-03-04T10:10:00Z", 3);
  EXPECT_EQ(Events().size(), 2u);
}

TEST_F(AlertServiceTest, AQueryThatFailsIsSaidByTheRule) {
  Put(Drift());
  logs_.failure = InvalidArgument("SEM0100: no column");
  EXPECT_EQ(TickAt("2026-03-04T10:00:00Z", 3), At("2026-03-04T10:05:00Z"));
  EXPECT_EQ(Stored().last_error, "SEM0100: no column");
  EXPECT_TRUE(Events().empty());
  logs_.failure.reset();
  TickAt("2026-03-04T10:05:00Z", 0);
  EXPECT_EQ(Stored().last_error, "");
}

TEST_F(AlertServiceTest, AJobThatCannotRunIsSaidByTheEvent) {
  Put(Drift());
  jobs_.failure = NotFound("there is no compute 'cpu'");
  TickAt("2026-03-04T10:00:00Z", 3);
  EXPECT_EQ(Events()[0].error, "there is no compute 'cpu'");
  EXPECT_EQ(Events()[0].job, "");
  EXPECT_EQ(audit_.Actions(), std::vector<std::string>{"alert.start-failed"});
}

TEST_F(AlertServiceTest, AJobThatCannotBeSubmittedNowIsSubmittedLater) {
  Put(Drift());
  jobs_.failure = Unavailable("the runner starts");
  TickAt("2026-03-04T10:00:00Z", 3);
  EXPECT_EQ(Events()[0].error, "the job has not been started yet");
  jobs_.failure.reset();
  TickAt("2026-03-04T10:00:30Z", 3);
  EXPECT_EQ(jobs_.names(), (std::vector<std::string>{kJobAtTen}));
  EXPECT_EQ(Events()[0].error, "");
  EXPECT_EQ(Events().size(), 1u);
}

// A crash at each write of a firing: what was written stays, nothing after it happens, and the next start goes on.
TEST_F(AlertServiceTest, ACrashAnywhereNeitherLosesNorDoublesAFiring) {
  for (int writes = 0; writes < 4; ++writes) {
    SCOPED_TRACE(writes);
    alerts_.Clear();
    jobs_.Clear();
    Restart();
    clock_.Set(At("2026-03-04T09:00:00Z"));
    Put(Drift());
    alerts_.writes.left = writes;
    TickAt("2026-03-04T10:00:00Z", 3);
    alerts_.writes.left.reset();
    Restart();
    TickAt("2026-03-04T10:01:00Z", 3);
    TickAt("2026-03-04T10:06:00Z", 3);
    EXPECT_EQ(Events().size(), 1u);
    EXPECT_EQ(jobs_.names().size(), 1u);
    EXPECT_EQ(Events()[0].job, jobs_.names()[0]);
    EXPECT_EQ(Events()[0].error, "");
    EXPECT_TRUE(Stored().is_fired);
  }
}

TEST_F(AlertServiceTest, ReplacingARuleKeepsItsState) {
  const AlertRule first = Put(Drift());
  TickAt("2026-03-04T10:00:00Z", 3);
  AlertRule again = Drift();
  again.description = "more";
  again.is_fired = false;
  const AlertRule put = Put(again);
  EXPECT_TRUE(put.is_fired);
  EXPECT_EQ(put.last_evaluated_at, At("2026-03-04T10:00:00Z"));
  EXPECT_EQ(put.context.created_at, first.context.created_at);
  TickAt("2026-03-04T10:05:00Z", 3);
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(AlertServiceTest, ARuleReplacedWhileItsQueryRunsIsLookedAtAgain) {
  Put(Drift());
  clock_.Set(At("2026-03-04T10:00:00Z"));
  logs_.rows = 3;
  bool replaced = false;
  logs_.on_query = [&] {
    if (std::exchange(replaced, true)) return;
    AlertRule other = Drift();
    other.conditions[0].threshold = 100;
    Put(other);
  };
  EXPECT_EQ(service_->Tick(clock_.Now()), clock_.Now());
  EXPECT_TRUE(Events().empty());
  EXPECT_EQ(service_->Tick(clock_.Now()), At("2026-03-04T10:05:00Z"));
  EXPECT_TRUE(Events().empty());
}

TEST_F(AlertServiceTest, BadRulesAreRefusedWhenTheyAreMade) {
  AlertRule rule = Drift();
  rule.name = "a b";
  EXPECT_EQ(service_->Put(scope_, rule).error().code(), Code::kInvalidArgument);
  rule = Drift();
  rule.conditions[0].time_aggregation = "Average";
  EXPECT_EQ(service_->Put(scope_, rule).error().message(),
            "the aggregation Average needs the name of a measure column");
  rule = Drift();
  rule.window_size_seconds = 0;
  EXPECT_FALSE(service_->Put(scope_, rule));
  logs_.failure = InvalidArgument("SYN0002: what is this");
  EXPECT_EQ(service_->Put(scope_, Drift()).error().ToString(), "query: SYN0002: what is this");
  EXPECT_FALSE(alerts_.GetAlertRule(scope_, "drift"));
}

TEST_F(AlertServiceTest, DisabledAndDeletedRulesAreSilent) {
  AlertRule rule = Drift();
  rule.is_enabled = false;
  Put(rule);
  EXPECT_EQ(TickAt("2026-03-04T10:00:00Z", 3), std::nullopt);
  rule.is_enabled = true;
  Put(rule);
  TickAt("2026-03-04T10:05:00Z", 3);
  ASSERT_TRUE(service_->Delete(scope_, "drift"));
  EXPECT_EQ(Events()[0].resolved_at, clock_.Now());
  EXPECT_EQ(service_->Delete(scope_, "drift").error().code(), Code::kNotFound);
  EXPECT_EQ(TickAt("2026-03-04T10:10:00Z", 3), std::nullopt);
}

TEST_F(AlertServiceTest, TheThreadEvaluatesANewRuleAtOnce) {
  std::binary_semaphore evaluated(0);
  jobs_.on_submit = [&] { evaluated.release(); };
  logs_.rows = 3;
  service_->Start();
  Put(Drift());
  evaluated.acquire();
  service_->Stop();
  EXPECT_EQ(Events().size(), 1u);
}

// The real log store: only rows of the window and the workspace count.
TEST(AlertServiceOverLogs, RowsOutsideTheWindowOrTheWorkspaceDoNotCount) {
  auto root = TemporaryDirectory::Make();
  ASSERT_TRUE(root);
  ManualClock clock(*ParseTimestamp("2026-03-04T10:00:00Z"));
  auto logs = logstore::LogStore::Open(root->path() / "logs", root->path() / "spool", clock);
  ASSERT_TRUE(logs) << logs.error().ToString();
  MemoryScheduleStore alerts;
  MemoryWorkspaceStore workspaces{MemoryWorkspaceStore::Default("the-id")};
  FakeSubmitter jobs;
  FakeMessenger messenger;
  MemoryActionGroupStore groups;
  AlertService service({}, {alerts, groups, workspaces, jobs.jobs, jobs, **logs, messenger, clock});
  AlertRule rule;
  rule.name = "errors";
  rule.conditions[0].query =
      "AppTraces | where Message has 'drift' | extend n = toint(extract('n=([0-9]+)', 1, Message))";
  rule.conditions[0].time_aggregation = "Maximum";
  rule.conditions[0].metric_measure_column = "n";
  rule.conditions[0].threshold = 5;
  ASSERT_TRUE(service.Put({}, rule));
  const auto row = [](const char* time, const char* message, const char* workspace = "the-id") {
    return std::string(R"({"TimeGenerated":")") + time + R"(","Message":")" + message + R"(","TenantId":")" +
           workspace + "\"}";
  };
  ASSERT_TRUE((*logs)->Ingest(
      "AppTraces", {row("2026-03-04T09:54:59Z", "drift n=9"), row("2026-03-04T09:57:00Z", "drift n=4"),
                    row("2026-03-04T09:58:00Z", "drift n=9", "another"), row("2026-03-04T10:00:00Z", "drift n=8")}));
  service.Tick(clock.Now());
  EXPECT_EQ(alerts.GetAlertRule({}, "errors")->last_error, "");
  EXPECT_TRUE(alerts.ListAlertEvents({}, "errors", 9)->empty());
  clock.Advance(std::chrono::minutes(5));
  service.Tick(clock.Now());
  EXPECT_EQ(alerts.GetAlertRule({}, "errors")->last_error, "");
  ASSERT_EQ(alerts.ListAlertEvents({}, "errors", 9)->size(), 1u);
  EXPECT_EQ(alerts.ListAlertEvents({}, "errors", 9)->at(0).value, 8);
  rule.conditions[0].query = "AppTraces | where Mesage has 'drift'";
  EXPECT_NE(service.Put({}, rule).error().ToString().find("did you mean 'Message'?"), std::string::npos);
}

}  // namespace
}  // namespace slipway::monitor
