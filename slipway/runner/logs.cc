#include "slipway/runner/logs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::runner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"user_logs", "azureml-logs", "logs"};
constexpr const char* kMainLog = "user_logs/std_log.txt";
constexpr size_t kMaxPart = 4 * 1024 * 1024;

bool IsLogName(const std::string& name) {
  return std::any_of(std::begin(kFolders), std::end(kFolders),
                     [&](const char* folder) { return name.starts_with(std::string(folder) + "/"); });
}

}  // namespace

Result<std::vector<LogFile>> ListLogFiles(const fs::path& artifacts) {
  std::vector<LogFile> logs;
  for (const char* folder : kFolders) {
    const auto files = ListFiles(artifacts / folder);
    if (!files) continue;  // not made yet
    for (const FileEntry& file : *files) logs.push_back({fmt::format("{}/{}", folder, file.path), file.size});
  }
  std::stable_sort(logs.begin(), logs.end(),
                   [](const LogFile& a, const LogFile& b) { return (a.name == kMainLog) > (b.name == kMainLog); });
  return logs;
}

Result<LogPart> ReadLogFile(const fs::path& artifacts, const std::string& name, uint64_t offset, bool may_grow) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, JoinBelow(artifacts, name));
  const int descriptor = IsLogName(name) ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (descriptor < 0) {
    if (may_grow && name == kMainLog) return LogPart{};  // the command has not started yet
    std::vector<std::string> names;
    if (const auto logs = ListLogFiles(artifacts)) {
      for (const LogFile& log : *logs) names.push_back(log.name);
    }
    return NotFound(fmt::format("the job has no log '{}'{}", name,
                                names.empty() ? "; it has none at all" : "; it has: " + Join(names, ", ")));
  }
  LogPart part;
  part.bytes.resize(kMaxPart);
  ssize_t size = 0;
  do size = pread(descriptor, part.bytes.data(), part.bytes.size(), static_cast<off_t>(offset));
  while (size < 0 && errno == EINTR);
  const int error = errno;
  close(descriptor);
  if (size < 0) return FromErrno(error, path.string());
  part.bytes.resize(static_cast<size_t>(size));
  part.is_complete = !may_grow && part.bytes.size() < kMaxPart;
  return part;
}

}  // namespace slipway::runner
