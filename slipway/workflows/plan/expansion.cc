#include "slipway/workflows/plan/expansion.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/workflow/values.h"
#include "slipway/workflows/plan/contexts.h"
#include "slipway/workflows/plan/matrix.h"
#include "slipway/workflows/plan/triggers.h"

namespace slipway::workflows {
namespace {

namespace wf = expressions::workflow;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowStatus;
using spec::Node;

constexpr size_t kNameMax = 100, kGroupMax = 400;

// All jobs that `job` needs, directly or not, in its own file.
std::set<std::string> AncestorsOf(const spec::workflow::Workflow& file, const spec::workflow::Job& job) {
  std::set<std::string> ancestors;
  std::vector<const spec::workflow::Job*> open = {&job};
  while (!open.empty()) {
    const spec::workflow::Job* next = open.back();
    open.pop_back();
    for (const std::string& need : next->needs) {
      const auto* found = file.FindJob(need);
      if (found && ancestors.insert(found->id).second) open.push_back(found);
    }
  }
  return ancestors;
}

wf::Scope ScopeOf(const RunView& view, const WorkflowJobRun& job, const spec::workflow::Job& file_job,
                  const Snapshot& snapshot) {
  wf::Scope scope;
  scope.contexts["github"] = wf::Value::Of(GithubContext(*view.run));
  scope.contexts["vars"] = TextMap(snapshot.variables);
  const WorkflowJobRun* call = job.parent.empty() ? nullptr : view.run->FindJob(job.parent);
  scope.contexts["inputs"] = ValueOfJson(call ? call->inputs : view.run->inputs);
  scope.contexts["needs"] = NeedsContext(*view.run, job.parent, file_job.needs);
  return scope;
}

void SetMatrix(wf::Scope& scope, const WorkflowJobRun& job) {
  scope.contexts["matrix"] = ValueOfJson(job.matrix);
  wf::Object strategy;
  strategy.Set("fail-fast", job.fails_fast);
  strategy.Set("job-index", job.index);
  strategy.Set("job-total", job.total);
  strategy.Set("max-parallel", static_cast<int>(job.max_parallel > 0 ? job.max_parallel : job.total));
  scope.contexts["strategy"] = wf::Value::Of(std::move(strategy));
}

Result<std::string> EvaluateText(const std::optional<Node>& node, const wf::Scope& scope) {
  if (!node) return std::string();
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*node, scope));
  return value.ToText();
}

Result<bool> EvaluateBoolean(const std::optional<Node>& node, const wf::Scope& scope, bool fallback,
                             std::string_view key) {
  if (!node) return fallback;
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*node, scope));
  if (value.boolean()) return *value.boolean();
  if (value.is_null()) return fallback;
  return InvalidArgument(fmt::format("'{}' is true or false, not '{}'", key, value.ToText())).At(node->mark.Position());
}

Result<int64_t> EvaluateCount(const std::optional<Node>& node, const wf::Scope& scope, int64_t fallback,
                              std::string_view key) {
  if (!node) return fallback;
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*node, scope));
  const double number = value.number() ? *value.number() : std::nan("");
  if (number >= 1 && number == std::floor(number) && number < 1e9) return static_cast<int64_t>(number);
  return InvalidArgument(fmt::format("'{}' is a whole number from 1, not '{}'", key, value.ToText()))
      .At(node->mark.Position());
}

Result<std::vector<Combination>> CombinationsOf(const spec::workflow::Job& file_job, const wf::Scope& scope) {
  if (!file_job.matrix) return std::vector<Combination>(1);
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value matrix, spec::workflow::Evaluate(*file_job.matrix, scope));
  auto combinations = UnfoldMatrix(matrix);
  if (!combinations) return std::move(combinations.error()).At(file_job.matrix->mark.Position());
  return combinations;
}

Result<std::string> NameOf(const spec::workflow::Job& file_job, const Combination& combination, const wf::Scope& scope,
                           const std::string& prefix) {
  std::string name = file_job.id;
  if (file_job.name) {
    SLIPWAY_ASSIGN_OR_RETURN(name, EvaluateText(file_job.name, scope));
  }
  const bool is_own = file_job.name && wf::HasExpression(file_job.name->text);
  if (!is_own && !combination.label.empty()) name += fmt::format(" ({})", combination.label);
  if (name.size() > kNameMax) name = name.substr(0, kNameMax - 3) + "...";
  return prefix + name;
}

Status FillSettings(const spec::workflow::Job& file_job, const wf::Scope& scope, WorkflowJobRun& job) {
  SLIPWAY_ASSIGN_OR_RETURN(job.environment, EvaluateText(file_job.environment, scope));
  SLIPWAY_ASSIGN_OR_RETURN(job.continues_on_error,
                           EvaluateBoolean(file_job.continue_on_error, scope, false, "continue-on-error"));
  SLIPWAY_ASSIGN_OR_RETURN(job.timeout_minutes, EvaluateCount(file_job.timeout_minutes, scope, 360, "timeout-minutes"));
  if (!file_job.concurrency) return {};
  SLIPWAY_ASSIGN_OR_RETURN(job.concurrency_group, GroupName(file_job.concurrency->group, scope));
  SLIPWAY_ASSIGN_OR_RETURN(job.cancels_in_progress, EvaluateBoolean(file_job.concurrency->cancel_in_progress, scope,
                                                                    false, "cancel-in-progress"));
  job.queues_all = file_job.concurrency->keeps_all;
  return {};
}

Status CheckRunner(const spec::workflow::Job& file_job, const wf::Scope& scope) {
  if (!file_job.runs_on) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*file_job.runs_on, scope));
  std::vector<std::string> labels;
  if (value.array())
    for (const wf::Value& item : *value.array()) labels.push_back(item.ToText());
  else if (!value.object())
    labels.push_back(value.ToText());
  for (const std::string& label : labels)
    if (StartsWithIgnoreCase(label, "windows") || StartsWithIgnoreCase(label, "macos"))
      return Unimplemented(fmt::format("runs-on '{}' is not supported: this machine runs Linux", label))
          .At(file_job.runs_on->mark.Position());
  return {};
}

// The part of a called workflow's name that leads to it: "deploy / ".
std::string PrefixOf(const RunView& view, const WorkflowJobRun& job) {
  const WorkflowJobRun* call = job.parent.empty() ? nullptr : view.run->FindJob(job.parent);
  return call ? call->name + " / " : "";
}

Status FillCall(const RunView& view, const spec::workflow::Job& file_job, const wf::Scope& scope, WorkflowJobRun& job) {
  job.is_call = true;
  job.called_path = file_job.uses.substr(2);
  const auto file = view.files->find(job.called_path);
  if (file == view.files->end()) return NotFound(fmt::format("there is no workflow '{}'", job.called_path));
  const spec::workflow::Event* event = file->second->FindEvent("workflow_call");
  if (!event)
    return InvalidArgument(fmt::format("'{}' cannot be called: it has no 'on: workflow_call'", job.called_path));
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value with, spec::workflow::Evaluate(file_job.with, scope));
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Object inputs,
                           With(FillInputs(event->inputs, with.object() ? *with.object() : wf::Object{}, scope, true),
                                fmt::format("calling '{}'", job.called_path)));
  job.inputs = wf::ToJson(wf::Value::Of(inputs)).dump();
  return {};
}

}  // namespace

Result<std::string> GroupName(const Node& group, const wf::Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(group, scope));
  const std::string name = ToLower(value.ToText());
  if (name.empty()) return InvalidArgument("the concurrency group's name is empty").At(group.mark.Position());
  if (name.size() > kGroupMax)
    return InvalidArgument(fmt::format("the concurrency group's name has more than {} characters", kGroupMax))
        .At(group.mark.Position());
  return name;
}

const spec::workflow::Job* FileJob(const RunView& view, const WorkflowJobRun& job) {
  const auto file = view.files->find(job.workflow_path);
  return file == view.files->end() ? nullptr : file->second->FindJob(job.job_id);
}

Result<bool> ConditionHolds(const RunView& view, const WorkflowJobRun& job, const Snapshot& snapshot,
                            bool is_cancelled) {
  const spec::workflow::Job* file_job = FileJob(view, job);
  if (!file_job) return NotFound(fmt::format("there is no job '{}' in '{}'", job.job_id, job.workflow_path));
  wf::Scope scope = ScopeOf(view, job, *file_job, snapshot);
  scope.is_cancelled = is_cancelled;
  scope.is_failure = false;
  bool all_succeeded = true;
  for (const std::string& ancestor : AncestorsOf(*view.files->at(job.workflow_path), *file_job)) {
    const WorkflowConclusion result = ResultOf(*view.run, job.parent, ancestor).result;
    all_succeeded = all_succeeded && result == WorkflowConclusion::kSuccess;
    scope.is_failure = scope.is_failure || result == WorkflowConclusion::kFailure;
  }
  scope.is_success = all_succeeded && !is_cancelled;
  scope.is_failure = scope.is_failure && !is_cancelled;
  const auto condition = wf::Condition::Parse(file_job->condition, wf::AllowEverything());
  auto holds = condition ? condition->Evaluate(scope) : Result<bool>(condition.error());
  if (!holds) return std::move(holds.error()).With(fmt::format("jobs.{}.if", job.job_id)).At(file_job->mark.Position());
  return holds;
}

Result<std::vector<WorkflowJobRun>> ExpandJob(const RunView& view, const WorkflowJobRun& job,
                                              const Snapshot& snapshot) {
  const spec::workflow::Job& file_job = *FileJob(view, job);
  wf::Scope scope = ScopeOf(view, job, file_job, snapshot);
  SLIPWAY_ASSIGN_OR_RETURN(const auto combinations, CombinationsOf(file_job, scope));
  std::vector<WorkflowJobRun> jobs;
  for (size_t i = 0; i < combinations.size(); ++i) {
    WorkflowJobRun one = job;
    one.is_expanded = true;
    one.index = static_cast<int>(i);
    one.total = static_cast<int>(combinations.size());
    if (combinations.size() > 1 || file_job.matrix) one.key = fmt::format("{}#{}", job.key, i + 1);
    if (file_job.matrix) one.matrix = wf::ToJson(wf::Value::Of(combinations[i].values)).dump();
    SLIPWAY_ASSIGN_OR_RETURN(one.fails_fast, EvaluateBoolean(file_job.fail_fast, scope, true, "fail-fast"));
    SLIPWAY_ASSIGN_OR_RETURN(one.max_parallel, EvaluateCount(file_job.max_parallel, scope, 0, "max-parallel"));
    wf::Scope own = scope;
    SetMatrix(own, one);
    SLIPWAY_ASSIGN_OR_RETURN(one.name, NameOf(file_job, combinations[i], own, PrefixOf(view, job)));
    SLIPWAY_RETURN_IF_ERROR(FillSettings(file_job, own, one));
    SLIPWAY_RETURN_IF_ERROR(CheckRunner(file_job, own));
    if (file_job.is_call()) SLIPWAY_RETURN_IF_ERROR(FillCall(view, file_job, own, one));
    jobs.push_back(one);
    if (!one.is_call) continue;
    for (WorkflowJobRun& inner : FirstJobs(*view.files->at(one.called_path), one.key, one.name))
      jobs.push_back(std::move(inner));
  }
  return jobs;
}

Result<std::map<std::string, std::string>> CallOutputs(const RunView& view, const WorkflowJobRun& call,
                                                       const Snapshot& snapshot) {
  const auto file = view.files->find(call.called_path);
  if (file == view.files->end()) return NotFound(call.called_path);
  wf::Scope scope;
  scope.contexts["github"] = wf::Value::Of(GithubContext(*view.run));
  scope.contexts["vars"] = TextMap(snapshot.variables);
  scope.contexts["inputs"] = ValueOfJson(call.inputs);
  std::vector<std::string> ids;
  for (const auto& job : file->second->jobs) ids.push_back(job.id);
  scope.contexts["jobs"] = NeedsContext(*view.run, call.key, ids);
  std::map<std::string, std::string> outputs;
  for (const auto& [name, node] : file->second->FindEvent("workflow_call")->outputs) {
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(node, scope));
    if (const std::string text = value.ToText(); !text.empty()) outputs[name] = text;
  }
  return outputs;
}

}  // namespace slipway::workflows
