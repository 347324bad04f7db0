#include "slipway/workflows/plan/contexts.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

namespace wf = expressions::workflow;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

// A failure that the file allows counts as success.
WorkflowConclusion SeenConclusion(const WorkflowJobRun& job) {
  const bool is_forgiven = job.continues_on_error && job.conclusion == WorkflowConclusion::kFailure;
  return is_forgiven ? WorkflowConclusion::kSuccess : job.conclusion;
}

WorkflowConclusion Worse(WorkflowConclusion a, WorkflowConclusion b) {
  const auto rank = [](WorkflowConclusion conclusion) {
    switch (conclusion) {
      case WorkflowConclusion::kFailure:
      case WorkflowConclusion::kStartupFailure:
        return 3;
      case WorkflowConclusion::kCancelled:
        return 2;
      case WorkflowConclusion::kSuccess:
        return 1;
      default:
        return 0;
    }
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace

std::string ShortRef(const std::string& ref) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/"})
    if (ref.starts_with(prefix)) return ref.substr(prefix.size());
  return ref;
}

wf::Value ValueOfJson(const std::string& json) {
  if (json.empty()) return {};
  const auto parsed = wf::ParseJson(json);
  return parsed ? *parsed : wf::Value();
}

wf::Value TextMap(const std::map<std::string, std::string>& map) {
  wf::Object object;
  for (const auto& [name, value] : map) object.members.emplace_back(name, value);
  return wf::Value::Of(std::move(object));
}

wf::Object GithubContext(const WorkflowRun& run) {
  const std::string repository = std::filesystem::path(run.repository).filename().string();
  wf::Object github;
  const auto set = [&](std::string name, wf::Value value) {
    github.members.emplace_back(std::move(name), std::move(value));
  };
  set("actor", run.actor);
  set("actor_id", "0");
  set("api_url", "");
  set("base_ref", "");
  set("event", ValueOfJson(run.payload));
  set("event_name", run.event);
  set("graphql_url", "");
  set("head_ref", "");
  set("ref", run.ref);
  set("ref_name", ShortRef(run.ref));
  set("ref_protected", false);
  set("ref_type", run.ref.starts_with("refs/tags/") ? "tag" : "branch");
  set("repository", "local/" + repository);
  set("repository_id", "0");
  set("repository_owner", "local");
  set("repository_owner_id", "0");
  set("repositoryUrl", "file://" + run.repository);
  set("retention_days", "90");
  set("run_id", std::to_string(run.id));
  set("run_number", std::to_string(run.number));
  set("run_attempt", std::to_string(run.attempt));
  set("secret_source", "Actions");
  set("server_url", "file://");
  set("sha", run.sha);
  set("triggering_actor", run.triggering_actor);
  set("workflow", run.workflow);
  set("workflow_ref", fmt::format("local/{}/{}@{}", repository, run.workflow_path, run.ref));
  set("workflow_sha", run.sha);
  return github;
}

GroupResult ResultOf(const WorkflowRun& run, const std::string& parent, const std::string& job_id) {
  GroupResult group;
  std::vector<const WorkflowJobRun*> jobs;
  for (const WorkflowJobRun& job : run.jobs)
    if (job.parent == parent && EqualsIgnoreCase(job.job_id, job_id)) jobs.push_back(&job);
  group.is_complete = !jobs.empty() && std::all_of(jobs.begin(), jobs.end(), [](const WorkflowJobRun* job) {
    return job->status == WorkflowStatus::kCompleted;
  });
  if (!group.is_complete) return group;
  group.result = WorkflowConclusion::kSkipped;
  for (const WorkflowJobRun* job : jobs) group.result = Worse(group.result, SeenConclusion(*job));
  // The last to end writes last.
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const auto* a, const auto* b) { return a->completed_at < b->completed_at; });
  for (const WorkflowJobRun* job : jobs)
    for (const auto& [name, value] : job->outputs) group.outputs[name] = value;
  return group;
}

wf::Value NeedsContext(const WorkflowRun& run, const std::string& parent, const std::vector<std::string>& needs) {
  wf::Object context;
  for (const std::string& need : needs) {
    const GroupResult group = ResultOf(run, parent, need);
    wf::Object one;
    one.Set("result", std::string(domain::WorkflowConclusionName(group.result)));
    one.Set("outputs", TextMap(group.outputs));
    context.Set(need, wf::Value::Of(std::move(one)));
  }
  return wf::Value::Of(std::move(context));
}

}  // namespace slipway::workflows
