// All commands of one program, found by their words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/cli/command.h"

namespace slipway::cli {

class CommandTable {
 public:
  CommandTable(std::string program, std::string summary, std::vector<Group> groups, std::vector<Command> commands);

  const std::string& program() const { return program_; }
  const std::vector<Command>& commands() const { return commands_; }

  // The command that leading words name, and how many words that took; or the group they stop at.
  struct Match {
    const Command* command = nullptr;
    std::string group;  // path of the deepest group reached, "" = the program itself
    size_t words = 0;
  };
  // Fails when a word names neither command nor group (kInvalidArgument, with the nearest name), or when it names one
  // that is known but not there (kUnimplemented).
  Result<Match> Find(std::span<const std::string> words) const;

  // Help texts in the dialect's layout.
  std::string GroupHelp(std::string_view group) const;
  std::string CommandHelp(const Command& command) const;

 private:
  struct Child {
    std::string name;
    std::string_view summary;
    bool is_group = false;
  };
  std::vector<Child> ChildrenOf(std::string_view group) const;
  const Group* FindGroup(std::string_view path) const;
  std::string FullName(std::string_view path) const;

  std::string program_, summary_;
  std::vector<Group> groups_;
  std::vector<Command> commands_;
};

}  // namespace slipway::cli
