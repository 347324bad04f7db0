#include "slipway/gateway/long_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

constexpr size_t kBeginningBytes = 1024;  // of the line, shown in its record

std::string RelativeName(std::string_view instance, Timestamp now) {
  return fmt::format("{}/{}-{}.txt", FormatTimestamp(now, 0).substr(0, 10), instance, RandomHex(8));
}

}  // namespace

LongLine::LongLine(const WantedFolder& folder, std::string_view instance, Timestamp now)
    : file_(std::filesystem::path(folder.folder) / RelativeName(instance, now)),
      uri_(folder.uri + "/" + file_.lexically_relative(folder.folder).string()),
      status_(Open()) {}

LongLine::~LongLine() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink((file_.string() + ".part").c_str());
}

Status LongLine::Open() {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(file_.parent_path()));
  descriptor_ = open((file_.string() + ".part").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  return descriptor_ >= 0 ? Status() : FromErrno(errno, file_.string());
}

Status LongLine::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FromErrno(written < 0 ? errno : EIO, file_.string());
    bytes.remove_prefix(static_cast<size_t>(written));
    kept_ += static_cast<uint64_t>(written);
  }
  return {};
}

void LongLine::Append(std::string_view bytes) {
  bytes_ += bytes.size();
  if (beginning_.size() < kBeginningBytes) beginning_.append(bytes.substr(0, kBeginningBytes - beginning_.size()));
  if (!status_) return;
  status_ = Write(bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), kBytesMax - kept_))));
}

std::string LongLine::Finish() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  if (status_ && rename((file_.string() + ".part").c_str(), file_.c_str()) != 0)
    status_ = FromErrno(errno, file_.string());
  std::string text = fmt::format("slipway: a line of {} bytes", bytes_);
  if (!status_) {
    unlink((file_.string() + ".part").c_str());
    uri_.clear();
    text += fmt::format(" could not be kept ({})", status_.error().ToString());
  } else if (kept_ < bytes_) {
    text += fmt::format(", of which the first {} are in {}", kept_, uri_);
  } else {
    text += fmt::format(" is in {}", uri_);
  }
  // The last character may have been cut.
  for (int i = 0; i < 3 && !IsUtf8(beginning_); ++i) beginning_.pop_back();
  return fmt::format("{}; it begins: {}", text, beginning_);
}

}  // namespace slipway::gateway
