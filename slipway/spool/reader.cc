#include <algorithm>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

class MappedReader final : public Reader {
 public:
  MappedReader(fs::path folder, Position start) : folder_(std::move(folder)), position_(start) {}

  Result<std::vector<Record>> Read(size_t records_max) override {
    std::vector<Record> records;
    while (records.size() < records_max) {
      SLIPWAY_ASSIGN_OR_RETURN(const bool at_segment, EnsureSegment());
      if (!at_segment) break;
      if (ReadRecord(records)) continue;
      SLIPWAY_ASSIGN_OR_RETURN(const bool moved, LeaveSegmentWhenClosed());
      if (!moved) break;
    }
    return records;
  }

  Position position() const override { return position_; }
  uint64_t corrupt() const override { return corrupt_; }

  Status Release(Position done) override {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder_));
    for (const uint64_t number : numbers) {
      if (number >= done.segment) break;
      std::error_code error;
      fs::remove(SegmentPath(folder_, number), error);
      if (error) return FromErrno(error.value(), "cannot remove a consumed spool segment");
    }
    return {};
  }

 private:
  // Maps the segment that the position is in, or the first one after it; false when there is none yet.
  Result<bool> EnsureSegment() {
    if (segment_) return true;
    SLIPWAY_ASSIGN_OR_RETURN(std::optional<Segment> found, FirstActive(position_.segment));
    if (!found) return false;
    if (found->number() != position_.segment) position_ = {found->number(), 0};
    if (position_.offset < sizeof(SegmentHeader)) position_.offset = sizeof(SegmentHeader);
    segment_ = std::move(found);
    return true;
  }

  // The first active segment whose number is at least `number`. Damaged ones are counted once and passed over.
  Result<std::optional<Segment>> FirstActive(uint64_t number) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto numbers, ListSegments(folder_));
    for (const uint64_t candidate : numbers) {
      if (candidate < number) continue;
      auto segment = Segment::OpenActive(folder_, candidate);
      if (segment && !*segment) continue;
      if (segment) return std::move(*segment);
      if (segment.error().code() != Code::kDataLoss) return std::move(segment.error());
      if (candidate > last_damaged_) {
        last_damaged_ = candidate;
        ++corrupt_;
        LogWarning("spool: {}; its records are lost", segment.error().ToString());
      }
    }
    return std::optional<Segment>();
  }

  // Takes the record at the position; false when there is none that can be read (yet).
  bool ReadRecord(std::vector<Record>& records) {
    const uint64_t room = segment_->bytes() - std::min(position_.offset, segment_->bytes());
    if (room < sizeof(RecordHeader)) return false;
    const uint32_t size = segment_->PublishedSize(position_.offset);
    if (size == 0 || size < sizeof(RecordHeader) || size > room) return false;
    RecordHeader header;
    std::memcpy(&header, segment_->At(position_.offset), sizeof(header));
    const std::string_view body(segment_->At(position_.offset) + sizeof(header), size - sizeof(header));
    position_.offset += PaddedSize(size);
    if (header.table_size > body.size()) return CountCorrupt();
    const std::string_view table = body.substr(0, header.table_size), row = body.substr(header.table_size);
    if (RecordCrc(table, row) != header.crc) return CountCorrupt();
    records.push_back({std::string(table), std::string(row)});
    return true;
  }

  bool CountCorrupt() {
    ++corrupt_;
    return true;
  }

  // A segment is closed once a later one is active. Since the writer activates a segment after its last append to the
  // one before, a record that appears in between is seen by looking once more.
  Result<bool> LeaveSegmentWhenClosed() {
    SLIPWAY_ASSIGN_OR_RETURN(std::optional<Segment> next, FirstActive(position_.segment + 1));
    if (!next) return false;
    const uint64_t room = segment_->bytes() - std::min(position_.offset, segment_->bytes());
    const uint32_t size = room < sizeof(RecordHeader) ? 0 : segment_->PublishedSize(position_.offset);
    if (size >= sizeof(RecordHeader) && size <= room) return true;
    if (size != 0) ++corrupt_;  // a length that cannot be: what follows it in this segment is lost
    position_ = {next->number(), sizeof(SegmentHeader)};
    segment_ = std::move(next);
    return true;
  }

  const fs::path folder_;
  Position position_;
  std::optional<Segment> segment_;
  uint64_t corrupt_ = 0;
  uint64_t last_damaged_ = 0;
};

}  // namespace

Result<std::unique_ptr<Reader>> Reader::Open(const fs::path& folder, Position start) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return NotFound(fmt::format("there is no spool folder '{}'", folder.string()));
  }
  return std::unique_ptr<Reader>(std::make_unique<MappedReader>(folder, start));
}

}  // namespace slipway::spool
