// Turns the words after a command's name into Arguments, by the rules of Python's argparse that the dialect's scripts
// rely on: unambiguous prefixes of long names, `--flag=value`, `-fvalue`, several values after one flag, `--` ends
// flags.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/cli/command.h"

namespace slipway::cli {

// Flags every command takes (help, output, query, …), and -g and -w of those that work in a workspace.
std::vector<Flag> GlobalFlags();
std::vector<Flag> ScopeFlags();

// Errors are usage errors, to be printed with the command's usage hint.
Result<Arguments> ParseArguments(const Command& command, std::span<const std::string> words);

// An argument "@file" becomes that file's text without its last line end, when the file exists.
std::vector<std::string> ExpandFiles(std::vector<std::string> words);

}  // namespace slipway::cli
