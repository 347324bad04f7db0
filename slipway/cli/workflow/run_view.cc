#include "slipway/cli/workflow/run_view.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::cli {
namespace {

using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json TimeOrNull(const std::optional<Timestamp>& time) {
  return time ? Json(FormatTimestamp(*time, 3)) : Json(nullptr);
}

Json StepView(const domain::WorkflowStepRun& step) {
  return {{"number", step.number},
          {"name", step.name},
          {"status", domain::WorkflowStatusName(step.status)},
          {"outcome", OrNull(std::string(domain::WorkflowConclusionName(step.outcome)))},
          {"conclusion", OrNull(std::string(domain::WorkflowConclusionName(step.conclusion)))},
          {"started_at", TimeOrNull(step.started_at)},
          {"completed_at", TimeOrNull(step.completed_at)}};
}

Json JobView(const WorkflowJobRun& job, bool with_steps) {
  Json view = {{"key", job.key},
               {"name", job.name},
               {"status", domain::WorkflowStatusName(job.status)},
               {"conclusion", OrNull(std::string(domain::WorkflowConclusionName(job.conclusion)))},
               {"reason", OrNull(job.reason)},
               {"environment", OrNull(job.environment)},
               {"environment_url", OrNull(job.environment_url)},
               {"reviewed_by", OrNull(job.reviewed_by)},
               {"attempt", job.attempt},
               {"outputs", job.outputs},
               {"started_at", TimeOrNull(job.started_at)},
               {"completed_at", TimeOrNull(job.completed_at)}};
  if (!with_steps) return view;
  view["steps"] = Json::array();
  for (const auto& step : job.steps) view["steps"].push_back(StepView(step));
  view["annotations"] = Json::array();
  for (const auto& each : job.annotations)
    view["annotations"].push_back({{"level", each.level},
                                   {"message", each.message},
                                   {"title", OrNull(each.title)},
                                   {"file", OrNull(each.file)},
                                   {"line", each.line},
                                   {"step", each.step}});
  return view;
}

std::string_view Sign(WorkflowStatus status, WorkflowConclusion conclusion) {
  switch (conclusion) {
    case WorkflowConclusion::kSuccess:
      return "✓";
    case WorkflowConclusion::kFailure:
    case WorkflowConclusion::kStartupFailure:
      return "✗";
    case WorkflowConclusion::kCancelled:
      return "⊘";
    case WorkflowConclusion::kSkipped:
      return "–";
    default:
      return status == WorkflowStatus::kInProgress ? "●" : status == WorkflowStatus::kWaiting ? "⏸" : "○";
  }
}

std::string Elapsed(const std::optional<Timestamp>& from, const std::optional<Timestamp>& to) {
  if (!from || !to) return "";
  const double seconds = std::chrono::duration<double>(*to - *from).count();
  return seconds < 60 ? fmt::format("{:.1f} s", seconds)
                      : fmt::format("{} min {:.0f} s", static_cast<int>(seconds / 60),
                                    seconds - 60 * static_cast<int>(seconds / 60));
}

using Needs = std::map<std::string, std::vector<std::string>>;  // by job id

Needs NeedsOf(const WorkflowRun& run) {
  Needs needs;
  const auto file = run.files.find(run.workflow_path);
  if (file == run.files.end()) return needs;
  const auto document = spec::ParseDocument(file->second, run.workflow_path, {});
  const auto workflow = document ? spec::workflow::ReadWorkflow(*document, run.workflow_path)
                                 : Result<spec::workflow::Workflow>(document.error());
  if (!workflow) return needs;
  for (const auto& job : workflow->jobs) needs[job.id] = job.needs;
  return needs;
}

int StageOf(const std::string& id, const Needs& needs, int depth = 0) {
  const auto found = needs.find(id);
  if (found == needs.end() || depth > 256) return 1;
  int stage = 1;
  for (const std::string& need : found->second) stage = std::max(stage, StageOf(need, needs, depth + 1) + 1);
  return stage;
}

std::string JobLine(const WorkflowJobRun& job, const std::string& lead, size_t width, const Needs& needs) {
  const auto found = needs.find(job.job_id);
  const std::string arrow =
      job.parent.empty() && found != needs.end() && !found->second.empty() ? "  ← " + Join(found->second, ", ") : "";
  std::string line =
      fmt::format("{}{} {:<{}}  {:<11} {:>10}{}", lead, Sign(job.status, job.conclusion), job.name, width,
                  StateText(job.status, job.conclusion), Elapsed(job.started_at, job.completed_at), arrow);
  while (line.ends_with(' ')) line.pop_back();
  if (!job.reason.empty()) line += fmt::format("\n{}    {}", std::string(lead.size(), ' '), job.reason);
  return line + "\n";
}

}  // namespace

std::string StateText(WorkflowStatus status, WorkflowConclusion conclusion) {
  return std::string(status == WorkflowStatus::kCompleted ? domain::WorkflowConclusionName(conclusion)
                                                          : domain::WorkflowStatusName(status));
}

Json ViewOf(const WorkflowRun& run, bool with_steps) {
  Json view = {{"id", run.id},
               {"number", run.number},
               {"attempt", run.attempt},
               {"workflow", run.workflow},
               {"path", run.workflow_path},
               {"title", run.title},
               {"repository", run.repository},
               {"ref", run.ref},
               {"sha", run.sha},
               {"event", run.event},
               {"actor", run.actor},
               {"triggering_actor", run.triggering_actor},
               {"status", domain::WorkflowStatusName(run.status)},
               {"conclusion", OrNull(std::string(domain::WorkflowConclusionName(run.conclusion)))},
               {"reason", OrNull(run.reason)},
               {"created_at", FormatTimestamp(run.created_at, 3)},
               {"started_at", TimeOrNull(run.started_at)},
               {"completed_at", TimeOrNull(run.completed_at)}};
  view["jobs"] = Json::array();
  for (const WorkflowJobRun& job : run.jobs) view["jobs"].push_back(JobView(job, with_steps));
  view["reviews"] = Json::array();
  for (const auto& review : run.reviews)
    view["reviews"].push_back({{"environment", review.environment},
                               {"decision", review.decision},
                               {"by", review.by},
                               {"comment", OrNull(review.comment)},
                               {"at", FormatTimestamp(review.at, 3)},
                               {"jobs", review.jobs}});
  return view;
}

std::string GraphText(const WorkflowRun& run) {
  const Needs needs = NeedsOf(run);
  std::string text = fmt::format("{} {} #{} · run {} attempt {} · {} on {} · {}{}\n", Sign(run.status, run.conclusion),
                                 run.title, run.number, run.id, run.attempt, run.event, run.ref,
                                 StateText(run.status, run.conclusion), run.reason.empty() ? "" : ": " + run.reason);
  size_t width = 0;
  for (const WorkflowJobRun& job : run.jobs) width = std::max(width, job.name.size());
  std::map<int, std::vector<const WorkflowJobRun*>> stages;
  for (const WorkflowJobRun& job : run.jobs) {
    const WorkflowJobRun* top = &job;
    while (!top->parent.empty() && run.FindJob(top->parent)) top = run.FindJob(top->parent);
    stages[StageOf(top->job_id, needs)].push_back(&job);
  }
  for (const auto& [stage, jobs] : stages) {
    bool is_first = true;
    for (const WorkflowJobRun* job : jobs) {
      text += JobLine(*job, is_first ? fmt::format("{:>3}  ", stage) : "     ", width, needs);
      is_first = false;
    }
  }
  return text;
}

}  // namespace slipway::cli
