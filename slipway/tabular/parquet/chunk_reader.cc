#include "slipway/tabular/parquet/chunk_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/tabular/append_null.h"
#include "slipway/tabular/parquet/bit_runs.h"
#include "slipway/tabular/parquet/decompress.h"
#include "slipway/tabular/parquet/thrift.h"

namespace slipway::tabular::parquet {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

enum PageType { kDataPage = 0, kDictionaryPage = 2, kDataPageV2 = 3 };
enum Encoding { kPlain = 0, kPlainDictionary = 2, kRle = 3, kRleDictionary = 8 };

std::string EncodingName(int encoding) {
  static const std::vector<std::string> names = {
      "PLAIN",          "GROUP_VAR_INT",       "PLAIN_DICTIONARY",        "RLE",
      "BIT_PACKED",     "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY",
      "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"};
  const auto i = static_cast<size_t>(encoding);
  return encoding >= 0 && i < names.size() ? names[i] : std::to_string(encoding);
}

// Microseconds since 1970 of a stored number.
Result<int64_t> Micros(int64_t value, int64_t factor) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(value, factor, &micros)) return Damaged("a time is beyond all years");
  return micros;
}

Result<int64_t> MicrosOfJulianDay(int64_t day, int64_t nanos) {
  constexpr int64_t kJulianDayOf1970 = 2'440'588;
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t midnight, Micros(day - kJulianDayOf1970, kMicrosPerDay));
  int64_t micros = 0;
  if (__builtin_add_overflow(midnight, nanos / 1000, &micros)) return Damaged("a time is beyond all years");
  return micros;
}

Result<int64_t> AsOurs(const StoredColumn& column, int64_t value) {
  switch (column.meaning) {
    case Meaning::kDate:
      return Micros(value, kMicrosPerDay);
    case Meaning::kMilliseconds:
      return Micros(value, 1000);
    case Meaning::kNanoseconds:
      return value >= 0 ? value / 1000 : -((-(value + 1)) / 1000) - 1;  // towards the past
    case Meaning::kUnsigned:
      if (column.physical == Physical::kInt32) return static_cast<int64_t>(static_cast<uint32_t>(value));
      if (value < 0)
        return Unimplemented(
            fmt::format("the column '{}' holds whole numbers beyond 2^63, which are not supported", column.name));
      return value;
    default:
      return value;
  }
}

}  // namespace

struct ChunkReader::PageHeader {
  int64_t type = -1, size = 0, compressed_size = 0;
  int64_t values = 0, encoding = 0;
  int64_t level_bytes = 0, repetition_bytes = 0;  // version 2 alone
  bool is_compressed = true;
  size_t header_size = 0;
};

ChunkReader::ChunkReader(const StoredColumn& stored, uint64_t rows) : stored_(stored) {
  column_.name = stored.name;
  column_.type = stored.type;
  if (stored.type == ColumnType::kFloat64)
    column_.doubles.reserve(rows);
  else if (stored.type == ColumnType::kString)
    column_.codes.reserve(rows);
  else
    column_.ints.reserve(rows);
}

Column ChunkReader::Finish() && {
  return std::move(column_);
}

Result<ChunkReader::PageHeader> ChunkReader::ReadHeader(Bytes bytes) const {
  PageHeader header;
  ThriftReader reader(bytes);
  const auto number = [&](int64_t& into) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(into, reader.Integer());
    return {};
  };
  const auto data_page = [&](int id, ThriftType type) {
    return id == 1 ? number(header.values) : id == 2 ? number(header.encoding) : reader.Skip(type);
  };
  const auto data_page_v2 = [&](int id, ThriftType type) -> Status {
    switch (id) {
      case 1:
        return number(header.values);
      case 4:
        return number(header.encoding);
      case 5:
        return number(header.level_bytes);
      case 6:
        return number(header.repetition_bytes);
      case 7:
        header.is_compressed = type == ThriftType::kTrue;
        return {};
      default:
        return reader.Skip(type);
    }
  };
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) -> Status {
    switch (id) {
      case 1:
        return number(header.type);
      case 2:
        return number(header.size);
      case 3:
        return number(header.compressed_size);
      case 5:
      case 7:
        return reader.Struct(data_page);
      case 8:
        return reader.Struct(data_page_v2);
      default:
        return reader.Skip(type);
    }
  }));
  constexpr int64_t kPageBytesMax = int64_t{1} << 28;
  for (const int64_t count :
       {header.size, header.compressed_size, header.values, header.level_bytes, header.repetition_bytes})
    if (count < 0 || count > kPageBytesMax) return Damaged("a page is said to be of a size that no page has");
  if (static_cast<uint64_t>(header.values) > kPageValuesMax)
    return Damaged("a page is said to have more values than a page has");
  header.header_size = reader.position();
  return header;
}

Status ChunkReader::Append(const Chunk& chunk, Bytes pages) {
  uint64_t seen = 0;
  dictionary_ = {};
  while (seen < chunk.values) {
    if (pages.empty()) return Damaged("a column has fewer values than it should");
    SLIPWAY_ASSIGN_OR_RETURN(const PageHeader header, ReadHeader(pages));
    const auto compressed = static_cast<uint64_t>(header.compressed_size);
    if (compressed > pages.size() - header.header_size) return Damaged("a page is longer than its column");
    const Bytes page = pages.subspan(header.header_size, compressed);
    pages = pages.subspan(header.header_size + compressed);
    if (header.type == kDictionaryPage) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto plain, Decompress(chunk.codec, page, static_cast<uint64_t>(header.size)));
      SLIPWAY_RETURN_IF_ERROR(ReadDictionary(header, plain));
    } else if (header.type == kDataPage || header.type == kDataPageV2) {
      if (static_cast<uint64_t>(header.values) > chunk.values - seen) return Damaged("a column has too many values");
      SLIPWAY_RETURN_IF_ERROR(ReadPage(chunk, header, page));
      seen += static_cast<uint64_t>(header.values);
    }  // others are indices
  }
  return {};
}

Status ChunkReader::ReadDictionary(const PageHeader& header, Bytes page) {
  if (header.encoding != kPlain && header.encoding != kPlainDictionary)
    return Unimplemented(fmt::format("dictionaries of the encoding {} are not supported",
                                     EncodingName(static_cast<int>(header.encoding))));
  SLIPWAY_ASSIGN_OR_RETURN(dictionary_, DecodePlain(page, static_cast<uint64_t>(header.values)));
  return {};
}

// Where rows have a value; empty: all do.
Result<std::vector<uint8_t>> ChunkReader::ReadPresence(ByteReader& reader, uint64_t values,
                                                       uint64_t level_bytes) const {
  std::vector<uint8_t> present;
  if (!stored_.is_optional) return present;
  SLIPWAY_ASSIGN_OR_RETURN(const Bytes levels, reader.Take(level_bytes));
  present.resize(values);
  BitRuns runs(levels, 1);
  for (uint8_t& is_present : present) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint32_t level, runs.Next());
    is_present = static_cast<uint8_t>(level);
  }
  if (std::find(present.begin(), present.end(), 0) == present.end()) present.clear();
  return present;
}

Status ChunkReader::ReadPage(const Chunk& chunk, const PageHeader& header, Bytes page) {
  const auto size = static_cast<uint64_t>(header.size), values = static_cast<uint64_t>(header.values);
  std::vector<uint8_t> plain, present;
  Bytes data;
  if (header.type == kDataPage) {
    SLIPWAY_ASSIGN_OR_RETURN(plain, Decompress(chunk.codec, page, size));
    ByteReader reader(plain);
    uint32_t level_bytes = 0;
    if (stored_.is_optional) {
      SLIPWAY_ASSIGN_OR_RETURN(level_bytes, reader.Fixed<uint32_t>());
    }
    SLIPWAY_ASSIGN_OR_RETURN(present, ReadPresence(reader, values, level_bytes));
    SLIPWAY_ASSIGN_OR_RETURN(data, reader.Take(reader.left()));
  } else {
    const auto level_bytes = static_cast<uint64_t>(header.level_bytes),
               before = static_cast<uint64_t>(header.repetition_bytes);
    if (before + level_bytes > std::min<uint64_t>(page.size(), size))
      return Damaged("a page's levels are longer than it");
    ByteReader reader(page);
    SLIPWAY_RETURN_IF_ERROR(reader.Take(before));
    SLIPWAY_ASSIGN_OR_RETURN(present, ReadPresence(reader, values, level_bytes));
    const Bytes rest = page.subspan(before + level_bytes);
    SLIPWAY_ASSIGN_OR_RETURN(
        plain, Decompress(header.is_compressed ? chunk.codec : Codec::kNone, rest, size - before - level_bytes));
    data = plain;
  }
  return AppendValues(static_cast<int>(header.encoding), data, present, values);
}

Status ChunkReader::AppendValues(int encoding, Bytes bytes, const std::vector<uint8_t>& present, uint64_t count) {
  if (encoding == kPlainDictionary || encoding == kRleDictionary) return AppendIndices(bytes, present, count);
  Values values;
  const uint64_t stored =
      present.empty() ? count : static_cast<uint64_t>(std::count(present.begin(), present.end(), 1));
  if (encoding == kPlain) {
    SLIPWAY_ASSIGN_OR_RETURN(values, DecodePlain(bytes, stored));
  } else if (encoding == kRle && stored_.physical == Physical::kBoolean) {
    ByteReader reader(bytes);
    SLIPWAY_ASSIGN_OR_RETURN(const uint32_t size, reader.Fixed<uint32_t>());
    SLIPWAY_ASSIGN_OR_RETURN(const Bytes runs_of, reader.Take(size));
    BitRuns runs(runs_of, 1);
    for (uint64_t i = 0; i < stored; ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint32_t bit, runs.Next());
      values.ints.push_back(bit);
    }
  } else {
    return Unimplemented(
        fmt::format("the column '{}' of the Parquet file has the encoding {}, which is not supported: "
                    "write it with PLAIN or dictionaries",
                    stored_.name, EncodingName(encoding)));
  }
  size_t next = 0;
  for (uint64_t row = 0; row < count; ++row) {
    if (present.empty() || present[row] != 0)
      Push(values, next++);
    else
      AppendNull(column_);
  }
  return {};
}

Status ChunkReader::AppendIndices(Bytes bytes, const std::vector<uint8_t>& present, uint64_t count) {
  ByteReader reader(bytes);
  const bool is_all_null = !present.empty() && std::find(present.begin(), present.end(), 1) == present.end();
  uint8_t width = 0;
  if (!is_all_null) {
    SLIPWAY_ASSIGN_OR_RETURN(width, reader.Byte());
  }
  if (width > 32) return Damaged("a page's indices are too wide");
  SLIPWAY_ASSIGN_OR_RETURN(const Bytes packed, reader.Take(reader.left()));
  BitRuns runs(packed, width);
  for (uint64_t row = 0; row < count; ++row) {
    if (!present.empty() && present[row] == 0) {
      AppendNull(column_);
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(const uint32_t index, runs.Next());
    if (index >= dictionary_.size()) return Damaged("a page refers to an entry that its dictionary does not have");
    Push(dictionary_, index);
  }
  return {};
}

Result<ChunkReader::Values> ChunkReader::DecodePlain(Bytes bytes, uint64_t count) {
  ByteReader reader(bytes);
  Values values;
  if (count > 8 * static_cast<uint64_t>(bytes.size())) return Damaged("a page has fewer values than it says");
  const auto push_int = [&](int64_t stored) -> Status {
    if (stored_.meaning == Meaning::kDecimal) {
      values.doubles.push_back(static_cast<double>(stored) / std::pow(10.0, stored_.scale));
      return {};
    }
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t ours, AsOurs(stored_, stored));
    values.ints.push_back(ours);
    return {};
  };
  for (uint64_t i = 0; i < count; ++i) {
    switch (stored_.physical) {
      case Physical::kBoolean:
        values.ints.push_back(bytes[i / 8] >> (i % 8) & 1);
        break;
      case Physical::kInt32: {
        SLIPWAY_ASSIGN_OR_RETURN(const int32_t value, reader.Fixed<int32_t>());
        SLIPWAY_RETURN_IF_ERROR(push_int(value));
        break;
      }
      case Physical::kInt64: {
        SLIPWAY_ASSIGN_OR_RETURN(const int64_t value, reader.Fixed<int64_t>());
        SLIPWAY_RETURN_IF_ERROR(push_int(value));
        break;
      }
      case Physical::kInt96: {  // nanoseconds of a day, and the day by Julian count
        SLIPWAY_ASSIGN_OR_RETURN(const int64_t nanos, reader.Fixed<int64_t>());
        SLIPWAY_ASSIGN_OR_RETURN(const int32_t day, reader.Fixed<int32_t>());
        SLIPWAY_ASSIGN_OR_RETURN(const int64_t micros, MicrosOfJulianDay(day, nanos));
        values.ints.push_back(micros);
        break;
      }
      case Physical::kFloat: {
        SLIPWAY_ASSIGN_OR_RETURN(const float value, reader.Fixed<float>());
        values.doubles.push_back(static_cast<double>(value));
        break;
      }
      case Physical::kDouble: {
        SLIPWAY_ASSIGN_OR_RETURN(const double value, reader.Fixed<double>());
        values.doubles.push_back(value);
        break;
      }
      case Physical::kByteArray: {
        SLIPWAY_ASSIGN_OR_RETURN(const uint32_t size, reader.Fixed<uint32_t>());
        SLIPWAY_ASSIGN_OR_RETURN(const Bytes text, reader.Take(size));
        values.codes.push_back(
            interner_.Intern({reinterpret_cast<const char*>(text.data()), text.size()}, column_.dictionary));
        break;
      }
      case Physical::kFixedLengthByteArray:
        return Internal("a column of fixed-length bytes was to be refused");
    }
  }
  return values;
}

void ChunkReader::Push(const Values& values, size_t index) {
  if (column_.type == ColumnType::kFloat64)
    column_.doubles.push_back(values.doubles[index]);
  else if (column_.type == ColumnType::kString)
    column_.codes.push_back(values.codes[index]);
  else
    column_.ints.push_back(values.ints[index]);
  if (!column_.nulls.empty()) column_.nulls.push_back(0);
}

}  // namespace slipway::tabular::parquet
