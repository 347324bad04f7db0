// Walks over bytes that may be anything: every step is checked, what does not fit fails. For this folder's own files.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::tabular::parquet {

using Bytes = std::span<const uint8_t>;

inline Error Damaged(std::string what) {
  return DataLoss("the Parquet file is damaged: " + std::move(what));
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }
  bool is_at_end() const { return left() == 0; }

  Result<uint8_t> Byte() {
    if (is_at_end()) return Damaged("it ends too early");
    return bytes_[position_++];
  }
  Result<Bytes> Take(uint64_t count) {
    if (count > left()) return Damaged("it ends too early");
    const Bytes taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += static_cast<size_t>(count);
    return taken;
  }
  // Little-endian, as everything in the format.
  template <typename T>
  Result<T> Fixed() {
    SLIPWAY_ASSIGN_OR_RETURN(const Bytes bytes, Take(sizeof(T)));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  // Seven bits a byte, the lowest first (LEB128).
  Result<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint8_t byte, Byte());
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Damaged("a number has too many bytes");
  }
  Result<int64_t> ZigZag() {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t value, Varint());
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

 private:
  Bytes bytes_;
  size_t position_ = 0;
};

}  // namespace slipway::tabular::parquet
