#include "slipway/process/sandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include <fmt/format.h>

namespace slipway::process {
namespace {

// linux/landlock.h of Debian 12 knows versions 1 and 2; what later kernels add is named here.
constexpr uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadFolder = 1 << 3;
constexpr uint64_t kVersion1Rights = (1 << 13) - 1;
constexpr uint64_t kRefer = 1 << 13;        // from version 2 on: linking and renaming across folders
constexpr uint64_t kTruncate = 1 << 14;     // 3
constexpr uint64_t kDeviceIoctl = 1 << 15;  // 5
constexpr uint64_t kScopeAbstractSockets = 1 << 0, kScopeSignals = 1 << 1;  // 6

constexpr uint64_t kReadable = kExecute | kReadFile | kReadFolder;
constexpr uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceIoctl;

struct RulesetAttributes {
  uint64_t handled_files = 0, handled_network = 0, scoped = 0;
};

struct [[gnu::packed]] PathBeneath {
  uint64_t allowed = 0;
  int32_t parent = -1;
};

RulesetAttributes AttributesFor(int version) {
  RulesetAttributes attributes;
  attributes.handled_files = kVersion1Rights;
  if (version >= 2) attributes.handled_files |= kRefer;
  if (version >= 3) attributes.handled_files |= kTruncate;
  if (version >= 5) attributes.handled_files |= kDeviceIoctl;
  if (version >= 6) attributes.scoped = kScopeAbstractSockets | kScopeSignals;
  return attributes;
}

Status Allow(int ruleset, const std::filesystem::path& path, uint64_t rights) {
  const Descriptor target(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (target.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return FromErrno(errno, fmt::format("a sandbox with '{}'", path.string()));
  }
  struct stat status {};
  if (fstat(target.get(), &status) != 0) return FromErrno(errno, path.string());
  if (!S_ISDIR(status.st_mode)) rights &= kOfFiles;
  constexpr int kPathBeneathRule = 1;
  const PathBeneath rule{rights, target.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, kPathBeneathRule, &rule, 0) == 0) return {};
  return FromErrno(errno, fmt::format("a sandbox with '{}'", path.string()));
}

}  // namespace

int LandlockVersion() {
  constexpr int kAskForVersion = 1;
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskForVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<Descriptor> MakeSandbox(const FileAccess& access) {
  const int version = LandlockVersion();
  if (version == 0) return Unimplemented("this kernel has no Landlock");
  const RulesetAttributes attributes = AttributesFor(version);
  Descriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (ruleset.get() < 0) return FromErrno(errno, "a Landlock ruleset");
  fcntl(ruleset.get(), F_SETFD, FD_CLOEXEC);
  for (const auto& path : access.readable)
    SLIPWAY_RETURN_IF_ERROR(Allow(ruleset.get(), path, kReadable & attributes.handled_files));
  for (const auto& path : access.writable)
    SLIPWAY_RETURN_IF_ERROR(Allow(ruleset.get(), path, attributes.handled_files & ~kDeviceIoctl));
  return ruleset;
}

bool EnterSandbox(int sandbox) {
  return syscall(SYS_landlock_restrict_self, sandbox, 0) == 0;
}

}  // namespace slipway::process
