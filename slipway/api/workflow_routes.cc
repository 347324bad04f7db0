#include "slipway/api/workflow_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/audit_trail.h"
#include "slipway/api/routes.h"
#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/wire/json_view.h"
#include "slipway/wire/workflow.h"

namespace slipway::api {
namespace {

using domain::EnvironmentGate;
using domain::Scope;
using domain::WorkflowRun;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr size_t kRunsMax = 1000;

Result<int64_t> RunOf(const PathParameters& parameters) {
  const auto id = ParseInt(parameters.at("run"));
  if (id && *id > 0) return *id;
  return InvalidArgument(fmt::format("'{}' is not the number of a run", parameters.at("run")));
}

Result<int64_t> NumberOf(const Request& request, std::string_view name, int64_t fallback) {
  const auto text = request.Parameter(name);
  if (!text) return fallback;
  const auto number = ParseInt(*text);
  if (number && *number >= 0) return *number;
  return InvalidArgument(fmt::format("'{}' is a number from 0, not '{}'", name, *text));
}

// A member that is an object, as text; "" without one.
std::string ObjectText(const json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && !found->is_null() ? found->dump() : "";
}

// What lists show: without steps and texts of files.
json Brief(const WorkflowRun& run) {
  json full = wire::WorkflowRunToJson(run);
  for (const char* key : {"files", "payload"}) full.erase(key);
  for (json& job : full["jobs"]) job.erase("steps");
  return full;
}

json ArtifactJson(const workflows::Artifact& artifact) {
  return {{"name", artifact.name},
          {"digest", artifact.digest},
          {"files", artifact.files},
          {"bytes", artifact.bytes},
          {"createdAt", FormatTimestamp(artifact.created_at)},
          {"expiresAt", FormatTimestamp(artifact.expires_at)}};
}

class WorkflowFace {
 public:
  WorkflowFace(workflows::Workflows& service, AuditTrail trail) : service_(service), trail_(trail) {}

  Result<Response> Fire(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    std::vector<Error> errors;
    const wire::JsonView view(body, "", errors);
    workflows::EventRequest event;
    event.repository = view.RequireText("repository");
    event.event = view.RequireText("event");
    event.action = view.Text("action");
    event.ref = view.Text("ref");
    event.sha = view.Text("sha");
    event.before = view.Text("before");
    event.workflow = view.Text("workflow");
    event.inputs = ObjectText(body, "inputs");
    event.payload = ObjectText(body, "payload");
    event.actor = ActorOf(request);
    SLIPWAY_RETURN_IF_ERROR(wire::StatusOf(std::move(errors)));
    if (event.event != "push" && event.event != "workflow_dispatch" && event.event != "repository_dispatch")
      return InvalidArgument(fmt::format(
          "'{}' cannot be sent: push, workflow_dispatch and repository_dispatch can; the others happen by themselves",
          event.event));
    SLIPWAY_ASSIGN_OR_RETURN(const auto started, service_.Fire(ScopeOf(parameters), event));
    json runs = json::array(), problems = json::array();
    for (const WorkflowRun& run : started.runs) runs.push_back(Brief(run));
    for (const auto& [path, error] : started.problems)
      problems.push_back({{"path", path}, {"message", error.ToString()}});
    return JsonAnswer(201, {{"runs", std::move(runs)}, {"problems", std::move(problems)}});
  }

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    domain::WorkflowRunFilter filter;
    filter.workflow_path = request.Parameter("workflow").value_or("");
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t limit, NumberOf(request, "limit", 50));
    filter.limit = std::min<size_t>(static_cast<size_t>(limit), kRunsMax);
    SLIPWAY_ASSIGN_OR_RETURN(const auto runs, service_.List(ScopeOf(parameters), filter));
    json values = json::array();
    for (const WorkflowRun& run : runs) values.push_back(Brief(run));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    return Answer(service_.Get(ScopeOf(parameters), run));
  }

  Result<Response> Cancel(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    return Answer(service_.Cancel(ScopeOf(parameters), run, ActorOf(request)));
  }

  Result<Response> Rerun(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    const bool only_failed = body.value("onlyFailed", json(false)) == json(true);
    return Answer(service_.Rerun(ScopeOf(parameters), run, only_failed, ActorOf(request)));
  }

  Result<Response> Review(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    std::vector<Error> errors;
    const wire::JsonView view(body, "", errors);
    workflows::ReviewRequest review;
    SLIPWAY_ASSIGN_OR_RETURN(review.run, RunOf(parameters));
    review.environment = view.Text("environment");
    review.comment = view.Text("comment");
    review.by = ActorOf(request);
    const std::string decision = view.RequireText("decision");
    if (decision != "approved" && decision != "rejected") view.Complain("the decision is approved or rejected");
    SLIPWAY_RETURN_IF_ERROR(wire::StatusOf(std::move(errors)));
    review.approves = decision == "approved";
    return Answer(service_.Review(ScopeOf(parameters), review));
  }

  Result<Response> Log(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t step, NumberOf(request, "step", 1));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t offset, NumberOf(request, "offset", 0));
    SLIPWAY_ASSIGN_OR_RETURN(auto chunk,
                             service_.ReadLog(ScopeOf(parameters), run, request.Parameter("job").value_or(""),
                                              static_cast<int>(step), static_cast<uint64_t>(offset)));
    Response response = Response::Text(200, std::move(chunk.text));
    response.headers.Set("x-slipway-complete", chunk.is_complete ? "true" : "false");
    return response;
  }

  Result<Response> Summary(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(std::string text,
                             service_.ReadSummary(ScopeOf(parameters), run, request.Parameter("job").value_or("")));
    return Response::Text(200, std::move(text), "text/markdown; charset=utf-8");
  }

  Result<Response> Artifacts(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const auto artifacts, service_.ListRunArtifacts(ScopeOf(parameters), run));
    json values = json::array();
    for (const auto& artifact : artifacts) values.push_back(ArtifactJson(artifact));
    return ListAnswer(std::move(values));
  }

  // One file's bytes; without a path, the list of the artifact's files, which downloads begin with: they are checked.
  Result<Response> ArtifactFiles(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto folder, FolderOf(parameters));
    if (parameters.at("path").empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
      SLIPWAY_RETURN_IF_ERROR(service_.CheckRunArtifact(ScopeOf(parameters), run, parameters.at("name")));
      return FileList(folder);
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto file, JoinBelow(folder, parameters.at("path")));
    SLIPWAY_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
    return Response::Text(200, std::move(text), "application/octet-stream");
  }

  Result<Response> Repositories(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto repositories, service_.ListRepositories(ScopeOf(parameters)));
    json values = json::array();
    for (const auto& repository : repositories) values.push_back(wire::WorkflowRepositoryToJson(repository));
    return ListAnswer(std::move(values));
  }

  Result<Response> ForgetRepository(const Request& request, const PathParameters& parameters) const {
    const auto path = request.Parameter("path");
    if (!path) return InvalidArgument("'path' is missing");
    SLIPWAY_RETURN_IF_ERROR(service_.ForgetRepository(ScopeOf(parameters), *path));
    return Response{.status = 204, .headers = {}, .body = ""};
  }

  // Environment gates.

  Result<Response> Gates(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto gates, service_.ListGates(ScopeOf(parameters)));
    json values = json::array();
    for (const EnvironmentGate& gate : gates) values.push_back(wire::EnvironmentGateToJson(gate, false));
    return ListAnswer(std::move(values));
  }

  Result<Response> Gate(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const EnvironmentGate gate, service_.GetGate(ScopeOf(parameters), parameters.at("name")));
    return JsonAnswer(200, wire::EnvironmentGateToJson(gate, false));
  }

  Result<Response> PutGate(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(EnvironmentGate gate, wire::EnvironmentGateFromJson(body));
    gate.name = parameters.at("name");
    SLIPWAY_ASSIGN_OR_RETURN(gate, service_.PutGate(ScopeOf(parameters), std::move(gate)));
    SLIPWAY_RETURN_IF_ERROR(Record(request, parameters, "gate.put",
                                   {{"reviewers", Join(gate.reviewers, ", ")},
                                    {"prevent_self_review", gate.prevents_self_review ? "true" : "false"},
                                    {"wait_minutes", fmt::format("{}", gate.wait_minutes)},
                                    {"branches", Join(gate.branches, ", ")},
                                    {"workspace", gate.workspace}}));
    return JsonAnswer(200, wire::EnvironmentGateToJson(gate, false));
  }

  Result<Response> DeleteGate(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(service_.DeleteGate(ScopeOf(parameters), parameters.at("name")));
    SLIPWAY_RETURN_IF_ERROR(Record(request, parameters, "gate.delete"));
    return Response{.status = 204, .headers = {}, .body = ""};
  }

  Result<Response> PutVariable(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string value, ValueIn(request));
    SLIPWAY_RETURN_IF_ERROR(
        service_.SetVariable(ScopeOf(parameters), parameters.at("name"), parameters.at("key"), value));
    return Done(Record(request, parameters, "gate.variable.put", {{"value", value}}));
  }
  Result<Response> DeleteVariable(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(
        service_.SetVariable(ScopeOf(parameters), parameters.at("name"), parameters.at("key"), std::nullopt));
    return Done(Record(request, parameters, "gate.variable.delete"));
  }
  Result<Response> PutSecret(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string value, ValueIn(request));
    SLIPWAY_RETURN_IF_ERROR(
        service_.SetSecret(ScopeOf(parameters), parameters.at("name"), parameters.at("key"), value));
    return Done(Record(request, parameters, "gate.secret.put"));  // not its value
  }
  Result<Response> DeleteSecret(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_RETURN_IF_ERROR(
        service_.SetSecret(ScopeOf(parameters), parameters.at("name"), parameters.at("key"), std::nullopt));
    return Done(Record(request, parameters, "gate.secret.delete"));
  }

 private:
  static Result<Response> Answer(const Result<WorkflowRun>& run) {
    SLIPWAY_RETURN_IF_ERROR(run);
    return JsonAnswer(200, wire::WorkflowRunToJson(*run));
  }
  static Result<Response> Done(const Status& status) {
    SLIPWAY_RETURN_IF_ERROR(status);
    return Response{.status = 204, .headers = {}, .body = ""};
  }
  static Result<std::string> ValueIn(const Request& request) {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    const auto value = body.find("value");
    if (value == body.end() || !value->is_string()) return InvalidArgument("'value' is a text");
    return value->get<std::string>();
  }
  static Result<Response> FileList(const std::filesystem::path& folder) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(folder));
    json values = json::array();
    for (const FileEntry& file : files) values.push_back({{"path", file.path}, {"size", file.size}});
    return ListAnswer(std::move(values));
  }
  Result<std::filesystem::path> FolderOf(const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t run, RunOf(parameters));
    return service_.ArtifactFolder(ScopeOf(parameters), run, parameters.at("name"));
  }

  Status Record(const Request& request, const PathParameters& parameters, std::string action,
                std::map<std::string, std::string> evidence = {}) const {
    domain::AuditEntry entry;
    entry.action = std::move(action);
    entry.scope = ScopeOf(parameters).ArmId();
    const auto key = parameters.find("key");
    entry.subject = parameters.at("name") + (key == parameters.end() ? "" : "/" + key->second);
    entry.evidence = std::move(evidence);
    return trail_.Record(request, std::move(entry));
  }

  workflows::Workflows& service_;
  const AuditTrail trail_;
};

}  // namespace

void MountWorkflows(net::Router& router, workflows::Workflows& service, domain::AuditLog& audit, const Clock& clock) {
  Routes<WorkflowFace> routes(router, std::make_shared<const WorkflowFace>(service, AuditTrail(audit, clock)));
  const std::string base = std::string(kWorkspacePattern) + "/slipway/workflows", runs = base + "/runs";
  const std::string run = runs + "/{run}", artifacts = run + "/artifacts";
  routes.Add("POST", base + "/events", &WorkflowFace::Fire);
  routes.Add("GET", base + "/repositories", &WorkflowFace::Repositories);
  routes.Add("DELETE", base + "/repositories", &WorkflowFace::ForgetRepository);
  routes.Add("GET", runs, &WorkflowFace::List);
  routes.Add("GET", run, &WorkflowFace::Get);
  routes.Add("POST", run + "/cancel", &WorkflowFace::Cancel);
  routes.Add("POST", run + "/rerun", &WorkflowFace::Rerun);
  routes.Add("POST", run + "/review", &WorkflowFace::Review);
  routes.Add("GET", run + "/log", &WorkflowFace::Log);
  routes.Add("GET", run + "/summary", &WorkflowFace::Summary);
  routes.Add("GET", artifacts, &WorkflowFace::Artifacts);
  routes.Add("GET", artifacts + "/{name}/files/{path...}", &WorkflowFace::ArtifactFiles);
  const std::string gates = std::string(kWorkspacePattern) + "/slipway/environmentGates", gate = gates + "/{name}";
  routes.Add("GET", gates, &WorkflowFace::Gates);
  routes.Add("GET", gate, &WorkflowFace::Gate);
  routes.Add("PUT", gate, &WorkflowFace::PutGate);
  routes.Add("DELETE", gate, &WorkflowFace::DeleteGate);
  routes.Add("PUT", gate + "/variables/{key}", &WorkflowFace::PutVariable);
  routes.Add("DELETE", gate + "/variables/{key}", &WorkflowFace::DeleteVariable);
  routes.Add("PUT", gate + "/secrets/{key}", &WorkflowFace::PutSecret);
  routes.Add("DELETE", gate + "/secrets/{key}", &WorkflowFace::DeleteSecret);
}

}  // namespace slipway::api
