#include "slipway/cli/run.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/parser.h"
#include "slipway/cli/query.h"
#include "slipway/cli/settings.h"

namespace slipway::cli {
namespace {

int ExitStatus(const Error& error) {
  return error.code() == Code::kNotFound ? kExitNotFound : kExitError;
}

// Every complaint of a file gets its own line; one message may have several lines itself.
void PrintError(Console& console, const Error& error) {
  const std::string text = error.ToString();
  if (error.more().empty()) {
    console.Err(fmt::format("error: {}\n", text));
    return;
  }
  for (std::string_view line : Split(text, '\n'))
    if (!line.empty()) console.Err(fmt::format("error: {}\n", line));
}

int UsageError(Console& console, const Error& error, const std::string& command) {
  console.Err(fmt::format("error: {}\nSee '{} --help'.\n", error.ToString(), command));
  return kExitUsage;
}

domain::Scope ScopeOf(const Arguments& arguments, const Settings& settings) {
  domain::Scope scope;
  auto choose = [&](std::string& into, std::string_view flag, std::string_view key) {
    if (auto given = arguments.Get(flag))
      into = *given;
    else if (auto configured = settings.Get("defaults", key))
      into = *configured;
  };
  choose(scope.resource_group, "resource-group", "group");
  choose(scope.workspace, "workspace-name", "workspace");
  choose(scope.subscription, "subscription", "subscription");
  return scope;
}

void ReadGlobalOptions(const Command& command, const Arguments& arguments, const Settings& settings,
                       GlobalOptions& options) {
  auto is_on = [&](std::string_view flag) {
    return arguments.Has(flag) ||
           EqualsIgnoreCase(settings.Get("core", ReplaceAll(std::string(flag), "-", "_")).value_or(""), "true");
  };
  options.output =
      arguments.Has("output") ? *arguments.Get("output") : ToLower(settings.Get("core", "output").value_or("json"));
  options.query = arguments.GetOr("query", "");
  options.debug = arguments.Has("debug");
  options.verbose = arguments.Has("verbose");
  options.only_show_errors = is_on("only-show-errors");
  if (command.takes_rest) return;
  // A command that has flags of these names uses them itself.
  options.scope = ScopeOf(arguments, settings);
}

std::string Format(const nlohmann::ordered_json& value, const std::string& format, bool is_built_in, bool colored) {
  if (format == "jsonc") return FormatJson(value, colored);
  if (format == "yaml" || format == "yamlc") return FormatYaml(value);
  if (format == "tsv") return FormatTsv(value);
  if (format == "table") return FormatTable(value, is_built_in);
  return FormatJson(value);
}

nlohmann::ordered_json TableRows(const Output& output) {
  if (!output.value.is_array()) return output.table_row(output.value);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& item : output.value) rows.push_back(output.table_row(item));
  return rows;
}

int PrintOutput(Context& context, Output output) {
  const GlobalOptions& options = context.options();
  Console& console = context.console();
  if (!output.text.empty()) {
    console.Out(output.text);
    return output.exit_code;
  }
  nlohmann::ordered_json value = output.keeps_order ? output.value : SortKeys(output.value);
  if (!options.query.empty()) {
    auto result = ApplyQuery(options.query, value);
    if (!result) {
      PrintError(console, std::move(result.error()).With("argument --query"));
      return kExitError;
    }
    value = std::move(*result);
  }
  if (value.is_null() || options.output == "none") return output.exit_code;
  const bool is_built_in = options.output == "table" && options.query.empty() && output.table_row;
  if (is_built_in) value = TableRows(output);
  console.Out(Format(value, options.output, is_built_in, console.OutIsTerminal()));
  return output.exit_code;
}

// A query that cannot be parsed stops the command before it does anything.
Status CheckQueryArgument(const Arguments& arguments) {
  const std::string query = arguments.GetOr("query", "");
  return query.empty() ? Status() : With(CheckQuery(query), "argument --query");
}

int RunCommand(const CommandTable& table, const Command& command, std::span<const std::string> words, Context& context,
               const Settings& settings) {
  Console& console = context.console();
  const std::string name = fmt::format("{} {}", table.program(), command.path);
  auto arguments = ParseArguments(command, words);
  if (!arguments) return UsageError(console, arguments.error(), name);
  if (arguments->Has("help")) {
    console.Out(table.CommandHelp(command));
    return kExitOk;
  }
  if (auto good = CheckQueryArgument(*arguments); !good && !command.takes_rest)
    return UsageError(console, good.error(), name);
  if (command.check)
    if (auto good = command.check(*arguments); !good) return UsageError(console, good.error(), name);
  ReadGlobalOptions(command, *arguments, settings, context.options());
  auto output = command.run(context, *arguments);
  if (!output) {
    console.Flush();
    PrintError(console, output.error());
    return ExitStatus(output.error());
  }
  return PrintOutput(context, std::move(*output));
}

int RunTable(const CommandTable& table, std::span<const std::string> words, Context& context,
             const Settings& settings) {
  Console& console = context.console();
  auto match = table.Find(words);
  if (!match) {
    console.Err(fmt::format("error: {}\n", match.error().ToString()));
    return kExitUsage;
  }
  const auto rest = words.subspan(match->words);
  if (match->command) return RunCommand(table, *match->command, rest, context, settings);
  const bool wants_help = rest.empty() || rest[0] == "--help" || rest[0] == "-h";
  if (wants_help) {
    console.Out(table.GroupHelp(match->group));
    return kExitOk;
  }
  console.Err(fmt::format("error: '{}' is not an argument of '{}{}{}', which needs a command\n", rest[0],
                          table.program(), match->group.empty() ? "" : " ", match->group));
  return kExitUsage;
}

}  // namespace

int Run(std::vector<std::string> words, Console& console, const EnvironmentReader& environment, const Clock& clock) {
  words = ExpandFiles(std::move(words));
  Context context(console, environment, clock);
  const Settings settings(environment);
  std::span<const std::string> rest = words;
  if (rest.empty() || rest[0] != "az") {
    if (!rest.empty() && (rest[0] == "--version" || rest[0] == "-v")) words[0] = "version";
    return RunTable(SlipwayCommands("slipway"), rest, context, settings);
  }
  rest = rest.subspan(1);
  if (!rest.empty() && rest[0] == "ml") {
    context.set_program("az ml");
    return RunTable(SlipwayCommands("az ml"), rest.subspan(1), context, settings);
  }
  if (!rest.empty() && (rest[0] == "--version" || rest[0] == "-v")) words[1] = "version";
  context.set_program("az");
  return RunTable(AzCommands(), rest, context, settings);
}

}  // namespace slipway::cli
