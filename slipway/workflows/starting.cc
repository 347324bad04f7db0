// From events to runs: which files of the repository an event starts, what they call, what the run is told of the
// event.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/spec/workflow/values.h"
#include "slipway/workflows/impl.h"
#include "slipway/workflows/plan/contexts.h"
#include "slipway/workflows/plan/triggers.h"

namespace slipway::workflows {
namespace {

namespace wf = expressions::workflow;
using domain::WorkflowConclusion;
using domain::WorkflowRun;
using domain::WorkflowStatus;
using nlohmann::json;
using spec::workflow::Workflow;

constexpr int kCallDepthMax = 10, kChainMax = 3;
constexpr size_t kFilesMax = 50, kKnownFilesMax = 32;
constexpr std::string_view kZeros = "0000000000000000000000000000000000000000";

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string FullRef(const std::string& ref, const std::string& default_branch) {
  if (ref.empty()) return "refs/heads/" + default_branch;
  return ref.starts_with("refs/") ? ref : "refs/heads/" + ref;
}

json RepositoryJson(const std::string& path, const std::string& default_branch) {
  const std::string name = std::filesystem::path(path).filename().string();
  return {{"name", name},
          {"full_name", "local/" + name},
          {"default_branch", default_branch},
          {"owner", {{"login", "local"}}}};
}

json CommitJson(const Repository::Commit& commit) {
  return {{"id", commit.id},
          {"message", commit.message},
          {"timestamp", commit.time},
          {"author", {{"name", commit.author}, {"email", commit.email}}}};
}

// What is common to all events of one request.
struct Occasion {
  const EventRequest& request;
  const Repository& repository;
  std::string default_branch, ref, sha;
  std::optional<std::vector<std::string>> changed_files;
};

Result<std::string> PayloadOf(const Occasion& occasion, const json& typed_inputs) {
  const EventRequest& request = occasion.request;
  json given = json::object();
  if (!request.payload.empty()) {
    given = json::parse(request.payload, nullptr, false);
    if (!given.is_object()) return InvalidArgument("the payload is a JSON object");
  }
  json payload = {{"repository", RepositoryJson(occasion.repository.path(), occasion.default_branch)},
                  {"sender", {{"login", request.actor}}}};
  if (request.event == "repository_dispatch") {
    payload["action"] = request.action;
    payload["client_payload"] = std::move(given);
    return Dump(payload);
  }
  if (request.event == "push") {
    const std::string before = request.before.empty() ? std::string(kZeros) : request.before;
    SLIPWAY_ASSIGN_OR_RETURN(const auto commit, occasion.repository.Describe(occasion.sha));
    payload.update({{"ref", occasion.ref},
                    {"before", before},
                    {"after", occasion.sha},
                    {"created", before == kZeros},
                    {"deleted", false},
                    {"forced", false},
                    {"head_commit", CommitJson(commit)},
                    {"commits", json::array({CommitJson(commit)})},
                    {"pusher", {{"name", request.actor}}}});
  }
  if (request.event == "workflow_dispatch") {
    json inputs = json::object();
    for (const auto& [name, value] : typed_inputs.items())
      inputs[name] = value.is_string() ? value : json(value.dump());
    payload["inputs"] = std::move(inputs);
    payload["ref"] = occasion.ref;
  }
  payload.update(given);
  return Dump(payload);
}

// The file and all that it calls, however deep; checks what is passed to each.
class Collector {
 public:
  Collector(const Repository& repository, std::string commit, const std::map<std::string, std::string>& known)
      : repository_(repository), commit_(std::move(commit)), known_(known) {}

  Status Add(const std::string& path, std::vector<std::string> trail) {
    if (std::find(trail.begin(), trail.end(), path) != trail.end())
      return InvalidArgument(fmt::format("the workflows call each other: {} → {}", Join(trail, " → "), path));
    if (trail.size() > kCallDepthMax)
      return InvalidArgument(fmt::format("workflows are called more than {} deep", kCallDepthMax));
    trail.push_back(path);
    SLIPWAY_ASSIGN_OR_RETURN(const Workflow* workflow, Read(path));
    for (const auto& job : workflow->jobs) {
      if (!job.is_call()) continue;
      const std::string called = job.uses.substr(2);
      const auto describe = [&](Error error) {
        return std::move(error).With(fmt::format("jobs.{}.uses", job.id)).At(job.mark.Position());
      };
      const auto target = Read(called);
      if (!target) return target.error().code() == Code::kNotFound ? describe(target.error()) : target.error();
      if (Status checked = CheckCall(job, **target); !checked) return describe(std::move(checked.error()));
      SLIPWAY_RETURN_IF_ERROR(Add(called, trail));
    }
    return {};
  }

  std::map<std::string, std::string> texts;
  Files files;

 private:
  Result<const Workflow*> Read(const std::string& path) {
    const auto read = files.find(path);
    if (read != files.end()) return read->second.get();
    if (files.size() >= kFilesMax)
      return InvalidArgument(fmt::format("more than {} workflow files are called", kFilesMax));
    const auto known = known_.find(path);
    std::string text;
    if (known != known_.end()) {
      text = known->second;
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(text, repository_.ReadFile(commit_, path));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, spec::ParseDocument(text, path, {}));
    SLIPWAY_ASSIGN_OR_RETURN(Workflow workflow, spec::workflow::ReadWorkflow(document, path));
    texts[path] = text;
    return (files[path] = std::make_shared<const Workflow>(std::move(workflow))).get();
  }

  static Status CheckCall(const spec::workflow::Job& job, const Workflow& target) {
    const auto* event = target.FindEvent("workflow_call");
    if (!event)
      return InvalidArgument(fmt::format("'{}' cannot be called: it has no 'on: workflow_call'", target.path));
    std::vector<std::string> inputs, secrets;
    for (const auto& input : event->inputs) inputs.push_back(input.id);
    for (const auto& [name, required] : event->secrets) secrets.push_back(name);
    const auto has = [](const auto& names, const std::string& name) {
      return std::any_of(names.begin(), names.end(), [&](const auto& each) { return EqualsIgnoreCase(each, name); });
    };
    for (const auto& [key, node] : job.with.members)
      if (!has(inputs, key.text))
        return InvalidArgument(
            fmt::format("'{}' has no input '{}'{}", target.path, key.text, DidYouMean(key.text, inputs)));
    for (const auto& input : event->inputs) {
      const auto is_given = [&](const auto& member) { return EqualsIgnoreCase(member.first.text, input.id); };
      if (input.is_required && !input.default_value &&
          std::none_of(job.with.members.begin(), job.with.members.end(), is_given))
        return InvalidArgument(fmt::format("'{}' requires the input '{}'", target.path, input.id));
    }
    if (job.inherits_secrets) return {};
    for (const auto& [key, node] : job.secrets.members)
      if (!has(secrets, key.text))
        return InvalidArgument(
            fmt::format("'{}' has no secret '{}'{}", target.path, key.text, DidYouMean(key.text, secrets)));
    for (const auto& [name, is_required] : event->secrets) {
      const auto is_given = [&, key = name](const auto& member) { return EqualsIgnoreCase(member.first.text, key); };
      if (is_required && std::none_of(job.secrets.members.begin(), job.secrets.members.end(), is_given))
        return InvalidArgument(fmt::format("'{}' requires the secret '{}'", target.path, name));
    }
    return {};
  }

  const Repository& repository_;
  const std::string commit_;
  const std::map<std::string, std::string>& known_;
};

// By path, file name (with or without its ending) or name.
Result<std::string> FindWorkflow(const std::map<std::string, std::string>& files, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& [path, text] : files) {
    const std::filesystem::path file(path);
    if (path == wanted || file.filename() == wanted || file.stem() == wanted) return path;
    names.push_back(file.filename().string());
  }
  for (const auto& [path, text] : files) {
    const auto document = spec::ParseDocument(text, path, {});
    const spec::Node* name = document ? document->root.Find("name") : nullptr;
    if (name && name->text == wanted) return path;
  }
  return NotFound(fmt::format("there is no workflow '{}' at this commit{}{}", wanted, DidYouMean(wanted, names),
                              names.empty() ? "" : "; there is: " + Join(names, ", ")));
}

Result<std::string> EvaluateText(const spec::Node& node, const wf::Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(node, scope));
  return value.ToText();
}

Status FillFromFile(const Workflow& workflow, const std::map<std::string, std::string>& variables, WorkflowRun& run) {
  wf::Scope scope;
  scope.contexts["github"] = wf::Value::Of(GithubContext(run));
  scope.contexts["inputs"] = ValueOfJson(run.inputs);
  scope.contexts["vars"] = TextMap(variables);
  run.title = workflow.name;
  if (workflow.run_name) {
    SLIPWAY_ASSIGN_OR_RETURN(run.title, EvaluateText(*workflow.run_name, scope));
  }
  if (!workflow.concurrency) return {};
  SLIPWAY_ASSIGN_OR_RETURN(run.concurrency_group, GroupName(workflow.concurrency->group, scope));
  run.queues_all = workflow.concurrency->keeps_all;
  if (!workflow.concurrency->cancel_in_progress) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value cancels,
                           spec::workflow::Evaluate(*workflow.concurrency->cancel_in_progress, scope));
  run.cancels_in_progress = cancels.IsTruthy();
  return {};
}

WorkflowRun NewRun(const Occasion& occasion, const Workflow& workflow, Timestamp now) {
  WorkflowRun run;
  run.workflow = workflow.name;
  run.workflow_path = workflow.path;
  run.title = workflow.name;
  run.repository = occasion.repository.path();
  run.ref = occasion.ref;
  run.sha = occasion.sha;
  run.default_branch = occasion.default_branch;
  run.event = occasion.request.event;
  run.actor = run.triggering_actor = occasion.request.actor;
  run.chain_depth = occasion.request.chain_depth;
  run.created_at = now;
  return run;
}

Result<wf::Object> DispatchInputs(const Workflow& workflow, const std::string& text) {
  wf::Value given = wf::Value::Of(wf::Object{});
  if (!text.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(given, With(wf::ParseJson(text), "inputs"));
  }
  if (!given.object()) return InvalidArgument("inputs are a JSON object");
  const auto* event = workflow.FindEvent("workflow_dispatch");
  if (!event)
    return FailedPrecondition(fmt::format(
        "'{}' has no 'workflow_dispatch' among its events ('on'): it cannot be started by hand", workflow.path));
  return FillInputs(event->inputs, *given.object(), {}, /*is_call=*/false);
}

EventFacts FactsOf(const Occasion& occasion) {
  EventFacts facts;
  facts.name = occasion.request.event;
  facts.action = occasion.request.action;
  facts.ref = occasion.ref;
  facts.changed_files = occasion.changed_files;
  facts.subject = occasion.request.subject;
  facts.head_branch = occasion.request.head_branch;
  return facts;
}

// The files that the event is for, with those that cannot be read.
struct Chosen {
  std::vector<std::string> paths;
  std::vector<std::pair<std::string, Error>> problems;
};

Result<Chosen> Choose(const Occasion& occasion, const std::map<std::string, std::string>& files) {
  Chosen chosen;
  if (occasion.request.event == "workflow_dispatch") {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, FindWorkflow(files, occasion.request.workflow));
    chosen.paths.push_back(path);
    return chosen;
  }
  if (occasion.request.event == "schedule") {
    if (files.count(occasion.request.workflow)) chosen.paths.push_back(occasion.request.workflow);
    return chosen;
  }
  const EventFacts facts = FactsOf(occasion);
  for (const auto& [path, text] : files) {
    const auto document = spec::ParseDocument(text, path, {});
    const auto workflow = document ? spec::workflow::ReadWorkflow(*document, path) : Result<Workflow>(document.error());
    if (!workflow)
      chosen.problems.emplace_back(path, workflow.error());
    else if (Starts(*workflow, facts))
      chosen.paths.push_back(path);
  }
  return chosen;
}

bool AnyMentions(const std::map<std::string, std::string>& files, std::string_view word) {
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& file) { return file.second.find(word) != std::string::npos; });
}

std::string CauseOf(const EventRequest& request, const std::string& path) {
  return request.cause.empty() ? "" : request.cause + "|" + path;
}

}  // namespace

Result<std::map<std::string, std::string>> Workflows::Impl::FilesOf(const Repository& repository,
                                                                    const std::string& commit) {
  const std::string key = repository.path() + "@" + commit;
  {
    const std::lock_guard lock(files_mutex);
    const auto known = known_files.find(key);
    if (known != known_files.end()) return known->second;
  }
  SLIPWAY_ASSIGN_OR_RETURN(auto files, repository.WorkflowFiles(commit));
  const std::lock_guard lock(files_mutex);
  if (known_files.size() >= kKnownFilesMax) known_files.clear();
  known_files[key] = files;
  return files;
}

Status Workflows::Impl::Watch(const domain::Scope& scope, const std::string& path, const std::string& default_branch) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto known, dependencies.store.ListRepositories(scope));
  for (const auto& repository : known)
    if (repository.path == path && repository.default_branch == default_branch) return {};
  domain::WorkflowRepository repository;
  repository.path = path;
  repository.default_branch = default_branch;
  repository.watched_since = dependencies.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(dependencies.store.PutRepository(scope, repository));
  watcher.Wake();
  return {};
}

Result<StartedRuns> Workflows::Impl::Fire(const domain::Scope& scope, const EventRequest& request) {
  SLIPWAY_RETURN_IF_ERROR(dependencies.workspaces.GetWorkspace(scope));
  StartedRuns started;
  if (request.sha == kZeros) return started;  // a branch was deleted
  SLIPWAY_ASSIGN_OR_RETURN(const Repository repository, Repository::Open(dependencies.supervisor, request.repository));
  Occasion occasion{request, repository, "", "", "", std::nullopt};
  SLIPWAY_ASSIGN_OR_RETURN(occasion.default_branch, repository.DefaultBranch());
  occasion.ref = FullRef(request.ref, occasion.default_branch);
  SLIPWAY_ASSIGN_OR_RETURN(occasion.sha, repository.Resolve(request.sha.empty() ? occasion.ref : request.sha));
  if (request.event == "push" && occasion.ref.starts_with("refs/heads/")) {
    SLIPWAY_ASSIGN_OR_RETURN(occasion.changed_files,
                             repository.ChangedFiles(request.before, occasion.sha, occasion.default_branch));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, FilesOf(repository, occasion.sha));
  if (request.event == "workflow_run" && !AnyMentions(files, "workflow_run")) return started;  // the usual case
  SLIPWAY_RETURN_IF_ERROR(Watch(scope, repository.path(), occasion.default_branch));
  SLIPWAY_ASSIGN_OR_RETURN(const Chosen chosen, Choose(occasion, files));
  started.problems = chosen.problems;
  for (const std::string& path : chosen.paths) {
    Collector collector(repository, occasion.sha, files);
    const Status collected = collector.Add(path, {});
    if (!collected) {
      if (request.event == "workflow_dispatch") return collected.error();
      started.problems.emplace_back(path, collected.error());
      continue;
    }
    const Workflow& workflow = *collector.files.at(path);
    WorkflowRun run = NewRun(occasion, workflow, dependencies.clock.Now());
    run.files = collector.texts;
    json inputs = json::object();
    if (request.event == "workflow_dispatch") {
      SLIPWAY_ASSIGN_OR_RETURN(const wf::Object typed, DispatchInputs(workflow, request.inputs));
      inputs = wf::ToJson(wf::Value::Of(typed));
      run.inputs = inputs.dump();
    }
    SLIPWAY_ASSIGN_OR_RETURN(run.payload, PayloadOf(occasion, inputs));
    if (Status filled = FillFromFile(workflow, VariablesOf(scope, ""), run); !filled) {
      if (request.event == "workflow_dispatch") return filled.error();
      started.problems.emplace_back(path, filled.error());
      continue;
    }
    run.jobs = FirstJobs(workflow, "", "");
    auto inserted = dependencies.store.InsertRun(scope, std::move(run), CauseOf(request, path));
    if (!inserted && inserted.error().code() == Code::kAlreadyExists && !request.cause.empty()) continue;
    SLIPWAY_RETURN_IF_ERROR(inserted);
    {
      const std::lock_guard lock(mutex);
      SpaceOf(scope).runs.emplace(inserted->id, Live{*inserted, std::move(collector.files), false});
    }
    pool.Submit([this, scope, run = *inserted] { AnnounceRun(scope, run, "requested"); });
    started.runs.push_back(std::move(*inserted));
  }
  ticker.Wake();
  return started;
}

// `workflow_run`: what waits for other workflows, on the default branch.
void Workflows::Impl::AnnounceRun(const domain::Scope& scope, const WorkflowRun& run, const std::string& action) {
  if (is_stopping) return;
  const bool is_rerun = run.attempt > 1;
  if (run.chain_depth < kChainMax && !(is_rerun && action == "requested")) {
    const std::string name = std::filesystem::path(run.repository).filename().string();
    const auto conclusion = run.conclusion == WorkflowConclusion::kNone
                                ? json(nullptr)
                                : json(domain::WorkflowConclusionName(run.conclusion));
    EventRequest request;
    request.repository = run.repository;
    request.event = "workflow_run";
    request.action = action;
    request.actor = run.triggering_actor;
    request.subject = run.workflow;
    request.head_branch = ShortRef(run.ref);
    request.chain_depth = run.chain_depth + 1;
    request.cause = fmt::format("workflow_run|{}|{}|{}", run.id, run.attempt, action);
    request.payload = Dump({{"action", action},
                            {"workflow", {{"name", run.workflow}, {"path", run.workflow_path}, {"state", "active"}}},
                            {"workflow_run",
                             {{"id", run.id},
                              {"name", run.workflow},
                              {"run_number", run.number},
                              {"run_attempt", run.attempt},
                              {"event", run.event},
                              {"status", domain::WorkflowStatusName(run.status)},
                              {"conclusion", conclusion},
                              {"head_branch", ShortRef(run.ref)},
                              {"head_sha", run.sha},
                              {"path", run.workflow_path},
                              {"display_title", run.title},
                              {"created_at", FormatTimestamp(run.created_at, 0)},
                              {"run_started_at", FormatTimestamp(run.started_at.value_or(run.created_at), 0)},
                              {"actor", {{"login", run.actor}}},
                              {"triggering_actor", {{"login", run.triggering_actor}}},
                              {"pull_requests", json::array()},
                              {"head_repository", {{"full_name", "local/" + name}}},
                              {"repository", {{"full_name", "local/" + name}}}}}});
    const auto fired = Fire(scope, request);
    if (!fired && fired.error().code() == Code::kUnavailable) return;  // tried again at the next start
    if (!fired) LogWarning("workflow run {}: nothing can be started after it: {}", run.id, fired.error().ToString());
  }
  if (action != "completed") return;
  const std::lock_guard lock(mutex);  // a rerun must not be overwritten
  auto stored = dependencies.store.GetRun(scope, run.id);
  if (!stored || stored->attempt != run.attempt || stored->status != WorkflowStatus::kCompleted) return;
  stored->is_announced = true;
  if (const Status updated = dependencies.store.UpdateRun(scope, *stored); !updated)
    LogWarning("workflow run {}: {}", run.id, updated.error().ToString());
}

}  // namespace slipway::workflows
