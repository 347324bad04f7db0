#include "slipway/tabular/parquet/thrift.h"

namespace slipway::tabular::parquet {
namespace {

constexpr int kDepthMax = 32;

Result<ThriftType> TypeOf(uint8_t code) {
  if (code > static_cast<uint8_t>(ThriftType::kStruct)) return Damaged("a header has a field of no type");
  return static_cast<ThriftType>(code);
}

}  // namespace

Status ThriftReader::Struct(const Visit& visit) {
  if (++depth_ > kDepthMax) return Damaged("a header is nested too deeply");
  int id = 0;
  while (true) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint8_t head, bytes_.Byte());
    SLIPWAY_ASSIGN_OR_RETURN(const ThriftType type, TypeOf(head & 0x0F));
    if (type == ThriftType::kStop) break;
    if (head >> 4 != 0) {
      id += head >> 4;
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(const int64_t given, bytes_.ZigZag());
      id = static_cast<int>(given);
    }
    SLIPWAY_RETURN_IF_ERROR(visit(id, type));
  }
  --depth_;
  return {};
}

Status ThriftReader::List(const std::function<Status(ThriftType)>& visit) {
  SLIPWAY_ASSIGN_OR_RETURN(const uint8_t head, bytes_.Byte());
  SLIPWAY_ASSIGN_OR_RETURN(const ThriftType type, TypeOf(head & 0x0F));
  uint64_t size = head >> 4;
  if (size == 15) {
    SLIPWAY_ASSIGN_OR_RETURN(size, bytes_.Varint());
  }
  if (size > bytes_.left()) return Damaged("a list is longer than the header");
  for (uint64_t i = 0; i < size; ++i) SLIPWAY_RETURN_IF_ERROR(visit(type));
  return {};
}

Result<std::string> ThriftReader::Text() {
  SLIPWAY_ASSIGN_OR_RETURN(const uint64_t size, bytes_.Varint());
  SLIPWAY_ASSIGN_OR_RETURN(const Bytes text, bytes_.Take(size));
  return std::string(text.begin(), text.end());
}

Status ThriftReader::SkipMap() {
  SLIPWAY_ASSIGN_OR_RETURN(const uint64_t size, bytes_.Varint());
  if (size == 0) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const uint8_t types, bytes_.Byte());
  SLIPWAY_ASSIGN_OR_RETURN(const ThriftType key, TypeOf(types >> 4));
  SLIPWAY_ASSIGN_OR_RETURN(const ThriftType value, TypeOf(types & 0x0F));
  if (size > bytes_.left()) return Damaged("a map is longer than the header");
  for (uint64_t i = 0; i < size; ++i) {
    SLIPWAY_RETURN_IF_ERROR(Skip(key));
    SLIPWAY_RETURN_IF_ERROR(Skip(value));
  }
  return {};
}

Status ThriftReader::Skip(ThriftType type) {
  const auto drop = [](const auto& result) -> Status {
    SLIPWAY_RETURN_IF_ERROR(result);
    return {};
  };
  switch (type) {
    case ThriftType::kStop:
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return {};
    case ThriftType::kByte:
      return drop(bytes_.Byte());
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      return drop(bytes_.Varint());
    case ThriftType::kDouble:
      return drop(bytes_.Take(8));
    case ThriftType::kBinary:
      return drop(Text());
    case ThriftType::kList:
    case ThriftType::kSet:
      // Booleans take a byte each in a list.
      return List([&](ThriftType element) {
        const bool is_boolean = element == ThriftType::kTrue || element == ThriftType::kFalse;
        return Skip(is_boolean ? ThriftType::kByte : element);
      });
    case ThriftType::kMap:
      return SkipMap();
    case ThriftType::kStruct:
      return Struct([&](int, ThriftType field) { return Skip(field); });
  }
  return Damaged("a header has a field of no type");
}

}  // namespace slipway::tabular::parquet
