// alert …: log and metric alert rules, what they did, and the freeze switch.
#include <fmt/format.h>

#include "slipway/cli/actor.h"
#include "slipway/cli/alert_rules.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/span.h"
#include "slipway/cli/sync.h"
#include "slipway/client/workspace.h"
#include "slipway/domain/alert_names.h"
#include "slipway/spec/alert.h"
#include "slipway/spec/print.h"
#include "slipway/wire/alert.h"

namespace slipway::cli {

std::string RulePath(client::Workspace& server, domain::AlertKind kind, std::string_view name) {
  return server.ResourceGroupPath(
      fmt::format("/providers/Microsoft.Insights/{}{}{}",
                  kind == domain::AlertKind::kMetric ? "metricAlerts" : "scheduledQueryRules", name.empty() ? "" : "/",
                  client::Workspace::Segment(name)));
}

namespace {

// Of whichever kind has the name.
Result<Json> GetRule(client::Workspace& server, const std::string& name) {
  auto log_rule = server.connection().Get(RulePath(server, domain::AlertKind::kLog, name));
  if (log_rule || log_rule.error().code() != Code::kNotFound) return log_rule;
  auto metric_rule = server.connection().Get(RulePath(server, domain::AlertKind::kMetric, name));
  return metric_rule ? std::move(metric_rule) : std::move(log_rule);
}

Result<Json> PrintedRule(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AlertRule rule, wire::AlertRuleFromArm(arm));
  return WithId(spec::ToJson(rule), arm);
}

// The ARM id of the endpoint or deployment that a metric rule names.
std::string ResourceOf(client::Workspace& server, const spec::AlertDocument& document) {
  const std::string id = fmt::format("{}/onlineEndpoints/{}", server.scope().ArmId(), document.endpoint_name);
  return document.deployment_name.empty() ? id : fmt::format("{}/deployments/{}", id, document.deployment_name);
}

Result<Output> CreateAlert(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::AlertDocument read, spec::ReadAlertRule(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  domain::AlertRule rule = std::move(read.rule);
  if (rule.kind == domain::AlertKind::kMetric && rule.resource.empty()) rule.resource = ResourceOf(*server, read);
  if (rule.create_job) {
    SLIPWAY_ASSIGN_OR_RETURN(rule.create_job,
                             PrepareJob(context, *server, {std::move(*rule.create_job), std::move(read.anonymous)}));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Put(RulePath(*server, rule.kind, rule.name),
                                                                    wire::AlertRuleToArm(server->scope(), rule)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ShowAlert(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, GetRule(*server, *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListAlerts(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  Json list = Json::array();
  for (const auto kind : {domain::AlertKind::kLog, domain::AlertKind::kMetric}) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rules, server->connection().List(RulePath(*server, kind, "")));
    for (const Json& arm : rules) {
      SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
      list.push_back(std::move(printed));
    }
  }
  return WithColumns(std::move(list), {{"Name", "/name"},
                                       {"Type", "/type"},
                                       {"Severity", "/severity"},
                                       {"Enabled", "/is_enabled"},
                                       {"Fired", "/is_fired"},
                                       {"Last evaluated", "/last_evaluated_at"},
                                       {"Description", "/description"}});
}

Result<Output> DeleteAlert(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, GetRule(*server, *arguments.Get("name")));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(arm.at("id").get<std::string>()));
  return Output::Nothing();
}

// What became of the deliveries, in a table's cell: "webhook ops done, job retrain failed".
std::string DeliveriesText(const domain::AlertEvent& event) {
  static constexpr const char* kStates[] = {"pending", "done", "failed"};
  std::string text;
  for (const auto& delivery : event.deliveries)
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", delivery.kind, delivery.receiver,
                        kStates[static_cast<size_t>(delivery.state)]);
  return text;
}

Result<Json> PrintedEvent(const Json& json) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AlertEvent event, wire::AlertEventFromJson(json));
  Json printed = spec::ToJson(event);
  for (const char* key : {"job", "error", "resolved_at"}) printed.emplace(key, nullptr);
  printed["for"] = event.dimensions.empty() ? Json() : Json(domain::CombinationText(event.dimensions));
  printed["told"] = DeliveriesText(event);
  return printed;
}

Result<Output> ListEvents(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const auto name = arguments.Get("name");
  const std::string path = server->Path(
      fmt::format("/slipway/alerts{}{}", name ? "?rule=" : "", name ? client::Workspace::Segment(*name) : ""));
  SLIPWAY_ASSIGN_OR_RETURN(const auto events, server->connection().List(path));
  Json list = Json::array();
  for (const Json& event : events) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedEvent(event));
    list.push_back(std::move(printed));
  }
  // A rule that is gone may have events; one that never was has none, and is more likely misspelt.
  if (name && list.empty()) SLIPWAY_RETURN_IF_ERROR(GetRule(*server, *name));
  return WithColumns(std::move(list), {{"Rule", "/rule"},
                                       {"For", "/for"},
                                       {"Fired at", "/fired_at"},
                                       {"Resolved at", "/resolved_at"},
                                       {"Value", "/value"},
                                       {"Threshold", "/threshold"},
                                       {"Job", "/job"},
                                       {"Told", "/told"},
                                       {"Error", "/error"}});
}

Result<Output> TestAlert(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string last, IsoSpan(arguments.GetOr("last", "1d"), "--last"));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path =
      server->Path(fmt::format("/slipway/alerts/{}/test", client::Workspace::Segment(*arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(const Json replay, server->connection().Post(path, Json{{"last", last}}));
  context.Note(
      fmt::format("{} evaluations from {} to {}: it would have fired {} times. Nothing was stored, nobody told.",
                  replay["evaluations"].get<int64_t>(), replay["begin"].get<std::string>(),
                  replay["end"].get<std::string>(), replay["events"].size()));
  Json printed = Json::object();
  for (const auto& [wire_key, key] :
       {std::pair("rule", "rule"), std::pair("begin", "begin"), std::pair("end", "end"),
        std::pair("evaluations", "evaluations"), std::pair("threshold", "threshold"),
        std::pair("smallestValue", "smallest_value"), std::pair("largestValue", "largest_value")})
    printed[key] = replay[wire_key];
  printed["events"] = Json::array();
  for (const Json& event : replay["events"])
    printed["events"].push_back({{"fired_at", event["firedAt"]},
                                 {"resolved_at", event["resolvedAt"]},
                                 {"value", event["value"]},
                                 {"dimensions", event["dimensions"]}});
  return Output::Of(std::move(printed));
}

Result<Output> PrintedFreeze(const Json& answer) {
  Json printed = {{"is_frozen", answer["frozen"]}};
  if (answer["freeze"].is_object()) printed.update(answer["freeze"]);
  return Output::Of(std::move(printed));
}

std::string FreezePath(client::Workspace& server) {
  return server.Path("/slipway/alertFreeze");
}

Result<Output> FreezeAlerts(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const Json body = {{"reason", *arguments.Get("reason")}};
  SLIPWAY_ASSIGN_OR_RETURN(
      const Json answer, SendAs(ActorOf(context, arguments), server->connection(), "PUT", FreezePath(*server), &body));
  return PrintedFreeze(answer);
}

Result<Output> UnfreezeAlerts(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                           SendAs(ActorOf(context, arguments), server->connection(), "DELETE", FreezePath(*server)));
  return PrintedFreeze(answer);
}

}  // namespace

std::vector<Command> AlertCommands() {
  const Flag name = NameFlag(true, "Name of the alert rule.");
  return {
      MakeCommand("alert create", "Create an alert rule, or replace one of its name.",
                  {FileFlag(true), NameFlag(false), SetFlag()}, CreateAlert),
      MakeCommand("alert show", "Show an alert rule.", {name}, ShowAlert),
      MakeCommand("alert list", "List alert rules.", {}, ListAlerts),
      MakeCommand("alert delete", "Delete an alert rule.", {name, YesFlag()}, DeleteAlert),
      MakeCommand("alert events", "List when alerts fired and what they did, newest first.",
                  {NameFlag(false, "Name of one alert rule.")}, ListEvents),
      MakeCommand("alert history", "The same as `alert events`.", {NameFlag(false, "Name of one alert rule.")},
                  ListEvents),
      MakeCommand("alert test", "Tell when a rule would have fired over past data.",
                  {name, Flag{.name = "last", .help = "How far back: 7d, 36h, 90m. Default: 1d."}}, TestAlert),
      MakeCommand("alert freeze", "Keep alerts from starting jobs and workflows; they are still recorded and told.",
                  {Flag{.name = "reason", .help = "Why.", .required = true}, ActorFlag()}, FreezeAlerts),
      MakeCommand("alert unfreeze", "Let alerts start jobs and workflows again.", {ActorFlag()}, UnfreezeAlerts),
  };
}

}  // namespace slipway::cli
