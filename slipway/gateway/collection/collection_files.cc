#include "slipway/gateway/collection/collection_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"

namespace slipway::gateway::collection {
namespace {

namespace fs = std::filesystem;

constexpr size_t kOpenMax = 64;  // files; beyond it all are closed and those still in use opened again

// Cuts off what follows the last line break.
Status CutTornLine(int descriptor, off_t size) {
  constexpr off_t kBlock = 64 << 10;
  std::string block;
  for (off_t end = size; end > 0;) {
    const off_t begin = std::max<off_t>(0, end - kBlock);
    block.resize(static_cast<size_t>(end - begin));
    if (pread(descriptor, block.data(), block.size(), begin) != static_cast<ssize_t>(block.size()))
      return FromErrno(errno, "read");
    const size_t line_break = block.rfind('\n');
    if (line_break != std::string::npos) {
      const off_t whole = begin + static_cast<off_t>(line_break) + 1;
      return whole == size || ftruncate(descriptor, whole) == 0 ? Status() : FromErrno(errno, "truncate");
    }
    end = begin;
  }
  return size == 0 || ftruncate(descriptor, 0) == 0 ? Status() : FromErrno(errno, "truncate");
}

Status CutTornLine(int descriptor) {
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) return FromErrno(errno, "stat");
  return CutTornLine(descriptor, facts.st_size);
}

void RepairFile(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;  // it was moved away or deleted
  if (const Status cut = CutTornLine(descriptor); !cut)
    LogWarning("collected data in '{}': {}", file, cut.error().ToString());
  close(descriptor);
}

// Whether the file is still found by its name: a user may have deleted it meanwhile.
bool IsLinked(int descriptor) {
  struct stat facts {};
  return fstat(descriptor, &facts) == 0 && facts.st_nlink > 0;
}

Status WriteWhole(int descriptor, std::string_view lines) {
  const off_t before = lseek(descriptor, 0, SEEK_END);
  std::string_view rest = lines;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int reason = written < 0 ? errno : EIO;
      if (before >= 0 && rest.size() < lines.size() && ftruncate(descriptor, before) != 0)
        LogWarning("collected data: a line that was written in part stays");
      return FromErrno(reason, "write");
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

fs::path PeriodFolder(const fs::path& folder, std::string_view rolling_rate, Timestamp time) {
  const std::string text = FormatTimestamp(time, 0);  // 2026-03-04T05:06:07Z
  const fs::path year = folder / text.substr(0, 4);
  if (rolling_rate == "year") return year;
  if (rolling_rate == "month") return year / text.substr(5, 2);
  const fs::path day = year / text.substr(5, 2) / text.substr(8, 2);
  return rolling_rate == "day" ? day : day / text.substr(11, 2);
}

fs::path PeriodFile(const fs::path& folder, std::string_view rolling_rate, std::string_view instance, Timestamp time) {
  const std::string minute = rolling_rate == "minute" ? "." + FormatTimestamp(time, 0).substr(14, 2) : "";
  return PeriodFolder(folder, rolling_rate, time) / fmt::format("{}{}.jsonl", instance, minute);
}

CollectionFiles::CollectionFiles(fs::path journal) : journal_(std::move(journal)) {
  const auto listed = ReadFile(journal_);
  if (!listed) return;
  for (const std::string_view file : Split(*listed, '\n')) {
    if (!file.empty()) RepairFile(std::string(file));
  }
}

CollectionFiles::~CollectionFiles() {
  CloseAll();
  std::error_code ignored;
  fs::remove(journal_, ignored);
}

void CollectionFiles::CloseAll() {
  for (const auto& [file, descriptor] : open_) close(descriptor);
  open_.clear();
}

Status CollectionFiles::SaveJournal() const {
  std::string text;
  for (const auto& [file, descriptor] : open_) text.append(file.string()).push_back('\n');
  return WriteFileAtomic(journal_, text, 0600);
}

Result<int> CollectionFiles::Open(const fs::path& file) {
  if (const auto found = open_.find(file); found != open_.end()) {
    if (IsLinked(found->second)) return found->second;
    close(found->second);
    open_.erase(found);
  }
  if (open_.size() >= kOpenMax) CloseAll();
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(file.parent_path()));
  const int descriptor = open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return FromErrno(errno, file.string());
  open_[file] = descriptor;
  Status ready = CutTornLine(descriptor);
  if (ready) ready = SaveJournal();
  if (ready) return descriptor;
  close(descriptor);
  open_.erase(file);
  return ready.error();
}

Status CollectionFiles::Append(const fs::path& file, std::string_view lines) {
  SLIPWAY_ASSIGN_OR_RETURN(const int descriptor, Open(file));
  return With(WriteWhole(descriptor, lines), file.string());
}

}  // namespace slipway::gateway::collection
