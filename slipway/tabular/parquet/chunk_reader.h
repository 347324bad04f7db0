// Decodes the pages of one column, row group by row group, into a Column. For this folder's own files.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "slipway/base/result.h"
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
  struct Values;  // of a page or a dictionary, decoded but for nulls

  Result<PageHeader> ReadHeader(Bytes bytes) const;
  Status ReadDictionary(const PageHeader& header, Bytes page);
  Status ReadPage(const Chunk& chunk, const PageHeader& header, Bytes page);
  Result<std::vector<uint8_t>> ReadPresence(ByteReader& reader, uint64_t values, uint64_t level_bytes) const;
  Status AppendValues(int encoding, Bytes bytes, const std::vector<uint8_t>& present, uint64_t count);
  Status AppendIndices(Bytes bytes, const std::vector<uint8_t>& present, uint64_t count);
  Result<Values> DecodePlain(Bytes bytes, uint64_t count);
  void Push(const Values& values, size_t index);
  void PushNull();
  uint32_t CodeOf(std::string_view text);

  const StoredColumn& stored_;
  Column column_;
  std::unordered_map<std::string, uint32_t> codes_;  // of texts, in column_.dictionary
  bool has_nulls_ = false;
  std::vector<int64_t> dictionary_ints_;
  std::vector<double> dictionary_doubles_;
  std::vector<uint32_t> dictionary_codes_;
  size_t dictionary_size_ = 0;
};

}  // namespace slipway::tabular::parquet
