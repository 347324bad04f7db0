// The segments of one writer: made ahead, or taken back from the reader, on a thread of its own, so that no append
// waits for the file system. segment_supply.cc says what was measured.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {

// Thread-safe.
class SegmentSupply {
 public:
  // `number`: of the first segment it makes in `folder`.
  SegmentSupply(std::filesystem::path folder, WriterOptions options, uint64_t number);
  // Removes what was made and not taken.
  ~SegmentSupply();

  // To be called each time that pace_bytes() more of the active segment are filled: the work keeps step with that.
  void Pace() noexcept;
  uint64_t pace_bytes() const { return pace_bytes_; }

  // Swaps the full `active` for the next segment, which is waited for, and activates that one. False when the spool
  // stands at its bound and drops.
  bool Exchange(Segment& active) noexcept;

 private:
  void Run();
  void Step(std::unique_lock<std::mutex>& lock);
  Status Work(uint64_t begin, uint64_t end);
  Status Make();
  bool TakeBack() noexcept;
  Status Finish();
  void NoteFailure(const Error& error);
  bool HasWork() const;

  const std::filesystem::path folder_;
  const WriterOptions options_;
  const uint64_t pace_bytes_;

  // Guarded by mutex_; Work uses them without, as others leave them alone until there is a spare.
  std::optional<Segment> making_, leaving_;
  bool is_taken_back_ = false;  // making_
  // Full ones, oldest first, which stay mapped until the reader gives one back or there are too many.
  std::vector<Segment> left_;
  uint64_t number_;  // of the segment that is made

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  uint64_t done_ = 0;  // up to where it is set up
  std::optional<Segment> spare_;
  uint64_t filled_ = 0;  // of the active segment, about
  bool is_waited_for_ = false;
  bool at_bound_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace slipway::spool
