#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/spool/quarantine.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/segment_reader.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

// A segment that can be read, and the ones before it that cannot.
struct Found {
  std::optional<SegmentReader> segment;
  std::vector<Damage> passed;
};

uint64_t SizeOf(const fs::path& file) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file, error);
  return error ? 0 : bytes;
}

class FolderReader final : public Reader {
 public:
  FolderReader(fs::path folder, Position start) : folder_(std::move(folder)), position_(start) {}

  Result<std::vector<Record>> Read(size_t records_max) override {
    std::vector<Record> records;
    while (records.size() < records_max) {
      SLIPWAY_ASSIGN_OR_RETURN(const bool is_at_segment, EnsureSegment());
      if (!is_at_segment) break;
      const Look look = segment_->LookAt(position_.offset);
      if (look.kind == Look::Kind::kRecord) {
        records.push_back({std::string(look.table), std::string(look.row)});
        position_.offset = look.end;
        continue;
      }
      SLIPWAY_ASSIGN_OR_RETURN(const bool has_moved, PassGap());
      if (!has_moved) break;
    }
    return records;
  }

  std::vector<Damage> TakeDamages() override { return std::exchange(damages_, {}); }
  Position position() const override { return position_; }
  Result<uint64_t> NewestSegment() const override {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder_));
    return numbers.empty() ? 0 : numbers.back();
  }

  Status Release(Position done) override {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder_));
    const Quarantine quarantine(folder_);
    for (const uint64_t number : numbers) {
      if (number >= done.segment) break;
      if (quarantine.HasReason(number)) {
        SLIPWAY_RETURN_IF_ERROR(quarantine.Take(number));
        continue;
      }
      std::error_code error;
      fs::rename(SegmentPath(folder_, number), FreePath(folder_, number), error);
      if (error) return FromErrno(error.value(), "cannot free a consumed spool segment");
    }
    return RemoveSuperfluous();
  }

 private:
  // Opens the segment that the position is in, or the first one after it; false when there is none yet.
  Result<bool> EnsureSegment() {
    if (segment_) return true;
    SLIPWAY_ASSIGN_OR_RETURN(Found found, FirstActive(position_.segment));
    if (!found.segment) return false;
    const uint64_t offset = found.segment->number() == position_.segment ? position_.offset : 0;
    Enter(std::move(found), std::max<uint64_t>(offset, sizeof(SegmentHeader)));
    return true;
  }

  void Enter(Found found, uint64_t offset) {
    damages_.insert(damages_.end(), found.passed.begin(), found.passed.end());
    position_ = {found.segment->number(), offset};
    segment_ = std::move(found.segment);
  }

  // Of the free segments the newest are kept: the writer still has them at hand. It may take one at any moment.
  Status RemoveSuperfluous() const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListFreeSegments(folder_));
    for (size_t i = 0; i + kFreeSegmentsMax < numbers.size(); ++i) {
      std::error_code error;
      fs::remove(FreePath(folder_, numbers[i]), error);
      if (error) return FromErrno(error.value(), "cannot remove a consumed spool segment");
    }
    return {};
  }

  // The first readable segment whose number is at least `number`. One that is not active comes last while all is well;
  // before an active one, its header has been lost.
  Result<Found> FirstActive(uint64_t number) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder_));
    Found found;
    for (const uint64_t candidate : numbers) {
      if (candidate < number) continue;
      auto segment = SegmentReader::Open(folder_, candidate);
      if (segment && *segment) {
        found.segment = std::move(*segment);
        return found;
      }
      if (!segment && segment.error().code() != Code::kDataLoss) return std::move(segment.error());
      std::string what = segment ? "its header is gone" : segment.error().message();
      found.passed.push_back({candidate, 0, SizeOf(SegmentPath(folder_, candidate)), std::move(what)});
    }
    return found;
  }

  // Goes on behind a place without a record; false when what belongs there may still come. A segment is closed once a
  // later one is active. Since the writer activates a segment after its last append to the one before, a record that
  // appears in between is seen by looking once more.
  Result<bool> PassGap() {
    SLIPWAY_ASSIGN_OR_RETURN(Found next, FirstActive(position_.segment + 1));
    const bool is_closed = next.segment.has_value();
    const Look look = segment_->LookAt(position_.offset);
    if (look.kind == Look::Kind::kRecord) return true;
    if (look.kind == Look::Kind::kNothing && !is_closed) return false;
    uint64_t end = segment_->FindRecord(position_.offset + 8);
    // Records are published in order: behind a place that was passed before one was there, a second look finds it.
    if (end < segment_->bytes()) end = segment_->FindRecord(position_.offset + 8);
    if (end == segment_->bytes() && !is_closed) return false;
    NoteGap(look, end);
    if (end == segment_->bytes())
      Enter(std::move(next), sizeof(SegmentHeader));
    else
      position_.offset = end;
    return true;
  }

  void NoteGap(const Look& look, uint64_t end) {
    const bool is_end = end == segment_->bytes();
    if (look.kind == Look::Kind::kDamage)
      AddDamage(end, look.damage);
    else if (!is_end)
      AddDamage(end, "zeros where there were records");
    if (is_end && segment_->missing_bytes() > 0)
      AddDamage(end, fmt::format("the file has lost its last {} bytes", segment_->missing_bytes()));
  }

  void AddDamage(uint64_t end, std::string what) {
    damages_.push_back({position_.segment, position_.offset, end - std::min(end, position_.offset), std::move(what)});
  }

  const fs::path folder_;
  Position position_;
  std::optional<SegmentReader> segment_;
  std::vector<Damage> damages_;
};

}  // namespace

Result<std::unique_ptr<Reader>> Reader::Open(const fs::path& folder, Position start) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return NotFound(fmt::format("there is no spool folder '{}'", folder.string()));
  }
  return std::unique_ptr<Reader>(std::make_unique<FolderReader>(folder, start));
}

}  // namespace slipway::spool
