// One segment file of a spool, mapped into memory: layout, mapping and naming. The layout is docs/formats/spool.md; it
// is private to this room.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::spool {

inline constexpr uint64_t kSegmentMagic = 0x314c4f4f50574c53;  // "SLWPOOL1" read as little-endian bytes
inline constexpr uint32_t kFormatVersion = 1;

struct SegmentHeader {
  uint64_t magic;  // 0 until the segment is activated
  uint32_t version;
  uint32_t crc;  // CRC-32C of number and bytes
  uint64_t number;
  uint64_t bytes;  // of the whole file
  uint8_t reserved[32];
};
static_assert(sizeof(SegmentHeader) == 64);

struct RecordHeader {
  uint32_t size;  // header, table and row, without padding; stored last: 0 means that nothing is here yet
  uint32_t crc;   // CRC-32C of table_size, table and row
  uint32_t table_size;
  uint32_t reserved;
};
static_assert(sizeof(RecordHeader) == 16);

// Records begin at multiples of 8, so that `size` can be stored and loaded atomically.
inline constexpr uint64_t PaddedSize(uint64_t size) {
  return (size + 7) & ~uint64_t{7};
}

uint32_t RecordCrc(std::string_view table, std::string_view row);

// What is at a place of a segment.
struct Look {
  enum class Kind { kNothing, kRecord, kDamage };
  Kind kind = Kind::kNothing;
  std::string_view table, row;  // kRecord: views into the mapping
  uint64_t end = 0;             // kRecord: the offset of the one after it
  std::string_view damage{};    // kDamage: what is wrong
};

// A segment of a folder, mapped whole. Unmaps itself; the file stays.
class Segment {
 public:
  // Makes and maps a segment that is not active yet, with its blocks allocated, so that a full disk shows here and not
  // as a signal while a record is copied.
  static Result<Segment> Create(const std::filesystem::path& folder, uint64_t number, uint64_t bytes);
  // Maps an existing segment for reading. nullopt while it is not active. kDataLoss for a damaged header,
  // kFailedPrecondition for a version that a newer program may have written.
  static Result<std::optional<Segment>> OpenActive(const std::filesystem::path& folder, uint64_t number);

  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  uint64_t number() const { return number_; }
  uint64_t bytes() const { return bytes_; }
  // How many bytes of its end the file has lost.
  uint64_t missing_bytes() const { return missing_bytes_; }

  // Writer: has the system set up every page now, so that no append pays for a page's first touch. It goes in steps
  // with pauses, as it may share a processor with those who append.
  void Populate() noexcept;
  // Writer: makes the segment visible to readers, which then take every earlier one as closed.
  void Activate() noexcept;
  // Writer: copies a record to `offset` and publishes it. The caller has checked that it fits.
  void Store(uint64_t offset, std::string_view table, std::string_view row, uint32_t crc) noexcept;
  // Reader: what is at `offset`, a multiple of 8. Everything stored before a record is visible after it is.
  Look LookAt(uint64_t offset) const noexcept;
  // Reader: where the first whole record at `offset` or later begins; bytes() when there is none.
  uint64_t FindRecord(uint64_t offset) const noexcept;

 private:
  Segment(uint64_t number, uint64_t bytes, char* data) : number_(number), bytes_(bytes), data_(data) {}
  uint32_t PublishedSize(uint64_t offset) const noexcept;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
  uint64_t missing_bytes_ = 0;
  char* data_ = nullptr;
};

// Whether a segment that is not active holds nothing but zeros, as one that was made ahead does.
Result<bool> IsBlankFile(const std::filesystem::path& path);

// "<number, 20 digits>.segment".
std::filesystem::path SegmentPath(const std::filesystem::path& folder, uint64_t number);

// The numbers of all segment files of `folder`, active or not, rising.
Result<std::vector<uint64_t>> ListSegments(const std::filesystem::path& folder);

}  // namespace slipway::spool
