// The engine with an executor that only pretends, stopped dead at every single write to its store.
#include "slipway/runner/engine.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_run_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/runner/sampling.h"
#include "slipway/runner/submission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace slipway::runner {
namespace {

using namespace domain;

// What outlives the server: the database and the processes.
struct World {
  domain::testing::MemoryWorkspaceStore workspaces{domain::Workspace{}};
  domain::testing::MemoryJobStore jobs;
  domain::testing::MemoryRunStore runs;
  std::mutex mutex;
  std::map<std::string, int> launches;
  enum class Process { kRunning, kEnded };
  std::map<std::string, Process> processes;
};

// Lets `writes` writes through; from then on the server is dead: nothing it does has an effect any more.
struct Life {
  explicit Life(int writes) : left(writes) {}
  bool Write() {
    if (left <= 0) return is_dead = true, false;
    --left;
    return true;
  }
  std::atomic<int> left;
  std::atomic<bool> is_dead = false;
};

class MortalJobStore final : public JobStore {
 public:
  MortalJobStore(JobStore& store, Life& life) : store_(store), life_(life) {}
  Status InsertJob(const Scope& scope, const Job& job) override {
    return life_.Write() ? store_.InsertJob(scope, job) : Status();
  }
  Status UpdateJob(const Scope& scope, const Job& job, std::optional<JobStatus> expected = std::nullopt) override {
    return life_.Write() ? store_.UpdateJob(scope, job, expected) : Status();
  }
  Result<Job> GetJob(const Scope& scope, const std::string& name) override { return store_.GetJob(scope, name); }
  Result<std::vector<Job>> ListJobs(const Scope& scope, const JobFilter& filter) override {
    return store_.ListJobs(scope, filter);
  }
  Result<std::optional<Job>> FindReusable(const Scope&, const std::string&) override { return std::optional<Job>(); }
  Status DeleteJob(const Scope& scope, const std::string& name) override { return store_.DeleteJob(scope, name); }

 private:
  JobStore& store_;
  Life& life_;
};

// Every command ends well, at once; every second one still runs when the server is looked at after a crash.
class PretendingExecutor final : public Executor {
 public:
  PretendingExecutor(World& world, Life& life) : world_(world), life_(life) {}
  void SetHandlers(Handlers handlers) override { handlers_ = std::move(handlers); }
  void Prepare(const JobKey& key, const Job&, bool) override { handlers_.prepared(key, Preparation{}); }
  void Launch(const JobKey& key, const Job&) override {
    if (life_.is_dead) return;
    {
      std::lock_guard lock(world_.mutex);
      const int count = ++world_.launches[key.name];
      EXPECT_EQ(count, 1) << key.name << " was started twice";
      world_.processes[key.name] = key.name.size() % 2 ? World::Process::kRunning : World::Process::kEnded;
    }
    EXPECT_TRUE(world_.runs.LogBatch(key.scope, key.name, {{"metric", 1.0, 0, 0}}, {}, {}));
    handlers_.started(key, {42, 43});
    handlers_.exited(key, EndedWell());
  }
  void End(const JobKey&) override {}
  void Finalize(const JobKey& key, const Job&) override { handlers_.finalized(key, Finalized{}); }
  Status WriteArtifacts(const JobKey&, const Job&, const std::map<std::string, std::string>&) override { return {}; }
  void Discard(const JobKey& key) override {
    if (life_.is_dead) return;
    std::lock_guard lock(world_.mutex);
    world_.processes.erase(key.name);
  }
  Recovery Recover(const JobKey& key, const Job&) override {
    std::lock_guard lock(world_.mutex);
    const auto found = world_.processes.find(key.name);
    if (found == world_.processes.end()) return {};
    if (found->second == World::Process::kEnded) return {Trace::kEnded, {}, EndedWell()};
    handlers_.exited(key, EndedWell());
    return {Trace::kRunning, {42, 43}, {}};
  }
  void RemoveLeftovers() override {}

 private:
  static ProcessEnd EndedWell() {
    ProcessEnd end;
    end.code = 0;
    return end;
  }
  World& world_;
  Life& life_;
  Handlers handlers_;
};

// One life of a server.
struct Server {
  Server(World& world, int writes)
      : life(writes),
        store(world.jobs, life),
        executor(world, life),
        engine({world.workspaces, store, world.runs, executor, clock, MakeSampler(), MakeEarlyStop(), [](const Scope&) {
                  return Result<std::pair<std::string, std::string>>(std::pair(
                      std::string("blob"), std::string("azureml://datastores/blob/paths/azureml/ExperimentRun/")));
                }}) {}
  SystemClock clock;
  Life life;
  MortalJobStore store;
  PretendingExecutor executor;
  Engine engine;
};

PipelineStep Step(std::vector<std::string> after) {
  PipelineStep step;
  step.component.command = "true";
  step.component.environment = "azureml:env:1";
  step.outputs["o"] = {};
  for (const std::string& source : after) step.inputs[source] = Binding{Binding::Kind::kStepOutput, source, "o"};
  return step;
}

Job Pipeline() {
  PipelineSpec pipeline;
  pipeline.jobs["a"] = Step({});
  pipeline.jobs["bb"] = Step({"a"});
  pipeline.jobs["c"] = Step({"a"});
  pipeline.jobs["dd"] = Step({"bb", "sweep"});
  PipelineStep sweep = Step({"c"});
  sweep.type = PipelineStep::Type::kSweep;
  sweep.sweep.emplace();
  sweep.sweep->trial.command = "true";
  sweep.sweep->trial.environment = "azureml:env:1";
  SearchDistribution range;
  range.type = "uniform";
  range.max_value = 1;
  sweep.sweep->search_space["x"] = range;
  sweep.sweep->objective.primary_metric = "metric";
  sweep.sweep->limits.max_total_trials = 3;
  sweep.sweep->limits.max_concurrent_trials = 2;
  pipeline.jobs["sweep"] = sweep;
  Job job;
  job.name = job.root = job.spec.name = "p";
  job.spec.experiment_name = "e";
  job.spec.body = pipeline;
  job.status = JobStatus::kStarting;
  job.output_uris["artifacts"] = "azureml://datastores/blob/paths/azureml/ExperimentRun/dcid.p/";
  return job;
}

constexpr int kForever = 1'000'000;

void ExpectAllCompleted(World& world) {
  JobFilter filter;
  filter.root = "p";
  const auto jobs = world.jobs.ListJobs(Scope{}, filter);
  ASSERT_TRUE(jobs);
  EXPECT_EQ(jobs->size(), 9u);  // the pipeline, five steps, three trials
  for (const Job& job : *jobs) {
    EXPECT_EQ(job.status, JobStatus::kCompleted) << job.name << ": " << (job.error ? job.error->message : "");
    const bool is_command = std::holds_alternative<CommandSpec>(job.spec.body);
    EXPECT_EQ(world.launches[job.name], is_command ? 1 : 0) << job.name;
  }
}

TEST(Engine, RunsAPipelineWithASweep) {
  World world;
  Server server(world, kForever);
  ASSERT_TRUE(server.engine.Start());
  ASSERT_TRUE(server.engine.Add(Scope{}, Pipeline()));
  const auto ended = server.engine.WaitForEnd(Scope{}, "p", std::chrono::seconds(30));
  ASSERT_TRUE(ended) << ended.error().ToString();
  ExpectAllCompleted(world);
}

TEST(Engine, LosesAndDoublesNoJobWhereverItIsKilled) {
  // As many writes as a life without a crash needs, found by trying.
  for (int writes = 1; writes < 200; ++writes) {
    SCOPED_TRACE(::testing::Message() << "killed after write " << writes);
    World world;
    bool died = false;
    {
      Server server(world, writes);
      ASSERT_TRUE(server.engine.Start());
      ASSERT_TRUE(server.engine.Add(Scope{}, Pipeline()));
      while (!server.life.is_dead && !IsTerminal(world.jobs.GetJob(Scope{}, "p")->status)) std::this_thread::yield();
      died = server.life.is_dead;
      server.engine.Stop();
    }
    Server server(world, kForever);
    ASSERT_TRUE(server.engine.Start());
    const auto ended = server.engine.WaitForEnd(Scope{}, "p", std::chrono::seconds(30));
    ASSERT_TRUE(ended) << ended.error().ToString();
    ExpectAllCompleted(world);
    if (!died || ::testing::Test::HasFailure()) return;
  }
  FAIL() << "the pipeline never got through";
}

TEST(Engine, CancelEndsWhatHasNotStarted) {
  World world;
  Compute none;
  none.name = "cpu";
  none.max_instances = 0;  // nothing ever starts
  ASSERT_TRUE(world.workspaces.PutCompute(Scope{}, none));
  Job job = Pipeline();
  std::get<PipelineSpec>(job.spec.body).settings.default_compute = "cpu";
  Server server(world, kForever);
  ASSERT_TRUE(server.engine.Start());
  ASSERT_TRUE(server.engine.Add(Scope{}, job));
  ASSERT_TRUE(server.engine.Cancel(Scope{}, "p"));
  const auto ended = server.engine.WaitForEnd(Scope{}, "p", std::chrono::seconds(30));
  ASSERT_TRUE(ended) << ended.error().ToString();
  EXPECT_EQ(ended->status, JobStatus::kCanceled);
  EXPECT_TRUE(world.launches.empty());
}

}  // namespace
}  // namespace slipway::runner
