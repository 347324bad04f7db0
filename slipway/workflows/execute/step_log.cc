#include "slipway/workflows/execute/step_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace slipway::workflows {

Result<StepLog> StepLog::Open(const std::filesystem::path& file, const Masker& masker) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return FromErrno(errno, file.string());
  return StepLog(descriptor, masker);
}

StepLog::StepLog(StepLog&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), masker_(other.masker_), filter_(std::move(other.filter_)) {}

StepLog::~StepLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

void StepLog::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(descriptor_, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;  // a full disk must not end the job; its steps will notice
    text.remove_prefix(static_cast<size_t>(size));
  }
}

void StepLog::WriteLine(std::string_view line) {
  Write(masker_->Mask(line) + "\n");
}

void StepLog::Take(Stream& stream, bool is_whole) {
  if (!is_whole) {
    const size_t cut = masker_->SafeCut(stream.pending, stream.pending.size());
    Write(masker_->Mask(std::string_view(stream.pending).substr(0, cut)));
    stream.pending.erase(0, cut);
    stream.is_torn = true;
    return;
  }
  std::string line;
  line.swap(stream.pending);
  if (line.ends_with('\r')) line.pop_back();
  if (!std::exchange(stream.is_torn, false) && filter_ && filter_(line)) return;
  WriteLine(line);
}

void StepLog::Append(int stream_number, std::string_view bytes) {
  Stream& stream = streams_[stream_number];
  if (bytes.empty() && (!stream.pending.empty() || stream.is_torn)) Take(stream, true);
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    stream.pending += bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end != std::string_view::npos) {
      Take(stream, true);
    } else if (stream.pending.size() > kLineMax) {
      Take(stream, false);
    }
  }
}

}  // namespace slipway::workflows
