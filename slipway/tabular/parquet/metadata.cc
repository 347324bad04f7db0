#include "slipway/tabular/parquet/metadata.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "slipway/tabular/parquet/thrift.h"

namespace slipway::tabular::parquet {
namespace {

// One node of the schema, as stored.
struct SchemaElement {
  std::optional<int64_t> physical, converted;
  int64_t repetition = 0, children = 0, scale = 0;
  std::string name;
  int logical = 0;       // which member of the union; 0 = none
  int logical_unit = 0;  // of TIMESTAMP: 1 milli, 2 micro, 3 nano
  bool is_signed = true;
};

Status ReadInteger(ThriftReader& reader, int64_t& into) {
  SLIPWAY_ASSIGN_OR_RETURN(into, reader.Integer());
  return {};
}

Status ReadOptional(ThriftReader& reader, std::optional<int64_t>& into) {
  SLIPWAY_ASSIGN_OR_RETURN(into, reader.Integer());
  return {};
}

// Union of units: the member that is there says which.
Status ReadUnit(ThriftReader& reader, SchemaElement& element) {
  return reader.Struct([&](int id, ThriftType type) {
    element.logical_unit = id;
    return reader.Skip(type);
  });
}

Status ReadLogicalMember(ThriftReader& reader, int member, SchemaElement& element) {
  constexpr int kDecimal = 5, kTimestamp = 8, kInteger = 10;
  element.logical = member;
  return reader.Struct([&](int id, ThriftType type) -> Status {
    if (member == kDecimal && id == 1) return ReadInteger(reader, element.scale);
    if (member == kTimestamp && id == 2) return ReadUnit(reader, element);
    if (member == kInteger && id == 2) element.is_signed = type == ThriftType::kTrue;
    return reader.Skip(type);
  });
}

Result<SchemaElement> ReadElement(ThriftReader& reader) {
  SchemaElement element;
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) -> Status {
    switch (id) {
      case 1:
        return ReadOptional(reader, element.physical);
      case 3:
        return ReadInteger(reader, element.repetition);
      case 4: {
        SLIPWAY_ASSIGN_OR_RETURN(element.name, reader.Text());
        return {};
      }
      case 5:
        return ReadInteger(reader, element.children);
      case 6:
        return ReadOptional(reader, element.converted);
      case 7:
        return ReadInteger(reader, element.scale);
      case 10:
        return reader.Struct([&](int member, ThriftType) { return ReadLogicalMember(reader, member, element); });
      default:
        return reader.Skip(type);
    }
  }));
  return element;
}

Meaning MeaningOfLogical(const SchemaElement& element) {
  switch (element.logical) {
    case 5:
      return Meaning::kDecimal;
    case 6:
      return Meaning::kDate;
    case 8:
      return element.logical_unit == 1   ? Meaning::kMilliseconds
             : element.logical_unit == 3 ? Meaning::kNanoseconds
                                         : Meaning::kMicroseconds;
    case 10:
      return element.is_signed ? Meaning::kPlain : Meaning::kUnsigned;
    default:
      return Meaning::kPlain;
  }
}

Meaning MeaningOf(const SchemaElement& element) {
  if (element.logical != 0) return MeaningOfLogical(element);
  switch (element.converted.value_or(-1)) {
    case 5:
      return Meaning::kDecimal;
    case 6:
      return Meaning::kDate;
    case 9:
      return Meaning::kMilliseconds;
    case 10:
      return Meaning::kMicroseconds;
    case 11:
    case 12:
    case 13:
    case 14:
      return Meaning::kUnsigned;
    default:
      return Meaning::kPlain;
  }
}

Result<ColumnType> TypeOf(const StoredColumn& column) {
  switch (column.physical) {
    case Physical::kBoolean:
      return ColumnType::kBool;
    case Physical::kInt32:
    case Physical::kInt64:
      if (column.meaning == Meaning::kDecimal) return ColumnType::kFloat64;
      return column.meaning == Meaning::kPlain || column.meaning == Meaning::kUnsigned ? ColumnType::kInt64
                                                                                       : ColumnType::kDatetime;
    case Physical::kInt96:
      return ColumnType::kDatetime;
    case Physical::kFloat:
    case Physical::kDouble:
      return ColumnType::kFloat64;
    case Physical::kByteArray:
      if (column.meaning == Meaning::kDecimal) break;
      return ColumnType::kString;
    case Physical::kFixedLengthByteArray:
      break;
  }
  return Unimplemented(
      fmt::format("the column '{}' of the Parquet file is of a type that is not supported: bytes of a "
                  "fixed length, or decimals of more than 18 digits",
                  column.name));
}

Result<StoredColumn> MakeColumn(const SchemaElement& element) {
  constexpr int64_t kOptional = 1, kRepeated = 2;
  if (element.children != 0 || element.repetition == kRepeated || !element.physical)
    return Unimplemented(
        fmt::format("the column '{}' of the Parquet file is nested, which is not supported: a table has "
                    "one value a cell",
                    element.name));
  if (*element.physical < 0 || *element.physical > static_cast<int64_t>(Physical::kFixedLengthByteArray))
    return Damaged(fmt::format("the column '{}' has no type", element.name));
  StoredColumn column;
  column.name = element.name;
  column.physical = static_cast<Physical>(*element.physical);
  column.meaning = MeaningOf(element);
  column.scale = static_cast<int>(std::clamp<int64_t>(element.scale, 0, 18));
  column.is_optional = element.repetition == kOptional;
  SLIPWAY_ASSIGN_OR_RETURN(column.type, TypeOf(column));
  return column;
}

Status ReadChunkMetadata(ThriftReader& reader, Chunk& chunk) {
  int64_t codec = 0, values = 0, size = 0, data = 0, dictionary = 0;
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) {
    switch (id) {
      case 4:
        return ReadInteger(reader, codec);
      case 5:
        return ReadInteger(reader, values);
      case 7:
        return ReadInteger(reader, size);
      case 9:
        return ReadInteger(reader, data);
      case 11:
        return ReadInteger(reader, dictionary);
      default:
        return reader.Skip(type);
    }
  }));
  if (codec < 0 || codec > static_cast<int64_t>(Codec::kLz4Raw) || values < 0 || size < 0 || data < 0 || dictionary < 0)
    return Damaged("a column's place is no place");
  chunk.codec = static_cast<Codec>(codec);
  chunk.values = static_cast<uint64_t>(values);
  chunk.size = static_cast<uint64_t>(size);
  chunk.offset = static_cast<uint64_t>(dictionary > 0 && dictionary < data ? dictionary : data);
  return {};
}

Result<Chunk> ReadChunk(ThriftReader& reader) {
  Chunk chunk;
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) -> Status {
    if (id == 3) return ReadChunkMetadata(reader, chunk);
    if (id == 1) return Unimplemented("a Parquet file whose columns are in other files is not supported");
    return reader.Skip(type);
  }));
  return chunk;
}

Result<RowGroup> ReadGroup(ThriftReader& reader) {
  RowGroup group;
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) -> Status {
    if (id == 1)
      return reader.List([&](ThriftType) -> Status {
        SLIPWAY_ASSIGN_OR_RETURN(const Chunk chunk, ReadChunk(reader));
        group.chunks.push_back(chunk);
        return {};
      });
    if (id != 3) return reader.Skip(type);
    int64_t rows = 0;
    SLIPWAY_RETURN_IF_ERROR(ReadInteger(reader, rows));
    if (rows < 0) return Damaged("a row group has less than no rows");
    group.rows = static_cast<uint64_t>(rows);
    return {};
  }));
  return group;
}

// Every page begins with a header, and has so many values at most.
bool HasTooManyValues(const Chunk& chunk) {
  constexpr uint64_t kPageHeaderBytesMin = 16;  // of the fields that it has to have
  const uint64_t pages = chunk.values / kPageValuesMax + (chunk.values % kPageValuesMax > 0 ? 1 : 0);
  return pages > chunk.size / kPageHeaderBytesMin;
}

Status CheckPlaces(const Metadata& metadata, uint64_t file_size) {
  uint64_t rows = 0;
  for (const RowGroup& group : metadata.groups) {
    if (group.chunks.size() != metadata.columns.size())
      return Damaged(
          fmt::format("a row group has {} columns, the schema {}", group.chunks.size(), metadata.columns.size()));
    for (const Chunk& chunk : group.chunks) {
      if (chunk.offset > file_size || chunk.size > file_size - chunk.offset)
        return Damaged("a column is said to be beyond the file's end");
      if (chunk.values != group.rows) return Damaged("a column has another number of values than its row group");
      if (HasTooManyValues(chunk)) return Damaged("a column is said to have more values than its bytes can hold");
    }
    rows += group.rows;
  }
  if (rows != metadata.rows) return Damaged("the rows of the row groups do not add up");
  return {};
}

}  // namespace

Result<Metadata> ReadMetadata(Bytes footer, uint64_t file_size) {
  Metadata metadata;
  std::vector<SchemaElement> schema;
  ThriftReader reader(footer);
  bool has_rows = false, has_groups = false;
  SLIPWAY_RETURN_IF_ERROR(reader.Struct([&](int id, ThriftType type) -> Status {
    has_rows |= id == 3;
    has_groups |= id == 4;
    if (id == 2)
      return reader.List([&](ThriftType) -> Status {
        SLIPWAY_ASSIGN_OR_RETURN(SchemaElement element, ReadElement(reader));
        schema.push_back(std::move(element));
        return {};
      });
    if (id == 4)
      return reader.List([&](ThriftType) -> Status {
        SLIPWAY_ASSIGN_OR_RETURN(RowGroup group, ReadGroup(reader));
        metadata.groups.push_back(std::move(group));
        return {};
      });
    if (id != 3) return reader.Skip(type);
    int64_t rows = 0;
    SLIPWAY_RETURN_IF_ERROR(ReadInteger(reader, rows));
    if (rows < 0) return Damaged("it has less than no rows");
    metadata.rows = static_cast<uint64_t>(rows);
    return {};
  }));
  if (schema.empty() || !has_rows || !has_groups)
    return Damaged("its footer lacks the schema, the rows or their groups");
  for (size_t i = 1; i < schema.size(); ++i) {  // the first one is the root
    SLIPWAY_ASSIGN_OR_RETURN(StoredColumn column, MakeColumn(schema[i]));
    metadata.columns.push_back(std::move(column));
  }
  SLIPWAY_RETURN_IF_ERROR(CheckPlaces(metadata, file_size));
  return metadata;
}

}  // namespace slipway::tabular::parquet
