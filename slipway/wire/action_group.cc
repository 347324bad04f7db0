#include "slipway/wire/action_group.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/wire/job.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {

using domain::ActionGroup;
using domain::AlertReceiver;
using domain::Scope;
using nlohmann::json;

namespace {

constexpr std::array kOtherReceivers = {"smsReceivers",
                                        "voiceReceivers",
                                        "itsmReceivers",
                                        "azureAppPushReceivers",
                                        "automationRunbookReceivers",
                                        "logicAppReceivers",
                                        "azureFunctionReceivers",
                                        "armRoleReceivers",
                                        "eventHubReceivers",
                                        "incidentReceivers"};

// The lists that receivers of each kind are written to, as they are filled.
struct Lists {
  json webhooks = json::array(), emails = json::array(), commands = json::array(), jobs = json::array(),
       workflows = json::array(), secrets = json::object();
};

void Put(Lists& lists, const std::string& name, const domain::WebhookReceiver& hook) {
  lists.webhooks.push_back(
      {{"name", name}, {"serviceUri", hook.uri}, {"useCommonAlertSchema", hook.uses_common_schema}});
  if (!hook.secret.empty()) lists.secrets[name] = hook.secret;
}
void Put(Lists& lists, const std::string& name, const domain::EmailReceiver& mail) {
  lists.emails.push_back(
      {{"name", name}, {"emailAddress", mail.address}, {"useCommonAlertSchema", true}, {"status", "Enabled"}});
}
void Put(Lists& lists, const std::string& name, const domain::CommandReceiver& command) {
  lists.commands.push_back({{"name", name}, {"command", command.command}, {"timeoutSeconds", command.timeout_seconds}});
}
void Put(Lists& lists, const std::string& name, const domain::JobReceiver& receiver) {
  lists.jobs.push_back({{"name", name}, {"createJob", JobSpecToArm(receiver.job)}});
}
void Put(Lists& lists, const std::string& name, const domain::WorkflowReceiver& receiver) {
  lists.workflows.push_back({{"name", name}, {"workflow", receiver.workflow}, {"inputs", receiver.inputs}});
}

void ReadWebhook(const JsonView& view, const std::map<std::string, std::string>& secrets, ActionGroup& group) {
  domain::WebhookReceiver hook;
  const std::string name = view.RequireText("name");
  hook.uri = view.RequireText("serviceUri");
  if (!hook.uri.empty() && !hook.uri.starts_with("http://") && !hook.uri.starts_with("https://"))
    view.Complain(fmt::format("serviceUri '{}' is not an http or https address", hook.uri));
  if (view.Boolean("useAadAuth", false)) view.Complain("useAadAuth is not supported yet", Code::kUnimplemented);
  hook.uses_common_schema = view.Boolean("useCommonAlertSchema", true);
  if (const auto secret = secrets.find(name); secret != secrets.end()) hook.secret = secret->second;
  group.receivers.push_back({name, std::move(hook)});
}

void ReadEmail(const JsonView& view, ActionGroup& group) {
  group.receivers.push_back({view.RequireText("name"), domain::EmailReceiver{view.RequireText("emailAddress")}});
}

void ReadCommand(const JsonView& view, ActionGroup& group) {
  domain::CommandReceiver command;
  command.command = view.RequireText("command");
  command.timeout_seconds = static_cast<int>(view.Integer("timeoutSeconds", command.timeout_seconds));
  if (command.timeout_seconds < 1 || command.timeout_seconds > 3600) view.Complain("timeoutSeconds is from 1 to 3600");
  group.receivers.push_back({view.RequireText("name"), std::move(command)});
}

Status ReadJob(const JsonView& view, ActionGroup& group) {
  const auto job = view.Require("createJob");
  if (!job) return {};
  SLIPWAY_ASSIGN_OR_RETURN(domain::JobSpec spec, With(JobSpecFromArm(job->value()), job->path()));
  group.receivers.push_back({view.RequireText("name"), domain::JobReceiver{std::move(spec)}});
  return {};
}

void ReadWorkflow(const JsonView& view, ActionGroup& group) {
  group.receivers.push_back(
      {view.RequireText("name"), domain::WorkflowReceiver{view.RequireText("workflow"), view.TextMap("inputs")}});
}

Status ReadReceivers(const JsonView& properties, ActionGroup& group) {
  for (const char* other : kOtherReceivers)
    if (const auto list = properties.Find(other); list && !list->value().empty())
      list->Complain("receivers of this kind are not supported", Code::kUnimplemented);
  const auto own = properties.Find("slipway");
  const bool has_own = own && own->CheckObject();
  const auto secrets = has_own ? own->TextMap("secrets") : std::map<std::string, std::string>();
  properties.ForEachElement("webhookReceivers", [&](const JsonView& view) { ReadWebhook(view, secrets, group); });
  properties.ForEachElement("emailReceivers", [&](const JsonView& view) { ReadEmail(view, group); });
  if (!has_own) return {};
  Status read;
  own->ForEachElement("commandReceivers", [&](const JsonView& view) { ReadCommand(view, group); });
  own->ForEachElement("jobReceivers", [&](const JsonView& view) {
    if (read) read = ReadJob(view, group);
  });
  own->ForEachElement("workflowReceivers", [&](const JsonView& view) { ReadWorkflow(view, group); });
  return read;
}

// Deliveries name receivers, so two of one name could not be told apart.
void CheckNames(const JsonView& properties, const ActionGroup& group) {
  for (size_t i = 0; i < group.receivers.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (group.receivers[i].name == group.receivers[j].name)
        properties.Complain(fmt::format("two receivers have the name '{}'", group.receivers[i].name));
}

}  // namespace

std::string ActionGroupId(const Scope& scope, const std::string& name) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Insights/actionGroups/{}",
                     scope.subscription, scope.resource_group, name);
}

json ActionGroupToArm(const Scope& scope, const ActionGroup& group, Secrets secrets) {
  Lists lists;
  for (const AlertReceiver& receiver : group.receivers)
    std::visit([&](const auto& target) { Put(lists, receiver.name, target); }, receiver.target);
  json own = {
      {"commandReceivers", lists.commands}, {"jobReceivers", lists.jobs}, {"workflowReceivers", lists.workflows}};
  if (secrets == Secrets::kInclude) own["secrets"] = lists.secrets;
  return {{"id", ActionGroupId(scope, group.name)},
          {"name", group.name},
          {"type", "Microsoft.Insights/actionGroups"},
          {"location", "global"},
          {"tags", group.tags},
          {"properties",
           {{"groupShortName", group.short_name},
            {"enabled", group.is_enabled},
            {"webhookReceivers", lists.webhooks},
            {"emailReceivers", lists.emails},
            {"slipway", std::move(own)}}},
          {"systemData", SystemDataToArm(group.context)}};
}

Result<ActionGroup> ActionGroupFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  ActionGroup group;
  group.name = view.Text("name");
  group.tags = view.TextMap("tags");
  group.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    group.short_name = properties->Text("groupShortName");
    group.is_enabled = properties->Boolean("enabled", true);
    SLIPWAY_RETURN_IF_ERROR(ReadReceivers(*properties, group));
    CheckNames(*properties, group);
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return group;
}

json FreezeToJson(const domain::AlertFreeze& freeze) {
  return {{"reason", freeze.reason}, {"since", FormatTimestamp(freeze.since)}, {"by", freeze.by}};
}

Result<domain::AlertFreeze> FreezeFromJson(const json& text) {
  std::vector<Error> errors;
  const JsonView view(text, "", errors);
  domain::AlertFreeze freeze;
  freeze.reason = view.RequireText("reason");
  freeze.since = ReadTime(view, "since").value_or(Timestamp{});
  freeze.by = view.Text("by", freeze.by);
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return freeze;
}

}  // namespace slipway::wire
