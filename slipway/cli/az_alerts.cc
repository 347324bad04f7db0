// az monitor scheduled-query …, az monitor metrics alert …: alert rules by flags, as az has them.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/alert_rules.h"
#include "slipway/cli/az_condition.h"
#include "slipway/cli/az_resource.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/span.h"
#include "slipway/wire/alert.h"

namespace slipway::cli {
namespace {

using domain::AlertKind;
using domain::AlertRule;

// PLACEHOLDER=QUERY items of --condition-query; a placeholder without one is a query itself.
Result<std::string> QueryOf(const Arguments& arguments, const std::string& placeholder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto queries, ParsePairs(arguments.All("condition-query"), "condition-query"));
  std::vector<std::string> names;
  for (const auto& [name, query] : queries) {
    if (name == placeholder) return query;
    names.push_back(name);
  }
  if (names.empty()) return placeholder;
  return InvalidArgument(fmt::format("--condition names the query '{}', which --condition-query does not have{}",
                                     placeholder, DidYouMean(placeholder, names)));
}

// The conditions of --condition, as `properties.criteria` has them.
Result<Json> CriteriaOf(AlertKind kind, const Arguments& arguments, const domain::Scope& scope) {
  AlertRule rule;
  rule.kind = kind;
  rule.conditions.clear();
  for (const std::string& text : ConditionTexts(arguments.All("condition"))) {
    if (kind == AlertKind::kMetric) {
      SLIPWAY_ASSIGN_OR_RETURN(auto condition, ParseMetricCondition(text));
      condition.name = fmt::format("cond{}", rule.conditions.size());
      rule.conditions.push_back(std::move(condition));
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(LogCondition read, ParseLogCondition(text));
    SLIPWAY_ASSIGN_OR_RETURN(read.condition.query, QueryOf(arguments, read.condition.query));
    rule.evaluation_periods = read.evaluation_periods;
    rule.failing_periods = read.failing_periods;
    rule.conditions.push_back(std::move(read.condition));
  }
  return wire::AlertRuleToArm(scope, rule)["properties"]["criteria"];
}

// GROUP [KEY=VALUE …] [GROUP …], each an id or a name.
Result<Json> MetricActionsOf(const std::vector<std::string>& words) {
  Json actions = Json::array();
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos)
      actions.push_back({{"actionGroupId", word}, {"webHookProperties", Json::object()}});
    else if (actions.empty())
      return InvalidArgument(fmt::format("--action begins with an action group, not with '{}'", word));
    else
      actions.back()["webHookProperties"][word.substr(0, equals)] = word.substr(equals + 1);
  }
  return actions;
}

Result<Json> LogActionsOf(const Arguments& arguments) {
  Json actions = Json::object();
  if (arguments.Has("action-groups")) actions["actionGroups"] = arguments.All("action-groups");
  SLIPWAY_ASSIGN_OR_RETURN(const auto handed, ParsePairs(arguments.All("custom-properties"), "custom-properties"));
  for (const auto& [key, value] : handed) actions["customProperties"][key] = value;
  return actions;
}

constexpr std::string_view kNameHelp = "Name of the alert rule.";

struct PropertyFlag {
  enum class Is { kText, kTrue, kSpan };
  std::string_view flag, property;
  Is is = Is::kText;
};

constexpr PropertyFlag kPlainFlags[] = {
    {"description", "description"},
    {"severity", "severity"},
    {"auto-mitigate", "autoMitigate", PropertyFlag::Is::kTrue},
    {"enabled", "enabled", PropertyFlag::Is::kTrue},
    {"evaluation-frequency", "evaluationFrequency", PropertyFlag::Is::kSpan},
    {"window-size", "windowSize", PropertyFlag::Is::kSpan},
    {"mute-actions-duration", "muteActionsDuration", PropertyFlag::Is::kSpan},
    {"override-query-time-range", "overrideQueryTimeRange", PropertyFlag::Is::kSpan},
    {"skip-query-validation", "skipQueryValidation", PropertyFlag::Is::kTrue},
    {"check-ws-alerts-storage", "checkWorkspaceAlertsStorageConfigured", PropertyFlag::Is::kTrue},
    {"region", "targetResourceRegion"},
};

Status PutPlainFlags(const Arguments& arguments, Json& properties) {
  for (const PropertyFlag& known : kPlainFlags) {
    const auto value = arguments.Get(known.flag);
    if (!value) continue;
    Json& property = properties[std::string(known.property)];
    if (known.is == PropertyFlag::Is::kTrue) {
      property = *value == "true";
    } else if (known.is == PropertyFlag::Is::kSpan) {
      SLIPWAY_ASSIGN_OR_RETURN(property, IsoSpan(*value, fmt::format("--{}", known.flag)));
    } else {
      property = *value;
    }
  }
  if (const auto disabled = arguments.Get("disabled")) properties["enabled"] = *disabled != "true";
  return {};
}

// What the flags say, as the body of a PUT or a PATCH.
Result<Json> BodyOf(AlertKind kind, const Arguments& arguments, const domain::Scope& scope) {
  const bool is_metric = kind == AlertKind::kMetric;
  Json body = {{"properties", Json::object()}};
  Json& properties = body["properties"];
  SLIPWAY_RETURN_IF_ERROR(PutPlainFlags(arguments, properties));
  if (arguments.Has("scopes")) properties["scopes"] = arguments.All("scopes");
  if (arguments.Has("target-resource-type")) {
    if (is_metric)
      properties["targetResourceType"] = *arguments.Get("target-resource-type");
    else
      properties["targetResourceTypes"] = arguments.All("target-resource-type");
  }
  if (arguments.Has("condition")) {
    SLIPWAY_ASSIGN_OR_RETURN(properties["criteria"], CriteriaOf(kind, arguments, scope));
  }
  if (is_metric && arguments.Has("action")) {
    SLIPWAY_ASSIGN_OR_RETURN(properties["actions"], MetricActionsOf(arguments.All("action")));
  }
  if (arguments.Has("action-groups") || arguments.Has("custom-properties")) {
    SLIPWAY_ASSIGN_OR_RETURN(properties["actions"], LogActionsOf(arguments));
  }
  if (arguments.Has("tags")) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto tags, ParsePairs(arguments.All("tags"), "tags"));
    for (const auto& [key, value] : tags) body["tags"][key] = value;
  }
  return body;
}

// The handlers of one kind of rules.
class Rules {
 public:
  explicit Rules(AlertKind kind) : kind_(kind) {}

  Result<Output> Create(Context& context, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(Json body, BodyOf(kind_, arguments, server->scope()));
    body["location"] = kind_ == AlertKind::kMetric ? "global" : arguments.GetOr("location", "local");
    SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Put(PathOf(*server, arguments), body));
    return Output::Of(Flattened(arm));
  }
  Result<Output> Update(Context& context, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const Json body, BodyOf(kind_, arguments, server->scope()));
    SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Patch(PathOf(*server, arguments), body));
    return Output::Of(Flattened(arm));
  }
  Result<Output> Show(Context& context, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(PathOf(*server, arguments)));
    return Output::Of(Flattened(arm));
  }
  Result<Output> List(Context& context, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto rules, server->connection().List(RulePath(*server, kind_, "")));
    Json list = Json::array();
    for (const Json& arm : rules) list.push_back(Flattened(arm));
    return WithColumns(std::move(list), {{"Name", "/name"},
                                         {"Severity", "/severity"},
                                         {"Enabled", "/enabled"},
                                         {"EvaluationFrequency", "/evaluationFrequency"},
                                         {"WindowSize", "/windowSize"},
                                         {"Description", "/description"}});
  }
  Result<Output> Delete(Context& context, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
    SLIPWAY_RETURN_IF_ERROR(server->connection().Get(PathOf(*server, arguments)));
    SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(PathOf(*server, arguments)));
    return Output::Nothing();
  }

 private:
  std::string PathOf(client::Workspace& server, const Arguments& arguments) const {
    return RulePath(server, kind_, *arguments.Get("name"));
  }

  AlertKind kind_;
};

Flag TrueOrFalse(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .choices = {"true", "false"}};
}

std::vector<Flag> CommonFlags(bool is_create) {
  return NamedInGroup(kNameHelp) +
         std::vector<Flag>{
             WordsFlag("scopes", 0, "Id of the workspace, or of the endpoint or deployment that a metric is of.",
                       is_create),
             {"description", 0, "What the rule is about."},
             {"severity", 0, "From 0, critical, to 4, verbose."},
             {"evaluation-frequency", 0, "How often it is evaluated: 1m, 5m, 1h. Default: 5m."},
             {"window-size", 0, "Length of time that an evaluation looks at. Default: 5m."},
             TrueOrFalse("auto-mitigate", "Resolve when the condition is no longer met. Default: true."),
             TrueOrFalse("disabled", "Do not evaluate."),
             TrueOrFalse("enabled", "Evaluate."),
             WordsFlag("target-resource-type", 0, "Type of the resource."),
             WordsFlag("tags", 0, "Tags: KEY=VALUE ….")};
}

std::vector<Flag> MetricFlags(bool is_create) {
  return CommonFlags(is_create) +
         std::vector<Flag>{
             WordsFlag("condition", 0,
                       "{avg,min,max,total,count} METRIC {=,>,>=,<,<=} THRESHOLD [where DIMENSION {includes,excludes} "
                       "VALUE [or VALUE …] "
                       "[and …]] [with skipmetricvalidation]; may be repeated.",
                       is_create),
             WordsFlag("action", 'a', "Name or id of an action group, then KEY=VALUE to hand over; may be repeated."),
             {"region", 0, "Region of the resource."}};
}

std::vector<Flag> LogFlags(bool is_create) {
  return CommonFlags(is_create) +
         std::vector<Flag>{
             WordsFlag("condition", 0,
                       "{avg,min,max,total,count} [\"COLUMN\" from] \"QUERY\" {=,>,>=,<,<=} THRESHOLD [resource id "
                       "COLUMN] [where "
                       "DIMENSION {includes,excludes} VALUE [or VALUE …] [and …]] [at least M violations out of N "
                       "aggregated points].",
                       is_create),
             WordsFlag("condition-query", 0, "QUERY=KQL of the names in --condition."),
             WordsFlag("action-groups", 0, "Names or ids of action groups."),
             WordsFlag("custom-properties", 0, "Handed to receivers: KEY=VALUE …."),
             {"mute-actions-duration", 0, "No second firing within this time."},
             {"override-query-time-range", 0, "What the query sees before a window's end."},
             TrueOrFalse("skip-query-validation", "Store the rule though its query cannot run yet."),
             TrueOrFalse("check-ws-alerts-storage", "Not supported: rules are kept with the server's metadata."),
             {"location", 'l', "Accepted for compatibility."}};
}

void AddRules(std::vector<Command>& commands, const std::string& group, AlertKind kind) {
  const Rules rules(kind);
  const auto flags = kind == AlertKind::kMetric ? MetricFlags : LogFlags;
  const auto handler = [rules](auto method) {
    return
        [rules, method](Context& context, const Arguments& arguments) { return (rules.*method)(context, arguments); };
  };
  commands.push_back(AzCommand(group + " create", "Create an alert rule, or replace one of its name.", flags(true),
                               handler(&Rules::Create)));
  commands.push_back(AzCommand(group + " update", "Change what the flags name of an alert rule.", flags(false),
                               handler(&Rules::Update)));
  commands.push_back(AzCommand(group + " show", "Show an alert rule.", NamedInGroup(kNameHelp), handler(&Rules::Show)));
  commands.push_back(AzCommand(group + " list", "List alert rules.", {ResourceGroupFlag()}, handler(&Rules::List)));
  commands.push_back(AzCommand(group + " delete", "Delete an alert rule.",
                               NamedInGroup(kNameHelp) + std::vector<Flag>{YesFlag()}, handler(&Rules::Delete)));
}

}  // namespace

std::vector<Command> AzAlertCommands() {
  std::vector<Command> commands;
  AddRules(commands, "monitor scheduled-query", AlertKind::kLog);
  AddRules(commands, "monitor metrics alert", AlertKind::kMetric);
  return commands;
}

}  // namespace slipway::cli
