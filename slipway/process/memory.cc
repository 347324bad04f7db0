#include "slipway/process/memory.h"

#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::process {
namespace {

// Children of every thread, as the kernel lists them.
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

Result<uint64_t> MemoryOf(int64_t pid, bool is_shared_out) {
  if (is_shared_out) {
    // Proportional: a page that n processes share counts 1/n for each.
    if (const auto rollup = ReadFile(fmt::format("/proc/{}/smaps_rollup", pid)))
      return SumOfKilobytes(*rollup, "Pss_Anon:", "Pss_Shmem:");
  }
  const auto status = ReadFile(fmt::format("/proc/{}/status", pid));
  if (!status) return NotFound(fmt::format("there is no process {}", pid));
  return SumOfKilobytes(*status, "RssAnon:", "RssShmem:");
}

}  // namespace

uint64_t SumOfKilobytes(std::string_view text, std::string_view first_key, std::string_view second_key) {
  constexpr uint64_t kKilobyte = 1024;
  uint64_t sum = 0;
  for (const std::string_view line : Split(text, '\n')) {
    const std::string_view key = line.starts_with(first_key)    ? first_key
                                 : line.starts_with(second_key) ? second_key
                                                                : std::string_view();
    if (key.empty()) continue;
    std::string_view number = Trim(line.substr(key.size()));
    number = Trim(number.substr(0, number.find(' ')));
    sum += static_cast<uint64_t>(ParseInt(number).value_or(0)) * kKilobyte;
  }
  return sum;
}

Result<uint64_t> MemoryOfTree(int64_t pid) {
  std::vector<int64_t> tree = {pid};
  for (size_t i = 0; i < tree.size(); ++i) AppendChildren(tree[i], tree);
  const bool is_shared_out = tree.size() > 1;
  SLIPWAY_ASSIGN_OR_RETURN(uint64_t sum, MemoryOf(pid, is_shared_out));
  for (size_t i = 1; i < tree.size(); ++i) sum += MemoryOf(tree[i], is_shared_out).value_or(0);
  return sum;
}

}  // namespace slipway::process
