#include "slipway/runner/plan/outcome.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/runner/plan/children.h"

namespace slipway::runner {
namespace {

using domain::Job;
using domain::JobError;
using domain::JobStatus;
using domain::SweepSpec;

// What shells and kernels mean by certain codes, for those who do not know them by heart.
std::string Hint(const ProcessEnd& end) {
  if (end.signal == SIGKILL) return " (often: the machine ran out of memory)";
  if (end.code == 127) return " (a program that the command names was not found)";
  if (end.code == 126) return " (a file that the command names cannot be executed)";
  if (end.code == 128 + SIGKILL) return " (killed; often: the machine ran out of memory)";
  return "";
}

std::string HowItEnded(const ProcessEnd& end) {
  if (!end.failure.empty()) return end.failure;
  if (end.code) return fmt::format("exit code {}{}", *end.code, Hint(end));
  if (end.signal != 0) return fmt::format("killed by signal {} ({}){}", end.signal, strsignal(end.signal), Hint(end));
  return "the process ended while the server was down, and left no exit code";
}

std::string WithLog(std::string text, const ProcessEnd& end) {
  if (!end.failure.empty()) return text;
  if (end.log_tail.empty()) return text + "; its log is empty";
  return fmt::format("{}; last lines of its log:\n{}", text, end.log_tail);
}

int RetriesOf(const Job& job) {
  const auto* command = std::get_if<domain::CommandSpec>(&job.spec.body);
  return command ? command->retries_max : 0;
}

bool IsBetter(const SweepSpec& sweep, double a, double b) {
  return sweep.objective.maximize ? a > b : a < b;
}

std::optional<double> BestReportOf(const Snapshot& snapshot, const SweepSpec& sweep, const Job& trial) {
  const auto metrics = snapshot.metrics.find(trial.name);
  return metrics == snapshot.metrics.end() ? std::nullopt : BestReport(sweep, metrics->second);
}

bool MayBeBest(const Job& trial, bool live) {
  if (trial.status == JobStatus::kCompleted) return true;
  return live && (trial.status == JobStatus::kRunning || trial.status == JobStatus::kFinalizing);
}

bool IsCompleted(const Job* trial) {
  return trial->status == JobStatus::kCompleted;
}

JobError WhyNoBest(const Snapshot& snapshot, const SweepSpec& sweep, const std::vector<const Job*>& trials) {
  const auto completed = std::find_if(trials.begin(), trials.end(), IsCompleted);
  if (completed == trials.end()) {
    const auto failed =
        std::find_if(trials.begin(), trials.end(), [](const Job* trial) { return trial->error.has_value(); });
    const std::string first =
        failed == trials.end() ? "" : fmt::format("; {}: {}", (*failed)->name, (*failed)->error->message);
    return {"UserError", fmt::format("none of the {} trials completed{}", trials.size(), first)};
  }
  std::set<std::string> logged;
  for (const Job* trial : trials) {
    const auto metrics = snapshot.metrics.find(trial->name);
    if (metrics != snapshot.metrics.end()) logged.insert(metrics->second.logged.begin(), metrics->second.logged.end());
  }
  const std::vector<std::string> names(logged.begin(), logged.end());
  const std::string& wanted = sweep.objective.primary_metric;
  return {"UserError",
          fmt::format("{} completed without logging the primary metric '{}', and no other trial logged it; "
                      "{}{}",
                      (*completed)->name, wanted,
                      names.empty() ? "no metric was logged at all" : "logged were: " + Join(names, ", "),
                      DidYouMean(wanted, names))};
}

}  // namespace

Verdict JudgeExit(const Job& job, const ProcessEnd& end) {
  Verdict verdict;
  if (end.timed_out) {
    verdict.status = JobStatus::kCanceled;
    verdict.reason = end.end_reason;
    verdict.error = JobError{"Timeout", WithLog(end.end_reason, end)};
    return verdict;
  }
  if (!end.end_reason.empty() || job.status == JobStatus::kCancelRequested) {
    verdict.status = JobStatus::kCanceled;
    verdict.reason = end.end_reason.empty() ? job.status_reason : end.end_reason;
    return verdict;
  }
  if (end.code == 0) return verdict;
  if (job.attempt <= RetriesOf(job)) {
    verdict.retry = true;
    verdict.status = JobStatus::kPreparing;
    verdict.reason = fmt::format("attempt {} of {} ended with {}", job.attempt, RetriesOf(job) + 1, HowItEnded(end));
    return verdict;
  }
  verdict.status = JobStatus::kFailed;
  verdict.error = JobError{"UserError", WithLog(HowItEnded(end), end)};
  return verdict;
}

domain::ResourceUse Sum(const domain::ResourceUse& a, const domain::ResourceUse& b) {
  return {a.cpu_seconds + b.cpu_seconds, std::max(a.peak_memory_bytes, b.peak_memory_bytes),
          a.read_bytes + b.read_bytes, a.written_bytes + b.written_bytes};
}

std::optional<JobError> ErrorOfPipeline(const std::vector<const Job*>& steps) {
  const Job* first = nullptr;
  for (const Job* step : steps) {
    const bool is_bad = step->status == JobStatus::kFailed || step->status == JobStatus::kCanceled;
    if (!is_bad) continue;
    // A failure explains more than the cancellations that followed from it; an earlier one more than a later one.
    const bool is_failure = step->status == JobStatus::kFailed;
    const bool replaces = !first || (is_failure && first->status != JobStatus::kFailed) ||
                          (is_failure == (first->status == JobStatus::kFailed) && step->ended_at < first->ended_at);
    if (replaces) first = step;
  }
  if (!first) return std::nullopt;
  const std::string code = first->error ? first->error->code : "UserError";
  if (first->status == JobStatus::kFailed) {
    return JobError{code,
                    fmt::format("step '{}' failed with {}", first->step, first->error ? first->error->message : "")};
  }
  const std::string why = first->error ? first->error->message : first->status_reason;
  return JobError{code, fmt::format("step '{}' was canceled{}{}", first->step, why.empty() ? "" : ": ", why)};
}

std::optional<double> BestReport(const SweepSpec& sweep, const TrialMetrics& metrics) {
  std::optional<double> best;
  for (const double value : metrics.reports) {
    if (std::isnan(value)) continue;
    if (!best || IsBetter(sweep, value, *best)) best = value;
  }
  return best;
}

const Job* BestTrial(const Snapshot& snapshot, const SweepSpec& sweep, const std::vector<const Job*>& trials,
                     bool live) {
  const Job* best = nullptr;
  std::optional<double> best_value;
  for (const Job* trial : trials) {
    const auto value = MayBeBest(*trial, live) ? BestReportOf(snapshot, sweep, *trial) : std::nullopt;
    if (!value) continue;
    const bool wins = !best || IsBetter(sweep, *value, *best_value) ||
                      (*value == *best_value && TrialNumber(trial->name) < TrialNumber(best->name));
    if (!wins) continue;
    best = trial;
    best_value = value;
  }
  return best;
}

std::optional<JobError> WhyHopeless(const Snapshot& snapshot, const SweepSpec& sweep,
                                    const std::vector<const Job*>& trials) {
  const auto has_reported = [&](const Job* trial) {
    const auto metrics = snapshot.metrics.find(trial->name);
    return metrics != snapshot.metrics.end() && !metrics->second.reports.empty();
  };
  if (std::none_of(trials.begin(), trials.end(), IsCompleted)) return std::nullopt;
  if (std::any_of(trials.begin(), trials.end(), has_reported)) return std::nullopt;
  return WhyNoBest(snapshot, sweep, trials);
}

Finish FinishSweep(const Snapshot& snapshot, const Job& job, const std::vector<const Job*>& trials, bool is_over_time) {
  const auto& sweep = std::get<SweepSpec>(job.spec.body);
  Finish finish{job.name, JobStatus::kCompleted, std::nullopt, "", {}, ""};
  const Job* best = BestTrial(snapshot, sweep, trials, /*live=*/false);
  if (!best) {
    finish.status = JobStatus::kFailed;
    finish.error = is_over_time ? JobError{"Timeout", "no trial completed within limits.timeout"}
                                : WhyNoBest(snapshot, sweep, trials);
    return finish;
  }
  finish.best_child = best->name;
  finish.reason = fmt::format("best trial {}: {} = {}{}", best->name, sweep.objective.primary_metric,
                              FormatDouble(*BestReportOf(snapshot, sweep, *best)),
                              is_over_time ? "; stopped at limits.timeout" : "");
  for (const auto& [key, uri] : best->output_uris) {
    if (key != "artifacts") finish.output_uris[key] = uri;
  }
  return finish;
}

}  // namespace slipway::runner
