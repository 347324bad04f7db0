#include "slipway/api/kusto/routes.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/kusto/answers.h"
#include "slipway/api/kusto/commands.h"
#include "slipway/api/logs/log_workspaces.h"
#include "slipway/api/logs/query_parameters.h"
#include "slipway/base/text.h"
#include "slipway/kql/type.h"

namespace slipway::api {
namespace {

using nlohmann::json;

enum class Form { kFrames, kTables };

struct Question {
  std::string database, text;
  logstore::QuerySettings settings;
};

constexpr int64_t kTimeoutMsMax = 3'600'000;

Status ReadOptions(const json& options, logstore::QuerySettings& settings) {
  if (const auto timeout = options.find("servertimeout"); timeout != options.end() && timeout->is_string()) {
    const auto ticks = kql::ParseTimespanTicks(timeout->get<std::string>());
    if (!ticks || *ticks <= 0)
      return InvalidArgument(fmt::format("the option servertimeout '{}' is no timespan", timeout->get<std::string>()));
    settings.timeout_ms = static_cast<int>(std::clamp<int64_t>(*ticks / 10'000, 1, kTimeoutMsMax));
  }
  for (const char* name : {"truncationmaxrecords", "query_take_max_records"}) {
    const auto rows = options.find(name);
    if (rows != options.end() && rows->is_number_integer() && rows->get<int64_t>() > 0)
      settings.rows_max = std::min(settings.rows_max, rows->get<size_t>());
  }
  return {};
}

Result<Question> ReadQuestion(const net::Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
  Question question;
  question.settings.stop = request.client_gone;
  const auto text = [&](const char* name) {
    const auto member = body.find(name);
    return member != body.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  question.database = text("db");
  question.text = std::string(Trim(text("csl")));
  if (question.text.empty())
    return InvalidArgument("'csl' is missing: the body is {\"db\": \"<workspace>\", \"csl\": \"<KQL>\"}");
  json properties = body.value("properties", json());
  // Some clients send the properties as a text of JSON.
  if (properties.is_string()) properties = json::parse(properties.get<std::string>(), nullptr, false);
  if (!properties.is_object()) return question;
  if (const auto parameters = properties.find("Parameters"); parameters != properties.end()) {
    SLIPWAY_ASSIGN_OR_RETURN(question.settings.parameters, ReadQueryParameters(*parameters, "properties.Parameters"));
  }
  if (const auto options = properties.find("Options"); options != properties.end() && options->is_object())
    SLIPWAY_RETURN_IF_ERROR(ReadOptions(*options, question.settings));
  return question;
}

Result<logstore::QueryResult> Run(const LogsDependencies& dependencies, const Question& question) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace,
                           FindLogWorkspace(dependencies.workspaces, question.database));
  if (!question.text.starts_with('.'))
    return dependencies.store.Query(question.text, {}, workspace.id, question.settings);
  SLIPWAY_ASSIGN_OR_RETURN(const auto tables, dependencies.store.ListTables());
  return kusto::RunCommand(question.text, tables, workspace);
}

net::Response Answer(const LogsDependencies& dependencies, const net::Request& request, Form form) {
  const auto question = ReadQuestion(request);
  if (!question) return kusto::AnswerFailure(question.error());
  const auto result = Run(dependencies, *question);
  if (!result) return kusto::AnswerFailure(result.error());
  return form == Form::kFrames ? kusto::AnswerFrames(*result) : kusto::AnswerTables(*result);
}

}  // namespace

void MountKusto(net::Router& router, const LogsDependencies& dependencies) {
  const auto add = [&](const char* pattern, Form form) {
    router.Add("POST", pattern, [dependencies, form](const net::Request& request, const net::PathParameters&) {
      return Answer(dependencies, request, form);
    });
  };
  add("/v2/rest/query", Form::kFrames);
  add("/v1/rest/query", Form::kTables);
  add("/v1/rest/mgmt", Form::kTables);
  router.Add("GET", "/v1/rest/auth/metadata", [](const net::Request&, const net::PathParameters&) {
    return JsonAnswer(200, {{"AzureAD",
                             {{"LoginEndpoint", "https://login.microsoftonline.com"},
                              {"LoginMfaRequired", false},
                              {"KustoClientAppId", "db662dc1-0cfe-4e1c-a843-19a68e65be58"},
                              {"KustoClientRedirectUri", "https://microsoft/kustoclient"},
                              {"KustoServiceResourceId", "https://kusto.kusto.windows.net"},
                              {"FirstPartyAuthorityUrl", ""}}}});
  });
}

}  // namespace slipway::api
