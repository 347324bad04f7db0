#include "slipway/runner/runner.h"

#include <fmt/format.h>

#include "slipway/registry/catalog.h"
#include "slipway/runner/engine.h"
#include "slipway/runner/execute/local_executor.h"
#include "slipway/runner/logs.h"
#include "slipway/runner/sampling.h"
#include "slipway/runner/submission.h"
#include "slipway/runner/tracking.h"

namespace slipway::runner {

using domain::Job;
using domain::Scope;

struct Runner::Impl {
  Impl(Options options, Dependencies dependencies)
      : dependencies(dependencies),
        catalog(dependencies.workspaces, dependencies.assets, dependencies.jobs, dependencies.registries) {
    executor = std::make_unique<LocalExecutor>(options, dependencies, catalog);
    engine = std::make_unique<Engine>(EngineDependencies{dependencies.workspaces, dependencies.jobs, dependencies.runs,
                                                         *executor, dependencies.clock, MakeSampler(), MakeEarlyStop(),
                                                         [this](const Scope& scope) { return Places(scope); }});
  }

  // The executor's last tasks still report to the engine, which takes the reports and does nothing with them.
  ~Impl() {
    engine->Stop();
    executor.reset();
    engine.reset();
  }

  Result<std::pair<std::string, std::string>> Places(const Scope& scope) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string datastore, catalog.DefaultDatastore(scope));
    SLIPWAY_ASSIGN_OR_RETURN(std::string artifacts, catalog.ArtifactRoot(scope));
    return std::pair(std::move(datastore), std::move(artifacts));
  }

  Result<std::filesystem::path> ArtifactsOf(const Scope& scope, const Job& job) {
    const auto uri = job.output_uris.find("artifacts");
    if (uri == job.output_uris.end()) return NotFound(fmt::format("job '{}' has no artifacts", job.name));
    return catalog.LocalPath(scope, uri->second);
  }

  Dependencies dependencies;
  registry::Catalog catalog;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Engine> engine;
};

Runner::Runner(Options options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(options), dependencies)) {}

Runner::~Runner() = default;

Status Runner::Start() {
  return impl_->engine->Start();
}

void Runner::Stop() {
  impl_->engine->Stop();
}

Result<Job> Runner::Submit(const Scope& scope, const domain::JobSpec& spec) {
  if (!spec.name.empty() && impl_->dependencies.jobs.GetJob(scope, spec.name)) {
    return AlreadyExists(
        fmt::format("there is a job '{}' already; leave the name out to get a generated one", spec.name));
  }
  SLIPWAY_ASSIGN_OR_RETURN(Job job, MakeRootJob(impl_->catalog, impl_->dependencies.workspaces, scope, spec));
  return impl_->engine->Add(scope, std::move(job));
}

Result<Job> Runner::Cancel(const Scope& scope, const std::string& name) {
  return impl_->engine->Cancel(scope, name);
}

Result<Job> Runner::Change(const Scope& scope, const std::string& name, const Changes& changes) {
  return impl_->engine->Change(scope, name, [changes](Job& job) -> Status {
    if (changes.is_archived.value_or(false) && !domain::IsTerminal(job.status)) {
      return FailedPrecondition(fmt::format("job '{}' is {}: only a job that has ended can be archived", job.name,
                                            domain::JobStatusName(job.status)));
    }
    if (changes.is_archived) job.is_archived = *changes.is_archived;
    if (changes.display_name) job.spec.display_name = *changes.display_name;
    if (changes.description) job.spec.description = *changes.description;
    if (changes.tags) job.spec.tags = *changes.tags;
    return {};
  });
}

Result<TrialTable> Runner::Trials(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Job sweep, impl_->dependencies.jobs.GetJob(scope, name));
  const auto* spec = std::get_if<domain::SweepSpec>(&sweep.spec.body);
  if (!spec) return InvalidArgument(fmt::format("job '{}' is not a sweep: it has no trials", sweep.name));
  domain::JobFilter filter;
  filter.parent = sweep.name;
  filter.view = domain::ListView::kAll;
  SLIPWAY_ASSIGN_OR_RETURN(const auto trials, impl_->dependencies.jobs.ListJobs(scope, filter));
  std::vector<const Job*> pointers;
  std::map<std::string, TrialMetrics> metrics;
  Tracking tracking(impl_->dependencies.runs);
  for (const Job& trial : trials) {
    pointers.push_back(&trial);
    SLIPWAY_ASSIGN_OR_RETURN(metrics[trial.name],
                             tracking.MetricsOf(scope, trial.name, spec->objective.primary_metric));
  }
  return MakeTrialTable(sweep, pointers, metrics);
}

Result<std::vector<LogFile>> Runner::ListLogs(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Job job, impl_->dependencies.jobs.GetJob(scope, name));
  SLIPWAY_ASSIGN_OR_RETURN(const auto artifacts, impl_->ArtifactsOf(scope, job));
  return ListLogFiles(artifacts);
}

Result<LogPart> Runner::ReadLog(const Scope& scope, const std::string& name, const std::string& log, uint64_t offset) {
  SLIPWAY_ASSIGN_OR_RETURN(const Job job, impl_->dependencies.jobs.GetJob(scope, name));
  SLIPWAY_ASSIGN_OR_RETURN(const auto artifacts, impl_->ArtifactsOf(scope, job));
  return ReadLogFile(artifacts, log, offset, !domain::IsTerminal(job.status));
}

void Runner::MetricsLogged(const Scope& scope, const std::string& run_id) {
  impl_->engine->MetricsLogged(scope, run_id);
}

Result<Job> Runner::WaitForEnd(const Scope& scope, const std::string& name, Duration timeout) {
  return impl_->engine->WaitForEnd(scope, name, timeout);
}

}  // namespace slipway::runner
