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
    std::string operator()(const SetBestChild& a) const { return "Best of " + a.job + ": " + a.best_child; }
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

TEST(Planner, TheMoreUrgentGoesFirst) {
  Job low = Command("a"), high = Command("c");
  low.spec.properties["slipway.priority"] = "low";
  high.spec.properties["slipway.priority"] = "high";
  high.created_at += std::chrono::seconds(5);
  Snapshot snapshot = Of({low, Command("b"), high});
  snapshot.capacity["cpu"] = 1;
  for (const char* name : {"a", "b", "c"}) snapshot.activities[name] = Activity::kPrepared;
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), (Expected{"Launch c", "SetStatus b Queued", "SetStatus a Queued"}));
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

Job RunningSweep(const std::string& sampling, int total, int at_once) {
  SweepSpec sweep;
  sweep.sampling.type = sampling;
  sweep.search_space["x"] = SearchDistribution{"uniform", {}, 0, 1, 0, 0, 1, 0};
  sweep.objective = {true, "f1"};
  sweep.limits.max_total_trials = total;
  sweep.limits.max_concurrent_trials = at_once;
  sweep.trial.command = "true";
  sweep.compute = "cpu";
  Job job = Command("s");
  job.spec.body = sweep;
  job.status = JobStatus::kRunning;
  return job;
}

Job Trial(int index, JobStatus status) {
  Job trial = Command("s_" + std::to_string(index));
  trial.parent = trial.root = "s";
  trial.spec.properties["slipway.search.x"] = "0.5";
  trial.status = status;
  return trial;
}

// Remembers what it was told.
struct Samples {
  std::vector<size_t> seen;
  Sampler Make() {
    return [this](const Job&, int, const std::vector<SampledTrial>& trials) -> Result<std::optional<SampledValues>> {
      seen.push_back(trials.size());
      return std::optional(SampledValues{{"x", {Literal::Kind::kNumber, "0.25"}}});
    };
  }
};

TEST(Sweep, TheBestTrialIsFollowedWhileTrialsRun) {
  Job sweep = RunningSweep("random", 2, 2);
  Snapshot snapshot = Of({sweep, Trial(0, JobStatus::kRunning), Trial(1, JobStatus::kRunning)});
  snapshot.activities = {{"s_0", Activity::kRunning}, {"s_1", Activity::kRunning}};
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
  snapshot.metrics = {{"s_0", {{0.5}, {"f1"}}}, {"s_1", {{0.4}, {"f1"}}}};
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Best of s: s_0"});
  snapshot.jobs["s"].best_child = "s_0";
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
  snapshot.metrics["s_1"].reports.push_back(0.6);
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{"Best of s: s_1"});
}

TEST(Sweep, FailsAtTheFirstTrialThatEndsWithoutTheMetric) {
  Job sweep = RunningSweep("random", 10, 2);
  Snapshot snapshot = Of({sweep, Trial(0, JobStatus::kCompleted), Trial(1, JobStatus::kRunning)});
  snapshot.activities["s_1"] = Activity::kRunning;
  snapshot.metrics["s_0"] = {{}, {"accuracy", "f1_score"}};
  const auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(Texts(actions), Expected{"SetStatus s_1 CancelRequested"});
  snapshot.jobs["s_1"].status = JobStatus::kCanceled;
  snapshot.activities.clear();
  const auto last = Plan(snapshot, kStart);
  ASSERT_EQ(Texts(last), Expected{"Finish s Failed"});
  EXPECT_NE(std::get<Finish>(last[0]).error->message.find(
                "'f1', and no other trial logged it; logged were: accuracy, f1_score"),
            std::string::npos)
      << std::get<Finish>(last[0]).error->message;
}

TEST(Sweep, GoesOnWhereAnotherTrialLoggedTheMetric) {
  Snapshot snapshot =
      Of({RunningSweep("random", 2, 2), Trial(0, JobStatus::kCompleted), Trial(1, JobStatus::kRunning)});
  snapshot.jobs["s"].best_child = "s_1";
  snapshot.activities["s_1"] = Activity::kRunning;
  snapshot.metrics = {{"s_0", {{}, {"accuracy"}}}, {"s_1", {{0.3}, {"f1"}}}};
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), Expected{});
}

TEST(Sweep, ASearchThatLearnsMakesNoTrialThatOnlyWaits) {
  Samples samples;
  Snapshot snapshot = Of({RunningSweep("bayesian", 20, 0)});
  snapshot.capacity["cpu"] = 2;
  snapshot.sample = samples.Make();
  EXPECT_EQ(Texts(Plan(snapshot, kStart)), (Expected{"Create s_0", "Create s_1"}));
  EXPECT_EQ(samples.seen, (std::vector<size_t>{0, 1})) << "the second knows of the first";
  const auto actions = Plan(snapshot, kStart);
  EXPECT_EQ(std::get<CreateJob>(actions[0]).job.spec.properties.at("slipway.search.x"), "0.25");
}

TEST(Sweep, ANestedChoiceReachesTheCommandByItsPath) {
  Job sweep = RunningSweep("random", 1, 1);
  auto& spec = std::get<SweepSpec>(sweep.spec.body);
  SearchDistribution model;
  model.type = "choice";
  model.values = {{Literal::Kind::kString, "[0]"}, {Literal::Kind::kString, "[1]"}};
  spec.search_space = {{"model", model}};
  spec.search_space["model[0].depth"] = SearchDistribution{"randint", {}, 0, 0, 0, 0, 1, 9};
  SearchDistribution kind;
  kind.type = "choice";
  kind.values = {{Literal::Kind::kString, "linear"}};
  spec.search_space["model[1].kind"] = kind;
  spec.trial.command = "fit $[[--depth ${{search_space.model.depth}}]] $[[--kind ${{search_space.model.kind}}]]";
  Snapshot snapshot = Of({sweep});
  snapshot.sample = [](const Job&, int, const auto&) -> Result<std::optional<SampledValues>> {
    return std::optional(
        SampledValues{{"model", {Literal::Kind::kString, "[0]"}}, {"model[0].depth", {Literal::Kind::kInteger, "7"}}});
  };
  const auto actions = Plan(snapshot, kStart);
  ASSERT_EQ(Texts(actions), Expected{"Create s_0"});
  const auto& command = std::get<CommandSpec>(std::get<CreateJob>(actions[0]).job.spec.body);
  EXPECT_EQ(command.command, "fit $[[--depth 7]] $[[--kind ${{search_space.model.kind}}]]");
  EXPECT_EQ(std::get<Literal>(command.inputs.at("model")).text, "{\"depth\":7}");
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
