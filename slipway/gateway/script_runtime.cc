#include "slipway/gateway/script_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

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

std::chrono::milliseconds StartTimeout(const domain::Probe& probe) {
  return std::chrono::milliseconds(probe.initial_delay_ms + probe.period_ms * probe.failure_threshold);
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
  command.working_directory = wanted.code_dir;
  return command;
}

ScriptRuntime::ScriptRuntime(const WantedDeployment& wanted, std::unique_ptr<ConsoleLog> console,
                             std::shared_ptr<DeploymentCounts> counts)
    : console_(std::move(console)),
      counts_(std::move(counts)),
      pending_max_(2 * std::max(1, wanted.request_settings.max_concurrent_requests_per_instance) *
                   std::max(1, wanted.instance_count)),
      queue_wait_max_(std::max<int64_t>(0, wanted.request_settings.max_queue_wait_ms)),
      expiry_thread_([this](const std::stop_token& stop) { queue_.ExpireUntilStopped(stop); }) {}

Result<std::shared_ptr<ScriptRuntime>> ScriptRuntime::Start(const WantedDeployment& wanted,
                                                            const WorkerPrograms& programs,
                                                            std::unique_ptr<ConsoleLog> console,
                                                            std::shared_ptr<DeploymentCounts> counts,
                                                            std::stop_token stop) {
  std::shared_ptr<ScriptRuntime> runtime(new ScriptRuntime(wanted, std::move(console), std::move(counts)));
  runtime->StartWorkers(wanted, programs);
  if (const Status ready = runtime->WaitUntilReady(std::move(stop)); !ready) {
    const std::string tail = runtime->console_->Tail();
    const std::string lines = tail.empty() ? "" : "; the console's last lines:" + tail;
    return FailedPrecondition(fmt::format("the scoring script '{}' did not start: {}{}", wanted.scoring_script,
                                          ready.error().message(), lines));
  }
  return runtime;
}

void ScriptRuntime::StartWorkers(const WantedDeployment& wanted, const WorkerPrograms& programs) {
  const int per_instance = WorkersPerInstance(wanted);
  for (int i = 0; i < std::max(1, wanted.instance_count) * per_instance; ++i) {
    WorkerOptions options;
    options.instance = fmt::format("{}-{}", wanted.name, i / per_instance);
    options.command = WorkerCommandOf(wanted, programs);
    options.start_timeout = StartTimeout(wanted.readiness_probe);
    WorkerEvents events;
    events.on_ready = [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    };
    events.on_taken = [this](SteadyTime::duration wait) { counts_->CountQueueWait(wait); };
    events.on_restart = [this] { counts_->CountRestart(); };
    events.on_start_failed = [this](const std::string& reason) {
      const std::lock_guard lock(mutex_);
      start_failure_ = reason;
      changed_.notify_all();
    };
    workers_.push_back(std::make_unique<Worker>(std::move(options), queue_, *console_, std::move(events)));
  }
}

Status ScriptRuntime::WaitUntilReady(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto are_all_ready = [&] {
    return std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->IsReady(); });
  };
  const bool is_decided =
      changed_.wait(lock, std::move(stop), [&] { return are_all_ready() || !start_failure_.empty(); });
  if (!is_decided) return Error(Code::kCancelled, "a newer revision takes its place");
  if (!start_failure_.empty()) return FailedPrecondition(start_failure_);
  return {};
}

void ScriptRuntime::Stop() {
  queue_.Close();
  workers_.clear();
}

bool ScriptRuntime::IsAnyReady() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->IsReady(); });
}

bool ScriptRuntime::Submit(const WorkerRequest& request, SteadyTime deadline, std::function<void(ScoreOutcome)> done) {
  if (pending_.fetch_add(1, std::memory_order_relaxed) >= pending_max_) {
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  QueuedRequest queued{EncodeRequest(request), deadline, now, SteadyTime::max(),
                       [this, done = std::move(done)](ScoreOutcome outcome) {
                         pending_.fetch_sub(1, std::memory_order_relaxed);
                         done(std::move(outcome));
                       }};
  if (queue_wait_max_.count() > 0) queued.start_by = now + queue_wait_max_;
  if (!IsAnyReady() || !queue_.Push(queued)) queued.done({ScoreOutcome::Kind::kNotReady, {}});
  return true;
}

}  // namespace slipway::gateway
