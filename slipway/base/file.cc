#include "slipway/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway {
namespace fs = std::filesystem;
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

Status WriteAll(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, fmt::format("cannot write '{}'", path.string()));
    content.remove_prefix(count);
  }
  return {};
}

Error FromErrorCode(const std::error_code& code, std::string what) {
  return FromErrno(code.value(), std::move(what));
}

}  // namespace

Result<std::string> ReadFile(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto fail = [&] { return FromErrno(errno, fmt::format("cannot read '{}'", path.string())); };
  if (file.value() < 0) return fail();
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return fail();
  std::string content(info.st_size > 0 ? info.st_size : 0, '\0');
  size_t used = 0;
  while (true) {
    if (used == content.size()) content.resize(content.size() + 65536);
    const ssize_t count = ::read(file.value(), content.data() + used, content.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail();
    if (count == 0) break;
    used += count;
  }
  content.resize(used);
  return content;
}

Status WriteFileAtomic(const fs::path& path, std::string_view content, int mode) {
  if (path.has_parent_path()) SLIPWAY_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  const fs::path temporary = path.string() + ".tmp-" + RandomHex(6);
  Status written;
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.value() < 0) return FromErrno(errno, fmt::format("cannot write '{}'", path.string()));
    written = WriteAll(file.value(), content, path);
    if (written && ::fsync(file.value()) != 0)
      written = FromErrno(errno, fmt::format("cannot write '{}'", path.string()));
  }
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = FromErrno(errno, fmt::format("cannot replace '{}'", path.string()));
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const Descriptor folder(::open(path.has_parent_path() ? path.parent_path().c_str() : ".", O_RDONLY | O_CLOEXEC));
  if (folder.value() >= 0) ::fsync(folder.value());
  return {};
}

Status AppendFile(const fs::path& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file.value() < 0) return FromErrno(errno, fmt::format("cannot append to '{}'", path.string()));
  return WriteAll(file.value(), content, path);
}

Status MakeDirectories(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return FromErrorCode(code, fmt::format("cannot make folder '{}'", path.string()));
  return {};
}

Status RemoveAll(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return FromErrorCode(code, fmt::format("cannot remove '{}'", path.string()));
  return {};
}

Status CopyTree(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (to.has_parent_path()) SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, code);
  if (code) return FromErrorCode(code, fmt::format("cannot copy '{}' to '{}'", from.string(), to.string()));
  return {};
}

Result<std::vector<FileEntry>> ListFiles(const fs::path& root) {
  std::error_code code;
  const auto fail = [&] { return FromErrorCode(code, fmt::format("cannot list '{}'", root.string())); };
  fs::recursive_directory_iterator files(root, fs::directory_options::follow_directory_symlink, code);
  if (code) return fail();
  std::vector<FileEntry> entries;
  for (; files != fs::recursive_directory_iterator(); files.increment(code)) {
    if (code) return fail();
    if (files.depth() > 64) return InvalidArgument(fmt::format("'{}' is nested too deeply", files->path().string()));
    if (!files->is_regular_file(code) || code) continue;
    entries.push_back({files->path().lexically_relative(root).generic_string(), files->file_size(code)});
  }
  std::sort(entries.begin(), entries.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return entries;
}

Result<fs::path> JoinBelow(const fs::path& root, std::string_view relative) {
  const auto refuse = [&](std::string_view why) {
    return InvalidArgument(fmt::format("'{}' is not a path below the folder it belongs to: {}", relative, why));
  };
  if (relative.find('\0') != std::string_view::npos) return refuse("it holds a NUL character");
  if (relative.find('\\') != std::string_view::npos) return refuse("it holds a backslash");
  if (!relative.empty() && relative.front() == '/') return refuse("it is absolute");
  fs::path path = root;
  std::string_view trimmed = relative;
  while (!trimmed.empty() && trimmed.back() == '/') trimmed.remove_suffix(1);
  if (trimmed.empty()) return path;
  for (const std::string_view segment : Split(trimmed, '/')) {
    if (segment == "..") return refuse("it goes up with '..'");
    if (segment == ".") continue;
    if (segment.empty()) return refuse("it has an empty segment");
    path /= std::string(segment);
  }
  return path;
}

Result<TemporaryDirectory> TemporaryDirectory::Make(const fs::path& parent) {
  std::error_code code;
  const fs::path base = parent.empty() ? fs::temp_directory_path(code) : parent;
  std::string pattern = (base / "slipway-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    return FromErrno(errno, fmt::format("cannot make a folder in '{}'", base.string()));
  return TemporaryDirectory(pattern);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

Result<FileLock> FileLock::Acquire(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return FromErrno(errno, fmt::format("cannot open lock '{}'", path.string()));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    char holder[32] = {};
    const ssize_t count = ::pread(descriptor, holder, sizeof holder - 1, 0);
    ::close(descriptor);
    if (error != EWOULDBLOCK) return FromErrno(error, fmt::format("cannot lock '{}'", path.string()));
    const std::string who = count > 0 ? fmt::format(" (process {})", Trim(holder)) : "";
    return FailedPrecondition(fmt::format("'{}' is locked by another process{}", path.string(), who));
  }
  const std::string mine = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, mine.data(), mine.size(), 0);
  return FileLock(descriptor);
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace slipway
