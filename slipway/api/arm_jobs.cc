#include "slipway/api/arm_jobs.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/job.h"

namespace slipway::api {
namespace {

using domain::Job;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

// `offset` of the query, 0 without one.
Result<size_t> OffsetOf(const Request& request) {
  const std::string text = request.Parameter("offset").value_or("0");
  const auto value = ParseInt(text);
  if (value && *value >= 0) return static_cast<size_t>(*value);
  return InvalidArgument(fmt::format("'offset' of the query must be a whole number, not '{}'", text));
}

// "tag=name" or "tag=name=value".
bool HasTag(const Job& job, const std::string& filter) {
  const size_t equals = filter.find('=');
  const auto tag = job.spec.tags.find(filter.substr(0, equals));
  if (tag == job.spec.tags.end()) return false;
  return equals == std::string::npos || tag->second == filter.substr(equals + 1);
}

std::string CommandOf(const domain::PipelineStep& step) {
  return step.sweep ? step.sweep->trial.command : step.component.command;
}

// Whether a PUT on an existing name means that job: what clients send back after reading it, or repeat. References are
// not compared, since the stored ones are pinned.
bool IsSameWork(const domain::JobSpec& sent, const domain::JobSpec& stored) {
  if (sent.body.index() != stored.body.index()) return false;
  if (const auto* command = std::get_if<domain::CommandSpec>(&sent.body)) {
    return command->command == std::get<domain::CommandSpec>(stored.body).command;
  }
  if (const auto* sweep = std::get_if<domain::SweepSpec>(&sent.body)) {
    const auto& known = std::get<domain::SweepSpec>(stored.body);
    return !sweep->trial_component.empty() || sweep->trial.command == known.trial.command;
  }
  const auto& steps = std::get<domain::PipelineSpec>(sent.body).jobs;
  const auto& known = std::get<domain::PipelineSpec>(stored.body).jobs;
  return std::equal(steps.begin(), steps.end(), known.begin(), known.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && (CommandOf(a.second).empty() || CommandOf(a.second) == CommandOf(b.second));
  });
}

class Jobs {
 public:
  explicit Jobs(JobsDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    domain::JobFilter filter;
    SLIPWAY_ASSIGN_OR_RETURN(filter.view, ListViewOf(request));
    filter.parent = request.Parameter("parent").value_or("");
    filter.job_type = request.Parameter("jobType");
    const auto tag = request.Parameter("tag");
    // Tags are looked at here, not in the store: with one all jobs are read.
    filter.limit = tag ? SIZE_MAX / 2 : page.skip + page.size + 1;
    SLIPWAY_ASSIGN_OR_RETURN(auto jobs, dependencies_.jobs.ListJobs(scope, filter));
    if (tag) std::erase_if(jobs, [&](const Job& job) { return !HasTag(job, *tag); });
    return PageAnswer(request, page, jobs.size(), [&](size_t i) { return Shape(scope, jobs[i]); });
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const Job job, dependencies_.jobs.GetJob(scope, parameters.at("name")));
    return JsonAnswer(200, Shape(scope, job));
  }

  // Submits; or, where the job exists, changes what may be changed of it. A PUT repeated by a client that lost the
  // answer finds the same job and does no harm.
  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    const auto properties = body.find("properties");
    if (properties == body.end()) return InvalidArgument("'properties' is missing");
    SLIPWAY_ASSIGN_OR_RETURN(domain::JobSpec spec, wire::JobSpecFromArm(*properties));
    if (const auto existing = dependencies_.jobs.GetJob(scope, parameters.at("name"))) {
      if (IsSameWork(spec, existing->spec)) return Update(scope, *existing, *properties);
      return AlreadyExists(
          fmt::format("there is a job '{}' already, and it does something else: a job's work cannot be "
                      "changed; submit under another name",
                      existing->name));
    }
    spec.name = parameters.at("name");
    SLIPWAY_ASSIGN_OR_RETURN(const Job job, dependencies_.runner.Submit(scope, spec));
    return JsonAnswer(201, Shape(scope, job));
  }

  Result<Response> Cancel(const Request&, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(dependencies_.runner.Cancel(ScopeOf(parameters), parameters.at("name")));
    return Response{};
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    const auto job = dependencies_.jobs.GetJob(scope, parameters.at("name"));
    if (!job) return Response{.status = 204, .headers = {}, .body = ""};
    if (!domain::IsTerminal(job->status)) {
      return Error(Code::kConflict, fmt::format("job '{}' is {}: cancel it before deleting it", job->name,
                                                domain::JobStatusName(job->status)));
    }
    if (!job->parent.empty()) {
      return Error(Code::kConflict, fmt::format("job '{}' is a part of '{}': delete that one", job->name, job->root));
    }
    SLIPWAY_RETURN_IF_ERROR(dependencies_.jobs.DeleteJob(scope, job->name));
    return Response{};
  }

  Result<Response> Children(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const Job parent, dependencies_.jobs.GetJob(scope, parameters.at("job")));
    domain::JobFilter filter;
    filter.parent = parent.name;
    filter.view = domain::ListView::kAll;
    SLIPWAY_ASSIGN_OR_RETURN(auto children, dependencies_.jobs.ListJobs(scope, filter));
    std::reverse(children.begin(), children.end());
    json values = json::array();
    for (const Job& job : children) values.push_back(Shape(scope, job));
    return ListAnswer(std::move(values));
  }

  Result<Response> ListLogs(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto logs, dependencies_.runner.ListLogs(ScopeOf(parameters), parameters.at("job")));
    json files = json::array();
    for (const auto& log : logs) files.push_back({{"name", log.name}, {"size", log.size}});
    return JsonAnswer(200, {{"files", std::move(files)}});
  }

  Result<Response> ReadLog(const Request& request, const PathParameters& parameters) const {
    const auto name = parameters.at("name");
    if (name.empty()) return ListLogs(request, parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const size_t offset, OffsetOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto part,
                             dependencies_.runner.ReadLog(ScopeOf(parameters), parameters.at("job"), name, offset));
    Response response = Response::Text(200, std::move(part.bytes));
    response.headers.Set("x-slipway-complete", part.is_complete ? "true" : "false");
    return response;
  }

 private:
  Result<Response> Update(const Scope& scope, const Job& job, const json& properties) const {
    runner::Runner::Changes changes;
    const auto text = [&](const char* key) -> std::optional<std::string> {
      const auto found = properties.find(key);
      if (found == properties.end() || !found->is_string()) return std::nullopt;
      return found->get<std::string>();
    };
    changes.display_name = text("displayName");
    changes.description = text("description");
    if (const auto tags = properties.find("tags"); tags != properties.end() && tags->is_object()) {
      changes.tags.emplace();
      for (const auto& [key, value] : tags->items()) {
        if (value.is_string()) (*changes.tags)[key] = value.get<std::string>();
      }
    }
    const auto archived = properties.find("isArchived");
    const bool wanted =
        archived != properties.end() && archived->is_boolean() ? archived->get<bool>() : job.is_archived;
    if (wanted != job.is_archived) changes.is_archived = wanted;
    SLIPWAY_ASSIGN_OR_RETURN(const Job changed, dependencies_.runner.Change(scope, job.name, changes));
    return JsonAnswer(200, Shape(scope, changed));
  }

  json Shape(const Scope& scope, const Job& job) const {
    wire::JobLinks links;  // without a Studio link: jobs have no page of their own
    links.tracking_url = fmt::format("{}/mlflow/v1.0{}", dependencies_.control_url, scope.ArmId());
    return wire::JobToArm(scope, job, links);
  }

  const JobsDependencies dependencies_;
};

}  // namespace

void MountJobs(net::Router& router, const JobsDependencies& dependencies) {
  Routes<Jobs> routes(router, std::make_shared<const Jobs>(dependencies));
  const std::string workspace(kWorkspacePattern);
  routes.Add("GET", workspace + "/jobs", &Jobs::List);
  routes.Add("GET", workspace + "/jobs/{name}", &Jobs::Get);
  routes.Add("PUT", workspace + "/jobs/{name}", &Jobs::Put);
  routes.Add("DELETE", workspace + "/jobs/{name}", &Jobs::Delete);
  routes.Add("POST", workspace + "/jobs/{name}/cancel", &Jobs::Cancel);
  routes.Add("GET", workspace + "/slipway/jobs/{job}/children", &Jobs::Children);
  routes.Add("GET", workspace + "/slipway/jobs/{job}/logs", &Jobs::ListLogs);
  routes.Add("GET", workspace + "/slipway/jobs/{job}/logs/{name...}", &Jobs::ReadLog);
}

}  // namespace slipway::api
