#include "slipway/runner/plan/planner.h"

#include <gtest/gtest.h>

#include "slipway/base/text.h"
#include "slipway/runner/plan/outcome.h"

namespace slipway::runner {
namespace {

using namespace domain;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:06:07Z");

Job Command(const std::string& name, const std::string& compute = "cpu") {
  Job job;
  job.name = job.root = name;
  CommandSpec spec;
  spec.command = "true";
  spec.compute = compute;
  job.spec.body = spec;
  job.status = JobStatus::kStarting;
  job.created_at = kStart;
  return job;
}

Snapshot Of(std::vector<Job> jobs) {
  Snapshot snapshot;
  for (Job& job : jobs) snapshot.jobs[job.name] = std::move(job);
  snapshot.default_datastore = "blob";
  snapshot.artifact_root = "azureml://datastores/blob/paths/";
  return snapshot;
}

// "Launch a", "SetStatus b Queued" …
std::vector<std::string> Texts(const std::vector<Action>& actions) {
  struct Text {
    std::string operator()(const CreateJob& a) const { return "Create " + a.job.name; }
    std::string operator()(const Prepare& a) const { return "Prepare " + a.job; }
    std::string operator()(const Launch& a) const { return "Launch " + a.job; }
    std::string operator()(const SetStatus& a) const {
      return "SetStatus " + a.job + " " + std::string(JobStatusName(a.status));
    }
    std::string operator()(const Finish& a) const {
      return "Finish " + a.job + " " + std::string(JobStatusName(a.status));
    }
    std::string operator()(const EndProcess& a) const { return "End " + a.job + (a.timed_out ? " timeout" : ""); }
  };
  std::vector<std::string> texts;
  for (const Action& action : actions) texts.push_back(std::visit(Text{}, action));
  return texts;
}

using Expected = std::vector<std::string>;

TEST(Planner, ACommandIsPreparedThenLaunched) {
  Snapshot snapshot = Of({Command("a")});
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Prepare a"});
  snapshot.activities["a"] = Activity::kPreparing;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
  snapshot.activities["a"] = Activity::kPrepared;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Launch a"});
}

TEST(Planner, TheOldestGetsTheOnlyPlace) {
  Job younger = Command("a");
  younger.created_at += std::chrono::seconds(1);
  Snapshot snapshot = Of({younger, Command("b")});
  snapshot.capacity["cpu"] = 1;
  snapshot.activities = {{"a", Activity::kPrepared}, {"b", Activity::kPrepared}};
  const auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(Texts(actions), (Expected{"Launch b", "SetStatus a Queued"}));
  EXPECT_EQ(std::get<SetStatus>(actions[1]).reason, "waits for compute 'cpu': 1 of 1 instances are busy");
  snapshot.jobs["a"].status = JobStatus::kQueued;
  snapshot.activities["b"] = Activity::kRunning;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
}

TEST(Planner, ATimeoutEndsTheProcessWhenItsTimeHasCome) {
  Job job = Command("a");
  std::get<CommandSpec>(job.spec.body).timeout_seconds = 60;
  job.status = JobStatus::kRunning;
  job.started_at = kStart;
  Snapshot snapshot = Of({job});
  snapshot.activities["a"] = Activity::kRunning;
  ManualClock clock(kStart + std::chrono::seconds(59));
  EXPECT_EQ(Texts(Plan(snapshot, clock.Now())), Expected{});
  EXPECT_EQ(NextDeadline(snapshot), kStart + std::chrono::seconds(60));
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Texts(Plan(snapshot, clock.Now())), Expected{"End a timeout"});
  snapshot.activities["a"] = Activity::kEnding;
  EXPECT_EQ(Texts(Plan(snapshot, clock.Now())), Expected{});
  EXPECT_EQ(NextDeadline(snapshot), std::nullopt);
}

TEST(Planner, ACancelledCommandEndsByWhatItIsDoing) {
  Job job = Command("a");
  job.status = JobStatus::kCancelRequested;
  Snapshot snapshot = Of({job});
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Finish a Canceled"});
  snapshot.activities["a"] = Activity::kRunning;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"End a"});
  for (const Activity waiting : {Activity::kPreparing, Activity::kEnding, Activity::kFinalizing}) {
    snapshot.activities["a"] = waiting;
    EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
  }
}

Job Pipeline(bool continue_on_step_failure) {
  PipelineSpec spec;
  spec.settings.continue_on_step_failure = continue_on_step_failure;
  for (const char* step : {"a", "b", "c"}) {
    spec.jobs[step].component.command = "true";
    spec.jobs[step].outputs["o"] = {};
  }
  spec.jobs["b"].inputs["i"] = Binding{Binding::Kind::kStepOutput, "a", "o"};
  Job job = Command("p");
  job.spec.body = spec;
  return job;
}

Job Step(const std::string& key, JobStatus status) {
  Job job = Command("p_" + key);
  job.parent = job.root = "p";
  job.step = key;
  job.status = status;
  if (key == "b") std::get<CommandSpec>(job.spec.body).inputs["i"] = Binding{Binding::Kind::kStepOutput, "a", "o"};
  return job;
}

TEST(Planner, APipelineMakesItsStepsAndStartsThoseThatWaitForNone) {
  Snapshot snapshot = Of({Pipeline(true)});
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"SetStatus p Running"});
  snapshot.jobs["p"].status = JobStatus::kRunning;
  const auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(Texts(actions), (Expected{"Create p_a", "Create p_b", "Create p_c"}));
  EXPECT_EQ(std::get<CreateJob>(actions[0]).job.output_uris.at("o"), "azureml://datastores/blob/paths/azureml/p_a/o/");
  for (const Action& action : actions) {
    const Job& job = std::get<CreateJob>(action).job;
    snapshot.jobs[job.name] = job;
  }
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), (Expected{"Prepare p_a", "Prepare p_c"}));
}

TEST(Planner, OnlyWhatDependsOnAFailureIsSkippedWhenThePipelineContinues) {
  Job pipeline = Pipeline(true);
  pipeline.status = JobStatus::kRunning;
  Snapshot snapshot =
      Of({pipeline, Step("a", JobStatus::kFailed), Step("b", JobStatus::kNotStarted), Step("c", JobStatus::kRunning)});
  snapshot.activities["p_c"] = Activity::kRunning;
  const auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(Texts(actions), Expected{"Finish p_b Canceled"});
  EXPECT_EQ(std::get<Finish>(actions[0]).reason, "not started, since step 'a' failed");
}

TEST(Planner, AFailureStopsEverythingWhenThePipelineDoesNotContinue) {
  Job pipeline = Pipeline(false);
  pipeline.status = JobStatus::kRunning;
  Snapshot snapshot = Of({pipeline, Step("a", JobStatus::kFailed), Step("c", JobStatus::kRunning)});
  snapshot.jobs["p_b"] = Step("b", JobStatus::kRunning);
  snapshot.activities = {{"p_b", Activity::kRunning}, {"p_c", Activity::kRunning}};
  EXPECT_EQ(Texts(Plan(snapshot, kStart)),
            (Expected{"SetStatus p_b CancelRequested", "SetStatus p_c CancelRequested"}));
}

TEST(Planner, APipelineEndsAsItsStepsDid) {
  Job pipeline = Pipeline(true);
  pipeline.status = JobStatus::kRunning;
  Job failed = Step("a", JobStatus::kFailed);
  failed.error = JobError{"UserError", "exit code 3; last lines of its log:\nno data"};
  Snapshot snapshot = Of({pipeline, failed, Step("b", JobStatus::kCanceled), Step("c", JobStatus::kCompleted)});
  auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(Texts(actions), Expected{"Finish p Failed"});
  EXPECT_EQ(std::get<Finish>(actions[0]).error->message,
            "step 'a' failed with exit code 3; last lines of its log:\nno data");
  for (const char* step : {"p_a", "p_b"}) snapshot.jobs[step].status = JobStatus::kCompleted;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Finish p Completed"});
}

TEST(JudgeExit, RetriesWhileTheyLast) {
  Job job = Command("a");
  std::get<CommandSpec>(job.spec.body).retries_max = 1;
  ProcessEnd end;
  end.code = 1;
  EXPECT_TRUE(JudgeExit(job, end).retry);
  job.attempt = 2;
  EXPECT_EQ(JudgeExit(job, end).status, JobStatus::kFailed);
  end.timed_out = true;
  end.end_reason = "too long";
  job.attempt = 1;
  EXPECT_FALSE(JudgeExit(job, end).retry);
  EXPECT_EQ(JudgeExit(job, end).error->code, "Timeout");
}

TEST(JudgeExit, ExplainsTheUsualCodes) {
  ProcessEnd end;
  end.code = 137;
  EXPECT_NE(JudgeExit(Command("a"), end).error->message.find("out of memory"), std::string::npos);
  end.code.reset();
  end.signal = 11;
  EXPECT_NE(JudgeExit(Command("a"), end).error->message.find("Segmentation fault"), std::string::npos);
}

TEST(FinishSweep, TakesTheBestOfThoseThatCompleted) {
  SweepSpec sweep;
  sweep.objective = {false, "loss"};
  Job job = Command("s");
  job.spec.body = sweep;
  Job first = Command("s_0"), second = Command("s_1"), third = Command("s_2");
  first.status = second.status = JobStatus::kCompleted;
  third.status = JobStatus::kFailed;
  second.output_uris["m"] = "azureml://datastores/blob/paths/s_1/m/";
  Snapshot snapshot;
  snapshot.metrics = {
      {"s_0", {{0.5, 0.4}, {"loss"}}}, {"s_1", {{0.6, 0.3, 0.7}, {"loss"}}}, {"s_2", {{0.1}, {"loss"}}}};
  const Finish finish = FinishSweep(snapshot, job, {&first, &second, &third}, false);
  EXPECT_EQ(finish.status, JobStatus::kCompleted);
  EXPECT_EQ(finish.best_child, "s_1");
  EXPECT_EQ(finish.output_uris.at("m"), second.output_uris.at("m"));
}

}  // namespace
}  // namespace slipway::runner
