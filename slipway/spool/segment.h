// One segment file of a spool, mapped into memory: layout, mapping and naming. The layout is docs/formats/spool.md; it
// is private to this room.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::spool {

inline constexpr uint64_t kSegmentMagic = 0x314c4f4f50574c53;  // "SLWPOOL1" read as little-endian bytes
inline constexpr uint32_t kFormatVersion = 2;

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
  uint32_t crc;   // CRC-32C of table_size, table and row, XOR the segment's salt
  uint32_t table_size;
  uint32_t reserved;
};
static_assert(sizeof(RecordHeader) == 16);

// Records begin at multiples of 8, so that `size` can be stored and loaded atomically.
inline constexpr uint64_t PaddedSize(uint64_t size) {
  return (size + 7) & ~uint64_t{7};
}

uint32_t HeaderCrc(uint64_t number, uint64_t bytes);
uint32_t RecordCrc(std::string_view table, std::string_view row);
// By which a record is of this segment: when a power cut brings back what stood in a file before it was cleared, that
// is told from what belongs there. Nothing in version 1.
uint32_t SaltOf(uint32_t version, uint64_t number);

// A segment of a folder that is written, mapped whole. Unmaps itself; the file stays. Readers: segment_reader.h.
class Segment {
 public:
  // Makes and maps a segment that is not active yet, with its blocks allocated, so that a full disk shows here and not
  // as a signal while a record is copied.
  static Result<Segment> Create(const std::filesystem::path& folder, uint64_t number, uint64_t bytes);

  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  uint64_t number() const { return number_; }
  uint64_t bytes() const { return bytes_; }

  // Becomes the segment `number`, still to be cleared, when the reader is through with the file: it is then called
  // NextPath. False when the reader is not, or has removed the file.
  bool TakeBack(const std::filesystem::path& folder, uint64_t number) noexcept;
  // Zeros in [begin, end) of a segment that was taken back; once it is cleared whole, Publish gives it its name.
  void Clear(uint64_t begin, uint64_t end) noexcept;
  Status Publish(const std::filesystem::path& folder);

  // Has the system set up the pages of [begin, end) of a new file now, so that no append pays for their first touch. To
  // be called before Activate, as it writes zeros.
  Status SetUp(uint64_t begin, uint64_t end);
  // Makes the segment visible to readers, which then take every earlier one as closed.
  void Activate() noexcept;
  // Copies a record, whose RecordCrc is `crc`, to `offset` and publishes it. The caller has checked that it fits.
  void Store(uint64_t offset, std::string_view table, std::string_view row, uint32_t crc) noexcept;
  // Has the processor fetch what the next record will be written to.
  void Prefetch(uint64_t offset, uint64_t bytes) const noexcept {
    constexpr uint64_t kLineBytes = 64;
    for (uint64_t at = 0; at < bytes; at += kLineBytes) __builtin_prefetch(data_ + offset + at, 1);
  }
  // Unmaps what lies before `end`, a multiple of the page size or bytes(): nothing is stored there any more.
  void UnmapBefore(uint64_t end) noexcept;

 private:
  Segment(uint64_t number, uint64_t bytes, int descriptor) : number_(number), bytes_(bytes), descriptor_(descriptor) {}
  Status AllocateAndMap();
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
  uint32_t salt_ = 0;
  int descriptor_ = -1;
  char* data_ = nullptr;
  uint64_t mapped_from_ = 0;
};

// Whether a segment that is not active holds nothing but zeros, as one that was made ahead does.
Result<bool> IsBlankFile(const std::filesystem::path& path);

// "<number, 20 digits>.segment".
std::filesystem::path SegmentPath(const std::filesystem::path& folder, uint64_t number);

// The numbers of all segment files of `folder`, active or not, rising.
Result<std::vector<uint64_t>> ListSegments(const std::filesystem::path& folder);

// What the reader is through with and leaves to the writer, as "<number>.free"; it removes what would be more files.
inline constexpr size_t kFreeSegmentsMax = 3;
std::filesystem::path FreePath(const std::filesystem::path& folder, uint64_t number);
Result<std::vector<uint64_t>> ListFreeSegments(const std::filesystem::path& folder);

// One of those while the writer clears it, as "<number to be>.next". Nobody reads either: they are of no number yet.
std::filesystem::path NextPath(const std::filesystem::path& folder, uint64_t number);
// Removes both kinds, of a writer that is dead.
Status RemoveFreeSegments(const std::filesystem::path& folder);

}  // namespace slipway::spool
