// Pages as they were before compression. For this folder's own files.
#pragma once

#include <cstdint>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/parquet/byte_reader.h"
#include "slipway/tabular/parquet/metadata.h"

namespace slipway::tabular::parquet {

// kUnimplemented names a codec that is not supported; kDataLoss when the bytes do not give just `size`.
Result<std::vector<uint8_t>> Decompress(Codec codec, Bytes compressed, uint64_t size);

}  // namespace slipway::tabular::parquet
