// A segment that is read, perhaps while it is written. Through the file, not a mapping: a disk that fails, or a file
// that is cut, is then an answer and not a signal that ends the process.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::spool {

// What is at a place of a segment.
struct Look {
  enum class Kind { kNothing, kRecord, kDamage };
  Kind kind = Kind::kNothing;
  std::string_view table, row;  // kRecord: valid until the next look
  uint64_t end = 0;             // kRecord: the offset of the one after it
  std::string damage{};         // kDamage: what is wrong
};

// Not thread-safe.
class SegmentReader {
 public:
  using ReadAt = ssize_t (*)(int descriptor, void* to, size_t bytes, off_t offset);  // as pread; another one for tests

  // nullopt while the segment is not active. kDataLoss for a damaged header, kFailedPrecondition for a version that a
  // newer program may have written.
  static Result<std::optional<SegmentReader>> Open(const std::filesystem::path& folder, uint64_t number,
                                                   ReadAt read_at = ::pread);
  SegmentReader(SegmentReader&& other) noexcept;
  SegmentReader& operator=(SegmentReader&& other) noexcept;
  ~SegmentReader();

  uint64_t number() const { return number_; }
  uint64_t bytes() const { return bytes_; }
  // How many bytes of its end the file has lost.
  uint64_t missing_bytes() const { return missing_bytes_; }

  // What is at `offset`, a multiple of 8. Everything stored before a record is visible after it is.
  Look LookAt(uint64_t offset);
  // Where the first whole record at `offset` or later begins; bytes() when there is none.
  uint64_t FindRecord(uint64_t offset);

 private:
  SegmentReader(int descriptor, ReadAt read_at, uint64_t number)
      : descriptor_(descriptor), read_at_(read_at), number_(number) {}
  Status ReadHeader(const std::filesystem::path& path, bool& is_active);
  // Makes the window begin at `offset`, with at least `wanted` bytes where the file has them.
  Status Fill(uint64_t offset, uint64_t wanted);
  // What the window, as it was read, has there; nullopt when that is not enough to tell.
  std::optional<Look> LookInWindow(uint64_t offset) const;
  // The size that a record there would have; 0 when none may be there, or its beginning is not in the window.
  uint32_t SizeInWindow(uint64_t offset) const;

  int descriptor_ = -1;
  ReadAt read_at_ = ::pread;
  uint64_t number_ = 0;
  uint32_t salt_ = 0;
  uint64_t bytes_ = 0;  // of the file
  uint64_t missing_bytes_ = 0;
  uint64_t window_offset_ = 0;
  std::string window_;
};

}  // namespace slipway::spool
