// alert create, show, list, delete, events: scheduled query rules.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/sync.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/print.h"
#include "slipway/spec/schedule.h"
#include "slipway/wire/alert.h"

namespace slipway::cli {
namespace {

std::string RulePath(client::Workspace& server, std::string_view name) {
  return server.ResourceGroupPath(fmt::format("/providers/Microsoft.Insights/scheduledQueryRules{}{}",
                                              name.empty() ? "" : "/", client::Workspace::Segment(name)));
}

Result<Json> PrintedRule(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AlertRule rule, wire::AlertRuleFromArm(arm));
  return WithId(spec::ToJson(rule), arm);
}

Result<Output> CreateAlert(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::AlertDocument read, spec::ReadAlertRule(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  domain::AlertRule rule = std::move(read.rule);
  if (rule.create_job) {
    SLIPWAY_ASSIGN_OR_RETURN(rule.create_job,
                             PrepareJob(context, *server, {std::move(*rule.create_job), std::move(read.anonymous)}));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Put(RulePath(*server, rule.name),
                                                                    wire::AlertRuleToArm(server->scope(), rule)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ShowAlert(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(RulePath(*server, *arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListAlerts(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto rules, server->connection().List(RulePath(*server, "")));
  Json list = Json::array();
  for (const Json& arm : rules) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedRule(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"},
                                       {"Severity", "/severity"},
                                       {"Enabled", "/is_enabled"},
                                       {"Fired", "/is_fired"},
                                       {"Last evaluated", "/last_evaluated_at"},
                                       {"Description", "/description"}});
}

Result<Output> DeleteAlert(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = RulePath(*server, *arguments.Get("name"));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Get(path));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
  return Output::Nothing();
}

// docs/rest-extensions.md: {"id","rule","firedAt","resolvedAt","value","threshold","job","error"}.
Json PrintedEvent(const Json& event) {
  static constexpr std::pair<const char*, const char*> kKeys[] = {
      {"id", "id"},       {"rule", "rule"},           {"firedAt", "fired_at"}, {"resolvedAt", "resolved_at"},
      {"value", "value"}, {"threshold", "threshold"}, {"job", "job"},          {"error", "error"}};
  Json printed = Json::object();
  for (const auto& [wire_key, key] : kKeys) {
    const bool is_set = event.contains(wire_key) && !event[wire_key].is_null() && event[wire_key] != "";
    printed[key] = is_set ? event[wire_key] : Json(nullptr);
  }
  return printed;
}

Result<Output> ListEvents(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const auto name = arguments.Get("name");
  const std::string path = server->Path(
      fmt::format("/slipway/alerts{}{}", name ? "?rule=" : "", name ? client::Workspace::Segment(*name) : ""));
  SLIPWAY_ASSIGN_OR_RETURN(const auto events, server->connection().List(path));
  Json list = Json::array();
  for (const Json& event : events) list.push_back(PrintedEvent(event));
  // A rule that is gone may have events; one that never was has none, and is more likely misspelt.
  if (name && list.empty()) SLIPWAY_RETURN_IF_ERROR(server->connection().Get(RulePath(*server, *name)));
  return WithColumns(std::move(list), {{"Rule", "/rule"},
                                       {"Fired at", "/fired_at"},
                                       {"Resolved at", "/resolved_at"},
                                       {"Value", "/value"},
                                       {"Threshold", "/threshold"},
                                       {"Job", "/job"},
                                       {"Error", "/error"}});
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
      MakeCommand("alert events", "List when alerts fired and what they started, newest first.",
                  {NameFlag(false, "Name of one alert rule.")}, ListEvents),
  };
}

}  // namespace slipway::cli
