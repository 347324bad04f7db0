#include "slipway/cli/command_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/parser.h"

namespace slipway::cli {
namespace {

// "job create" below "job" is "create"; nullopt for what is not directly or indirectly below.
std::optional<std::string_view> Below(std::string_view group, std::string_view path) {
  if (group.empty()) return path;
  if (path.size() <= group.size() || !path.starts_with(group) || path[group.size()] != ' ') return std::nullopt;
  return path.substr(group.size() + 1);
}

struct HelpRow {
  std::string left, right;
};

std::string Rows(const std::vector<HelpRow>& rows) {
  size_t width = 0;
  for (const HelpRow& row : rows) width = std::max(width, row.left.size());
  std::string text;
  for (const HelpRow& row : rows) text += fmt::format("    {:<{}} : {}\n", row.left, width, row.right);
  return text;
}

HelpRow FlagRow(const Flag& flag) {
  HelpRow row;
  row.left = fmt::format("--{}", flag.name);
  if (flag.short_name) row.left += fmt::format(" -{}", flag.short_name);
  if (flag.required) row.left += " [Required]";
  row.right = flag.help;
  if (!flag.choices.empty()) {
    std::vector<std::string> names(flag.choices.begin(), flag.choices.end());
    row.right += fmt::format("  Allowed values: {}.", Join(names, ", "));
  }
  return row;
}

std::string FlagRows(std::vector<Flag> flags) {
  std::stable_sort(flags.begin(), flags.end(), [](const Flag& a, const Flag& b) {
    return a.required != b.required ? a.required : a.name < b.name;
  });
  std::vector<HelpRow> rows;
  for (const Flag& flag : flags) rows.push_back(FlagRow(flag));
  return Rows(rows);
}

}  // namespace

CommandTable::CommandTable(std::string program, std::string summary, std::vector<Group> groups,
                           std::vector<Command> commands)
    : program_(std::move(program)),
      summary_(std::move(summary)),
      groups_(std::move(groups)),
      commands_(std::move(commands)) {}

const Group* CommandTable::FindGroup(std::string_view path) const {
  for (const Group& group : groups_)
    if (group.path == path) return &group;
  return nullptr;
}

std::string CommandTable::FullName(std::string_view path) const {
  return path.empty() ? program_ : fmt::format("{} {}", program_, path);
}

std::vector<CommandTable::Child> CommandTable::ChildrenOf(std::string_view group) const {
  std::vector<Child> children;
  auto add = [&](std::string_view path, std::string_view summary, bool is_group) {
    auto below = Below(group, path);
    if (!below || below->empty()) return;
    const size_t space = below->find(' ');
    std::string name(below->substr(0, space));
    is_group = is_group || space != std::string_view::npos;
    for (Child& child : children)
      if (child.name == name) {
        child.is_group = child.is_group || is_group;
        if (child.summary.empty() && space == std::string_view::npos) child.summary = summary;
        return;
      }
    children.push_back({std::move(name), space == std::string_view::npos ? summary : std::string_view(), is_group});
  };
  for (const Group& each : groups_)
    if (!each.unsupported) add(each.path, each.summary, true);
  for (const Command& command : commands_) add(command.path, command.summary, false);
  std::sort(children.begin(), children.end(), [](const Child& a, const Child& b) { return a.name < b.name; });
  return children;
}

Result<CommandTable::Match> CommandTable::Find(std::span<const std::string> words) const {
  Match match;
  std::string path;
  for (const std::string& word : words) {
    if (word.starts_with('-')) break;
    const std::string next = path.empty() ? word : path + " " + word;
    const Group* group = FindGroup(next);
    if (group && group->unsupported) return Unimplemented(fmt::format("'{}' is not supported yet", FullName(next)));
    for (const Command& command : commands_)
      if (command.path == next) match.command = &command;
    const auto children = ChildrenOf(path);
    auto child = std::find_if(children.begin(), children.end(), [&](const Child& each) { return each.name == word; });
    if (match.command) {
      ++match.words;
      // A command may also be the head of a group ("data" of tools): go on while words lead further.
      const size_t used = match.words;
      const bool goes_on = child != children.end() && child->is_group && used < words.size() &&
                           std::any_of(commands_.begin(), commands_.end(),
                                       [&](const Command& each) { return each.path == next + " " + words[used]; });
      if (!goes_on) return match;
      match.command = nullptr;
    } else if (child == children.end()) {
      std::vector<std::string> names;
      for (const Child& each : children) names.push_back(each.name);
      return InvalidArgument(
          fmt::format("'{}' is not a command of '{}'{}", word, FullName(path), DidYouMean(word, names)));
    } else {
      ++match.words;
    }
    path = next;
  }
  match.group = path;
  return match;
}

std::string CommandTable::GroupHelp(std::string_view path) const {
  const Group* group = FindGroup(path);
  std::string text =
      fmt::format("\nGroup\n    {} : {}\n", FullName(path), group ? group->summary : std::string_view(summary_));
  std::vector<HelpRow> groups, commands;
  for (const Child& child : ChildrenOf(path))
    (child.is_group ? groups : commands).push_back({child.name, std::string(child.summary)});
  if (!groups.empty()) text += "\nSubgroups:\n" + Rows(groups);
  if (!commands.empty()) text += "\nCommands:\n" + Rows(commands);
  return text;
}

std::string CommandTable::CommandHelp(const Command& command) const {
  std::string text = fmt::format("\nCommand\n    {} : {}\n", FullName(command.path), command.summary);
  if (!command.positionals.empty()) {
    std::vector<HelpRow> rows;
    for (const Positional& positional : command.positionals)
      rows.push_back({fmt::format("<{}>{}", positional.name, positional.required ? " [Required]" : ""),
                      std::string(positional.help)});
    text += "\nPositional\n" + Rows(rows);
  }
  if (!command.flags.empty()) text += "\nArguments\n" + FlagRows(command.flags);
  if (command.takes_rest) return text;
  if (command.needs_workspace) text += "\nResource Id Arguments\n" + FlagRows(ScopeFlags());
  text += "\nGlobal Arguments\n" + FlagRows(GlobalFlags());
  if (!command.examples.empty()) {
    text += "\nExamples\n";
    for (std::string_view example : command.examples) text += fmt::format("    {}\n", example);
  }
  return text;
}

}  // namespace slipway::cli
