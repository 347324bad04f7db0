// Which files of a folder are uploaded: `.gitignore` semantics (gitignore(5)) for `.amlignore` files, or `.gitignore`
// where a folder has no `.amlignore`, from the uploaded folder downwards. For code, files of parent folders count too,
// up to the repository's root; data that a repository ignores is still data.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::client {

// One line of an ignore file.
struct IgnorePattern {
  std::string base;     // folder the file stands in, relative to the root; "" or ends with '/'
  std::string pattern;  // without '!', leading and trailing '/'
  bool is_negated = false;
  bool is_anchored = false;  // has a '/' before its end: matches from `base` only
  bool folders_only = false;
};

class IgnoreRules {
 public:
  // Adds the lines of an ignore file that stands in `base` ("" for the root, else "a/b/").
  void Add(std::string_view text, std::string_view base);
  // Whether the last pattern that matches `path` (relative to the root) excludes it. Parents are the caller's to ask
  // first: nothing below an excluded folder can be included again.
  bool IsIgnored(std::string_view path, bool is_folder) const;

 private:
  std::vector<IgnorePattern> patterns_;
};

struct UploadFile {
  std::string path;  // relative, '/' between segments
  std::filesystem::path source;
  uint64_t size = 0;
};

enum class ParentRules { kHonour, kSkip };

// The files to upload, sorted by path; `.git` and dangling links are left out. Symbolic links are followed, but a link
// to a folder above itself ends the walk there.
Result<std::vector<UploadFile>> CollectFiles(const std::filesystem::path& folder, ParentRules parents);

}  // namespace slipway::client
