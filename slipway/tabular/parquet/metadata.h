// What the end of a Parquet file says of its columns and of where their pages are. For this folder's own files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/parquet/byte_reader.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular::parquet {

// More than any page has.
inline constexpr uint64_t kPageValuesMax = uint64_t{1} << 26;

// Numbers as in the format.
enum class Physical { kBoolean = 0, kInt32, kInt64, kInt96, kFloat, kDouble, kByteArray, kFixedLengthByteArray };
enum class Codec { kNone = 0, kSnappy = 1, kGzip = 2, kLzo, kBrotli, kLz4, kZstd, kLz4Raw };

// How a stored value becomes one of ours.
enum class Meaning { kPlain, kUnsigned, kDecimal, kDate, kMilliseconds, kMicroseconds, kNanoseconds };

struct StoredColumn {
  std::string name;
  Physical physical = Physical::kInt64;
  Meaning meaning = Meaning::kPlain;
  int scale = 0;             // of decimals
  bool is_optional = false;  // holds nulls
  ColumnType type = ColumnType::kInt64;
};

// The pages of one column in one row group.
struct Chunk {
  uint64_t offset = 0, size = 0;
  Codec codec = Codec::kNone;
  uint64_t values = 0;  // nulls too
};

struct RowGroup {
  uint64_t rows = 0;
  std::vector<Chunk> chunks;  // by column
};

struct Metadata {
  uint64_t rows = 0;
  std::vector<StoredColumn> columns;
  std::vector<RowGroup> groups;
};

// `footer`: the bytes before the file's last eight. `file_size` bounds where pages may be. kDataLoss for bytes that are
// no such thing; kUnimplemented names columns that are nested or of a type that is not supported.
Result<Metadata> ReadMetadata(Bytes footer, uint64_t file_size);

}  // namespace slipway::tabular::parquet
