#include "slipway/spool/segment_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "slipway/spool/segment.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kWindowBytes = 256 << 10;
constexpr uint64_t kBlockBytes = 4096;  // what a disk loses at once, at least

// Versions to come; a number beyond is damage.
constexpr uint32_t kVersionMax = 100;

Status CheckHeader(const SegmentHeader& header, uint64_t number, uint64_t bytes, const fs::path& path) {
  const auto damaged = [&](std::string_view what) {
    return DataLoss(fmt::format("the header of '{}' is damaged: {}", path.filename().string(), what));
  };
  if (header.magic != kSegmentMagic) return damaged("it does not begin with the magic number");
  if (header.version == 0 || header.version > kVersionMax)
    return damaged(fmt::format("there is no version {}", header.version));
  if (header.version > kFormatVersion)
    return FailedPrecondition(fmt::format("'{}' is a spool segment of version {}; this program reads versions up to {}",
                                          path.string(), header.version, kFormatVersion));
  if (header.crc != HeaderCrc(header.number, header.bytes)) return damaged("its checksum does not match");
  if (header.number != number) return damaged(fmt::format("it is the one of segment {}", header.number));
  if (header.bytes < bytes)
    return damaged(fmt::format("the file has {} bytes, the header says {}", bytes, header.bytes));
  return {};
}

Look Damaged(std::string what) {
  return {Look::Kind::kDamage, {}, {}, 0, std::move(what)};
}

}  // namespace

Result<std::optional<SegmentReader>> SegmentReader::Open(const fs::path& folder, uint64_t number, ReadAt read_at) {
  const fs::path path = SegmentPath(folder, number);
  SegmentReader segment(::open(path.c_str(), O_RDONLY | O_CLOEXEC), read_at, number);
  struct stat info {};
  if (segment.descriptor_ < 0 || ::fstat(segment.descriptor_, &info) != 0)
    return FromErrno(errno, fmt::format("cannot open '{}'", path.string()));
  segment.bytes_ = static_cast<uint64_t>(info.st_size);
  bool is_active = false;
  SLIPWAY_RETURN_IF_ERROR(segment.ReadHeader(path, is_active));
  if (!is_active) return std::optional<SegmentReader>();
  return std::optional<SegmentReader>(std::move(segment));
}

// The magic number is stored last, so what is read after it was seen is whole.
Status SegmentReader::ReadHeader(const fs::path& path, bool& is_active) {
  SegmentHeader header{};
  if (bytes_ < sizeof header) return {};  // a file that is being made has no header yet
  for (int reads = 0; reads < 2; ++reads) {
    const ssize_t size = read_at_(descriptor_, &header, sizeof header, 0);
    if (size < 0)
      return DataLoss(fmt::format("'{}' cannot be read: {}", path.filename().string(), std::strerror(errno)));
    if (size != sizeof header || header.magic == 0) return {};
  }
  is_active = true;
  SLIPWAY_RETURN_IF_ERROR(CheckHeader(header, number_, bytes_, path));
  missing_bytes_ = header.bytes - bytes_;
  salt_ = SaltOf(header.version, number_);
  return {};
}

SegmentReader::SegmentReader(SegmentReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      read_at_(other.read_at_),
      number_(other.number_),
      salt_(other.salt_),
      bytes_(other.bytes_),
      missing_bytes_(other.missing_bytes_),
      window_offset_(other.window_offset_),
      window_(std::move(other.window_)) {}

SegmentReader& SegmentReader::operator=(SegmentReader&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(read_at_, other.read_at_);
  std::swap(number_, other.number_);
  std::swap(salt_, other.salt_);
  std::swap(bytes_, other.bytes_);
  std::swap(missing_bytes_, other.missing_bytes_);
  std::swap(window_offset_, other.window_offset_);
  std::swap(window_, other.window_);
  return *this;
}

SegmentReader::~SegmentReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status SegmentReader::Fill(uint64_t offset, uint64_t wanted) {
  wanted = std::min(std::max(wanted, kWindowBytes), bytes_ - std::min(offset, bytes_));
  window_offset_ = offset;
  window_.resize(wanted);
  uint64_t filled = 0;
  while (filled < wanted) {
    const ssize_t size =
        read_at_(descriptor_, window_.data() + filled, wanted - filled, static_cast<off_t>(offset + filled));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    filled += static_cast<uint64_t>(size);
  }
  const int error = filled < wanted ? errno : 0;
  window_.resize(filled);
  struct stat info {};
  // Cut since it was opened: what is gone is no longer its.
  if (filled < wanted && ::fstat(descriptor_, &info) == 0 && static_cast<uint64_t>(info.st_size) < bytes_) {
    missing_bytes_ += bytes_ - static_cast<uint64_t>(info.st_size);
    bytes_ = static_cast<uint64_t>(info.st_size);
    return {};
  }
  // What came before the place that cannot be read is used; there one begins with nothing.
  return filled > 0 || wanted == 0 ? Status() : FromErrno(error, "cannot be read");
}

uint32_t SegmentReader::SizeInWindow(uint64_t offset) const {
  if (offset < window_offset_ || offset + sizeof(RecordHeader) > window_offset_ + window_.size()) return 0;
  RecordHeader header;
  std::memcpy(&header, window_.data() + (offset - window_offset_), sizeof header);
  const bool may_be = header.size >= sizeof header && header.size <= bytes_ - offset && header.reserved == 0 &&
                      header.table_size <= header.size - sizeof header;
  return may_be ? header.size : 0;
}

std::optional<Look> SegmentReader::LookInWindow(uint64_t offset) const {
  if (offset < window_offset_ || offset + sizeof(RecordHeader) > window_offset_ + window_.size()) return std::nullopt;
  const char* const record = window_.data() + (offset - window_offset_);
  RecordHeader header;
  std::memcpy(&header, record, sizeof header);
  if (header.size == 0) return Look{};
  if (header.size < sizeof header || header.size > bytes_ - offset) return Damaged("a length that cannot be");
  if (header.table_size > header.size - sizeof header || header.reserved != 0)
    return Damaged("a record header that cannot be");
  if (offset + header.size > window_offset_ + window_.size()) return std::nullopt;
  const std::string_view body(record + sizeof header, header.size - sizeof header);
  const std::string_view table = body.substr(0, header.table_size), row = body.substr(header.table_size);
  if ((RecordCrc(table, row) ^ salt_) != header.crc) return Damaged("the checksum does not match");
  return Look{Look::Kind::kRecord, table, row, offset + PaddedSize(header.size), {}};
}

// Whatever is not a whole record may have been half written when the window was read. The size is stored last: what is
// read after it was seen is whole.
Look SegmentReader::LookAt(uint64_t offset) {
  if (auto look = LookInWindow(offset); look && look->kind == Look::Kind::kRecord) return *look;
  for (int reads = 0; reads < 2; ++reads) {
    const uint64_t room = bytes_ - std::min(offset, bytes_);
    if (room < sizeof(RecordHeader)) return {};
    if (const Status filled = Fill(offset, reads == 0 ? sizeof(RecordHeader) : SizeInWindow(offset)); !filled)
      return Damaged(filled.error().ToString());
    const auto look = LookInWindow(offset);
    if (look && look->kind != Look::Kind::kDamage) return *look;
    if (look && SizeInWindow(offset) == 0) return *look;
    if (look && reads == 1) return *look;
  }
  return Damaged("a record that is not there to its end");
}

// Nothing inside a record is taken for one: its size would have a zero byte, which no JSON text holds.
uint64_t SegmentReader::FindRecord(uint64_t offset) {
  window_.clear();  // what was not there yet may be by now
  while (offset + sizeof(RecordHeader) <= bytes_) {
    if (offset + sizeof(RecordHeader) > window_offset_ + window_.size() || offset < window_offset_) {
      if (!Fill(offset, sizeof(RecordHeader))) {
        offset = (offset / kBlockBytes + 1) * kBlockBytes;
        continue;
      }
    }
    if (SizeInWindow(offset) > 0 && LookAt(offset).kind == Look::Kind::kRecord) return offset;
    offset += 8;
  }
  return bytes_;
}

}  // namespace slipway::spool
