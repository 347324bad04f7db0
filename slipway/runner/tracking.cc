#include "slipway/runner/tracking.h"

#include <algorithm>
#include <chrono>

namespace slipway::runner {
namespace {

using domain::Job;
using domain::Run;
using domain::RunStatus;

int64_t Milliseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

domain::Tags TagsOf(const Job& job) {
  domain::Tags tags = job.spec.tags;
  for (const auto& [key, value] : job.spec.properties) {
    if (key.starts_with("mlflow.source.git.")) tags[key] = value;
  }
  tags["mlflow.runName"] = job.spec.display_name.empty() ? job.name : job.spec.display_name;
  tags["mlflow.user"] = "local";
  tags["mlflow.rootRunId"] = job.root.empty() ? job.name : job.root;
  if (!job.parent.empty()) tags["mlflow.parentRunId"] = job.parent;
  if (!job.step.empty()) tags["azureml.stepName"] = job.step;
  return tags;
}

RunStatus RunStatusOf(domain::JobStatus status) {
  switch (status) {
    case domain::JobStatus::kCompleted:
      return RunStatus::kFinished;
    case domain::JobStatus::kCanceled:
      return RunStatus::kKilled;
    default:
      return RunStatus::kFailed;
  }
}

}  // namespace

Status Tracking::CreateRun(const domain::Scope& scope, const Job& job, Timestamp now) {
  if (runs_.GetRun(scope, job.name)) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const auto experiment, runs_.GetOrCreateExperiment(scope, job.spec.experiment_name, now));
  Run run;
  run.id = job.name;
  run.name = job.spec.display_name.empty() ? job.name : job.spec.display_name;
  run.experiment_id = experiment.id;
  run.status = RunStatus::kScheduled;
  run.start_time_ms = Milliseconds(now);
  run.artifact_uri = job.output_uris.at("artifacts");
  run.tags = TagsOf(job);
  return runs_.InsertRun(scope, run);
}

Status Tracking::MarkRunning(const domain::Scope& scope, const std::string& job, Timestamp now) {
  SLIPWAY_ASSIGN_OR_RETURN(Run run, runs_.GetRun(scope, job));
  run.status = RunStatus::kRunning;
  run.start_time_ms = Milliseconds(now);
  run.end_time_ms.reset();
  return runs_.UpdateRun(scope, run);
}

Status Tracking::Close(const domain::Scope& scope, const Job& job, Timestamp now) {
  SLIPWAY_ASSIGN_OR_RETURN(Run run, runs_.GetRun(scope, job.name));
  run.status = RunStatusOf(job.status);
  run.end_time_ms = Milliseconds(now);
  return runs_.UpdateRun(scope, run);
}

Status Tracking::CopyResults(const domain::Scope& scope, const std::string& from, const std::string& to) {
  SLIPWAY_ASSIGN_OR_RETURN(const Run run, runs_.GetRun(scope, from));
  if (run.latest_metrics.empty() && run.parameters.empty()) return {};
  return runs_.LogBatch(scope, to, run.latest_metrics, run.parameters, {});
}

Result<TrialMetrics> Tracking::MetricsOf(const domain::Scope& scope, const std::string& job,
                                         const std::string& metric) {
  SLIPWAY_ASSIGN_OR_RETURN(const Run run, runs_.GetRun(scope, job));
  TrialMetrics metrics;
  for (const auto& point : run.latest_metrics) metrics.logged.push_back(point.key);
  if (std::find(metrics.logged.begin(), metrics.logged.end(), metric) == metrics.logged.end()) return metrics;
  SLIPWAY_ASSIGN_OR_RETURN(auto history, runs_.GetMetricHistory(scope, job, metric));
  std::stable_sort(history.begin(), history.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  for (const auto& point : history) metrics.reports.push_back(point.value);
  return metrics;
}

Status Tracking::SetTag(const domain::Scope& scope, const std::string& job, const std::string& key,
                        const std::string& value) {
  return runs_.LogBatch(scope, job, {}, {}, {{key, value}});
}

}  // namespace slipway::runner
