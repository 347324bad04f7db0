// The part of Thrift's compact protocol that Parquet's headers are written in. For this folder's own files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/tabular/parquet/byte_reader.h"

namespace slipway::tabular::parquet {

enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12
};

class ThriftReader {
 public:
  explicit ThriftReader(Bytes bytes) : bytes_(bytes) {}
  size_t position() const { return bytes_.position(); }

  // Calls visit(field id, type) for each field of a struct; it has to read the field's value or to skip it.
  using Visit = std::function<Status(int id, ThriftType type)>;
  Status Struct(const Visit& visit);
  // Calls visit() for each element of a list; it has to read or to skip it.
  Status List(const std::function<Status(ThriftType type)>& visit);

  Result<int64_t> Integer() { return bytes_.ZigZag(); }
  Result<std::string> Text();
  Status Skip(ThriftType type);

 private:
  Status SkipMap();

  ByteReader bytes_;
  int depth_ = 0;
};

}  // namespace slipway::tabular::parquet
