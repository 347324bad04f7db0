#include "slipway/api/ingestion/rules.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/api/ingestion/columns.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using logstore::CollectionRule;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kCustomStream = "Custom-";

// "/subscriptions/S/resourceGroups/R/providers/…/workspaces/W".
Result<domain::Scope> ScopeOfResource(const std::string& id) {
  const auto parts = Split(id, '/');
  if (parts.size() == 9 && EqualsIgnoreCase(parts[1], "subscriptions") &&
      EqualsIgnoreCase(parts[3], "resourceGroups") && EqualsIgnoreCase(parts[7], "workspaces")) {
    return domain::Scope{std::string(parts[2]), std::string(parts[4]), std::string(parts[8])};
  }
  return InvalidArgument(fmt::format("'{}' is not a workspace's resource id", id));
}

Status CheckFlow(const json& flow, const json& streams) {
  const std::string transform = Text(flow, "transformKql");
  if (!transform.empty() && Trim(transform) != "source")
    return Unimplemented(fmt::format("the transformKql '{}' is not supported: 'source' alone is", transform));
  const json& names = Member(flow, "streams");
  if (!names.is_array() || names.empty()) return InvalidArgument("'properties.dataFlows[].streams' must name a stream");
  for (const json& name : names) {
    if (!name.is_string() || !streams.contains(name.get<std::string>()))
      return InvalidArgument(fmt::format("the stream {} is not in 'properties.streamDeclarations'", name.dump()));
  }
  const std::string output = Text(flow, "outputStream");
  if (!output.empty() && !(output.starts_with(kCustomStream) && output.ends_with("_CL")))
    return Unimplemented(fmt::format("the outputStream '{}' is not supported: 'Custom-<table>_CL' is", output));
  return {};
}

Status CheckRule(const json& properties) {
  const json& streams = Member(properties, "streamDeclarations");
  if (!streams.is_object() || streams.empty())
    return InvalidArgument("'properties.streamDeclarations' must declare a stream");
  for (const auto& [name, stream] : streams.items()) {
    if (!name.starts_with(kCustomStream))
      return InvalidArgument(fmt::format("the stream '{}' must begin with 'Custom-'", name));
    SLIPWAY_RETURN_IF_ERROR(
        ColumnsFromArm(Member(stream, "columns"), fmt::format("streamDeclarations.{}.columns", name)));
  }
  const json& flows = Member(properties, "dataFlows");
  if (!flows.is_array() || flows.empty())
    return InvalidArgument("'properties.dataFlows' must lead a stream to a table");
  for (const json& flow : flows) SLIPWAY_RETURN_IF_ERROR(CheckFlow(flow, streams));
  return {};
}

class Rules {
 public:
  explicit Rules(const LogsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(json body, ParseBody(request));
    const json& properties = Member(body, "properties");
    SLIPWAY_RETURN_IF_ERROR(CheckRule(properties));
    CollectionRule rule;
    rule.resource_id = ToLower(IdOf(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(rule.workspace_id, WorkspaceOf(properties, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const auto known, Find(rule.resource_id));
    rule.immutable_id = known ? known->immutable_id : "dcr-" + RandomHex(16);
    json resource = body;
    resource["id"] = IdOf(parameters);
    resource["name"] = parameters.at("name");
    resource["type"] = "Microsoft.Insights/dataCollectionRules";
    resource["properties"]["immutableId"] = rule.immutable_id;
    resource["properties"]["provisioningState"] = "Succeeded";
    const std::string* host = request.headers.Find("Host");
    if (host) resource["properties"]["endpoints"]["logsIngestion"] = (request.secure ? "https://" : "http://") + *host;
    rule.body = resource.dump(-1, ' ', false, json::error_handler_t::replace);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.store.PutCollectionRule(rule));
    return JsonAnswer(known ? 200 : 201, resource);
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rule, Find(ToLower(IdOf(parameters))));
    if (!rule) return NotFound(fmt::format("there is no data collection rule '{}'", parameters.at("name")));
    return Response::Json(200, rule->body);
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rule, Find(ToLower(IdOf(parameters))));
    if (!rule) return Response{.status = 204, .headers = {}, .body = ""};
    SLIPWAY_RETURN_IF_ERROR(dependencies_.store.DeleteCollectionRule(rule->immutable_id));
    return Response{};
  }

  Result<Response> List(const Request&, const PathParameters& parameters) const {
    std::string prefix = fmt::format("/subscriptions/{}/", parameters.at("sub"));
    if (const auto group = parameters.find("rg"); group != parameters.end())
      prefix += fmt::format("resourceGroups/{}/", group->second);
    SLIPWAY_ASSIGN_OR_RETURN(const auto rules, dependencies_.store.ListCollectionRules());
    json values = json::array();
    for (const CollectionRule& rule : rules) {
      if (StartsWithIgnoreCase(rule.resource_id, prefix)) values.push_back(json::parse(rule.body, nullptr, false));
    }
    return ListAnswer(std::move(values));
  }

 private:
  static std::string IdOf(const PathParameters& parameters) {
    return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/dataCollectionRules/{}",
                       parameters.at("sub"), parameters.at("rg"), parameters.at("name"));
  }

  Result<std::optional<CollectionRule>> Find(const std::string& resource_id) const {
    SLIPWAY_ASSIGN_OR_RETURN(auto rules, dependencies_.store.ListCollectionRules());
    for (CollectionRule& rule : rules) {
      if (rule.resource_id == resource_id) return std::optional(std::move(rule));
    }
    return std::optional<CollectionRule>();
  }

  // The first Log Analytics destination, else the group's default workspace.
  Result<std::string> WorkspaceOf(const json& properties, const PathParameters& parameters) const {
    domain::Scope scope = ScopeOf(parameters);
    scope.workspace = domain::kDefaultWorkspace;
    const json& destinations = Member(Member(properties, "destinations"), "logAnalytics");
    if (destinations.is_array() && !destinations.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(scope, ScopeOfResource(Text(destinations.front(), "workspaceResourceId")));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, dependencies_.workspaces.GetWorkspace(scope));
    return workspace.id;
  }

  const LogsDependencies dependencies_;
};

}  // namespace

Result<StreamTarget> TargetOf(const CollectionRule& rule, const std::string& stream) {
  const json body = json::parse(rule.body, nullptr, false);
  const json& properties = Member(body, "properties");
  const json& streams = Member(properties, "streamDeclarations");
  if (!streams.is_object() || !streams.contains(stream)) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : streams.items()) names.push_back(name);
    return NotFound(
        fmt::format("the rule '{}' has no stream '{}'; it has {}", rule.immutable_id, stream, Join(names, ", ")));
  }
  StreamTarget target{rule.workspace_id, stream.substr(kCustomStream.size()), {}};
  SLIPWAY_ASSIGN_OR_RETURN(target.columns, ColumnsFromArm(Member(streams[stream], "columns"), stream));
  for (const json& flow : Member(properties, "dataFlows")) {
    const json& names = Member(flow, "streams");
    const std::string output = Text(flow, "outputStream");
    if (!output.empty() && std::find(names.begin(), names.end(), json(stream)) != names.end())
      target.table = output.substr(kCustomStream.size());
  }
  return target;
}

void MountRules(net::Router& router, const LogsDependencies& dependencies) {
  const auto face = std::make_shared<const Rules>(dependencies);
  constexpr std::string_view kGroup =
      "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Insights/dataCollectionRules";
  constexpr std::string_view kSubscription = "/subscriptions/{sub}/providers/Microsoft.Insights/dataCollectionRules";
  const auto add = [&](const char* method, const std::string& pattern,
                       Result<Response> (Rules::*handler)(const Request&, const PathParameters&) const) {
    router.Add(method, pattern, [face, handler](const Request& request, const PathParameters& parameters) {
      auto answer = (face.get()->*handler)(request, parameters);
      return answer ? std::move(*answer) : ErrorAnswer(answer.error());
    });
  };
  const std::string one = std::string(kGroup) + "/{name}";
  add("PUT", one, &Rules::Put);
  add("GET", one, &Rules::Get);
  add("DELETE", one, &Rules::Delete);
  add("GET", std::string(kGroup), &Rules::List);
  add("GET", std::string(kSubscription), &Rules::List);
}

}  // namespace slipway::api
