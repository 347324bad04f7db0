// Bodies that were compressed on their way. The only user of zlib.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::api {

// Decompresses gzip or zlib ("deflate") data. kInvalidArgument when it is neither or is cut; kResourceExhausted beyond
// `bytes_max`, so that a small body cannot fill the memory.
Result<std::string> Decompress(std::string_view data, uint64_t bytes_max);

}  // namespace slipway::api
