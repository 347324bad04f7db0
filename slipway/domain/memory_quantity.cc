#include "slipway/domain/memory_quantity.h"

#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr uint64_t kKi = 1024, kK = 1000;
// The longer units first: "Mi" ends in no "M".
constexpr std::array<std::pair<std::string_view, uint64_t>, 8> kUnits = {{{"Ki", kKi},
                                                                          {"Mi", kKi* kKi},
                                                                          {"Gi", kKi* kKi* kKi},
                                                                          {"Ti", kKi* kKi* kKi* kKi},
                                                                          {"k", kK},
                                                                          {"M", kK* kK},
                                                                          {"G", kK* kK* kK},
                                                                          {"T", kK* kK* kK* kK}}};

}  // namespace

Result<uint64_t> ParseMemoryQuantity(std::string_view text) {
  std::string_view digits = text;
  uint64_t unit = 1;
  for (const auto& [name, bytes] : kUnits) {
    if (!text.ends_with(name)) continue;
    digits.remove_suffix(name.size());
    unit = bytes;
    break;
  }
  const auto number = ParseInt(digits);
  if (!number || *number < 0)
    return InvalidArgument(
        fmt::format("'{}' is no amount of memory: write a whole number of Mi or Gi, such as 512Mi", text));
  const auto count = static_cast<uint64_t>(*number);
  if (count > std::numeric_limits<int64_t>::max() / unit)
    return InvalidArgument(fmt::format("'{}' is more memory than can be counted", text));
  return count * unit;
}

std::string FormatMemoryQuantity(uint64_t bytes) {
  for (const auto& [name, unit] : {kUnits[2], kUnits[1], kUnits[0]}) {
    if (bytes >= unit && bytes % unit == 0) return fmt::format("{}{}", bytes / unit, name);
  }
  return std::to_string(bytes);
}

}  // namespace slipway::domain
