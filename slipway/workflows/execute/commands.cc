#include "slipway/workflows/execute/commands.h"

#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

std::string UnescapeMessage(std::string text) {
  text = ReplaceAll(std::move(text), "%0D", "\r");
  text = ReplaceAll(std::move(text), "%0A", "\n");
  return ReplaceAll(std::move(text), "%25", "%");
}

std::string UnescapeProperty(std::string text) {
  text = ReplaceAll(std::move(text), "%0D", "\r");
  text = ReplaceAll(std::move(text), "%0A", "\n");
  text = ReplaceAll(std::move(text), "%3A", ":");
  text = ReplaceAll(std::move(text), "%2C", ",");
  return ReplaceAll(std::move(text), "%25", "%");
}

// "name key=value,key2=value2".
void ReadHead(std::string_view head, char separator, WorkflowCommand& command) {
  const size_t space = head.find(' ');
  command.name = ToLower(head.substr(0, space));
  if (space == std::string_view::npos) return;
  for (const std::string_view part : Split(head.substr(space + 1), separator)) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    command.properties[ToLower(Trim(part.substr(0, equals)))] = UnescapeProperty(std::string(part.substr(equals + 1)));
  }
}

bool IsName(std::string_view name) {
  return !name.empty() && name.find_first_of(" \t:") == std::string_view::npos;
}

}  // namespace

std::optional<WorkflowCommand> ParseCommand(std::string_view line) {
  while (!line.empty() && (line[0] == ' ' || line[0] == '\t')) line.remove_prefix(1);
  WorkflowCommand command;
  const bool is_old = line.starts_with("##[");
  if (!is_old && !line.starts_with("::")) return std::nullopt;
  const std::string_view rest = line.substr(is_old ? 3 : 2);
  const std::string_view close = is_old ? "]" : "::";
  const size_t end = rest.find(close);
  if (end == std::string_view::npos) return std::nullopt;
  ReadHead(rest.substr(0, end), is_old ? ';' : ',', command);
  if (!IsName(command.name)) return std::nullopt;
  command.message = UnescapeMessage(std::string(rest.substr(end + close.size())));
  return command;
}

}  // namespace slipway::workflows
