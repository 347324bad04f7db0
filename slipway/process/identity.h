// Which process a number means: ids are used again, an id together with its start time is not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::process {

struct Identity {
  int64_t pid = 0;
  int64_t start_ticks = 0;  // field 22 of /proc/<pid>/stat: clock ticks since the machine's boot
  bool operator==(const Identity&) const = default;
};

// The process that has this id at the moment; kNotFound when none has.
Result<Identity> IdentityOf(int64_t pid);

// True while that very process runs; a zombie does not.
bool IsRunning(const Identity& identity);

// Sends `signal` to the process group that `leader` leads and to every process of its session, so that children that
// made groups of their own are reached too. Processes that made a session of their own are not: see tree.h.
void SignalTree(int64_t leader, int signal);

// Start ticks and state of the text of a /proc/<pid>/stat file; for tests and for IdentityOf.
struct StatFields {
  char state = '?';
  int64_t parent = 0, group = 0, session = 0, start_ticks = 0;
};
Result<StatFields> ParseStat(std::string_view text);
// Of a process that is there; kNotFound otherwise.
Result<StatFields> ReadStat(int64_t pid);

}  // namespace slipway::process
