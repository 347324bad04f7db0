#include "slipway/gateway/console_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "slipway/base/file.h"
#include "slipway/base/log.h"

namespace slipway::gateway {

ConsoleFile::ConsoleFile(std::filesystem::path path, size_t lines_kept)
    : path_(std::move(path)), lines_kept_(lines_kept) {}

ConsoleFile::~ConsoleFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ConsoleFile::Append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  const Status status = AppendLocked(line);
  if (!status && !has_warned_) LogWarning("console log '{}': {}", path_.string(), status.error().ToString());
  has_warned_ = !status;
}

Status ConsoleFile::AppendLocked(std::string_view line) {
  if (descriptor_ < 0) SLIPWAY_RETURN_IF_ERROR(Open());
  std::string text(line);
  text.push_back('\n');
  if (write(descriptor_, text.data(), text.size()) < 0) return FromErrno(errno, "write");
  if (++lines_ >= 2 * lines_kept_) return Trim();
  return {};
}

Status ConsoleFile::Open() {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(path_.parent_path()));
  descriptor_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return FromErrno(errno, "open");
  if (const auto content = ReadFile(path_)) {
    lines_ = static_cast<size_t>(std::count(content->begin(), content->end(), '\n'));
  }
  return {};
}

Status ConsoleFile::Trim() {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(path_));
  size_t begin = content.size();
  for (size_t lines = 0; begin > 0 && lines <= lines_kept_; ++lines) {
    begin = content.rfind('\n', begin - 1);
    if (begin == std::string::npos) break;
  }
  const std::string_view kept = begin >= content.size() ? content : std::string_view(content).substr(begin + 1);
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(path_, kept, 0600));
  close(descriptor_);
  descriptor_ = -1;
  return Open();
}

}  // namespace slipway::gateway
