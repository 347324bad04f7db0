// Files by patterns, as workflow files and actions name them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::workflows {

struct GlobOptions {
  bool follows_links = false;
  bool includes_hidden = true;
};

struct Globbed {
  // Regular files, depth first, each folder's entries by byte value. Absolute.
  std::vector<std::filesystem::path> files;
  // What the patterns search in: the part before the first wildcard, of each pattern that takes in.
  std::vector<std::filesystem::path> search_paths;
};

// One pattern a line: `*`, `?`, `[]`, `**`; `!` takes away, `~` is `home`, `#` begins a comment. Relative ones are
// below `root`. A folder that matches stands for all below it.
Result<Globbed> FindFiles(const std::filesystem::path& root, const std::vector<std::string>& patterns,
                          const std::filesystem::path& home, const GlobOptions& options);

// hashFiles(): SHA-256 over the SHA-256 digests of the files below `root`; "" without any.
Result<std::string> HashFiles(const std::filesystem::path& root, std::vector<std::string> patterns,
                              const std::filesystem::path& home);

}  // namespace slipway::workflows
