// Runs one command line from words to exit status.
#pragma once

#include <string>
#include <vector>

#include "slipway/cli/context.h"

namespace slipway::cli {

// Exit statuses of the dialect.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;

// `words` without the program's name. "az …" speaks for the `az` command line, "az ml …" for its ml group.
int Run(std::vector<std::string> words, Console& console, const EnvironmentReader& environment, const Clock& clock);

}  // namespace slipway::cli
