// How much memory processes hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::process {

// Bytes that a process and all of its descendants keep to themselves: anonymous and shared memory that is resident,
// what several of them share counted once. Files they have mapped do not count. kNotFound when the process is gone.
Result<uint64_t> MemoryOfTree(int64_t pid);

// Bytes of this process that are resident, files it has mapped too.
int64_t OwnResidentBytes();

// The sum of the lines "<key>: <n> kB" of a /proc text, in bytes; for tests and for MemoryOfTree.
uint64_t SumOfKilobytes(std::string_view text, std::string_view first_key, std::string_view second_key);

}  // namespace slipway::process
