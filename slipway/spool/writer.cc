#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/assert.h"
#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/segment_reader.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

// How often the preparer looks whether the reader made room, while the spool stands at its bound.
constexpr std::chrono::milliseconds kRoomPollInterval{20};

// Appends go to one active segment under a mutex. A thread of its own makes the next segment ahead of time, when the
// active one is half full, so that no append waits for the file system.
class MappedWriter final : public Writer {
 public:
  MappedWriter(fs::path folder, WriterOptions options, FileLock lock, Segment first)
      : folder_(std::move(folder)), options_(options), lock_(std::move(lock)), active_(std::move(first)) {
    active_.Activate();
    preparer_ = std::thread([this] { PrepareSegments(); });
  }

  ~MappedWriter() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    preparer_.join();
    if (spare_) {
      std::error_code ignored;
      fs::remove(SegmentPath(folder_, spare_->number()), ignored);
    }
  }

  bool Append(std::string_view table, std::string_view row) noexcept override {
    const uint64_t size = PaddedSize(sizeof(RecordHeader) + table.size() + row.size());
    if (size > options_.segment_bytes - sizeof(SegmentHeader)) return Drop();
    const uint32_t crc = RecordCrc(table, row);
    std::unique_lock lock(mutex_);
    if (offset_ + size > active_.bytes() && !Rotate(lock, size)) return Drop();
    active_.Store(offset_, table, row, crc);
    offset_ += size;
    if (!spare_wanted_ && offset_ > active_.bytes() / 2) WantSpare();
    return true;
  }

  uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool Drop() noexcept {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  void WantSpare() noexcept {
    spare_wanted_ = true;
    changed_.notify_all();
  }

  // Makes room for `size` bytes; false when the spool stands at its bound and drops.
  bool Rotate(std::unique_lock<std::mutex>& lock, uint64_t size) noexcept {
    while (offset_ + size > active_.bytes()) {
      if (spare_) {
        ActivateSpare();
        return true;
      }
      if (!spare_wanted_) WantSpare();
      if (at_bound_ && options_.at_bound == AtBound::kDropAndCount) return false;
      changed_.wait(lock);
    }
    return true;
  }

  void ActivateSpare() noexcept {
    SLIPWAY_ASSERT(!retired_);  // the preparer disposes of it before it makes a spare
    spare_->Activate();
    std::swap(active_, *spare_);
    retired_.swap(spare_);
    offset_ = sizeof(SegmentHeader);
    spare_wanted_ = false;
    changed_.notify_all();  // the preparer unmaps what was retired
  }

  void PrepareSegments() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (retired_) {
        std::optional<Segment> retired;
        retired.swap(retired_);
        lock.unlock();
        retired.reset();
        lock.lock();
      } else if (spare_wanted_ && !spare_) {
        PrepareSpare(lock);
      } else {
        changed_.wait(lock);
      }
    }
  }

  void PrepareSpare(std::unique_lock<std::mutex>& lock) {
    const uint64_t number = active_.number() + 1;
    lock.unlock();
    Result<Segment> made = MakeSpare(number);
    lock.lock();
    const bool was_at_bound = std::exchange(at_bound_, !made.has_value());
    if (made) {
      spare_.emplace(std::move(*made));
    } else if (!was_at_bound) {
      LogWarning("spool '{}': {}; new records {}", folder_.string(), made.error().ToString(),
                 options_.at_bound == AtBound::kBlock ? "wait" : "are dropped and counted");
    }
    changed_.notify_all();
    if (at_bound_) changed_.wait_for(lock, kRoomPollInterval, [this] { return stopping_; });
  }

  Result<Segment> MakeSpare(uint64_t number) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto segments, ListSegments(folder_));
    if ((segments.size() + 1) * options_.segment_bytes > options_.total_bytes_max) {
      return Error(Code::kResourceExhausted,
                   fmt::format("{} segments wait for the log store, which is the bound of {} bytes", segments.size(),
                               options_.total_bytes_max));
    }
    SLIPWAY_ASSIGN_OR_RETURN(Segment made, Segment::Create(folder_, number, options_.segment_bytes));
    made.Populate();
    return made;
  }

  const fs::path folder_;
  const WriterOptions options_;
  const FileLock lock_;
  std::atomic<uint64_t> dropped_{0};

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Segment active_;
  uint64_t offset_ = sizeof(SegmentHeader);
  std::optional<Segment> spare_;
  std::optional<Segment> retired_;
  bool spare_wanted_ = false;
  bool at_bound_ = false;
  bool stopping_ = false;
  std::thread preparer_;
};

// Removes segments that an earlier writer made ahead and never used; gives the number after the last one kept. A
// damaged segment stays for the reader, which puts it into quarantine; so does one whose beginning alone has been
// zeroed.
Result<uint64_t> TidyAfterEarlierWriter(const fs::path& folder) {
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
  return std::unique_ptr<Writer>(std::make_unique<MappedWriter>(folder, options, std::move(lock), std::move(first)));
}

}  // namespace slipway::spool
