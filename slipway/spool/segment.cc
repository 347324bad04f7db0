#include "slipway/spool/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".segment";
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

Result<char*> Map(int descriptor, uint64_t bytes, const fs::path& path) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) return FromErrno(errno, fmt::format("cannot map '{}'", path.string()));
  return static_cast<char*>(data);
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

Result<Segment> Segment::Create(const fs::path& folder, uint64_t number, uint64_t bytes) {
  const fs::path path = SegmentPath(folder, number);
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.value() < 0) return FromErrno(errno, fmt::format("cannot make '{}'", path.string()));
  const auto abandon = [&](int error_number) {
    ::unlink(path.c_str());
    return FromErrno(error_number, fmt::format("cannot allocate {} bytes for '{}'", bytes, path.string()));
  };
  const int error_number = ::posix_fallocate(file.value(), 0, static_cast<off_t>(bytes));
  if (error_number != 0) return abandon(error_number);
  auto data = Map(file.value(), bytes, path);
  if (!data) {
    ::unlink(path.c_str());
    return std::move(data.error());
  }
  return Segment(number, bytes, *data);
}

Segment::Segment(Segment&& other) noexcept
    : number_(other.number_), bytes_(other.bytes_), data_(std::exchange(other.data_, nullptr)) {}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(bytes_, other.bytes_);
  std::swap(data_, other.data_);
  return *this;
}

Segment::~Segment() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

void Segment::Populate() noexcept {
#ifdef MADV_POPULATE_WRITE
  constexpr uint64_t kStepBytes = 128 << 10;
  constexpr std::chrono::microseconds kPause{100};
  for (uint64_t at = 0; at < bytes_; at += kStepBytes) {
    // An older system does not know this: its pages come as they are touched.
    if (::madvise(data_ + at, std::min(kStepBytes, bytes_ - at), MADV_POPULATE_WRITE) != 0) return;
    std::this_thread::sleep_for(kPause);
  }
#endif
}

void Segment::Activate() noexcept {
  SegmentHeader header{};
  header.version = kFormatVersion;
  header.number = number_;
  header.bytes = bytes_;
  header.crc = HeaderCrc(number_, bytes_);
  std::memcpy(data_, &header, sizeof(header));
  auto* magic = reinterpret_cast<uint64_t*>(data_ + offsetof(SegmentHeader, magic));
  __atomic_store_n(magic, kSegmentMagic, __ATOMIC_RELEASE);
}

void Segment::Store(uint64_t offset, std::string_view table, std::string_view row, uint32_t crc) noexcept {
  char* const record = data_ + offset;
  const RecordHeader header{0, crc, static_cast<uint32_t>(table.size()), 0};
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
  return folder / fmt::format("{:020}{}", number, kSuffix);
}

Result<std::vector<uint64_t>> ListSegments(const fs::path& folder) {
  std::vector<uint64_t> numbers;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    if (const auto number = ParseInt(std::string_view(name).substr(0, name.size() - kSuffix.size()))) {
      numbers.push_back(static_cast<uint64_t>(*number));
    }
  }
  if (error) return FromErrno(error.value(), fmt::format("cannot list '{}'", folder.string()));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace slipway::spool
