#include "slipway/process/memory.h"

#include <unistd.h>

#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/tree.h"

namespace slipway::process {
namespace {

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

int64_t OwnResidentBytes() {
  const auto statm = ReadFile("/proc/self/statm");
  const auto fields = statm ? Split(*statm, ' ') : std::vector<std::string_view>();
  return fields.size() < 2 ? 0 : ParseInt(fields[1]).value_or(0) * sysconf(_SC_PAGESIZE);
}

Result<uint64_t> MemoryOfTree(int64_t pid) {
  const auto descendants = DescendantsOf(pid);
  const bool is_shared_out = !descendants.empty();
  SLIPWAY_ASSIGN_OR_RETURN(uint64_t sum, MemoryOf(pid, is_shared_out));
  for (const int64_t descendant : descendants) sum += MemoryOf(descendant, is_shared_out).value_or(0);
  return sum;
}

}  // namespace slipway::process
