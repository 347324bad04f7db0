// configure, config set/get/unset: the dialect's defaults.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/settings.h"

namespace slipway::cli {
namespace {

Settings SettingsOf(const Context& context) {
  return Settings([&context](std::string_view name) { return context.Variable(name); });
}

// Slipway reads these; others are kept for the scripts that set them.
void WarnOfUnknownDefault(Context& context, const std::string& key) {
  static const std::vector<std::string> kKnown = {"group", "workspace", "subscription", "location",
                                                  "acr",   "vm",        "web",          "spring"};
  for (const std::string& known : kKnown)
    if (known == key) return;
  context.Warn(fmt::format("the default '{}' has no effect{}", key, DidYouMean(key, kKnown)));
}

Result<Output> Configure(Context& context, const Arguments& arguments) {
  Settings settings = SettingsOf(context);
  if (arguments.Has("defaults")) {
    SLIPWAY_ASSIGN_OR_RETURN(auto pairs, ParsePairs(arguments.All("defaults"), "defaults"));
    for (const auto& [key, value] : pairs) {
      WarnOfUnknownDefault(context, key);
      SLIPWAY_RETURN_IF_ERROR(settings.Set("defaults", key, value));
    }
  }
  if (!arguments.Has("list-defaults")) return Output::Nothing();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [key, value] : settings.Section("defaults"))
    list.push_back({{"name", key}, {"source", settings.file().string()}, {"value", value}});
  return Output::Of(std::move(list));
}

struct SettingName {
  std::string section, key;
};

Result<SettingName> ParseName(const std::string& text) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == text.size())
    return InvalidArgument(
        fmt::format("'{}' is not a setting's name: <section>.<key> is, such as defaults.workspace", text));
  return SettingName{text.substr(0, dot), text.substr(dot + 1)};
}

Result<Output> ConfigSet(Context& context, const Arguments& arguments) {
  Settings settings = SettingsOf(context);
  SLIPWAY_ASSIGN_OR_RETURN(auto pairs, ParsePairs(arguments.All("setting"), "setting"));
  for (const auto& [name, value] : pairs) {
    SLIPWAY_ASSIGN_OR_RETURN(auto setting, ParseName(name));
    SLIPWAY_RETURN_IF_ERROR(settings.Set(setting.section, setting.key, value));
  }
  return Output::Nothing();
}

Result<Output> ConfigUnset(Context& context, const Arguments& arguments) {
  Settings settings = SettingsOf(context);
  for (const std::string& name : arguments.All("setting")) {
    SLIPWAY_ASSIGN_OR_RETURN(auto setting, ParseName(name));
    SLIPWAY_RETURN_IF_ERROR(settings.Set(setting.section, setting.key, ""));
  }
  return Output::Nothing();
}

Result<Output> ConfigGet(Context& context, const Arguments& arguments) {
  const Settings settings = SettingsOf(context);
  SLIPWAY_ASSIGN_OR_RETURN(auto setting, ParseName(*arguments.Get("setting")));
  auto value = settings.Get(setting.section, setting.key);
  if (!value) return InvalidArgument(fmt::format("the setting '{}' is not set", *arguments.Get("setting")));
  return Output::Of({{"name", setting.key}, {"source", settings.file().string()}, {"value", *value}});
}

}  // namespace

std::vector<Command> ConfigureCommands() {
  Command configure;
  configure.path = "configure";
  configure.summary = "Manage defaults: the group and workspace of commands that do not name them.";
  configure.flags = {
      {"defaults", 'd', "Space-separated 'name=value' pairs; an empty value clears the default.", Flag::Takes::kValues},
      {"list-defaults", 'l', "List the defaults.", Flag::Takes::kNothing},
      {"scope",
       0,
       "Accepted for compatibility: defaults are the user's.",
       Flag::Takes::kValue,
       false,
       {"global", "local"}}};
  configure.run = Configure;
  configure.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"defaults", "list-defaults"}); };
  configure.needs_workspace = false;
  configure.examples = {"slipway configure --defaults group=local workspace=default"};

  auto config = [](std::string_view path, std::string_view summary, std::string_view help, bool many,
                   Result<Output> (*run)(Context&, const Arguments&)) {
    Command command;
    command.path = path;
    command.summary = summary;
    command.positionals = {{"setting", help, true, many}};
    command.run = run;
    command.needs_workspace = false;
    return command;
  };
  return {configure, config("config set", "Set configuration values.", "<section>.<key>=<value> …", true, ConfigSet),
          config("config get", "Get a configuration value.", "<section>.<key>", false, ConfigGet),
          config("config unset", "Remove configuration values.", "<section>.<key> …", true, ConfigUnset)};
}

}  // namespace slipway::cli
