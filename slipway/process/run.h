// Running a program to its end, as one call.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/process/spawn.h"
#include "slipway/process/supervisor.h"

namespace slipway::process {

struct RunResult {
  Exit exit;
  std::string output;  // the last 64 KiB of both streams, in the order they came; "" unless the output is pumped
};

// Blocks the caller until the program has ended; not to be called from a handler of `supervisor`. kDeadlineExceeded
// after `timeout`, the tree killed. A program that fails is a good result: see its exit.
Result<RunResult> RunToEnd(Supervisor& supervisor, SpawnOptions options,
                           std::optional<std::chrono::milliseconds> timeout = std::nullopt);

// The last `lines` lines of a text, or of a file (reading its end only; "" when it cannot be read).
std::string TailOf(std::string_view text, size_t lines);
std::string TailOfFile(const std::filesystem::path& path, size_t lines);

}  // namespace slipway::process
