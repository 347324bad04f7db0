#include "slipway/process/tree.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::process {
namespace {

constexpr size_t kMarkLength = 16;

// The value of the tree's variable in a process' environment; "" without one.
std::string MarksOf(int64_t pid) {
  const auto environment = ReadFile(fmt::format("/proc/{}/environ", pid));
  if (!environment) return "";
  const std::string prefix = std::string(kTreeVariable) + "=";
  for (const std::string_view entry : Split(*environment, '\0')) {
    if (entry.starts_with(prefix)) return std::string(entry.substr(prefix.size()));
  }
  return "";
}

bool HasMark(int64_t pid, std::string_view mark) {
  const std::string marks = MarksOf(pid);
  if (marks.empty()) return false;
  const auto all = Split(marks, ':');
  return std::find(all.begin(), all.end(), mark) != all.end();
}

std::vector<int64_t> AllProcesses() {
  std::vector<int64_t> found;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
    if (const auto pid = ParseInt(entry.path().filename().string())) found.push_back(*pid);
  }
  return found;
}

// Children of every thread.
void AppendChildren(int64_t pid, std::vector<int64_t>& tree) {
  std::error_code failure;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), failure)) {
    const auto listed = ReadFile(thread.path() / "children");
    if (!listed) continue;
    for (const std::string_view child : Split(*listed, ' ')) {
      if (const auto number = ParseInt(child)) tree.push_back(*number);
    }
  }
}

}  // namespace

void AddTreeMark(std::map<std::string, std::string>& environment, std::string_view mark) {
  std::string& marks = environment[kTreeVariable];
  marks += fmt::format("{}{}", marks.empty() ? "" : ":", mark);
}

std::string TreeMarkOf(int64_t pid) {
  const std::string marks = MarksOf(pid);
  return marks.substr(marks.rfind(':') + 1);
}

std::string TreeMarkFor(std::string_view name) {
  return Sha256Hex(name).substr(0, kMarkLength);
}

std::vector<int64_t> DescendantsOf(int64_t pid) {
  std::vector<int64_t> tree;
  AppendChildren(pid, tree);
  for (size_t i = 0; i < tree.size(); ++i) AppendChildren(tree[i], tree);
  return tree;
}

std::vector<Identity> LivingTree(const Identity& leader, std::string_view mark) {
  const bool has_leader = leader.pid > 1;
  const auto descendants = has_leader ? DescendantsOf(leader.pid) : std::vector<int64_t>();
  const std::set<int64_t> below(descendants.begin(), descendants.end());
  std::vector<Identity> living;
  for (const int64_t pid : AllProcesses()) {
    const auto stat = ReadStat(pid);
    if (!stat || pid == leader.pid || stat->state == 'Z' || stat->state == 'X') continue;
    const bool may_carry = !mark.empty() && stat->start_ticks >= leader.start_ticks;
    const bool belongs =
        below.count(pid) > 0 || (has_leader && stat->session == leader.pid) || (may_carry && HasMark(pid, mark));
    if (belongs) living.push_back({pid, stat->start_ticks});
  }
  return living;
}

void KillTree(const Identity& leader, std::string_view mark, const std::vector<Identity>& also) {
  if (leader.pid > 1) kill(static_cast<pid_t>(-leader.pid), SIGKILL);
  std::set<std::pair<int64_t, int64_t>> hit;
  auto living = also;
  for (bool has_news = true; has_news;) {
    has_news = false;
    for (const Identity& process : LivingTree(leader, mark)) living.push_back(process);
    for (const Identity& process : living) {
      if (!hit.emplace(process.pid, process.start_ticks).second || !IsRunning(process)) continue;
      kill(static_cast<pid_t>(process.pid), SIGKILL);
      has_news = true;
    }
    living.clear();
  }
}

}  // namespace slipway::process
