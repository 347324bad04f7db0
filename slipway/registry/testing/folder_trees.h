// A tree store of copied folders, for tests.
#pragma once

#include <filesystem>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/registry/model_files.h"

namespace slipway::registry::testing {

inline TreeStore FolderTrees(const std::filesystem::path& root) {
  TreeStore trees;
  trees.put = [root](const std::filesystem::path& folder) -> Result<std::string> {
    SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(folder));
    Sha256 hash;
    for (const FileEntry& file : files) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(folder / file.path));
      hash.Update(file.path + '\n' + Sha256Hex(content) + '\n');
    }
    const std::string digest = hash.FinishHex();
    SLIPWAY_RETURN_IF_ERROR(CopyTree(folder, root / digest));
    return digest;
  };
  trees.materialize = [root](const std::string& digest, const std::filesystem::path& folder) {
    return CopyTree(root / digest, folder);
  };
  return trees;
}

}  // namespace slipway::registry::testing
