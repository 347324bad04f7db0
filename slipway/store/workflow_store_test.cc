#include "slipway/domain/workflow_store.h"

#include "slipway/store/store_fixture.h"

namespace slipway::store {
namespace {

using domain::WorkflowConclusion;
using domain::WorkflowRun;
using domain::WorkflowStatus;

class Workflows : public AnyStore {};

WorkflowRun NewRun(const std::string& path) {
  WorkflowRun run;
  run.workflow = "Build";
  run.workflow_path = path;
  run.created_at = Timestamp(std::chrono::hours(1));
  domain::WorkflowJobRun job;
  job.key = "a#1";
  job.job_id = "a";
  job.matrix = R"({"n":1})";
  job.outputs = {{"x-y", "1"}};
  job.steps.push_back({1, "Run x", WorkflowStatus::kCompleted, WorkflowConclusion::kFailure,
                       WorkflowConclusion::kSuccess, std::nullopt, std::nullopt});
  run.jobs.push_back(job);
  run.files = {{path, "on: push\n"}};
  return run;
}

TEST_P(Workflows, CountRunsOfEachWorkflow) {
  EXPECT_EQ(Must(store_->workflows().InsertRun(scope_, NewRun("a.yml"), "")).number, 1);
  EXPECT_EQ(Must(store_->workflows().InsertRun(scope_, NewRun("b.yml"), "")).number, 1);
  const WorkflowRun third = Must(store_->workflows().InsertRun(scope_, NewRun("a.yml"), ""));
  EXPECT_EQ(third.number, 2);
  EXPECT_EQ(third.id, 3);
}

TEST_P(Workflows, StartOncePerCause) {
  SLIPWAY_ASSERT_OK(store_->workflows().InsertRun(scope_, NewRun("a.yml"), "alert 7"));
  const auto again = store_->workflows().InsertRun(scope_, NewRun("a.yml"), "alert 7");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(Must(store_->workflows().ListRuns(scope_, {})).size(), 1u);
}

TEST_P(Workflows, ComeBackWhole) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "forgets";
  WorkflowRun run = Must(store_->workflows().InsertRun(scope_, NewRun("a.yml"), ""));
  run.status = WorkflowStatus::kCompleted;
  run.conclusion = WorkflowConclusion::kFailure;
  run.reviews.push_back({"Production", "approved", "alice", "fine", run.created_at, 1, {"a#1"}});
  SLIPWAY_ASSERT_OK(store_->workflows().UpdateRun(scope_, run));
  Reopen();
  const WorkflowRun read = Must(store_->workflows().GetRun(scope_, run.id));
  EXPECT_EQ(read.conclusion, WorkflowConclusion::kFailure);
  ASSERT_EQ(read.jobs.size(), 1u);
  EXPECT_EQ(read.jobs[0].matrix, R"({"n":1})");
  EXPECT_EQ(read.jobs[0].outputs.at("x-y"), "1");
  EXPECT_EQ(read.jobs[0].steps.at(0).outcome, WorkflowConclusion::kFailure);
  EXPECT_EQ(read.reviews.at(0).by, "alice");
  EXPECT_EQ(read.files.at("a.yml"), "on: push\n");
  domain::WorkflowRunFilter unfinished;
  unfinished.unfinished_only = true;
  EXPECT_TRUE(Must(store_->workflows().ListRuns(scope_, unfinished)).empty());
  domain::Scope other = scope_;
  other.workspace = "other";
  EXPECT_EQ(store_->workflows().GetRun(other, run.id).error().code(), Code::kNotFound);
}

TEST_P(Workflows, KeepGatesAndRepositories) {
  domain::EnvironmentGate gate;
  gate.name = "Production";
  gate.reviewers = {"alice", "bob"};
  gate.wait_minutes = 5;
  gate.secrets = {{"KEY", "v1:abc"}};
  gate.variables = {{"camelCase_and_UPPER", "x"}};
  SLIPWAY_ASSERT_OK(store_->workflows().PutGate(scope_, gate));
  const auto read = Must(store_->workflows().GetGate(scope_, "PRODUCTION"));
  EXPECT_EQ(read.reviewers, gate.reviewers);
  EXPECT_EQ(read.secrets, gate.secrets);
  EXPECT_EQ(read.variables, gate.variables);
  domain::WorkflowRepository repository{
      "/srv/repo", "main", {{"a.yml|* * * * *|", Timestamp(std::chrono::hours(2))}}, {}};
  SLIPWAY_ASSERT_OK(store_->workflows().PutRepository(scope_, repository));
  EXPECT_EQ(Must(store_->workflows().ListRepositories(scope_)).at(0).next_firings, repository.next_firings);
}

SLIPWAY_OVER_ALL_DATABASES(Workflows);

}  // namespace
}  // namespace slipway::store
