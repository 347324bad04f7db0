// Whole jobs, run as processes of this machine.
#include "slipway/runner/runner.h"
#include "slipway/base/file.h"
#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_run_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/domain/testing/runnable_workspace.h"
#include "slipway/environments/environments.h"
#include "slipway/process/supervisor.h"

#include <gtest/gtest.h>

namespace slipway::runner {
namespace {

namespace fs = std::filesystem;
using namespace domain;

class RunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::Make();
    ASSERT_TRUE(made);
    home.emplace(std::move(*made));
    ASSERT_TRUE(domain::testing::MakeRunnable(workspaces, assets, scope, home->path() / "store"));
    StartServer();
  }

  // What a restart of the server would make anew; the stores stand for the database.
  void StartServer() {
    auto started = process::Supervisor::Start();
    ASSERT_TRUE(started);
    supervisor = std::move(*started);
    environments::Options options;
    options.cache_folder = home->path() / "cache";
    options.variables = environments::PassedOnVariables();
    environments.emplace(options, *supervisor);
    Options runner_options;
    runner_options.runs_folder = home->path() / "runs";
    runner_options.server.control_url = "http://127.0.0.1:1";
    runner_options.server.token = "secret";
    runner = std::make_unique<Runner>(
        runner_options, Dependencies{workspaces, assets, jobs, runs, *environments, *supervisor, clock, {}});
    ASSERT_TRUE(runner->Start());
  }

  void StopServer() {
    runner.reset();
    environments.reset();
    supervisor.reset();
  }

  JobSpec Command(const std::string& command) {
    CommandSpec spec;
    spec.command = command;
    spec.environment = "azureml:env@latest";
    spec.compute = "cpu-cluster";
    JobSpec job;
    job.body = spec;
    return job;
  }

  PipelineStep Step(const std::string& command) {
    PipelineStep step;
    step.component.command = command;
    step.component.environment = "azureml:env:1";
    step.compute = "cpu-cluster";
    return step;
  }

  static JobInput StepOutput(const std::string& step, const std::string& port) {
    return Binding{Binding::Kind::kStepOutput, step, port};
  }

  Job Run(const JobSpec& spec) {
    const auto submitted = runner->Submit(scope, spec);
    EXPECT_TRUE(submitted) << submitted.error().ToString();
    if (!submitted) return {};
    return WaitFor(submitted->name);
  }

  Job WaitFor(const std::string& name) {
    auto ended = runner->WaitForEnd(scope, name, std::chrono::seconds(60));
    EXPECT_TRUE(ended) << ended.error().ToString();
    return ended.value_or(Job{});
  }

  std::string Log(const Job& job) {
    const auto part = runner->ReadLog(scope, job.name, "user_logs/std_log.txt", 0);
    return part ? part->bytes : part.error().ToString();
  }

  fs::path PathOf(const std::string& uri) {
    const std::string prefix = "azureml://datastores/workspaceblobstore/paths/";
    EXPECT_TRUE(uri.starts_with(prefix)) << uri;
    return home->path() / "store" / uri.substr(prefix.size());
  }

  std::string OutputFile(const Job& job, const std::string& output, const std::string& file) {
    const auto text = ReadFile(PathOf(job.output_uris.at(output)) / file);
    return text ? *text : text.error().ToString();
  }

  Job Child(const Job& parent, const std::string& suffix) {
    return jobs.GetJob(scope, parent.name + "_" + suffix).value_or(Job{});
  }

  Scope scope;
  SystemClock clock;
  std::optional<TemporaryDirectory> home;
  domain::testing::MemoryWorkspaceStore workspaces{domain::Workspace{}};
  domain::testing::MemoryAssetStore assets;
  domain::testing::MemoryJobStore jobs;
  domain::testing::MemoryRunStore runs;
  std::unique_ptr<process::Supervisor> supervisor;
  std::optional<environments::Environments> environments;
  std::unique_ptr<Runner> runner;
};

TEST_F(RunnerTest, ACommandRunsWithItsInputsAndLeavesItsOutputs) {
  JobSpec spec =
      Command("echo \"hello ${{inputs.who}}\" && echo data > ${{outputs.o}}/file && echo a > outputs/artifact");
  auto& command = std::get<CommandSpec>(spec.body);
  command.inputs["who"] = Literal{Literal::Kind::kString, "world"};
  command.outputs["o"] = {};
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
  EXPECT_EQ(job.exit_code, 0);
  EXPECT_EQ(Log(job), "hello world\n");
  EXPECT_EQ(OutputFile(job, "o", "file"), "data\n");
  EXPECT_EQ(OutputFile(job, "artifacts", "outputs/artifact"), "a\n");
  EXPECT_EQ(runs.GetRun(scope, job.name)->status, RunStatus::kFinished);
  EXPECT_TRUE(runner->ReadLog(scope, job.name, "user_logs/std_log.txt", 0)->is_complete);
}

TEST_F(RunnerTest, AFailingCommandTellsExitCodeAndLog) {
  const Job job = Run(Command("echo before; echo 'no such column: AGE' >&2; exit 3"));
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_EQ(job.exit_code, 3);
  EXPECT_EQ(job.error->message, "exit code 3; last lines of its log:\nbefore\nno such column: AGE");
  EXPECT_EQ(runs.GetRun(scope, job.name)->status, RunStatus::kFailed);
}

TEST_F(RunnerTest, AMissingProgramIsExplained) {
  const Job job = Run(Command("no-such-program"));
  EXPECT_EQ(job.exit_code, 127);
  EXPECT_NE(job.error->message.find("was not found"), std::string::npos) << job.error->message;
}

TEST_F(RunnerTest, TheCommandSeesThePlatformsVariables) {
  const Job job =
      Run(Command("echo $AZUREML_RUN_ID $MLFLOW_RUN_ID $MLFLOW_EXPERIMENT_NAME $SLIPWAY_TOKEN; "
                  "echo $MLFLOW_TRACKING_URI"));
  EXPECT_EQ(Log(job),
            job.name + " " + job.name + " Default secret\nhttp://127.0.0.1:1/mlflow/v1.0" + scope.ArmId() + "\n");
}

TEST_F(RunnerTest, RetriesAfterAFailure) {
  JobSpec spec = Command("if [ -e " + (home->path() / "flag").string() + " ]; then echo second; else touch " +
                         (home->path() / "flag").string() + "; exit 1; fi");
  std::get<CommandSpec>(spec.body).retries_max = 1;
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kCompleted);
  EXPECT_EQ(job.attempt, 2);
  EXPECT_EQ(Log(job), "second\n");
}

TEST_F(RunnerTest, ATimeoutEndsTheWholeTree) {
  JobSpec spec = Command("sleep 1000 & sleep 1000");
  std::get<CommandSpec>(spec.body).timeout_seconds = 1;
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kCanceled);
  EXPECT_EQ(job.error->code, "Timeout");
  EXPECT_NE(job.error->message.find("limit of 1 s"), std::string::npos) << job.error->message;
}

TEST_F(RunnerTest, CancelEndsARunningCommand) {
  const auto submitted = runner->Submit(scope, Command("sleep 1000"));
  ASSERT_TRUE(submitted);
  const auto cancelled = runner->Cancel(scope, submitted->name);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->status, JobStatus::kCancelRequested);
  EXPECT_EQ(WaitFor(submitted->name).status, JobStatus::kCanceled);
  EXPECT_EQ(runner->Cancel(scope, submitted->name)->status, JobStatus::kCanceled);
}

TEST_F(RunnerTest, BadSpecsAreRefusedWithEveryComplaint) {
  JobSpec spec = Command("train ${{inputs.dpeth}}");
  auto& command = std::get<CommandSpec>(spec.body);
  command.inputs["depth"] = Literal{Literal::Kind::kInteger, "3"};
  auto refused = runner->Submit(scope, spec);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().ToString().find("did you mean 'depth'"), std::string::npos) << refused.error().ToString();
  command.environment = "azureml:evn:1";
  command.compute = "cpu-clutser";
  refused = runner->Submit(scope, spec);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().ToString().find("did you mean 'env'"), std::string::npos) << refused.error().ToString();
  EXPECT_NE(refused.error().ToString().find("did you mean 'cpu-cluster'"), std::string::npos);
}

TEST_F(RunnerTest, APipelineRunsItsStepsInOrderAndInParallel) {
  PipelineSpec pipeline;
  pipeline.outputs["result"] = {};
  pipeline.jobs["a"] = Step("echo 1 > ${{outputs.o}}/n");
  pipeline.jobs["a"].outputs["o"] = {};
  for (const char* name : {"b", "c"}) {
    pipeline.jobs[name] = Step("expr $(cat ${{inputs.i}}/n) + 1 > ${{outputs.o}}/n");
    pipeline.jobs[name].inputs["i"] = StepOutput("a", "o");
    pipeline.jobs[name].outputs["o"] = {};
  }
  pipeline.jobs["d"] = Step("expr $(cat ${{inputs.x}}/n) + $(cat ${{inputs.y}}/n) > ${{outputs.o}}/n");
  pipeline.jobs["d"].inputs["x"] = StepOutput("b", "o");
  pipeline.jobs["d"].inputs["y"] = StepOutput("c", "o");
  pipeline.jobs["d"].outputs["o"].binding = Binding{Binding::Kind::kParentOutput, "", "result"};
  JobSpec spec;
  spec.body = pipeline;
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
  EXPECT_EQ(OutputFile(job, "result", "n"), "4\n");
  EXPECT_EQ(Child(job, "b").root, job.name);
  EXPECT_EQ(Child(job, "b").step, "b");
}

TEST_F(RunnerTest, AFailingStepEndsThePipelineWithItsLog) {
  PipelineSpec pipeline;
  pipeline.settings.continue_on_step_failure = false;
  pipeline.jobs["bad"] = Step("echo 'the data is empty'; exit 7");
  pipeline.jobs["bad"].outputs["o"] = {};
  pipeline.jobs["after"] = Step("cat ${{inputs.i}}/n");
  pipeline.jobs["after"].inputs["i"] = StepOutput("bad", "o");
  pipeline.jobs["beside"] = Step("sleep 1000");
  JobSpec spec;
  spec.body = pipeline;
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_EQ(job.error->message, "step 'bad' failed with exit code 7; last lines of its log:\nthe data is empty");
  EXPECT_EQ(Child(job, "after").status, JobStatus::kCanceled);
  EXPECT_EQ(Child(job, "beside").status, JobStatus::kCanceled);
}

TEST_F(RunnerTest, UnchangedStepsAreTakenOver) {
  PipelineSpec pipeline;
  pipeline.jobs["a"] = Step("echo ran >> " + (home->path() / "count").string() + "; echo 1 > ${{outputs.o}}/n");
  pipeline.jobs["a"].outputs["o"] = {};
  pipeline.jobs["b"] = Step("cat ${{inputs.i}}/n");
  pipeline.jobs["b"].inputs["i"] = StepOutput("a", "o");
  JobSpec spec;
  spec.body = pipeline;
  const Job first = Run(spec), second = Run(spec);
  EXPECT_EQ(second.status, JobStatus::kCompleted);
  EXPECT_EQ(Child(second, "a").reused_from, Child(first, "a").name);
  EXPECT_EQ(Child(second, "b").reused_from, Child(first, "b").name);
  EXPECT_EQ(ReadFile(home->path() / "count").value(), "ran\n");
  std::get<PipelineSpec>(spec.body).settings.force_rerun = true;
  EXPECT_EQ(Child(Run(spec), "a").reused_from, "");
}

TEST_F(RunnerTest, ACommandSurvivesAServerRestart) {
  const fs::path gate = home->path() / "gate";
  JobSpec spec =
      Command("echo started; while [ ! -e " + gate.string() + " ]; do sleep 0.02; done; echo finished; exit 5");
  const auto submitted = runner->Submit(scope, spec);
  ASSERT_TRUE(submitted);
  while (jobs.GetJob(scope, submitted->name)->status != JobStatus::kRunning) std::this_thread::yield();
  StopServer();
  StartServer();
  EXPECT_EQ(jobs.GetJob(scope, submitted->name)->status, JobStatus::kRunning);
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  const Job job = WaitFor(submitted->name);
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_EQ(job.exit_code, 5);
  EXPECT_EQ(job.attempt, 1);
  EXPECT_EQ(Log(job), "started\nfinished\n");
}

TEST_F(RunnerTest, ACommandThatEndedWhileTheServerWasDownIsJudgedByWhatItLeft) {
  const fs::path gate = home->path() / "gate", done = home->path() / "done";
  JobSpec spec = Command("while [ ! -e " + gate.string() + " ]; do sleep 0.02; done; echo x > ${{outputs.o}}/f");
  std::get<CommandSpec>(spec.body).outputs["o"] = {};
  const auto submitted = runner->Submit(scope, spec);
  ASSERT_TRUE(submitted);
  while (jobs.GetJob(scope, submitted->name)->status != JobStatus::kRunning) std::this_thread::yield();
  const process::Identity identity{jobs.GetJob(scope, submitted->name)->process_id,
                                   jobs.GetJob(scope, submitted->name)->process_start_ticks};
  StopServer();
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  while (process::IsRunning(identity)) std::this_thread::yield();
  StartServer();
  const Job job = WaitFor(submitted->name);
  EXPECT_EQ(job.status, JobStatus::kCompleted);
  EXPECT_EQ(OutputFile(job, "o", "f"), "x\n");
}

// A trial that logs the metric as the SDK would, by a file that the test reads for it.
class SweepTest : public RunnerTest {
 protected:
  SweepSpec Sweep() {
    SweepSpec sweep;
    sweep.trial.command = "echo ${{search_space.x}} > ${{outputs.model}}/x";
    sweep.trial.environment = "azureml:env:1";
    sweep.sampling.type = "grid";
    SearchDistribution choice;
    choice.type = "choice";
    for (const char* text : {"3", "9", "5"}) choice.values.push_back({Literal::Kind::kInteger, text});
    sweep.search_space["x"] = choice;
    sweep.objective = {true, "f1"};
    sweep.limits.max_total_trials = 3;
    sweep.outputs["model"] = {};
    sweep.compute = "cpu-cluster";
    return sweep;
  }

  bool IsRunning(const std::string& name) {
    const auto job = jobs.GetJob(scope, name);
    return job && job->status == JobStatus::kRunning;
  }

  // Stands between the trials' ends and the sweep's: logs while they wait at a gate.
  void LogMetrics(const std::string& sweep, const std::string& metric) {
    for (int i = 0; i < 3; ++i) {
      const std::string trial = sweep + "_" + std::to_string(i);
      while (!IsRunning(trial)) std::this_thread::yield();
      const Job job = jobs.GetJob(scope, trial).value();
      const auto& input = std::get<CommandSpec>(job.spec.body).inputs.at("x");
      const double value = std::stod(std::get<Literal>(input).text) / 10;
      ASSERT_TRUE(runs.LogBatch(scope, trial, {{metric, value, 0, 0}}, {}, {}));
    }
  }
};

TEST_F(SweepTest, TheBestTrialGivesTheOutputs) {
  const fs::path gate = home->path() / "gate";
  SweepSpec sweep = Sweep();
  sweep.trial.command += "; while [ ! -e " + gate.string() + " ]; do sleep 0.02; done";
  JobSpec spec;
  spec.body = sweep;
  const auto submitted = runner->Submit(scope, spec);
  ASSERT_TRUE(submitted) << submitted.error().ToString();
  LogMetrics(submitted->name, "f1");
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  const Job job = WaitFor(submitted->name);
  EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
  EXPECT_EQ(job.best_child, job.name + "_1");
  EXPECT_EQ(OutputFile(job, "model", "x"), "9\n");
}

TEST_F(SweepTest, AMetricThatNeverAppearsIsNamedWithThoseThatDid) {
  const fs::path gate = home->path() / "gate";
  SweepSpec sweep = Sweep();
  sweep.trial.command += "; while [ ! -e " + gate.string() + " ]; do sleep 0.02; done";
  JobSpec spec;
  spec.body = sweep;
  const auto submitted = runner->Submit(scope, spec);
  ASSERT_TRUE(submitted);
  LogMetrics(submitted->name, "f1_score");
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  const Job job = WaitFor(submitted->name);
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_NE(job.error->message.find("completed without logging the primary metric 'f1', and no other trial logged "
                                    "it; logged were: f1_score"),
            std::string::npos)
      << job.error->message;
}

TEST_F(SweepTest, ConcurrencyIsBounded) {
  SweepSpec sweep = Sweep();
  sweep.limits.max_concurrent_trials = 1;
  sweep.trial.command = "mkdir " + (home->path() / "only").string() + " && sleep 0.05 && rmdir " +
                        (home->path() / "only").string() + " && exit 3";
  JobSpec spec;
  spec.body = sweep;
  const Job job = Run(spec);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Child(job, std::to_string(i)).exit_code, 3) << "1 when two ran at once";
}

TEST_F(SweepTest, AStepTakesTheOutputOfASweepsBestTrial) {
  const fs::path gate = home->path() / "gate";
  PipelineSpec pipeline;
  pipeline.settings.default_compute = "cpu-cluster";
  PipelineStep fit;
  fit.type = PipelineStep::Type::kSweep;
  fit.sweep = Sweep();
  fit.sweep->trial.command += "; while [ ! -e " + gate.string() + " ]; do sleep 0.02; done";
  fit.outputs = fit.sweep->outputs;
  pipeline.jobs["fit"] = fit;
  pipeline.jobs["use"] = Step("cat ${{inputs.m}}/x");
  pipeline.jobs["use"].inputs["m"] = StepOutput("fit", "model");
  JobSpec spec;
  spec.body = pipeline;
  const auto submitted = runner->Submit(scope, spec);
  ASSERT_TRUE(submitted) << submitted.error().ToString();
  LogMetrics(submitted->name + "_fit", "f1");
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  const Job job = WaitFor(submitted->name);
  EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
  EXPECT_EQ(Log(Child(job, "use")), "9\n");
}

TEST_F(RunnerTest, ANamedOutputBecomesAnAsset) {
  JobSpec spec = Command("echo x > ${{outputs.m}}/model.onnx");
  auto& output = std::get<CommandSpec>(spec.body).outputs["m"];
  output.type = "mlflow_model";
  output.name = "my-model";
  const Job job = Run(spec);
  EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
  const auto model = assets.GetLatest(scope, AssetKind::kModel, "my-model");
  ASSERT_TRUE(model);
  EXPECT_EQ(std::get<ModelBody>(model->body).path, job.output_uris.at("m"));
  EXPECT_EQ(std::get<ModelBody>(model->body).job_name, job.name);
}

TEST_F(RunnerTest, OnlyEndedJobsCanBeArchived) {
  const auto submitted = runner->Submit(scope, Command("sleep 1000"));
  Runner::Changes changes;
  changes.is_archived = true;
  EXPECT_EQ(runner->Change(scope, submitted->name, changes).error().code(), Code::kFailedPrecondition);
  ASSERT_TRUE(runner->Cancel(scope, submitted->name));
  WaitFor(submitted->name);
  EXPECT_TRUE(runner->Change(scope, submitted->name, changes)->is_archived);
}

}  // namespace
}  // namespace slipway::runner
