#include "slipway/spool/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".segment", kFreeSuffix = ".free", kNextSuffix = ".next";

fs::path NumberedPath(const fs::path& folder, uint64_t number, std::string_view suffix) {
  return folder / fmt::format("{:020}{}", number, suffix);
}

Result<std::vector<uint64_t>> ListNumbered(const fs::path& folder, std::string_view suffix) {
  std::vector<uint64_t> numbers;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.ends_with(suffix)) continue;
    if (const auto number = ParseInt(std::string_view(name).substr(0, name.size() - suffix.size()))) {
      numbers.push_back(static_cast<uint64_t>(*number));
    }
  }
  if (error) return FromErrno(error.value(), fmt::format("cannot list '{}'", folder.string()));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

uint32_t HeaderCrc(uint64_t number, uint64_t bytes) {
  const uint64_t fields[2] = {number, bytes};
  return Crc32c({reinterpret_cast<const char*>(fields), sizeof(fields)});
}

uint32_t RecordCrc(std::string_view table, std::string_view row) {
  const auto table_size = static_cast<uint32_t>(table.size());
  const uint32_t crc = Crc32c({reinterpret_cast<const char*>(&table_size), sizeof(table_size)});
  return Crc32c(row, Crc32c(table, crc));
}

uint32_t SaltOf(uint32_t version, uint64_t number) {
  return version < 2 ? 0 : Crc32c({reinterpret_cast<const char*>(&number), sizeof(number)});
}

Result<Segment> Segment::Create(const fs::path& folder, uint64_t number, uint64_t bytes) {
  const fs::path path = SegmentPath(folder, number);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return FromErrno(errno, fmt::format("cannot make '{}'", path.string()));
  Segment segment(number, bytes, descriptor);
  if (const Status mapped = segment.AllocateAndMap(); !mapped) {
    ::unlink(path.c_str());
    return mapped.error();
  }
  return segment;
}

Status Segment::AllocateAndMap() {
  const int error_number = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes_));
  if (error_number != 0)
    return FromErrno(error_number, fmt::format("cannot allocate {} bytes for spool segment {}", bytes_, number_));
  void* data = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (data == MAP_FAILED) return FromErrno(errno, fmt::format("cannot map spool segment {}", number_));
  data_ = static_cast<char*>(data);
  return {};
}

Segment::Segment(Segment&& other) noexcept {
  *this = std::move(other);
}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(bytes_, other.bytes_);
  std::swap(salt_, other.salt_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(mapped_from_, other.mapped_from_);
  return *this;
}

Segment::~Segment() {
  UnmapBefore(bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Segment::UnmapBefore(uint64_t end) noexcept {
  if (data_ == nullptr || end <= mapped_from_) return;
  ::munmap(data_ + mapped_from_, end - mapped_from_);
  mapped_from_ = end;
}

// Pages of a file that is written are made many at a time, those of a mapping that is touched one by one; see
// segment_supply.cc.
Status Segment::SetUp(uint64_t begin, uint64_t end) {
  static const std::vector<char> zeros(64 << 10);
  while (begin < end) {
    const uint64_t wanted = std::min<uint64_t>(end - begin, zeros.size());
    const ssize_t written = ::pwrite(descriptor_, zeros.data(), wanted, static_cast<off_t>(begin));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FromErrno(errno, fmt::format("cannot write zeros to spool segment {}", number_));
#ifdef MADV_POPULATE_WRITE
    // An older system does not know this: its pages are mapped as they are touched.
    ::madvise(data_ + begin, static_cast<size_t>(written), MADV_POPULATE_WRITE);
#endif
    begin += static_cast<uint64_t>(written);
  }
  return {};
}

bool Segment::TakeBack(const fs::path& folder, uint64_t number) noexcept {
  std::error_code error;
  fs::rename(FreePath(folder, number_), NextPath(folder, number), error);
  if (error) return false;
  number_ = number;
  return true;
}

void Segment::Clear(uint64_t begin, uint64_t end) noexcept {
  std::memset(data_ + begin, 0, end - begin);
}

Status Segment::Publish(const fs::path& folder) {
  std::error_code error;
  fs::rename(NextPath(folder, number_), SegmentPath(folder, number_), error);
  if (error) return FromErrno(error.value(), fmt::format("cannot rename spool segment {}", number_));
  return {};
}

void Segment::Activate() noexcept {
  SegmentHeader header{};
  header.version = kFormatVersion;
  header.number = number_;
  header.bytes = bytes_;
  header.crc = HeaderCrc(number_, bytes_);
  salt_ = SaltOf(kFormatVersion, number_);
  std::memcpy(data_, &header, sizeof(header));
  auto* magic = reinterpret_cast<uint64_t*>(data_ + offsetof(SegmentHeader, magic));
  __atomic_store_n(magic, kSegmentMagic, __ATOMIC_RELEASE);
}

void Segment::Store(uint64_t offset, std::string_view table, std::string_view row, uint32_t crc) noexcept {
  char* const record = data_ + offset;
  const RecordHeader header{0, crc ^ salt_, static_cast<uint32_t>(table.size()), 0};
  std::memcpy(record, &header, sizeof(header));
  std::memcpy(record + sizeof(header), table.data(), table.size());
  std::memcpy(record + sizeof(header) + table.size(), row.data(), row.size());
  const auto size = static_cast<uint32_t>(sizeof(header) + table.size() + row.size());
  __atomic_store_n(reinterpret_cast<uint32_t*>(record), size, __ATOMIC_RELEASE);
}

Result<bool> IsBlankFile(const fs::path& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  return content.find_first_not_of('\0') == std::string::npos;
}

fs::path SegmentPath(const fs::path& folder, uint64_t number) {
  return NumberedPath(folder, number, kSuffix);
}

Result<std::vector<uint64_t>> ListSegments(const fs::path& folder) {
  return ListNumbered(folder, kSuffix);
}

uint64_t SegmentBytes(const fs::path& folder) {
  uint64_t bytes = 0;
  const auto numbers = ListSegments(folder);
  if (!numbers) return 0;
  for (const uint64_t number : *numbers) {
    std::error_code gone;  // released meanwhile
    const uintmax_t size = fs::file_size(SegmentPath(folder, number), gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

fs::path FreePath(const fs::path& folder, uint64_t number) {
  return NumberedPath(folder, number, kFreeSuffix);
}

Result<std::vector<uint64_t>> ListFreeSegments(const fs::path& folder) {
  return ListNumbered(folder, kFreeSuffix);
}

fs::path NextPath(const fs::path& folder, uint64_t number) {
  return NumberedPath(folder, number, kNextSuffix);
}

Status RemoveFreeSegments(const fs::path& folder) {
  for (const std::string_view suffix : {kFreeSuffix, kNextSuffix}) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListNumbered(folder, suffix));
    for (const uint64_t number : numbers) {
      std::error_code error;
      fs::remove(NumberedPath(folder, number, suffix), error);
      if (error) return FromErrno(error.value(), "cannot remove a free spool segment");
    }
  }
  return {};
}

}  // namespace slipway::spool
