// Workflow commands: lines such as `::warning file=a.c,line=3::text` in what a step prints.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::workflows {

struct WorkflowCommand {
  std::string name;                               // lower case
  std::map<std::string, std::string> properties;  // by lower-case key
  std::string message;
};

// nullopt for a line that is no command.
std::optional<WorkflowCommand> ParseCommand(std::string_view line);

}  // namespace slipway::workflows
