// How segments are made, and why.
//
// An append must not wait for the file system, and the thread that makes segments must not keep the processor from
// those who append: where both share one, a millisecond of its work is a millisecond's delay of some hundred requests.
// Tried with `score-http`'s gateway and load at half of its peak (30,000 requests a second, 24 MB of records, so a
// segment of 16 MiB every 0.7 s), everything on one core but the load; Linux 6.18, ext4, 2 x Xeon; nginx at the same
// rate has a 99th percentile of 33 to 45 us. Times are of one segment, then the 99th percentile of the answers:
//
//   made at once, half a segment ahead, pages populated 128 KiB at a time with pauses of 100 us    700 to 1,800 us
//     populating takes 5 to 7 ms (17 on a busy machine), of which 1.1 to 2.5 ms in one piece: the first touch of a
//     page makes, clears and marks as dirty a whole large folio; unmapping the old segment 0.8 ms in one piece. With
//     the pauses all this is a window of some 40 ms in which the requests have half a core: once a second they pile up
//   pages touched by the appends themselves: the same 6 to 8 ms, the pieces of 1.2 to 1.6 ms inside requests
//   a sparse file instead of allocated blocks: 8 to 10 ms, and a full disk is a signal in the middle of an append
//   zeros written to the file first, then populated: 1.9 to 2.5 ms and 0.6 to 1.2 ms, each 64 KiB some 11 us; unmapped
//     in 0.2 to 0.4 ms, where caches are warm. In steps of 64 KiB that keep step with the appends   100 to 160 us
//     in steps of 16 KiB                                                                             80 to 140 us
//     in steps of 32 KiB, the thread takes 3.3 % of the core                                        110 to 330 us
//     in steps of 64 KiB, unmapped by 512 KiB: 2.0 % of the core, as a call of munmap splits maps    90 to 170 us
//   no traffic log at all                                                                            50 to  60 us
//
// With a reader that keeps up, as the log store does, at 40,000 requests a second on another, noisier machine (98th and
// 99th percentiles; nginx 120 to 290 and 280 to 1,200, as 3 ms of the system's own work pause the core twice a second):
//
//   zeros written, segments unmapped and closed while the next is made        440 to 1,090 and 1,170 to 1,790
//     a new file's pages may be such as the machine has to fetch from its host first: up to a seventh of the core;
//     closing takes 1.4 to 2.8 ms in one piece, as the reader has removed the file, and who lets go last clears up
//   segments that were read are cleared and used again                          155 to 270 and   270 to 1,130
//     12 microseconds a step with its wake-up, 0.7 % of the core at 50,000 requests a second
//   no traffic log at all                                                       120 to 195 and   220 to   375
//
// So: a file that the reader is through with is taken back, mapped as it is, and cleared; docs/formats/spool.md says
// how, and what happens in a crash. Where there is none yet, zeros are written to a new file, which makes pages many at
// a time, and what is populated then is mapped only. Each time that 64 KiB were appended, the next 80 KiB of the spare
// segment are set up, and now and then a piece of one that was waited for too long is unmapped: no burst at any rate,
// and the spare is there when four fifths of the active segment are filled.
//
// Not done: writing records with pwrite, which takes a system call a record, and from which readers could see a record
// without its end. A page that the system wrote to disk meanwhile faults once more when it is cleared or appended to (a
// microsecond or two; there is no block to allocate).
#include "slipway/spool/segment_supply.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/log.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

// A step's share of a segment: some ten microseconds of work.
constexpr uint64_t kStepBytes = 64 << 10;
// Unmapping costs by the call more than by the page.
constexpr uint64_t kUnmapBytes = 512 << 10;
// Steps asked for while a segment is filled, at least: a small one has smaller steps.
constexpr uint64_t kStepsMin = 8;
// How often it is looked whether the reader made room, while the spool stands at its bound.
constexpr std::chrono::milliseconds kRoomPollInterval{20};

}  // namespace

SegmentSupply::SegmentSupply(fs::path folder, WriterOptions options, uint64_t number)
    : folder_(std::move(folder)),
      options_(options),
      pace_bytes_(std::min(kStepBytes, options.segment_bytes / kStepsMin)),
      number_(number) {
  left_.reserve(kFreeSegmentsMax + 1);
  thread_ = std::thread([this] { Run(); });
}

SegmentSupply::~SegmentSupply() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (!making_ && !spare_) return;
  std::error_code ignored;
  fs::remove(making_ && is_taken_back_ ? NextPath(folder_, number_) : SegmentPath(folder_, number_), ignored);
}

void SegmentSupply::Pace() noexcept {
  {
    const std::lock_guard lock(mutex_);
    filled_ += pace_bytes_;
    if (!HasWork()) return;
  }
  changed_.notify_all();
}

bool SegmentSupply::Exchange(Segment& active) noexcept {
  std::unique_lock lock(mutex_);
  if (!spare_) {
    is_waited_for_ = true;
    changed_.notify_all();
    const bool may_drop = options_.at_bound == AtBound::kDropAndCount;
    changed_.wait(lock, [&] { return spare_ || (at_bound_ && may_drop); });
    if (!spare_) return false;
  }
  spare_->Activate();
  std::swap(active, *spare_);
  left_.push_back(std::move(*spare_));
  spare_.reset();
  if (left_.size() > kFreeSegmentsMax) {
    leaving_ = std::move(left_.front());
    left_.erase(left_.begin());
  }
  ++number_;
  done_ = filled_ = 0;
  is_waited_for_ = false;
  return true;
}

// A quarter faster than the appends, so that the segment is there before it is needed.
bool SegmentSupply::HasWork() const {
  return !spare_ && (is_waited_for_ || done_ < filled_ / 4 * 5);
}

void SegmentSupply::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (HasWork()) {
      Step(lock);
    } else {
      changed_.wait(lock);
    }
  }
}

void SegmentSupply::Step(std::unique_lock<std::mutex>& lock) {
  const uint64_t begin = done_, end = std::min(begin + kStepBytes, options_.segment_bytes);
  lock.unlock();
  const Status worked = Work(begin, end);
  lock.lock();
  if (!worked) {
    NoteFailure(worked.error());
    changed_.notify_all();
    changed_.wait_for(lock, kRoomPollInterval, [this] { return stopping_; });
    return;
  }
  at_bound_ = false;
  done_ = end;
  if (done_ < options_.segment_bytes) return;
  spare_ = std::exchange(making_, std::nullopt);
  changed_.notify_all();
}

void SegmentSupply::NoteFailure(const Error& error) {
  if (std::exchange(at_bound_, true)) return;
  LogWarning("spool '{}': {}; new records {}", folder_.string(), error.ToString(),
             options_.at_bound == AtBound::kBlock ? "wait" : "are dropped and counted");
}

Status SegmentSupply::Work(uint64_t begin, uint64_t end) {
  if (!making_) SLIPWAY_RETURN_IF_ERROR(Make());
  if (is_taken_back_) {
    making_->Clear(begin, end);
  } else {
    SLIPWAY_RETURN_IF_ERROR(making_->SetUp(begin, end));
  }
  if (end == options_.segment_bytes) return Finish();
  if (leaving_) leaving_->UnmapBefore(end / kUnmapBytes * kUnmapBytes);
  return {};
}

Status SegmentSupply::Finish() {
  leaving_.reset();
  return is_taken_back_ ? making_->Publish(folder_) : Status();
}

Status SegmentSupply::Make() {
  SLIPWAY_ASSIGN_OR_RETURN(const auto segments, ListSegments(folder_));
  if ((segments.size() + 1) * options_.segment_bytes > options_.total_bytes_max) {
    return Error(Code::kResourceExhausted,
                 fmt::format("{} segments wait for the log store, which is the bound of {} bytes", segments.size(),
                             options_.total_bytes_max));
  }
  is_taken_back_ = TakeBack();
  if (is_taken_back_) return {};
  SLIPWAY_ASSIGN_OR_RETURN(making_, Segment::Create(folder_, number_, options_.segment_bytes));
  return {};
}

// Looks for a full segment that the reader is through with.
bool SegmentSupply::TakeBack() noexcept {
  for (auto segment = left_.begin(); segment != left_.end(); ++segment) {
    if (!segment->TakeBack(folder_, number_)) continue;
    making_ = std::move(*segment);
    left_.erase(segment);
    return true;
  }
  return false;
}

}  // namespace slipway::spool
