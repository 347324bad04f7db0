#include "slipway/workflows/execute/glob.h"

#include <algorithm>
#include <optional>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;

struct Pattern {
  std::string text;  // absolute, '/' between segments
  bool is_negative = false;
  fs::path search_path;
};

bool HasWildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

fs::path SearchPath(const std::string& pattern) {
  fs::path path;
  for (const fs::path& segment : fs::path(pattern)) {
    if (HasWildcard(segment.string())) break;
    path /= segment;
  }
  return path;
}

std::optional<Pattern> ReadPattern(std::string_view line, const fs::path& root, const fs::path& home) {
  line = Trim(line);
  if (line.empty() || line[0] == '#') return std::nullopt;
  Pattern pattern;
  while (line.starts_with('!')) {
    pattern.is_negative = !pattern.is_negative;
    line = Trim(line.substr(1));
  }
  fs::path path(line);
  if (line == "~" || line.starts_with("~/")) path = home / line.substr(std::min<size_t>(2, line.size()));
  if (path.is_relative()) path = root / path;
  pattern.text = path.lexically_normal().string();
  while (pattern.text.size() > 1 && pattern.text.ends_with('/')) pattern.text.pop_back();
  pattern.search_path = SearchPath(pattern.text);
  return pattern;
}

// A pattern matches the path itself or, standing for a folder, what is below it.
bool Matches(const Pattern& pattern, const std::string& path) {
  return GlobMatch(pattern.text, path) || GlobMatch(pattern.text + "/**", path);
}

class Walk {
 public:
  Walk(const std::vector<Pattern>& patterns, const GlobOptions& options, std::vector<fs::path>& files)
      : patterns_(patterns), options_(options), files_(files) {}

  void Visit(const fs::path& path, int depth = 0) {
    std::error_code failed;
    const auto status = options_.follows_links ? fs::status(path, failed) : fs::symlink_status(path, failed);
    if (fs::is_regular_file(status)) {
      if (IsWanted(path.string())) files_.push_back(path);
      return;
    }
    if (!fs::is_directory(status) || depth > 200) return;
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(path, failed)) {
      const bool is_hidden = entry.path().filename().string().starts_with('.');
      if (options_.includes_hidden || !is_hidden) entries.push_back(entry.path());
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) Visit(entry, depth + 1);
  }

 private:
  bool IsWanted(const std::string& path) const {
    bool is_in = false;
    for (const Pattern& pattern : patterns_)
      if (is_in == pattern.is_negative && Matches(pattern, path)) is_in = !pattern.is_negative;
    return is_in;
  }

  const std::vector<Pattern>& patterns_;
  const GlobOptions& options_;
  std::vector<fs::path>& files_;
};

// Search paths that lie in others are visited with those.
std::vector<fs::path> Roots(std::vector<fs::path> paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<fs::path> roots;
  for (const fs::path& path : paths) {
    const bool is_inside = std::any_of(roots.begin(), roots.end(), [&](const fs::path& root) {
      return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
    });
    if (!is_inside) roots.push_back(path);
  }
  return roots;
}

}  // namespace

Result<Globbed> FindFiles(const fs::path& root, const std::vector<std::string>& lines, const fs::path& home,
                          const GlobOptions& options) {
  std::vector<Pattern> patterns;
  Globbed found;
  for (const std::string& text : lines) {
    for (const std::string_view line : Split(text, '\n')) {
      if (auto pattern = ReadPattern(line, root, home)) patterns.push_back(std::move(*pattern));
    }
  }
  for (const Pattern& pattern : patterns)
    if (!pattern.is_negative) found.search_paths.push_back(pattern.search_path);
  Walk walk(patterns, options, found.files);
  for (const fs::path& path : Roots(found.search_paths)) walk.Visit(path);
  return found;
}

Result<std::string> HashFiles(const fs::path& root, std::vector<std::string> patterns, const fs::path& home) {
  GlobOptions options;
  if (!patterns.empty() && patterns[0] == "--follow-symbolic-links") {
    options.follows_links = true;
    patterns.erase(patterns.begin());
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Globbed found, FindFiles(root, patterns, home, options));
  const std::string inside = root.lexically_normal().string() + "/";
  Sha256 all;
  bool has_any = false;
  for (const fs::path& file : found.files) {
    if (!file.string().starts_with(inside)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    const std::string hex = Sha256Hex(text);
    std::string digest;
    for (size_t i = 0; i < hex.size(); i += 2) digest += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    all.Update(digest);
    has_any = true;
  }
  return has_any ? all.FinishHex() : std::string();
}

}  // namespace slipway::workflows
