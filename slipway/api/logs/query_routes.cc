#include "slipway/api/logs/query_routes.h"

#include <optional>
#include <stop_token>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/logs/query_answer.h"
#include "slipway/api/logs/query_parameters.h"
#include "slipway/api/logs/timespan.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr size_t kBatchRequestsMax = 100;

// The resource ids that a query may be about: they lead to the same workspace.
constexpr std::string_view kResourcePatterns[] = {
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}/query",
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.OperationalInsights/workspaces/{ws}/query",
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/components/{ws}/query",
};

struct Question {
  std::string query;
  std::string timespan;
  logstore::QueryParameters parameters;
};

Result<std::string> TextMember(const json& body, const char* name) {
  const auto member = body.find(name);
  if (member == body.end() || member->is_null()) return std::string();
  if (!member->is_string())
    return InvalidArgument(fmt::format("'{}' must be a string, not {}", name, member->type_name()));
  return member->get<std::string>();
}

Result<Question> ReadQuestion(const json& body, const std::string& workspace_id) {
  Question question;
  SLIPWAY_ASSIGN_OR_RETURN(question.query, TextMember(body, "query"));
  SLIPWAY_ASSIGN_OR_RETURN(question.timespan, TextMember(body, "timespan"));
  if (question.query.empty())
    return InvalidArgument("'query' is missing: the body is {\"query\": \"<KQL>\", \"timespan\": \"P1D\"}");
  SLIPWAY_ASSIGN_OR_RETURN(question.parameters, ReadQueryParameters(body.value("parameters", json()), "parameters"));
  const auto workspaces = body.find("workspaces");
  if (workspaces != body.end() && workspaces->is_array()) {
    for (const json& other : *workspaces) {
      if (other == workspace_id) continue;
      return Unimplemented("a query over several workspaces is not supported yet");
    }
  }
  return question;
}

class QueryFace {
 public:
  explicit QueryFace(LogsDependencies dependencies) : dependencies_(dependencies) {}

  // `id`: a workspace's GUID.
  net::Response ByWorkspace(const net::Request& request, const std::string& id) const {
    auto workspace = dependencies_.workspaces.FindWorkspaceById(id);
    return workspace ? Respond(request, workspace->id) : Send(NoWorkspace(workspace.error(), id));
  }

  net::Response ByResource(const net::Request& request, const net::PathParameters& parameters) const {
    auto workspace = dependencies_.workspaces.GetWorkspace(ScopeOf(parameters));
    return workspace ? Respond(request, workspace->id)
                     : Send(NoWorkspace(workspace.error(), parameters.find("ws")->second));
  }

  // {"query", "timespan", "parameters", "stage"} → {"stage", "text"}.
  net::Response Explain(const net::Request& request, const std::string& id) const {
    const auto workspace = dependencies_.workspaces.FindWorkspaceById(id);
    if (!workspace) return Send(NoWorkspace(workspace.error(), id));
    const auto body = ParseBody(request);
    if (!body) return Send(AnswerError(body.error()));
    const auto question = ReadQuestion(*body, workspace->id);
    if (!question) return Send(AnswerError(question.error()));
    const auto stage = TextMember(*body, "stage");
    if (!stage) return Send(AnswerError(stage.error()));
    const auto range = ParseTimespan(question->timespan, dependencies_.clock.Now());
    if (!range) return Send(AnswerError(range.error()));
    logstore::QuerySettings settings;
    settings.parameters = question->parameters;
    settings.stop = request.client_gone;
    const auto text = dependencies_.store.Explain(question->query, *range, workspace->id, *stage, settings);
    if (!text) return Send(AnswerError(text.error()));
    return net::Response::Json(200, json{{"stage", *stage}, {"text", *text}}.dump());
  }

  net::Response Batch(const net::Request& request) const {
    const auto body = ParseBody(request);
    if (!body) return Send(AnswerError(body.error()));
    const auto requests = body->find("requests");
    if (requests == body->end() || !requests->is_array() || requests->size() > kBatchRequestsMax) {
      return Send(
          AnswerFailure(400, "BadArgumentError",
                        fmt::format("the body is {{\"requests\": […]}} with at most {} requests", kBatchRequestsMax)));
    }
    std::string responses;
    for (const json& part : *requests) {
      const json id = part.is_object() ? part.value("id", json("")) : json("");
      const QueryAnswer answer = AnswerPart(part, request.client_gone);
      responses += fmt::format(R"({}{{"id":{},"status":{},"headers":{{}},"body":{}}})", responses.empty() ? "" : ",",
                               id.dump(), answer.status, answer.body);
    }
    return net::Response::Json(200, fmt::format(R"({{"responses":[{}]}})", responses));
  }

 private:
  static net::Response Send(QueryAnswer answer) { return net::Response::Json(answer.status, std::move(answer.body)); }

  static QueryAnswer NoWorkspace(const Error& error, const std::string& id) {
    if (error.code() != Code::kNotFound) return AnswerError(error);
    return AnswerFailure(
        404, "WorkspaceNotFoundError",
        fmt::format("there is no workspace with the id '{}'; `slipway workspace show` tells a workspace's id", id));
  }

  net::Response Respond(const net::Request& request, const std::string& workspace_id) const {
    json body = json::object();
    if (request.method == "GET") {
      for (const char* name : {"query", "timespan"}) {
        if (const auto value = request.Parameter(name)) body[name] = *value;
      }
    } else {
      auto parsed = ParseBody(request);
      if (!parsed) return Send(AnswerError(parsed.error()));
      body = std::move(*parsed);
      const auto timespan = request.Parameter("timespan");
      if (timespan && !body.contains("timespan")) body["timespan"] = *timespan;
    }
    const std::string* prefer = request.headers.Find("Prefer");
    return Send(Answer(body, workspace_id, ParsePrefer(prefer == nullptr ? "" : *prefer), request.client_gone));
  }

  QueryAnswer Answer(const json& body, const std::string& workspace_id, const QueryPreferences& preferences,
                     const std::stop_token& client_gone) const {
    const auto question = ReadQuestion(body, workspace_id);
    if (!question) return AnswerError(question.error());
    const auto range = ParseTimespan(question->timespan, dependencies_.clock.Now());
    if (!range) return AnswerError(range.error());
    logstore::QuerySettings settings;
    settings.timeout_ms = preferences.wait_seconds * 1000;
    settings.parameters = question->parameters;
    settings.stop = client_gone;
    const auto result = dependencies_.store.Query(question->query, *range, workspace_id, settings);
    return result ? AnswerResult(*result, preferences) : AnswerError(result.error());
  }

  QueryAnswer AnswerPart(const json& part, const std::stop_token& client_gone) const {
    if (!part.is_object() || !part.contains("body") || !part["body"].is_object()) {
      return AnswerFailure(400, "BadArgumentError", "a request of a batch has 'id', 'workspace' and 'body'");
    }
    const std::string id =
        part.contains("workspace") && part["workspace"].is_string() ? part["workspace"].get<std::string>() : "";
    auto workspace = dependencies_.workspaces.FindWorkspaceById(id);
    if (!workspace) return NoWorkspace(workspace.error(), id);
    std::string prefer;
    const auto headers = part.find("headers");
    if (headers != part.end() && headers->is_object()) {
      for (const auto& [name, value] : headers->items()) {
        if (EqualsIgnoreCase(name, "Prefer") && value.is_string()) prefer = value.get<std::string>();
      }
    }
    return Answer(part["body"], workspace->id, ParsePrefer(prefer), client_gone);
  }

  const LogsDependencies dependencies_;
};

}  // namespace

void MountQueryRoutes(net::Router& router, const LogsDependencies& dependencies) {
  const auto face = std::make_shared<const QueryFace>(dependencies);
  for (const char* method : {"GET", "POST"}) {
    for (const char* pattern : {"/v1/workspaces/{id}/query", "/v1/workspaces/{id}/search", "/v1/apps/{id}/query"}) {
      router.Add(method, pattern, [face](const net::Request& request, const net::PathParameters& parameters) {
        return face->ByWorkspace(request, parameters.find("id")->second);
      });
    }
    for (const std::string_view pattern : kResourcePatterns) {
      // A client that puts "/v1/" before an id that begins with a slash sends two of them.
      for (const std::string& path : {"/v1" + std::string(pattern), "/v1/" + std::string(pattern)}) {
        router.Add(method, path, [face](const net::Request& request, const net::PathParameters& parameters) {
          return face->ByResource(request, parameters);
        });
      }
    }
  }
  router.Add("POST", "/v1/workspaces/{id}/explain",
             [face](const net::Request& request, const net::PathParameters& parameters) {
               return face->Explain(request, parameters.find("id")->second);
             });
  router.Add("POST", "/v1/$batch",
             [face](const net::Request& request, const net::PathParameters&) { return face->Batch(request); });
}

}  // namespace slipway::api
