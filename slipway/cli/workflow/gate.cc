// environment-gate create, update, show, list, delete; environment-gate variable and secret set, list, delete.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/actor.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/workflow/workflow_server.h"
#include "slipway/wire/workflow.h"

namespace slipway::cli {
namespace {

using domain::EnvironmentGate;

constexpr std::string_view kEvery = domain::kEveryEnvironment;

std::string PathOf(const std::string& name) {
  return "environmentGates/" + client::Workspace::Segment(name);
}

Json ViewOf(const EnvironmentGate& gate) {
  Json secrets = Json::array();
  for (const auto& [name, value] : gate.secrets) secrets.push_back(name);
  return {{"name", gate.name},
          {"reviewers", gate.reviewers},
          {"prevent_self_review", gate.prevents_self_review},
          {"wait_minutes", gate.wait_minutes},
          {"branches", gate.branches},
          {"workspace", gate.workspace.empty() ? Json(nullptr) : Json(gate.workspace)},
          {"variables", gate.variables},
          {"secrets", std::move(secrets)}};
}

// A listed secret has a name and no value.
Result<EnvironmentGate> ReadGate(const Json& answer) {
  Json shown = answer;
  if (shown.contains("secrets"))
    for (auto& [name, value] : shown["secrets"].items()) value = "***";
  return wire::EnvironmentGateFromJson(shown);
}

Result<Output> Printed(const Json& answer) {
  SLIPWAY_ASSIGN_OR_RETURN(const EnvironmentGate gate, ReadGate(answer));
  return Output::Of(ViewOf(gate));
}

Status TakeFlags(const Arguments& arguments, EnvironmentGate& gate) {
  if (arguments.Has("reviewers")) gate.reviewers = arguments.All("reviewers");
  if (arguments.Has("branches")) gate.branches = arguments.All("branches");
  std::erase(gate.reviewers, "");
  std::erase(gate.branches, "");
  if (const auto text = arguments.Get("wait-minutes")) {
    const auto minutes = ParseInt(*text);
    if (!minutes || *minutes < 0) return InvalidArgument(fmt::format("--wait-minutes takes a number, not '{}'", *text));
    gate.wait_minutes = *minutes;
  }
  if (const auto text = arguments.Get("prevent-self-review")) gate.prevents_self_review = *text == "true";
  if (const auto workspace = arguments.Get("target-workspace")) gate.workspace = *workspace;
  return {};
}

Result<Output> Put(WorkflowServer& server, const EnvironmentGate& gate) {
  const Json body = wire::EnvironmentGateToJson(gate, false);
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("PUT", PathOf(gate.name), &body));
  return Printed(answer);
}

Result<Output> Create(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  EnvironmentGate gate;
  gate.name = arguments.GetOr("name", "");
  SLIPWAY_RETURN_IF_ERROR(TakeFlags(arguments, gate));
  return Put(server, gate);
}

Result<Output> Update(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", PathOf(arguments.GetOr("name", ""))));
  SLIPWAY_ASSIGN_OR_RETURN(EnvironmentGate gate, ReadGate(answer));
  SLIPWAY_RETURN_IF_ERROR(TakeFlags(arguments, gate));
  return Put(server, gate);
}

Result<Output> Show(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", PathOf(arguments.GetOr("name", ""))));
  return Printed(answer);
}

Result<Output> List(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", "environmentGates"));
  Json views = Json::array();
  for (const Json& each : answer.value("value", Json::array())) {
    SLIPWAY_ASSIGN_OR_RETURN(const EnvironmentGate gate, ReadGate(each));
    views.push_back(ViewOf(gate));
  }
  return WithColumns(
      std::move(views),
      {{"Name", "/name"}, {"Reviewers", "/reviewers"}, {"Wait (min)", "/wait_minutes"}, {"Workspace", "/workspace"}});
}

Result<Output> Delete(Context& context, const Arguments& arguments) {
  const std::string name = arguments.GetOr("name", "");
  SLIPWAY_ASSIGN_OR_RETURN(
      const bool agreed,
      context.Confirm(fmt::format("Delete the environment gate '{}' with its variables and secrets?", name),
                      arguments.Has("yes")));
  if (!agreed) return Error(Code::kCancelled, "not deleted");
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_RETURN_IF_ERROR(server.Send("DELETE", PathOf(name)));
  return Output::Nothing();
}

// Variables and secrets.

std::string SettingPath(const Arguments& arguments, std::string_view kind) {
  return fmt::format("{}/{}/{}", PathOf(arguments.GetOr("environment", kEvery)), kind,
                     client::Workspace::Segment(arguments.GetOr("name", "")));
}

Result<Output> PutSetting(Context& context, const Arguments& arguments, std::string_view kind, std::string value) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  const Json body = {{"value", std::move(value)}};
  SLIPWAY_RETURN_IF_ERROR(server.Send("PUT", SettingPath(arguments, kind), &body));
  return Output::Nothing();
}

Result<Output> DeleteSetting(Context& context, const Arguments& arguments, std::string_view kind) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_RETURN_IF_ERROR(server.Send("DELETE", SettingPath(arguments, kind)));
  return Output::Nothing();
}

Result<EnvironmentGate> GateOf(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  const std::string name = arguments.GetOr("environment", kEvery);
  const auto answer = server.Send("GET", PathOf(name));
  if (!answer && answer.error().code() == Code::kNotFound && name == kEvery) return EnvironmentGate{};
  SLIPWAY_RETURN_IF_ERROR(answer);
  return ReadGate(*answer);
}

Result<Output> SetVariable(Context& context, const Arguments& arguments) {
  std::string value = arguments.GetOr("value", "");
  if (!arguments.Has("value")) {
    SLIPWAY_ASSIGN_OR_RETURN(value, ReadFileOrInput(arguments.GetOr("file", "")));
    if (value.ends_with('\n')) value.pop_back();
  }
  return PutSetting(context, arguments, "variables", std::move(value));
}

Result<Output> SetSecret(Context& context, const Arguments& arguments) {
  if (context.console().CanAsk() && !arguments.Has("file"))
    return InvalidArgument(
        "the secret comes from standard input or --file, so that it is in no history: "
        "slipway environment-gate secret set --name NAME < FILE");
  SLIPWAY_ASSIGN_OR_RETURN(std::string value, ReadFileOrInput(arguments.GetOr("file", "")));
  if (value.ends_with('\n')) value.pop_back();
  return PutSetting(context, arguments, "secrets", std::move(value));
}

Result<Output> ListVariables(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const EnvironmentGate gate, GateOf(context, arguments));
  Json views = Json::array();
  for (const auto& [name, value] : gate.variables) views.push_back({{"name", name}, {"value", value}});
  return Output::Of(std::move(views));
}

Result<Output> ListSecrets(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const EnvironmentGate gate, GateOf(context, arguments));
  Json views = Json::array();
  for (const auto& [name, value] : gate.secrets) views.push_back({{"name", name}});
  return Output::Of(std::move(views));
}

std::vector<Flag> GateFlags() {
  Flag self = {"prevent-self-review", 0, "Who started a run may not approve it: true or false."};
  self.choices = {"true", "false"};
  return {NameFlag(true, "Name of the environment, as workflows write it."),
          {"reviewers", 0, "Users of whom one has to approve; none = no approval.", Flag::Takes::kValues},
          {"wait-minutes", 0, "Minutes that jobs wait (0 to 43200)."},
          self,
          {"branches", 0, "Patterns of the branches and tags that may use it; none = all.", Flag::Takes::kValues},
          {"target-workspace", 0, "The workspace that `az` works in, in its jobs."},
          ActorFlag()};
}

}  // namespace

std::vector<Command> EnvironmentGateCommands() {
  const Flag name = NameFlag(true, "Name of the environment.");
  const Flag setting = NameFlag(true, "Name of the variable or secret.");
  const Flag environment = {"environment", 'e', "The environment that gets it (default: every one)."};
  const Flag file = {"file", 'f', "File with the value (default: standard input)."};
  return {
      MakeCommand("environment-gate create", "Create an environment's gate, or replace its settings.", GateFlags(),
                  Create),
      MakeCommand("environment-gate update", "Change settings of an environment's gate.", GateFlags(), Update),
      MakeCommand("environment-gate show", "Show an environment's gate.", {name}, Show),
      MakeCommand("environment-gate list", "List environments' gates.", {}, List),
      MakeCommand("environment-gate delete", "Delete an environment's gate, its variables and secrets.",
                  {name, YesFlag(), ActorFlag()}, Delete),
      MakeCommand("environment-gate variable set", "Set a variable (`vars` in workflows).",
                  {setting, environment, {"value", 0, "The value."}, file, ActorFlag()}, SetVariable),
      MakeCommand("environment-gate variable list", "List variables.", {environment}, ListVariables),
      MakeCommand(
          "environment-gate variable delete", "Delete a variable.", {setting, environment, ActorFlag()},
          [](Context& context, const Arguments& arguments) { return DeleteSetting(context, arguments, "variables"); }),
      MakeCommand("environment-gate secret set", "Set a secret, from standard input or a file; encrypted at rest.",
                  {setting, environment, file, ActorFlag()}, SetSecret),
      MakeCommand("environment-gate secret list", "List the names of secrets.", {environment}, ListSecrets),
      MakeCommand(
          "environment-gate secret delete", "Delete a secret.", {setting, environment, ActorFlag()},
          [](Context& context, const Arguments& arguments) { return DeleteSetting(context, arguments, "secrets"); }),
  };
}

}  // namespace slipway::cli
