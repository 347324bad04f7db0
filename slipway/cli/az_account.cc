// Commands that only prepare the real `az`: they succeed and say the little there is to say.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/settings.h"
#include "slipway/cli/version.h"

namespace slipway::cli {
namespace {

nlohmann::ordered_json Account(const Context& context) {
  return {{"environmentName", "AzureCloud"},
          {"id", context.scope().subscription},
          {"isDefault", true},
          {"name", "Slipway"},
          {"state", "Enabled"},
          {"tenantId", "00000000-0000-0000-0000-000000000000"},
          {"user", {{"name", "local"}, {"type", "user"}}}};
}

Result<Output> Login(Context& context, const Arguments&) {
  context.Note("Slipway needs no login: the token comes from SLIPWAY_TOKEN or SLIPWAY_HOME.");
  return Output::Of(nlohmann::ordered_json::array({Account(context)}));
}

Result<Output> ShowAccount(Context& context, const Arguments&) {
  return Output::Of(Account(context));
}

Result<Output> SetAccount(Context& context, const Arguments& arguments) {
  Settings settings([&context](std::string_view name) { return context.Variable(name); });
  SLIPWAY_RETURN_IF_ERROR(settings.Set("defaults", "subscription", *arguments.Get("subscription")));
  return Output::Nothing();
}

Result<Output> AcceptExtension(Context& context, const Arguments&) {
  context.Note("Nothing to install: the ml commands are built in.");
  return Output::Nothing();
}

Result<Output> ListExtensions(Context&, const Arguments&) {
  return Output::Of(nlohmann::ordered_json::array({{{"name", "ml"}, {"version", std::string(kVersion)}}}));
}

Result<Output> ShowVersions(Context&, const Arguments&) {
  return Output::Of({{"azure-cli", "2.0.0"}, {"extensions", {{"ml", "2.0.0"}}}, {"slipway", std::string(kVersion)}});
}

Command Make(std::string_view path, std::string_view summary, std::vector<Flag> flags,
             Result<Output> (*run)(Context&, const Arguments&)) {
  Command command;
  command.path = path;
  command.summary = summary;
  command.flags = std::move(flags);
  command.run = run;
  command.needs_workspace = false;
  return command;
}

std::vector<Flag> ExtensionFlags() {
  return {{"name", 'n', "Name of the extension."},
          {"version", 0, "Accepted for compatibility."},
          {"source", 's', "Accepted for compatibility."},
          {"allow-preview", 0, "Accepted for compatibility."},
          {"yes", 'y', "Accepted for compatibility.", Flag::Takes::kNothing},
          {"upgrade", 0, "Accepted for compatibility.", Flag::Takes::kNothing}};
}

}  // namespace

std::vector<Command> AzAccountCommands() {
  return {
      Make("login", "Accepted for compatibility: Slipway needs no login.",
           {{"service-principal", 0, "Accepted for compatibility.", Flag::Takes::kNothing},
            {"identity", 'i', "Accepted for compatibility.", Flag::Takes::kNothing},
            {"username", 'u', "Accepted for compatibility."},
            {"password", 'p', "Accepted for compatibility."},
            {"tenant", 't', "Accepted for compatibility."},
            {"federated-token", 0, "Accepted for compatibility."},
            {"use-device-code", 0, "Accepted for compatibility.", Flag::Takes::kNothing},
            {"allow-no-subscriptions", 0, "Accepted for compatibility.", Flag::Takes::kNothing}},
           Login),
      Make("logout", "Accepted for compatibility.", {},
           [](Context&, const Arguments&) -> Result<Output> { return Output::Nothing(); }),
      Make("account show", "Show the subscription.", {}, ShowAccount),
      Make("account set", "Set the subscription of later commands.",
           {{"subscription", 's', "Id of the subscription.", Flag::Takes::kValue, true}}, SetAccount),
      Make("extension add", "Accepted for compatibility: the ml commands are built in.", ExtensionFlags(),
           AcceptExtension),
      Make("extension update", "Accepted for compatibility.", ExtensionFlags(), AcceptExtension),
      Make("extension list", "List what is built in.", {}, ListExtensions),
      Make("version", "Show the versions.", {}, ShowVersions),
  };
}

}  // namespace slipway::cli
