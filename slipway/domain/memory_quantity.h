// Amounts of memory as Kubernetes writes them: "512Mi", "2Gi", "1500M", "1073741824".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::domain {

// In bytes. kInvalidArgument for anything but a whole number of bytes, k, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti.
Result<uint64_t> ParseMemoryQuantity(std::string_view text);
// In the largest of Gi, Mi, Ki that divides it, else in bytes.
std::string FormatMemoryQuantity(uint64_t bytes);

}  // namespace slipway::domain
