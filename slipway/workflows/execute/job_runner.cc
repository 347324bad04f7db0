#include "slipway/workflows/execute/job_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/document.h"
#include "slipway/spec/workflow/values.h"
#include "slipway/wire/workflow.h"
#include "slipway/workflows/execute/step_runner.h"
#include "slipway/workflows/plan/contexts.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
namespace wf = expressions::workflow;
using domain::WorkflowConclusion;
using domain::WorkflowStatus;
using domain::WorkflowStepRun;

class JobRunner {
 public:
  explicit JobRunner(JobState& state) : state_(state), runner_(state) {}

  Result<JobResult> Run() {
    frame_.inputs = ValueOfJson(state_.description.inputs);
    for (const auto& [name, value] : state_.secrets.secrets) AddMask(value);
    for (const auto& [name, value] : state_.secrets.environment) AddMask(value);
    FillGithub();
    PlanSteps();
    WarnOfMissingSecrets();
    const Status prepared = PrepareEnvironment();
    if (!prepared) {
      FailAll(prepared.error());
    } else {
      RunSteps();
      RunPosts();
      FinishOutputs();
    }
    state_.processes.EndLeftovers();
    return Finish();
  }

 private:
  // The pieces of a structured secret are secrets too.
  void AddMask(const std::string& value) {
    state_.masker.Add(value);
    if (!Trim(value).starts_with('{')) return;
    const auto json = nlohmann::json::parse(value, nullptr, false);
    if (!json.is_object()) return;
    for (const auto& [key, member] : json.items())
      if (member.is_string() && member.get_ref<const std::string&>().size() >= 4)
        state_.masker.Add(member.get<std::string>());
  }

  void FillGithub() {
    state_.github = GithubContext(state_.run);
    state_.github.Set("job", state_.description.job.job_id);
    state_.github.Set("workspace", state_.work.string());
    state_.github.Set("event_path", (state_.folder / "event.json").string());
    const auto token = state_.secrets.secrets.find("GITHUB_TOKEN");
    state_.github.Set("token", token == state_.secrets.secrets.end() ? "" : token->second);
  }

  void PlanSteps() {
    for (const auto& step : state_.job.steps) {
      WorkflowStepRun run;
      run.number = static_cast<int>(result_.steps.size()) + 1;
      run.name = state_.masker.Mask(runner_.NameOf(frame_, step));
      result_.steps.push_back(run);
      AppendStep(state_.journal, run);
    }
  }

  // A secret that is not set reads as empty: easily overlooked, so the job says it.
  void WarnOfMissingSecrets() {
    std::set<std::string> missing;
    const auto look = [&](const spec::Node& node) { CollectSecrets(node, missing); };
    look(state_.workflow.env);
    look(state_.job.env);
    for (const auto& step : state_.job.steps) {
      look(step.env);
      look(step.with);
      if (step.run) look(*step.run);
    }
    for (const std::string& name : missing)
      WarnAtEnd(fmt::format("the secret '{}' is not set: it reads as empty", name));
  }

  void CollectSecrets(const spec::Node& node, std::set<std::string>& missing) const {
    for (const spec::Node& item : node.items) CollectSecrets(item, missing);
    for (const auto& [key, member] : node.members) CollectSecrets(member, missing);
    const auto parsed = wf::Template::Parse(node.text, wf::AllowEverything());
    if (!parsed) return;
    for (const wf::Use& use : parsed->Uses()) {
      if (use.context != "secrets" || use.names.empty()) continue;
      const auto is_name = [&](const auto& entry) { return EqualsIgnoreCase(entry.first, use.names[0]); };
      const auto& known = state_.secrets.secrets;
      if (std::none_of(known.begin(), known.end(), is_name)) missing.insert(use.names[0]);
    }
  }

  Status AddEnvironment(const spec::Node& node, std::string_view what) {
    const wf::Scope scope = runner_.ScopeOf(frame_, {});
    const auto value = spec::workflow::Evaluate(node, scope);
    if (!value) return Error(value.error()).With(std::string(what));
    if (value->is_null()) return {};
    if (!value->object()) return InvalidArgument(fmt::format("{} is no object", what)).At(node.mark.Position());
    for (const auto& [name, member] : value->object()->members) added_.emplace_back(name, member.ToText());
    return {};
  }

  // A job's variables cannot read the workflow's through `env`, so all are evaluated before any is set.
  Status PrepareEnvironment() {
    SLIPWAY_RETURN_IF_ERROR(AddEnvironment(state_.workflow.env, "env"));
    SLIPWAY_RETURN_IF_ERROR(AddEnvironment(state_.job.env, fmt::format("jobs.{}.env", state_.job.id)));
    for (auto& [name, value] : added_) state_.env[name] = value;
    return {};
  }

  void FailAll(const Error& error) {
    if (result_.steps.empty()) return;
    auto log = StepLog::Open(LogFile(1), state_.masker);
    if (log) runner_.Annotate("error", error.ToString(), 1, *log);
    for (WorkflowStepRun& step : result_.steps) {
      step.status = WorkflowStatus::kCompleted;
      step.conclusion = step.outcome = WorkflowConclusion::kSkipped;
      AppendStep(state_.journal, step);
    }
    result_.reason = error.ToString();
    frame_.has_failed = true;
  }

  fs::path LogFile(int number) const { return state_.folder / "logs" / fmt::format("{}.txt", number); }

  // Calls run(log) between the journal's lines that the step begins and ends.
  template <typename Run>
  void Journaled(size_t index, const Run& run) {
    WorkflowStepRun& step = result_.steps[index];
    auto log = StepLog::Open(LogFile(step.number), state_.masker);
    step.started_at = state_.clock.Now();
    step.status = WorkflowStatus::kInProgress;
    AppendStep(state_.journal, step);
    StepEnd end;
    if (log) {
      end = run(*log);
    } else {
      frame_.has_failed = true;
      end.outcome = end.conclusion = WorkflowConclusion::kFailure;
      result_.reason = log.error().ToString();
    }
    step.outcome = end.outcome;
    step.conclusion = end.conclusion;
    step.status = WorkflowStatus::kCompleted;
    step.completed_at = state_.clock.Now();
    AppendStep(state_.journal, step);
    if (end.conclusion == WorkflowConclusion::kFailure && result_.reason.empty())
      result_.reason = fmt::format("step {} '{}' failed", step.number, step.name);
  }

  void RunSteps() {
    for (size_t i = 0; i < state_.job.steps.size(); ++i) {
      result_.steps[i].name = state_.masker.Mask(runner_.NameOf(frame_, state_.job.steps[i]));
      Journaled(i, [&](StepLog& log) {
        return runner_.RunNumbered(frame_, state_.job.steps[i], result_.steps[i].number, log);
      });
    }
  }

  // In reverse order, when the job has succeeded.
  void RunPosts() {
    while (!state_.posts.empty() && !frame_.has_failed && !state_.processes.is_cancelled()) {
      JobState::Post post = std::move(state_.posts.back());
      state_.posts.pop_back();
      WorkflowStepRun step;
      step.number = static_cast<int>(result_.steps.size()) + 1;
      step.name = post.name;
      result_.steps.push_back(step);
      Journaled(result_.steps.size() - 1, [&](StepLog& log) {
        StepEnd end;
        if (runner_.RunPost(post, step.number, log)) return end;
        frame_.has_failed = true;
        end.outcome = end.conclusion = WorkflowConclusion::kFailure;
        return end;
      });
    }
  }

  void FinishOutputs() {
    const wf::Scope scope = runner_.ScopeOf(frame_, {});
    for (const auto& [name, node] : state_.job.outputs) {
      const auto value = spec::workflow::Evaluate(node, scope);
      if (!value) {
        result_.reason = Error(value.error()).With(fmt::format("output '{}'", name)).ToString();
        frame_.has_failed = true;
        continue;
      }
      const std::string text = value->ToText();
      if (text.empty()) continue;
      if (state_.masker.Holds(text)) {
        WarnAtEnd(fmt::format("the output '{}' is left out: it may hold a secret", name));
      } else {
        result_.outputs[name] = text;
      }
    }
    if (!state_.job.environment_url) return;
    const auto url = spec::workflow::Evaluate(*state_.job.environment_url, scope);
    if (url && !state_.masker.Holds(url->ToText())) result_.environment_url = url->ToText();
  }

  void WarnAtEnd(std::string message) {
    domain::WorkflowAnnotation annotation;
    annotation.level = "warning";
    annotation.message = std::move(message);
    AppendAnnotation(state_.journal, annotation);
    state_.annotations.push_back(std::move(annotation));
  }

  JobResult Finish() {
    const bool is_cancelled = state_.processes.is_cancelled();
    result_.conclusion = is_cancelled        ? WorkflowConclusion::kCancelled
                         : frame_.has_failed ? WorkflowConclusion::kFailure
                                             : WorkflowConclusion::kSuccess;
    if (state_.processes.is_job_timed_out())
      result_.reason = fmt::format("timed out after {} minutes", state_.description.job.timeout_minutes);
    if (result_.conclusion == WorkflowConclusion::kSuccess) result_.reason.clear();
    result_.reason = state_.masker.Mask(result_.reason);
    result_.annotations = std::move(state_.annotations);
    return std::move(result_);
  }

  JobState& state_;
  StepRunner runner_;
  Frame frame_;
  JobResult result_;
  std::vector<std::pair<std::string, std::string>> added_;
};

Result<domain::WorkflowRun> ReadRun(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return DataLoss("the run's description is no JSON");
  return wire::WorkflowRunFromJson(json);
}

// What of this process' environment steps see: all but the server's own access.
Variables PassedOn() {
  Variables variables = process::CurrentEnvironment();
  for (const char* name : {"SLIPWAY_TOKEN", "SLIPWAY_URL", "GITHUB_TOKEN"}) variables.erase(name);
  return variables;
}

Status RunDescribed(const fs::path& folder, const JobDescription& description, const JobSecrets& secrets,
                    const Clock& clock, StepProcesses& processes) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::WorkflowRun run, ReadRun(description.run));
  SLIPWAY_ASSIGN_OR_RETURN(
      const spec::Document document,
      spec::ParseDocument(description.workflow_text, description.job.workflow_path, folder / "work"));
  SLIPWAY_ASSIGN_OR_RETURN(const spec::workflow::Workflow workflow,
                           spec::workflow::ReadWorkflow(document, description.job.workflow_path));
  const spec::workflow::Job* job = workflow.FindJob(description.job.job_id);
  if (!job) return NotFound(fmt::format("there is no job '{}'", description.job.job_id));
  for (const char* name : {"work", "temp", "logs"}) SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder / name));
  SLIPWAY_RETURN_IF_ERROR(AppendFile(folder / "event.json", run.payload.empty() ? "{}" : run.payload));
  const int journal = open((folder / "journal.jsonl").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (journal < 0) return FromErrno(errno, (folder / "journal.jsonl").string());
  processes.set_job_deadline(std::chrono::steady_clock::now() + std::chrono::minutes(description.job.timeout_minutes));
  JobState state{.description = description,
                 .secrets = secrets,
                 .run = run,
                 .workflow = workflow,
                 .job = *job,
                 .folder = folder,
                 .work = folder / "work",
                 .temp = folder / "temp",
                 .clock = clock,
                 .processes = processes,
                 .journal = journal};
  state.base = PassedOn();
  auto result = JobRunner(state).Run();
  close(journal);
  SLIPWAY_RETURN_IF_ERROR(result);
  return WriteResult(folder, *result);
}

}  // namespace

Status RunJob(const fs::path& folder, const std::string& secrets_text, const Clock& clock) {
  SLIPWAY_ASSIGN_OR_RETURN(StepProcesses processes, StepProcesses::Make());
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(folder / "job.json"));
  SLIPWAY_ASSIGN_OR_RETURN(const JobDescription description, ParseDescription(text));
  SLIPWAY_ASSIGN_OR_RETURN(const JobSecrets secrets, ParseSecrets(secrets_text));
  Status done = RunDescribed(folder, description, secrets, clock, processes);
  if (done) return done;
  JobResult failed;
  failed.conclusion = WorkflowConclusion::kFailure;
  failed.reason = done.error().ToString();
  return WriteResult(folder, failed);
}

}  // namespace slipway::workflows
