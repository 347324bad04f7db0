// The format's hybrid of runs and packed bits: levels, and indices into dictionaries. For this folder's own files.
#pragma once

#include <cstdint>

#include "slipway/base/result.h"
#include "slipway/tabular/parquet/byte_reader.h"

namespace slipway::tabular::parquet {

class BitRuns {
 public:
  // `width`: bits a value, at most 32.
  BitRuns(Bytes bytes, int width) : bytes_(bytes), width_(width) {}

  Result<uint32_t> Next() {
    if (left_ == 0) SLIPWAY_RETURN_IF_ERROR(BeginRun());
    --left_;
    if (!is_packed_) return value_;
    while (buffered_bits_ < width_) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint8_t byte, packed_.Byte());
      buffer_ |= static_cast<uint64_t>(byte) << buffered_bits_;
      buffered_bits_ += 8;
    }
    const auto value = static_cast<uint32_t>(buffer_ & mask());
    buffer_ >>= width_;
    buffered_bits_ -= width_;
    return value;
  }

 private:
  uint64_t mask() const { return (uint64_t{1} << width_) - 1; }

  Status BeginRun() {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t head, bytes_.Varint());
    is_packed_ = (head & 1) != 0;
    left_ = head >> 1;
    if (left_ == 0) return Damaged("a run is empty");
    if (is_packed_) {  // of groups of eight values
      if (left_ > uint64_t{1} << 32) return Damaged("a run is longer than its page");
      SLIPWAY_ASSIGN_OR_RETURN(const Bytes run, bytes_.Take(left_ * static_cast<uint64_t>(width_)));
      packed_ = ByteReader(run);
      buffer_ = 0;
      buffered_bits_ = 0;
      left_ *= 8;
      return {};
    }
    value_ = 0;
    for (int shift = 0; shift < width_; shift += 8) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint8_t byte, bytes_.Byte());
      value_ |= static_cast<uint32_t>(byte) << shift;
    }
    value_ = static_cast<uint32_t>(value_ & mask());
    return {};
  }

  ByteReader bytes_;
  const int width_;
  bool is_packed_ = false;
  uint64_t left_ = 0;
  uint32_t value_ = 0;
  ByteReader packed_{Bytes()};
  uint64_t buffer_ = 0;
  int buffered_bits_ = 0;
};

}  // namespace slipway::tabular::parquet
