// az monitor action-group …: web hooks and mails by flags; what az has no words for, `slipway action-group` makes.
#include <fmt/format.h>

#include <algorithm>

#include "slipway/base/text.h"
#include "slipway/cli/alert_rules.h"
#include "slipway/cli/az_resource.h"
#include "slipway/cli/commands.h"
#include "slipway/wire/action_group.h"

namespace slipway::cli {
namespace {

using domain::ActionGroup;

constexpr std::string_view kCommonSchema = "usecommonalertschema";
constexpr std::string_view kOtherTypes[] = {"sms",     "voice",    "azureapppush",      "itsm",         "logicapp",
                                            "armrole", "eventhub", "automationrunbook", "azurefunction"};

// TYPE NAME TARGET [usecommonalertschema], again and again.
Result<std::vector<domain::AlertReceiver>> ReceiversOf(const std::vector<std::string>& words) {
  std::vector<domain::AlertReceiver> receivers;
  for (size_t at = 0; at < words.size();) {
    const std::string& type = words[at];
    if (std::any_of(std::begin(kOtherTypes), std::end(kOtherTypes),
                    [&](std::string_view other) { return EqualsIgnoreCase(other, type); }))
      return Unimplemented(
          fmt::format("--action {}: receivers of this kind are not supported: email and webhook are; "
                      "`slipway action-group create` has commands, jobs and workflows too",
                      type));
    const bool is_mail = EqualsIgnoreCase(type, "email");
    if (!is_mail && !EqualsIgnoreCase(type, "webhook"))
      return InvalidArgument(fmt::format("--action begins with email or webhook, not with '{}'", type));
    if (at + 2 >= words.size())
      return InvalidArgument(fmt::format("--action {0} needs a name and {1}: --action {0} NAME {2}", type,
                                         is_mail ? "an address" : "a URI", is_mail ? "ADDRESS" : "URI"));
    const std::string &name = words[at + 1], &target = words[at + 2];
    at += 3;
    const bool has_common_schema = at < words.size() && EqualsIgnoreCase(words[at], kCommonSchema);
    at += has_common_schema;
    if (is_mail)
      receivers.push_back({name, domain::EmailReceiver{target}});
    else
      receivers.push_back({name, domain::WebhookReceiver{target, "", has_common_schema}});
  }
  return receivers;
}

Result<Output> CreateGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
  ActionGroup group;
  group.name = *arguments.Get("name");
  group.short_name = arguments.GetOr("short-name", group.name.substr(0, 12));
  SLIPWAY_ASSIGN_OR_RETURN(group.receivers, ReceiversOf(arguments.All("action")));
  SLIPWAY_ASSIGN_OR_RETURN(const auto tags, ParsePairs(arguments.All("tags"), "tags"));
  group.tags.insert(tags.begin(), tags.end());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Put(ActionGroupPath(*server, group.name),
                                                                    wire::ActionGroupToArm(server->scope(), group)));
  return Output::Of(Flattened(arm));
}

Result<Output> ShowGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->connection().Get(ActionGroupPath(*server, *arguments.Get("name"))));
  return Output::Of(Flattened(arm));
}

Result<Output> ListGroups(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const auto groups, server->connection().List(ActionGroupPath(*server, "")));
  Json list = Json::array();
  for (const Json& arm : groups) list.push_back(Flattened(arm));
  return WithColumns(std::move(list),
                     {{"Name", "/name"}, {"GroupShortName", "/groupShortName"}, {"Enabled", "/enabled"}});
}

Result<Output> DeleteGroup(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, ServerOfGroup(context, arguments));
  const std::string path = ActionGroupPath(*server, *arguments.Get("name"));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Get(path));
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
  return Output::Nothing();
}

}  // namespace

std::vector<Command> AzActionGroupCommands() {
  const std::vector<Flag> named = NamedInGroup("Name of the action group.");
  return {
      AzCommand("monitor action-group create", "Create an action group, or replace one of its name.",
                named +
                    std::vector<Flag>{
                        {"short-name", 0, "At most 12 characters. Default: the beginning of the name."},
                        WordsFlag("action", 'a',
                                  "email NAME ADDRESS, or webhook NAME URI [usecommonalertschema]; may be repeated."),
                        WordsFlag("tags", 0, "Tags: KEY=VALUE …."),
                        {"location", 'l', "Accepted for compatibility."}},
                CreateGroup),
      AzCommand("monitor action-group show", "Show an action group.", named, ShowGroup),
      AzCommand("monitor action-group list", "List action groups.", {ResourceGroupFlag()}, ListGroups),
      AzCommand("monitor action-group delete", "Delete an action group that no rule uses.",
                named + std::vector<Flag>{YesFlag()}, DeleteGroup),
  };
}

}  // namespace slipway::cli
