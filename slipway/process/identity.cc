#include "slipway/process/identity.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::process {
namespace {

std::vector<int64_t> ProcessesOfSession(int64_t session) {
  std::vector<int64_t> found;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
    const auto pid = ParseInt(entry.path().filename().string());
    if (!pid) continue;
    const auto stat = ReadStat(*pid);
    if (stat && stat->session == session) found.push_back(*pid);
  }
  return found;
}

}  // namespace

Result<StatFields> ReadStat(int64_t pid) {
  auto text = ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!text) return NotFound(fmt::format("there is no process {}", pid));
  return ParseStat(*text);
}

Result<StatFields> ParseStat(std::string_view text) {
  // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string_view::npos || end_of_name + 2 > text.size()) {
    return InvalidArgument("not the text of a /proc/<pid>/stat file");
  }
  const auto fields = Split(text.substr(end_of_name + 2), ' ');
  constexpr size_t kState = 0, kParent = 1, kGroup = 2, kSession = 3, kStartTime = 19;
  if (fields.size() <= kStartTime) return InvalidArgument("a /proc/<pid>/stat file with too few fields");
  StatFields stat;
  stat.state = fields[kState].empty() ? '?' : fields[kState][0];
  stat.parent = ParseInt(fields[kParent]).value_or(0);
  stat.group = ParseInt(fields[kGroup]).value_or(0);
  stat.session = ParseInt(fields[kSession]).value_or(0);
  stat.start_ticks = ParseInt(fields[kStartTime]).value_or(0);
  return stat;
}

Result<Identity> IdentityOf(int64_t pid) {
  SLIPWAY_ASSIGN_OR_RETURN(const StatFields stat, ReadStat(pid));
  return Identity{pid, stat.start_ticks};
}

bool IsRunning(const Identity& identity) {
  const auto stat = ReadStat(identity.pid);
  return stat && stat->start_ticks == identity.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

void SignalTree(int64_t leader, int signal) {
  if (leader <= 1) return;
  kill(static_cast<pid_t>(-leader), signal);
  for (const int64_t pid : ProcessesOfSession(leader)) kill(static_cast<pid_t>(pid), signal);
}

}  // namespace slipway::process
