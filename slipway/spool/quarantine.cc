#include "slipway/spool/quarantine.h"

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/spool/segment.h"

namespace slipway::spool {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kReasonSuffix = ".reason.txt";

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string DamageText(const Damage& damage) {
  return fmt::format("{} bytes from byte {} on: {}", damage.bytes, damage.offset, damage.what);
}

Quarantine::Quarantine(const fs::path& writer_folder)
    : writer_folder_(writer_folder), folder_(writer_folder.parent_path() / kQuarantineFolder) {}

fs::path Quarantine::ReasonPath(uint64_t segment) const {
  return folder_ / fmt::format("{}-{:020}{}", writer_folder_.filename().string(), segment, kReasonSuffix);
}

Status Quarantine::Note(const std::vector<Damage>& damages, Timestamp now) const {
  std::map<uint64_t, std::vector<const Damage*>> by_segment;
  for (const Damage& damage : damages) by_segment[damage.segment].push_back(&damage);
  for (const auto& [segment, places] : by_segment) {
    const fs::path path = ReasonPath(segment);
    std::string reason = HasReason(segment) ? ReadFile(path).value_or("") : "";
    const size_t known = reason.size();
    for (const Damage* damage : places) {
      const std::string text = DamageText(*damage) + "\n";
      if (reason.find(text) == std::string::npos) reason += fmt::format("{}  {}", FormatTimestamp(now, 0), text);
    }
    if (reason.size() == known) continue;
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(path, reason, 0600));
    LogWarning("spool '{}': segment {} is damaged, {}; see '{}'", writer_folder_.filename().string(), segment,
               DamageText(*places.front()), path.string());
  }
  return {};
}

bool Quarantine::HasReason(uint64_t segment) const {
  std::error_code error;
  return fs::exists(ReasonPath(segment), error);
}

Status Quarantine::Take(uint64_t segment) const {
  const fs::path from = SegmentPath(writer_folder_, segment);
  const fs::path to = folder_ / fmt::format("{}-{}", writer_folder_.filename().string(), from.filename().string());
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return FromErrno(error.value(), fmt::format("cannot put '{}' into quarantine", from.string()));
  return {};
}

Result<std::vector<QuarantinedSegment>> ListQuarantine(const fs::path& spool_folder) {
  std::vector<QuarantinedSegment> found;
  const fs::path folder = spool_folder / kQuarantineFolder;
  std::error_code error;
  if (!fs::exists(folder, error)) return found;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (!entries->path().filename().string().ends_with(kReasonSuffix)) continue;
    found.push_back({entries->path(), FirstLine(ReadFile(entries->path()).value_or(""))});
  }
  if (error) return FromErrno(error.value(), fmt::format("cannot list '{}'", folder.string()));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.reason_file < b.reason_file; });
  return found;
}

}  // namespace slipway::spool
