#include "slipway/gateway/script_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

constexpr int kWorkersPerInstanceMax = 64;

// WORKER_COUNT as the inference server reads it: processes of one instance.
int WorkersPerInstance(const WantedDeployment& wanted) {
  const auto found = wanted.environment_variables.find("WORKER_COUNT");
  if (found == wanted.environment_variables.end()) return 1;
  return static_cast<int>(std::clamp<long long>(ParseInt(found->second).value_or(1), 1, kWorkersPerInstanceMax));
}

ScalingSettings ScalingOf(const WantedDeployment& wanted) {
  ScalingSettings settings = wanted.scaling;
  settings.workers_per_instance = WorkersPerInstance(wanted);
  if (!settings.is_automatic) settings.instances_min = settings.instances_max = std::max(1, wanted.instance_count);
  return settings;
}

// Those that a script's Collector may use, between commas.
std::string CollectionNames(const WantedDeployment& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, collection] : wanted.data_collector.collections) names.push_back(name);
  return Join(names, ",");
}

// With what keeps it to its own, which the event log is told; the workers may write to `scratch`.
Result<WorkerCommand> ConfinedCommand(const WantedDeployment& wanted, const WorkerPrograms& programs,
                                      const std::filesystem::path& scratch, ConsoleLog& console) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkerConfinement confinement, Confine(wanted, programs, scratch));
  console.Event(wanted.name + "-0", confinement.process.files ? "Confined" : "NotConfined", confinement.description);
  WorkerCommand command = WorkerCommandOf(wanted, programs);
  command.environment.emplace("TMPDIR", scratch.string());
  command.confinement = std::move(confinement.process);
  command.limits = confinement.limits;
  command.memory_groups = programs.policy.memory_groups;
  command.memory_bytes_max = wanted.memory_limit_bytes;
  return command;
}

}  // namespace

WorkerCommand WorkerCommandOf(const WantedDeployment& wanted, const WorkerPrograms& programs) {
  WorkerCommand command;
  const std::string script = (std::filesystem::path(wanted.code_dir) / wanted.scoring_script).string();
  if (wanted.language == WantedDeployment::Language::kPython) {
    command.arguments = wanted.program.empty() ? std::vector<std::string>{"/usr/bin/python3"} : wanted.program;
    command.arguments.insert(command.arguments.end(), {programs.python_shim, script});
  } else {
    command.arguments = {programs.gateway, "worker", "--script", script};
  }
  command.environment = wanted.environment_variables;
  command.environment["AZUREML_MODEL_DIR"] = wanted.model_dir;
  command.environment["AML_APP_ROOT"] = wanted.code_dir;
  command.environment["AZUREML_APP_ROOT"] = wanted.code_dir;
  command.environment["AZUREML_ENTRY_SCRIPT"] = wanted.scoring_script;
  command.environment["AML_APP_INSIGHTS_ENABLED"] = wanted.app_insights_enabled ? "true" : "false";
  command.environment["SLIPWAY_COLLECTIONS"] = CollectionNames(wanted);
  command.working_directory = wanted.code_dir;
  return command;
}

ScriptRuntime::ScriptRuntime(const WantedDeployment& wanted, WorkerCommand command, TemporaryDirectory scratch,
                             std::unique_ptr<ConsoleLog> console, std::shared_ptr<DeploymentCounts> counts,
                             std::shared_ptr<const collection::DeploymentCollector> collector)
    : console_(std::move(console)),
      counts_(std::move(counts)),
      collector_(std::move(collector)),
      wanted_(wanted),
      scratch_(std::move(scratch)),
      command_(std::move(command)),
      workers_per_instance_(WorkersPerInstance(wanted)),
      pending_max_per_instance_(2 * std::max(1, wanted.request_settings.max_concurrent_requests_per_instance)),
      queue_wait_max_(std::max<int64_t>(0, wanted.request_settings.max_queue_wait_ms)),
      expiry_thread_([this](const std::stop_token& stop) { queue_.ExpireUntilStopped(stop); }) {}

Result<std::shared_ptr<ScriptRuntime>> ScriptRuntime::Start(
    const WantedDeployment& wanted, const WorkerPrograms& programs, std::unique_ptr<ConsoleLog> console,
    std::shared_ptr<DeploymentCounts> counts, std::shared_ptr<const collection::DeploymentCollector> collector,
    std::stop_token stop) {
  const std::filesystem::path scratch_root = programs.home / "gateway" / "scratch";
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(scratch_root));
  SLIPWAY_ASSIGN_OR_RETURN(TemporaryDirectory scratch, TemporaryDirectory::Make(scratch_root));
  SLIPWAY_ASSIGN_OR_RETURN(WorkerCommand command, ConfinedCommand(wanted, programs, scratch.path(), *console));
  std::shared_ptr<ScriptRuntime> runtime(new ScriptRuntime(
      wanted, std::move(command), std::move(scratch), std::move(console), std::move(counts), std::move(collector)));
  runtime->Resize(ScalingPolicy(ScalingOf(wanted)).Initial(std::max(1, wanted.instance_count)));
  if (const Status ready = runtime->WaitUntilReady(std::move(stop)); !ready) {
    const std::string tail = runtime->console_->Tail();
    const std::string lines = tail.empty() ? "" : "; the console's last lines:" + tail;
    return FailedPrecondition(fmt::format("the scoring script '{}' did not start: {}{}", wanted.scoring_script,
                                          ready.error().message(), lines));
  }
  runtime->StartScaling();
  return runtime;
}

std::unique_ptr<Worker> ScriptRuntime::StartWorker(int instance) {
  WorkerOptions options;
  options.instance = fmt::format("{}-{}", wanted_.name, instance);
  options.command = command_;
  if (!wanted_.environment.empty()) options.image = wanted_.environment;
  options.probes = {wanted_.liveness_probe, wanted_.readiness_probe, wanted_.startup_probe};
  options.memory_limit_bytes = wanted_.memory_limit_bytes;
  WorkerEvents events;
  const int life = life_;
  events.on_ready = [this, life](const WorkerReady& ready) { OnReady(life, ready); };
  events.on_taken = [this](SteadyTime::duration wait) { counts_->CountQueueWait(wait); };
  events.on_restart = [this] { counts_->CountRestart(); };
  events.on_start_failed = [this, life](const std::string& reason) { OnStartFailed(life, reason); };
  if (collector_) {
    events.on_rows = [collector = collector_, instance = options.instance](const WorkerRows& rows) {
      collector->TakeRows({instance, rows.collection, rows.correlation_id, rows.rows, rows.data_type});
    };
  }
  return std::make_unique<Worker>(std::move(options), queue_, *console_, std::move(events));
}

// A worker that is on its way out since the deployment fell asleep has nothing to say any more.
void ScriptRuntime::OnReady(int life, const WorkerReady& ready) {
  const std::lock_guard lock(mutex_);
  takes_http_ = ready.takes_http;
  schema_ = ready.schema;
  if (life == life_) is_asleep_ = false;
  changed_.notify_all();
}

void ScriptRuntime::OnStartFailed(int life, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (life == life_) is_asleep_ = false;
  start_failure_ = reason;
  changed_.notify_all();
}

Status ScriptRuntime::WaitUntilReady(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto are_all_ready = [&] {
    return std::all_of(instances_.begin(), instances_.end(), [](const Instance& instance) {
      return std::all_of(instance.begin(), instance.end(), [](const auto& worker) { return worker->IsReady(); });
    });
  };
  const bool is_decided =
      changed_.wait(lock, std::move(stop), [&] { return are_all_ready() || !start_failure_.empty(); });
  if (!is_decided) return Error(Code::kCancelled, "a newer revision takes its place");
  if (!start_failure_.empty()) return FailedPrecondition(start_failure_);
  return {};
}

void ScriptRuntime::StartScaling() {
  const ScalingSettings settings = ScalingOf(wanted_);
  if (!settings.IsScaled()) return;
  AutoscalerHooks hooks;
  hooks.resize = [this](int instances) { return Resize(instances); };
  hooks.on_decision = [this](const ScalingDecision& decision) {
    if (decision.kind == ScalingDecision::Kind::kStay)
      return console_->Event(wanted_.name, "ScaleUnchanged", fmt::format("Size: {}: {}", decision.to, decision.reason));
    console_->Event(wanted_.name, "SuccessfulRescale",
                    fmt::format("New size: {}, was {}: {}", decision.to, decision.from, decision.reason));
  };
  meter_ = std::make_unique<LoadMeter>(std::chrono::steady_clock::now());
  autoscaler_ = std::make_unique<Autoscaler>(settings, instance_count_, *meter_, std::move(hooks));
}

int ScriptRuntime::Resize(int instances) {
  if (instances == 0 && !FallAsleep()) return instance_count_;
  std::erase_if(leaving_,
                [](const auto& gone) { return gone.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  const std::lock_guard lock(instances_mutex_);
  while (static_cast<int>(instances_.size()) > instances) {
    leaving_.push_back(
        std::async(std::launch::async, [gone = std::move(instances_.back())]() mutable { gone.clear(); }));
    instances_.pop_back();
  }
  while (static_cast<int>(instances_.size()) < instances) {
    const int index = static_cast<int>(instances_.size());
    Instance& added = instances_.emplace_back();
    for (int i = 0; i < workers_per_instance_; ++i) added.push_back(StartWorker(index));
  }
  instance_count_ = instances;
  return instances;
}

// Requests look at is_asleep_ after they are counted: whoever comes second sees the other.
bool ScriptRuntime::FallAsleep() {
  const std::lock_guard lock(mutex_);
  is_asleep_ = true;
  if (meter_->pending() > 0) {
    is_asleep_ = false;
    return false;
  }
  ++life_;
  return true;
}

void ScriptRuntime::Stop() {
  if (autoscaler_) autoscaler_->Stop();
  queue_.Close();
  leaving_.clear();  // waits
  std::vector<Instance> leaving;
  {
    const std::lock_guard lock(instances_mutex_);
    leaving.swap(instances_);
  }
}

std::vector<ScriptRuntime::InstanceState> ScriptRuntime::Instances() const {
  const std::lock_guard lock(instances_mutex_);
  std::vector<InstanceState> states;
  for (const Instance& instance : instances_) {
    InstanceState state{fmt::format("{}-{}", wanted_.name, states.size()), false, {}};
    for (const auto& worker : instance) {
      state.is_ready |= worker->IsReady();
      if (const int64_t id = worker->process_id(); id != 0) state.process_ids.push_back(id);
    }
    states.push_back(std::move(state));
  }
  return states;
}

bool ScriptRuntime::IsAnyReady() const {
  const std::lock_guard lock(instances_mutex_);
  return std::any_of(instances_.begin(), instances_.end(), [](const Instance& instance) {
    return std::any_of(instance.begin(), instance.end(), [](const auto& worker) { return worker->IsReady(); });
  });
}

std::string ScriptRuntime::Schema() const {
  const std::lock_guard lock(mutex_);
  return schema_;
}

bool ScriptRuntime::HasRoom() const {
  if (pending() >= PendingMax()) return false;
  return queue_wait_max_.count() == 0 || is_asleep_ || ForecastWait() <= queue_wait_max_;
}

std::chrono::nanoseconds ScriptRuntime::ForecastWait() const {
  return forecast_.Wait(pending(), CountedInstances() * workers_per_instance_);
}

bool ScriptRuntime::Submit(const WorkerRequest& request, SteadyTime deadline, std::function<void(ScoreOutcome)> done) {
  if (pending_.fetch_add(1, std::memory_order_relaxed) >= PendingMax()) {
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  if (meter_) meter_->Add(1, now);
  QueuedRequest queued{EncodeRequest(request), deadline, now, SteadyTime::max(),
                       [this, now, done = std::move(done)](ScoreOutcome outcome) {
                         const SteadyTime ended = std::chrono::steady_clock::now();
                         if (outcome.queue_wait.count() >= 0) forecast_.Add(ended - now - outcome.queue_wait);
                         if (meter_) meter_->Add(-1, ended);
                         pending_.fetch_sub(1, std::memory_order_relaxed);
                         done(std::move(outcome));
                       }};
  const bool is_asleep = is_asleep_;
  if (queue_wait_max_.count() > 0 && !is_asleep) queued.start_by = now + queue_wait_max_;
  if (!(is_asleep || IsAnyReady()) || !queue_.Push(queued)) queued.done({ScoreOutcome::Kind::kNotReady, {}});
  if (is_asleep) autoscaler_->Wake();
  return true;
}

}  // namespace slipway::gateway
