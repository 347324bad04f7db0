// Artifacts by the path that clients name them with: "<run id>/<path>", or "@models/<name>/<version>/<path>" for the
// files of a registered model (read only; no run's id begins with '@'). Where the files are is told by the stored run
// or model, never by the client, and nothing here leaves that folder, whatever the path or the symbolic links in it
// say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/api/mlflow/mount.h"

namespace slipway::api::mlflow {

struct ArtifactEntry {
  std::string name;
  std::optional<uint64_t> size;  // of files; folders have none
};

// Thread-safe. kInvalidArgument for paths that leave their folder.
class ArtifactFiles {
 public:
  explicit ArtifactFiles(const MlflowDependencies& dependencies);

  Result<std::string> Read(const domain::Scope& scope, const std::string& path) const;
  Status Write(const domain::Scope& scope, const std::string& path, const std::string& content) const;
  // The file that `parts` make one after another; whoever reads meanwhile sees the one before.
  Status WriteParts(const domain::Scope& scope, const std::string& path,
                    const std::vector<std::filesystem::path>& parts) const;
  // Whether Write may write there.
  Status CheckWritable(const domain::Scope& scope, const std::string& path) const;
  // A file, or a folder with all below it. kNotFound when it is not there.
  Status Remove(const domain::Scope& scope, const std::string& path) const;
  // What is directly in a folder, sorted by name; nothing for a file or what is not there.
  Result<std::vector<ArtifactEntry>> List(const domain::Scope& scope, const std::string& path) const;

 private:
  struct Place {
    std::filesystem::path root, path;
    bool is_model = false;  // registered: nothing of it changes
  };
  Result<Place> Resolve(const domain::Scope& scope, const std::string& path) const;
  // For a change: below a run's folder, not the folder itself.
  Result<Place> ResolveForChange(const domain::Scope& scope, const std::string& path) const;
  Result<Place> ResolveFile(const domain::Scope& scope, const std::string& path) const;
  Result<std::filesystem::path> RootOf(const domain::Scope& scope, const std::string& path, std::string& rest,
                                       bool& is_model) const;

  domain::RunStore& runs_;
  domain::AssetStore& assets_;
  registry::Catalog& catalog_;
};

// FileInfos, with `prefix` before the names.
nlohmann::json FilesJson(const std::vector<ArtifactEntry>& entries, const std::string& prefix);

// "@models/<name>/<version>".
std::string ModelArtifactPath(const std::string& name, const std::string& version);

}  // namespace slipway::api::mlflow
