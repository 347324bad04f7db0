#include "slipway/workflows/plan/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/text.h"
#include "slipway/workflows/plan/contexts.h"

namespace slipway::workflows {
namespace {

using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Runs in memory, whose jobs start and end when the test says so; applies actions as the service does.
class World {
 public:
  World() { snapshot_.room = 100; }

  WorkflowRun& Add(const std::string& text, const std::string& group = "", bool cancels = false) {
    const auto document = spec::ParseDocument(text, "w.yml", {});
    EXPECT_TRUE(document) << document.error().ToString();
    auto workflow = spec::workflow::ReadWorkflow(*document, "w.yml");
    EXPECT_TRUE(workflow) << workflow.error().ToString();
    auto entry = std::make_unique<Entry>();
    entry->files["w.yml"] = std::make_shared<const spec::workflow::Workflow>(std::move(*workflow));
    entry->run.id = static_cast<int64_t>(entries_.size()) + 1;
    entry->run.ref = "refs/heads/main";
    entry->run.workflow_path = "w.yml";
    entry->run.concurrency_group = group;
    entry->run.cancels_in_progress = cancels;
    entry->run.jobs = FirstJobs(*entry->files["w.yml"], "", "");
    entries_.push_back(std::move(entry));
    return entries_.back()->run;
  }

  void Settle() {
    for (int round = 0; round < 1000; ++round) {
      const auto actions = Plan(View(), now);
      if (actions.empty()) return;
      for (const Action& action : actions) std::visit([&](const auto& each) { Apply(each); }, action);
    }
    FAIL() << "the plan never comes to an end";
  }

  void End(WorkflowRun& run, const std::string& key, WorkflowConclusion conclusion) {
    WorkflowJobRun* job = run.FindJob(key);
    ASSERT_TRUE(job && job->status == WorkflowStatus::kInProgress) << key;
    job->status = WorkflowStatus::kCompleted;
    job->conclusion = conclusion;
    job->completed_at = now;
    Settle();
  }

  std::optional<Timestamp> Deadline() { return NextDeadline(View(), now); }

  domain::EnvironmentGate& Gate(const std::string& name) {
    auto& gate = snapshot_.gates[ToLower(name)];
    gate.name = name;
    return gate;
  }

  size_t& room() { return snapshot_.room; }
  Timestamp now{std::chrono::hours(24 * 365 * 30)};

 private:
  struct Entry {
    WorkflowRun run;
    Files files;
  };

  Snapshot View() {
    snapshot_.runs.clear();
    for (const auto& entry : entries_)
      if (entry->run.status != WorkflowStatus::kCompleted) snapshot_.runs.push_back({&entry->run, &entry->files});
    return snapshot_;
  }
  WorkflowRun& RunOf(int64_t id) { return entries_[static_cast<size_t>(id) - 1]->run; }

  void Apply(const Expand& action) {
    auto& jobs = RunOf(action.run).jobs;
    const auto at = std::find_if(jobs.begin(), jobs.end(), [&](const auto& job) { return job.key == action.key; });
    jobs.insert(jobs.erase(at), action.jobs.begin(), action.jobs.end());
  }
  void Apply(const MoveJob& action) {
    WorkflowJobRun& job = *RunOf(action.run).FindJob(action.key);
    job.status = action.status;
    job.reason = action.reason;
    if (action.status == WorkflowStatus::kWaiting) job.waiting_since = now;
    if (action.status == WorkflowStatus::kPending || action.status == WorkflowStatus::kQueued)
      job.queued_at = job.queued_at.value_or(now);
  }
  void Apply(const FinishJob& action) {
    WorkflowJobRun& job = *RunOf(action.run).FindJob(action.key);
    job.status = WorkflowStatus::kCompleted;
    job.conclusion = action.conclusion;
    job.reason = action.reason;
    job.completed_at = now;
  }
  void Apply(const StartJob& action) {
    WorkflowJobRun& job = *RunOf(action.run).FindJob(action.key);
    EXPECT_NE(job.status, WorkflowStatus::kInProgress) << "started twice";
    job.status = WorkflowStatus::kInProgress;
    job.started_at = now;
  }
  void Apply(const StopJob& action) {
    WorkflowJobRun& job = *RunOf(action.run).FindJob(action.key);
    job.is_stopping = true;
    job.reason = action.reason;
  }
  void Apply(const MoveRun& action) { RunOf(action.run).status = action.status; }
  void Apply(const CancelRun& action) {
    RunOf(action.run).is_cancelled = true;
    RunOf(action.run).reason = action.reason;
  }
  void Apply(const FinishRun& action) {
    RunOf(action.run).status = WorkflowStatus::kCompleted;
    RunOf(action.run).conclusion = action.conclusion;
  }

  std::vector<std::unique_ptr<Entry>> entries_;
  Snapshot snapshot_;
};

std::string Job(const std::string& id, const std::string& more = "") {
  return "  " + id + ": {runs-on: x, steps: [{run: 'true'}]" + (more.empty() ? "" : ", " + more) + "}\n";
}
std::string File(const std::string& jobs) {
  return "on: push\njobs:\n" + jobs;
}

std::string StateOf(const WorkflowRun& run, const std::string& key) {
  const WorkflowJobRun* job = run.FindJob(key);
  if (!job) return "none";
  return std::string(job->status == WorkflowStatus::kCompleted ? domain::WorkflowConclusionName(job->conclusion)
                                                               : domain::WorkflowStatusName(job->status));
}

TEST(Planner, StartsJobsWhenTheirNeedsHaveEnded) {
  World world;
  WorkflowRun& run = world.Add(File(Job("a") + Job("b", "needs: a") + Job("c")));
  world.Settle();
  EXPECT_EQ(StateOf(run, "a"), "in_progress");
  EXPECT_EQ(StateOf(run, "b"), "pending");
  EXPECT_EQ(StateOf(run, "c"), "in_progress");
  world.End(run, "a", WorkflowConclusion::kSuccess);
  EXPECT_EQ(StateOf(run, "b"), "in_progress");
  world.End(run, "b", WorkflowConclusion::kSuccess);
  world.End(run, "c", WorkflowConclusion::kSuccess);
  EXPECT_EQ(run.conclusion, WorkflowConclusion::kSuccess);
}

TEST(Planner, KeepsToItsRoom) {
  World world;
  world.room() = 2;
  WorkflowRun& run = world.Add(File(Job("a") + Job("b") + Job("c")));
  world.Settle();
  EXPECT_EQ(StateOf(run, "c"), "queued");
  world.End(run, "b", WorkflowConclusion::kSuccess);
  EXPECT_EQ(StateOf(run, "c"), "in_progress");
}

TEST(Planner, SkipsWhatNeedsAFailure) {
  World world;
  WorkflowRun& run =
      world.Add(File(Job("a") + Job("b", "needs: a") + Job("c", "needs: b") + Job("d", "needs: b, if: failure()")));
  world.Settle();
  world.End(run, "a", WorkflowConclusion::kFailure);
  EXPECT_EQ(StateOf(run, "b"), "skipped");
  EXPECT_EQ(StateOf(run, "c"), "skipped");
  EXPECT_EQ(StateOf(run, "d"), "in_progress") << "failure() sees all ancestors";
  world.End(run, "d", WorkflowConclusion::kSuccess);
  EXPECT_EQ(run.conclusion, WorkflowConclusion::kFailure);
}

TEST(Planner, FailsAJobWhoseConditionCannotBeEvaluated) {
  World world;
  WorkflowRun& run = world.Add(File(Job("a", "if: fromJSON('x')")));
  world.Settle();
  EXPECT_EQ(StateOf(run, "a"), "failure");
  EXPECT_THAT(run.FindJob("a")->reason, HasSubstr("w.yml:3"));
}

TEST(Planner, WaitsForReviewersAndTimers) {
  World world;
  auto& gate = world.Gate("Production");
  gate.reviewers = {"alice"};
  gate.wait_minutes = 5;
  WorkflowRun& run = world.Add(File(Job("a", "environment: production")));
  world.Settle();
  EXPECT_EQ(StateOf(run, "a"), "waiting");
  EXPECT_EQ(run.status, WorkflowStatus::kWaiting);
  run.FindJob("a")->review = "approved";
  world.Settle();
  EXPECT_EQ(StateOf(run, "a"), "waiting") << "the timer still runs";
  EXPECT_EQ(world.Deadline(), world.now + std::chrono::minutes(5));
  world.now += std::chrono::minutes(5);
  world.Settle();
  EXPECT_EQ(StateOf(run, "a"), "in_progress");
}

TEST(Planner, FailsWhatIsRejectedOrNeverReviewed) {
  World world;
  world.Gate("P").reviewers = {"alice"};
  WorkflowRun& one = world.Add(File(Job("a", "environment: P")));
  WorkflowRun& two = world.Add(File(Job("a", "environment: P")));
  world.Settle();
  one.FindJob("a")->review = "rejected";
  world.Settle();
  EXPECT_EQ(StateOf(one, "a"), "failure");
  world.now += std::chrono::hours(24 * 30);
  world.Settle();
  EXPECT_EQ(StateOf(two, "a"), "failure");
  EXPECT_THAT(two.FindJob("a")->reason, HasSubstr("30 days"));
}

TEST(Planner, KeepsOnePendingRunOfAGroup) {
  World world;
  WorkflowRun& first = world.Add(File(Job("a")), "g");
  world.Settle();
  WorkflowRun& second = world.Add(File(Job("a")), "g");
  world.Settle();
  EXPECT_EQ(second.status, WorkflowStatus::kPending);
  WorkflowRun& third = world.Add(File(Job("a")), "g");
  world.Settle();
  EXPECT_EQ(second.conclusion, WorkflowConclusion::kCancelled);
  EXPECT_EQ(third.status, WorkflowStatus::kPending);
  world.End(first, "a", WorkflowConclusion::kSuccess);
  EXPECT_EQ(StateOf(third, "a"), "in_progress");
}

TEST(Planner, CancelsTheRunningOneOfAGroup) {
  World world;
  WorkflowRun& first = world.Add(File(Job("a")), "g");
  world.Settle();
  WorkflowRun& second = world.Add(File(Job("a")), "g", /*cancels=*/true);
  world.Settle();
  EXPECT_TRUE(first.FindJob("a")->is_stopping);
  EXPECT_EQ(second.status, WorkflowStatus::kPending) << "until the first has ended";
  world.End(first, "a", WorkflowConclusion::kCancelled);
  EXPECT_EQ(first.conclusion, WorkflowConclusion::kCancelled);
  EXPECT_EQ(StateOf(second, "a"), "in_progress");
}

TEST(Planner, CancelsARunButForWhatAlwaysRuns) {
  World world;
  WorkflowRun& run = world.Add(
      File(Job("a") + Job("b", "if: always()") + Job("c", "needs: a") + Job("d", "needs: a, if: cancelled()")));
  world.Settle();
  run.is_cancelled = true;
  run.reason = "cancelled by me";
  world.Settle();
  EXPECT_TRUE(run.FindJob("a")->is_stopping);
  EXPECT_FALSE(run.FindJob("b")->is_stopping);
  world.End(run, "a", WorkflowConclusion::kCancelled);
  EXPECT_EQ(StateOf(run, "c"), "cancelled");
  EXPECT_EQ(StateOf(run, "d"), "in_progress");
  world.End(run, "d", WorkflowConclusion::kSuccess);
  world.End(run, "b", WorkflowConclusion::kSuccess);
  EXPECT_EQ(run.conclusion, WorkflowConclusion::kCancelled);
}

TEST(Planner, EndsTheSiblingsOfAFailedCombination) {
  World world;
  WorkflowRun& run = world.Add(File(Job("a", "strategy: {max-parallel: 2, matrix: {n: [1, 2, 3]}}")));
  world.Settle();
  EXPECT_EQ(StateOf(run, "a#3"), "queued");
  world.End(run, "a#1", WorkflowConclusion::kFailure);
  EXPECT_TRUE(run.FindJob("a#2")->is_stopping);
  EXPECT_EQ(StateOf(run, "a#3"), "cancelled");
}

TEST(Planner, EndsAProcessThatDoesNotKeepToItsTimeout) {
  World world;
  WorkflowRun& run = world.Add(File(Job("a", "timeout-minutes: 10")));
  world.Settle();
  EXPECT_EQ(world.Deadline(), world.now + std::chrono::minutes(20));
  world.now += std::chrono::minutes(20);
  world.Settle();
  EXPECT_TRUE(run.FindJob("a")->is_stopping);
}

}  // namespace
}  // namespace slipway::workflows
