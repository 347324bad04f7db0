#include "slipway/tabular/parquet/decompress.h"

#include <zlib.h>

#include <fmt/format.h>

namespace slipway::tabular::parquet {
namespace {

// Snappy's raw format: literals and copies of what was there before (google/snappy, format_description.txt).
class Snappy {
 public:
  Snappy(Bytes compressed, uint64_t size) : in_(compressed), size_(size) {}

  Result<std::vector<uint8_t>> Run() {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t announced, in_.Varint());
    if (announced != size_) return Damaged("a compressed page announces another size");
    out_.reserve(size_);
    while (!in_.is_at_end()) {
      SLIPWAY_ASSIGN_OR_RETURN(const uint8_t tag, in_.Byte());
      SLIPWAY_RETURN_IF_ERROR((tag & 3) == 0 ? Literal(tag) : Copy(tag));
    }
    if (out_.size() != size_) return Damaged("a compressed page gives too little");
    return std::move(out_);
  }

 private:
  Result<uint64_t> LittleEndian(int bytes) {
    SLIPWAY_ASSIGN_OR_RETURN(const Bytes taken, in_.Take(static_cast<uint64_t>(bytes)));
    uint64_t value = 0;
    for (int i = bytes; i > 0; --i) value = value << 8 | taken[static_cast<size_t>(i - 1)];
    return value;
  }

  Status Literal(uint8_t tag) {
    constexpr uint8_t kShortMax = 59;
    uint64_t length = tag >> 2;
    if (length > kShortMax) {
      SLIPWAY_ASSIGN_OR_RETURN(length, LittleEndian(static_cast<int>(length) - kShortMax));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const Bytes text, in_.Take(length + 1));
    if (text.size() > size_ - out_.size()) return Damaged("a compressed page gives too much");
    out_.insert(out_.end(), text.begin(), text.end());
    return {};
  }

  Status Copy(uint8_t tag) {
    uint64_t length = (tag >> 2) + 1, offset = 0;
    if ((tag & 3) == 1) {
      length = ((tag >> 2) & 7) + 4;
      SLIPWAY_ASSIGN_OR_RETURN(offset, LittleEndian(1));
      offset |= static_cast<uint64_t>(tag >> 5) << 8;
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(offset, LittleEndian((tag & 3) == 2 ? 2 : 4));
    }
    if (offset == 0 || offset > out_.size()) return Damaged("a compressed page copies from before its beginning");
    if (length > size_ - out_.size()) return Damaged("a compressed page gives too much");
    // May overlap what it writes.
    for (uint64_t i = 0; i < length; ++i) out_.push_back(out_[out_.size() - offset]);
    return {};
  }

  ByteReader in_;
  const uint64_t size_;
  std::vector<uint8_t> out_;
};

Result<std::vector<uint8_t>> Gunzip(Bytes compressed, uint64_t size) {
  std::vector<uint8_t> out(size);
  z_stream stream{};
  constexpr int kGzipOrZlib = 15 + 32;
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return Internal("zlib could not be started");
  stream.next_in = const_cast<uint8_t*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  const bool is_whole = done == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!is_whole) return Damaged("a compressed page gives another size");
  return out;
}

}  // namespace

Result<std::vector<uint8_t>> Decompress(Codec codec, Bytes compressed, uint64_t size) {
  switch (codec) {
    case Codec::kNone:
      if (compressed.size() != size) return Damaged("a page has another size");
      return std::vector<uint8_t>(compressed.begin(), compressed.end());
    case Codec::kSnappy:
      return Snappy(compressed, size).Run();
    case Codec::kGzip:
      return Gunzip(compressed, size);
    default:
      break;
  }
  constexpr std::string_view kNames[] = {"none", "snappy", "gzip", "LZO", "Brotli", "LZ4", "zstd", "LZ4 (raw)"};
  return Unimplemented(
      fmt::format("Parquet files compressed with {} are not supported: write them with snappy, gzip or "
                  "without compression",
                  kNames[static_cast<size_t>(codec)]));
}

}  // namespace slipway::tabular::parquet
