// One workspace of a server, or one registry: resources below its ARM path, its files, jobs' logs and children.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/client/connection.h"
#include "slipway/domain/common.h"
#include "slipway/domain/reference.h"
#include "slipway/domain/registry.h"

namespace slipway::client {

// Not thread-safe. Resources are in ARM shape; wire/ turns them into domain values.
class Workspace {
 public:
  Workspace(Connection connection, domain::Scope scope);

  const domain::Scope& scope() const { return scope_; }
  Connection& connection() { return connection_; }
  // "{W}" + rest, or of a registry "{R}" + rest; `rest` starts with '/'. Names inside have to be percent-encoded: see
  // Segment().
  std::string Path(std::string_view rest) const;
  // "/subscriptions/…/resourceGroups/…" + rest.
  std::string ResourceGroupPath(std::string_view rest) const;
  static std::string Segment(std::string_view name);
  // The segments of a path, each percent-encoded.
  static std::string EncodePath(std::string_view path);

  // "{W}/jobs/<name>" and the like, `collection` being "jobs", "data", "onlineEndpoints" …
  Result<nlohmann::json> Get(std::string_view collection, std::string_view name);
  Result<nlohmann::json> Put(std::string_view collection, std::string_view name, const nlohmann::json& body);

  // Asset versions. `version` "" or a label: the newest; the container's `latestVersion` names it.
  Result<nlohmann::json> GetAsset(domain::AssetKind kind, std::string_view name, std::string_view version);
  Result<std::string> LatestVersion(domain::AssetKind kind, std::string_view name);
  // The version a new asset without one gets.
  Result<std::string> NextVersion(domain::AssetKind kind, std::string_view name);
  Result<nlohmann::json> PutAsset(domain::AssetKind kind, std::string_view name, std::string_view version,
                                  const nlohmann::json& body);

  struct File {
    std::string path;
    uint64_t size = 0;
  };
  // Below a datastore path. kNotFound when there is nothing.
  Result<std::vector<File>> ListFiles(const domain::DatastorePath& folder);
  Result<std::string> ReadFile(const domain::DatastorePath& file);
  Status WriteFile(const domain::DatastorePath& file, std::string_view content);
  enum class FolderName { kDropped, kKept };
  // Copies a file or a folder with all below it into `target`, below the folder's own name where that is kept; gives
  // the number of files.
  Result<size_t> Download(const domain::DatastorePath& source, const std::filesystem::path& target,
                          FolderName name = FolderName::kDropped);

  // Copies the file or folder of a registry's version, under its own name; gives the number of files.
  Result<size_t> DownloadShared(const domain::RegistryAddress& source, const std::filesystem::path& target);

  struct LogChunk {
    std::string text;
    bool is_complete = false;  // the log will grow no more
  };
  Result<std::vector<File>> ListLogs(std::string_view job);
  Result<LogChunk> ReadLog(std::string_view job, std::string_view name, uint64_t offset);
  Result<std::vector<nlohmann::json>> ListChildren(std::string_view job);

 private:
  std::string FilePath(const domain::DatastorePath& file) const;
  Connection connection_;
  domain::Scope scope_;
};

}  // namespace slipway::client
