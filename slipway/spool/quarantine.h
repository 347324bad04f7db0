// Where damaged segments are kept for people to look at: the folder `quarantine` beside the writers' folders. A segment
// is put there once its whole records have been read; beside it is a text that says what was wrong, and where.
// docs/formats/spool.md tells the names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {

inline constexpr std::string_view kQuarantineFolder = "quarantine";

// One writer's part of it. Stateless; one thread at a time.
class Quarantine {
 public:
  explicit Quarantine(const std::filesystem::path& writer_folder);
  // Adds lines to the segments' reasons, durably; a place that is told already is not told again.
  Status Note(const std::vector<Damage>& damages, Timestamp now) const;
  bool HasReason(uint64_t segment) const;
  // Moves the segment's file.
  Status Take(uint64_t segment) const;

 private:
  std::filesystem::path ReasonPath(uint64_t segment) const;
  const std::filesystem::path writer_folder_, folder_;
};

// A segment that is in quarantine, or will be as soon as it has been read.
struct QuarantinedSegment {
  std::filesystem::path reason_file;
  std::string first_reason;  // a line
};
// Of all writers below `spool_folder`, by name.
Result<std::vector<QuarantinedSegment>> ListQuarantine(const std::filesystem::path& spool_folder);

// "12 bytes from byte 4096 on: the checksum does not match".
std::string DamageText(const Damage& damage);

}  // namespace slipway::spool
