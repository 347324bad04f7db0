#include <atomic>
#include <mutex>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/segment_reader.h"
#include "slipway/spool/segment_supply.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

// Appends go to one active segment under a mutex; a supply makes the next one, in steps with the appends.
class MappedWriter final : public Writer {
 public:
  MappedWriter(const fs::path& folder, WriterOptions options, FileLock lock, Segment first)
      : options_(options),
        lock_(std::move(lock)),
        supply_(folder, options, first.number() + 1),
        active_(std::move(first)) {
    active_.Activate();
  }

  bool Append(std::string_view table, std::string_view row) noexcept override {
    const uint64_t size = PaddedSize(sizeof(RecordHeader) + table.size() + row.size());
    if (size > options_.segment_bytes - sizeof(SegmentHeader)) return Drop();
    const uint32_t crc = RecordCrc(table, row);
    std::unique_lock lock(mutex_);
    if (offset_ + size > active_.bytes() && !Rotate()) return Drop();
    active_.Store(offset_, table, row, crc);
    offset_ += size;
    // The segment was cleared so long ago that it is in no near cache any more; the next record is of about this size.
    active_.Prefetch(offset_, size);
    if (offset_ < pace_at_) return true;
    pace_at_ += supply_.pace_bytes();
    lock.unlock();
    supply_.Pace();
    return true;
  }

  uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool Drop() noexcept {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  // Goes on in the next segment; false when the spool stands at its bound and drops.
  bool Rotate() noexcept {
    if (!supply_.Exchange(active_)) return false;
    offset_ = sizeof(SegmentHeader);
    pace_at_ = supply_.pace_bytes();
    return true;
  }

  const WriterOptions options_;
  const FileLock lock_;
  std::atomic<uint64_t> dropped_{0};
  SegmentSupply supply_;

  std::mutex mutex_;  // guards all below
  Segment active_;
  uint64_t offset_ = sizeof(SegmentHeader);
  uint64_t pace_at_ = supply_.pace_bytes();  // where the supply is told next
};

// Removes segments that an earlier writer made ahead and never used, and free ones; gives the number after the last one
// kept. A damaged segment stays for the reader, which puts it into quarantine; so does one whose beginning alone has
// been zeroed.
Result<uint64_t> TidyAfterEarlierWriter(const fs::path& folder) {
  SLIPWAY_RETURN_IF_ERROR(RemoveFreeSegments(folder));
  SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder));
  for (const uint64_t number : numbers) {
    const auto segment = SegmentReader::Open(folder, number);
    if (!segment || *segment) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const bool is_blank, IsBlankFile(SegmentPath(folder, number)));
    if (!is_blank) continue;
    std::error_code error;
    fs::remove(SegmentPath(folder, number), error);
    if (error) return FromErrno(error.value(), "cannot remove an unused spool segment");
  }
  return numbers.empty() ? 1 : numbers.back() + 1;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::Open(const fs::path& folder, WriterOptions options) {
  options.segment_bytes = PaddedSize(options.segment_bytes);
  if (options.segment_bytes < 4096 || options.segment_bytes > (1ULL << 31)) {
    return InvalidArgument(fmt::format("a spool segment has 4 KiB to 2 GiB, not {} bytes", options.segment_bytes));
  }
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  SLIPWAY_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(folder / "writer.lock"));
  SLIPWAY_ASSIGN_OR_RETURN(const uint64_t number, TidyAfterEarlierWriter(folder));
  SLIPWAY_ASSIGN_OR_RETURN(Segment first, Segment::Create(folder, number, options.segment_bytes));
  SLIPWAY_RETURN_IF_ERROR(first.SetUp(0, first.bytes()));
  return std::unique_ptr<Writer>(std::make_unique<MappedWriter>(folder, options, std::move(lock), std::move(first)));
}

}  // namespace slipway::spool
