// The spool: append-only, checksummed segment files through which the data plane hands log records to the log store.
// One folder a writer process. The file format is docs/formats/spool.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::spool {

enum class AtBound { kBlock, kDropAndCount };

struct WriterOptions {
  uint64_t segment_bytes = 16ULL << 20;
  uint64_t total_bytes_max = 4ULL << 30;  // of segments not yet consumed
  AtBound at_bound = AtBound::kDropAndCount;
};

// Appends records. Thread-safe; Append neither allocates nor locks for longer than a memory copy. Segments are
// memory-mapped: what Append accepted survives a kill of the process (not a power cut: that is the page cache's).
class Writer {
 public:
  // `folder` belongs to this writer alone; what an earlier writer left is kept for the reader.
  static Result<std::unique_ptr<Writer>> Open(const std::filesystem::path& folder, WriterOptions options);
  virtual ~Writer() = default;
  // `table` as logstore names it; `row` is one JSON object whose keys are column names (TimeGenerated included).
  // False when the record was dropped at the bound (counted).
  virtual bool Append(std::string_view table, std::string_view row) noexcept = 0;
  virtual uint64_t dropped() const = 0;
};

// Where a reader stands in one writer's folder: stored by the log store in the transaction that stores the rows.
struct Position {
  uint64_t segment = 0;
  uint64_t offset = 0;
  auto operator<=>(const Position&) const = default;
};

struct Record {
  std::string table;
  std::string row;
};

// A place of a segment where no record can be read, though there were some or might have been.
struct Damage {
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;  // until the next whole record, or the segment's end
  std::string what;
};

// Reads one writer's folder, while it is written or after. What is damaged is passed over: every whole record before it
// and after it is read. Not thread-safe.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> Open(const std::filesystem::path& folder, Position start);
  virtual ~Reader() = default;
  // Up to `records_max` complete records; fewer (or none) when the writer has written no more. A torn record at the end
  // of a dead writer's segment was never acknowledged: it is no damage, and never returned.
  virtual Result<std::vector<Record>> Read(size_t records_max) = 0;
  // What position() has passed since the last call.
  virtual std::vector<Damage> TakeDamages() = 0;
  virtual Position position() const = 0;
  // The number of the newest segment there is by now, 0 without any: what was appended before the call is in it or in
  // an earlier one.
  virtual Result<uint64_t> NewestSegment() const = 0;
  // Gives segments wholly before `done` back to the writer, a few of them, and deletes the others; those that the
  // quarantine has a reason for go there.
  virtual Status Release(Position done) = 0;
};

// Of the segments in a writer's folder that the reader has not released.
uint64_t SegmentBytes(const std::filesystem::path& folder);

}  // namespace slipway::spool
