// Decodes the pages of one column, row group by row group, into a Column. For this folder's own files.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/interner.h"
#include "slipway/tabular/parquet/byte_reader.h"
#include "slipway/tabular/parquet/metadata.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular::parquet {

// Not thread-safe.
class ChunkReader {
 public:
  // `rows`: how many will come, to make room for them. `stored` outlives it.
  ChunkReader(const StoredColumn& stored, uint64_t rows);

  // `pages`: the bytes of one chunk. kDataLoss, or kUnimplemented for an encoding that is not supported.
  Status Append(const Chunk& chunk, Bytes pages);
  Column Finish() &&;

 private:
  struct PageHeader;
  // Of a page or a dictionary, decoded, without nulls; the column's type says which list has them.
  struct Values {
    std::vector<int64_t> ints;
    std::vector<double> doubles;
    std::vector<uint32_t> codes;  // of texts, in column_.dictionary
    size_t size() const { return ints.size() + doubles.size() + codes.size(); }
  };

  Result<PageHeader> ReadHeader(Bytes bytes) const;
  Status ReadDictionary(const PageHeader& header, Bytes page);
  Status ReadPage(const Chunk& chunk, const PageHeader& header, Bytes page);
  Result<std::vector<uint8_t>> ReadPresence(ByteReader& reader, uint64_t values, uint64_t level_bytes) const;
  Status AppendValues(int encoding, Bytes bytes, const std::vector<uint8_t>& present, uint64_t count);
  Status AppendIndices(Bytes bytes, const std::vector<uint8_t>& present, uint64_t count);
  Result<Values> DecodePlain(Bytes bytes, uint64_t count);
  void Push(const Values& values, size_t index);

  const StoredColumn& stored_;
  Column column_;
  Interner interner_;  // of texts, into column_.dictionary
  Values dictionary_;
};

}  // namespace slipway::tabular::parquet
