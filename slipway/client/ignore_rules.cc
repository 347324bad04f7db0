#include "slipway/client/ignore_rules.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::client {
namespace {

namespace fs = std::filesystem;

// Trailing spaces do not count unless escaped.
std::string_view TrimLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !(line.size() > 1 && line[line.size() - 2] == '\\')) line.remove_suffix(1);
  return line;
}

bool ParsePattern(std::string_view line, IgnorePattern& into) {
  line = TrimLine(line);
  if (line.empty() || line[0] == '#') return false;
  if (line[0] == '!') {
    into.is_negated = true;
    line.remove_prefix(1);
  } else if (line.starts_with("\\!") || line.starts_with("\\#")) {
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    into.folders_only = true;
    line.remove_suffix(1);
  }
  into.is_anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  into.pattern = line;
  return !line.empty();
}

// Walks a folder with the ignore files it meets.
class Collector {
 public:
  explicit Collector(fs::path root) : root_(std::move(root)) {}

  Result<std::vector<UploadFile>> Collect(ParentRules parents) {
    if (parents == ParentRules::kHonour) AddParents();
    SLIPWAY_RETURN_IF_ERROR(Walk(root_, "", 0));
    std::sort(files_.begin(), files_.end(), [](const UploadFile& a, const UploadFile& b) { return a.path < b.path; });
    return std::move(files_);
  }

 private:
  static constexpr int kDepthMax = 64;

  static fs::path IgnoreFileOf(const fs::path& folder) {
    std::error_code ignored;
    for (const char* name : {".amlignore", ".gitignore"})
      if (fs::is_regular_file(folder / name, ignored)) return folder / name;
    return {};
  }

  // Patterns of parents up to the repository's root, outermost first. Their paths are seen through `prefix_`.
  void AddParents() {
    std::error_code ignored;
    std::vector<fs::path> parents;
    for (fs::path folder = root_; !fs::exists(folder / ".git", ignored); folder = folder.parent_path()) {
      if (folder == folder.parent_path()) return;  // no repository
      parents.push_back(folder.parent_path());
    }
    if (parents.empty()) return;
    prefix_ = root_.lexically_relative(parents.back()).generic_string() + "/";
    for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) {
      std::string base = parent->lexically_relative(parents.back()).generic_string();
      AddFile(IgnoreFileOf(*parent), base == "." ? "" : base + "/");
    }
  }

  void AddFile(const fs::path& file, const std::string& base) {
    if (file.empty()) return;
    if (auto text = ReadFile(file)) rules_.Add(*text, base);
  }

  Status Walk(const fs::path& folder, const std::string& relative, int depth) {
    if (depth > kDepthMax)
      return InvalidArgument(fmt::format("'{}' is nested deeper than {} folders", folder.string(), kDepthMax));
    std::error_code failed;
    const fs::path real = fs::canonical(folder, failed);
    if (failed || std::find(open_.begin(), open_.end(), real) != open_.end()) return {};
    open_.push_back(real);
    AddFile(IgnoreFileOf(folder), prefix_ + relative);
    fs::directory_iterator entries(folder, failed);
    if (failed) return FromErrno(failed.value(), folder.string());
    for (const fs::directory_entry& entry : entries) SLIPWAY_RETURN_IF_ERROR(Visit(entry, relative, depth));
    open_.pop_back();
    return {};
  }

  Status Visit(const fs::directory_entry& entry, const std::string& relative, int depth) {
    const std::string name = entry.path().filename().string();
    const std::string path = relative + name;
    std::error_code failed;
    const bool is_folder = entry.is_directory(failed);
    if (name == ".git" || rules_.IsIgnored(prefix_ + path, is_folder)) return {};
    if (is_folder) return Walk(entry.path(), path + "/", depth + 1);
    if (!entry.is_regular_file(failed)) return {};
    files_.push_back({path, entry.path(), entry.file_size(failed)});
    return {};
  }

  fs::path root_;
  std::string prefix_;  // of paths of the root, as seen from the repository's root
  IgnoreRules rules_;
  std::vector<fs::path> open_;
  std::vector<UploadFile> files_;
};

}  // namespace

void IgnoreRules::Add(std::string_view text, std::string_view base) {
  for (std::string_view line : Split(text, '\n')) {
    IgnorePattern pattern;
    pattern.base = base;
    if (ParsePattern(line, pattern)) patterns_.push_back(std::move(pattern));
  }
}

bool IgnoreRules::IsIgnored(std::string_view path, bool is_folder) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (pattern->folders_only && !is_folder) continue;
    if (!path.starts_with(pattern->base)) continue;
    std::string_view below = path.substr(pattern->base.size());
    if (!pattern->is_anchored) below = below.substr(below.rfind('/') + 1);
    if (GlobMatch(pattern->pattern, below)) return !pattern->is_negated;
  }
  return false;
}

Result<std::vector<UploadFile>> CollectFiles(const fs::path& folder, ParentRules parents) {
  std::error_code failed;
  const fs::path root = fs::canonical(folder, failed);
  if (failed) return InvalidArgument(fmt::format("no folder '{}'", folder.string()));
  return Collector(root).Collect(parents);
}

}  // namespace slipway::client
