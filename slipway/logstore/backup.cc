#include "slipway/logstore/backup.h"

#include <string>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/logstore/sealing.h"

namespace slipway::logstore {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr const char* kManifest = "manifest.json";
constexpr const char* kDatabase = "logs.duckdb";
constexpr const char* kWal = "logs.duckdb.wal";
constexpr const char* kSealed = "sealed";

fs::path WalOf(const fs::path& database) {
  return database.string() + ".wal";
}

Status CopyInto(const fs::path& from, const fs::path& folder, const std::string& name, json& files) {
  const fs::path to = folder / name;
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
  std::error_code failed;
  fs::copy_file(from, to, failed);
  if (failed) return FromErrno(failed.value(), fmt::format("cannot copy '{}' to '{}'", from.string(), to.string()));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string digest, FileDigest(to));
  files.push_back({{"path", name}, {"bytes", fs::file_size(to, failed)}, {"sha256", digest}});
  return {};
}

Status Move(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  if (!fs::exists(from, failed)) return {};
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
  fs::rename(from, to, failed);
  if (failed) return FromErrno(failed.value(), fmt::format("cannot move '{}' to '{}'", from.string(), to.string()));
  return {};
}

Result<json> ReadManifest(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, With(ReadFile(folder / kManifest),
                                                        fmt::format("'{}' is no backup of logs", folder.string())));
  json manifest = json::parse(text, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_array())
    return Error(Code::kDataLoss, fmt::format("'{}' is not a backup's manifest", (folder / kManifest).string()));
  if (manifest.value("version", 0) != kVersion) {
    return FailedPrecondition(fmt::format("the backup '{}' has version {}; this program knows version {}",
                                          folder.string(), manifest.value("version", 0), kVersion));
  }
  return manifest;
}

Status VerifyFile(const fs::path& folder, const json& file) {
  const std::string name = file.is_object() ? file.value("path", "") : "";
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, JoinBelow(folder, name));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string digest, FileDigest(path));
  if (digest == file.value("sha256", "")) return {};
  return Error(Code::kDataLoss, fmt::format("'{}' is not as the backup wrote it", path.string()));
}

}  // namespace

Status WriteBackup(const BackupSource& source, const fs::path& folder, Timestamp now) {
  std::error_code failed;
  if (fs::exists(folder, failed)) return AlreadyExists(fmt::format("'{}' is there already", folder.string()));
  const fs::path unfinished = folder.string() + ".unfinished";
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(unfinished));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(unfinished));
  json files = json::array();
  SLIPWAY_RETURN_IF_ERROR(CopyInto(source.database, unfinished, kDatabase, files));
  if (fs::exists(WalOf(source.database), failed))
    SLIPWAY_RETURN_IF_ERROR(CopyInto(WalOf(source.database), unfinished, kWal, files));
  for (const SealedPart& part : source.sealed) {
    SLIPWAY_RETURN_IF_ERROR(
        CopyInto(source.sealed_folder / part.file, unfinished, (fs::path(kSealed) / part.file).string(), files));
  }
  const json manifest = {{"version", kVersion}, {"created", FormatTimestamp(now)}, {"files", std::move(files)}};
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(unfinished / kManifest, manifest.dump(1)));
  return Move(unfinished, folder);
}

Status VerifyBackup(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const json manifest, ReadManifest(folder));
  for (const json& file : manifest["files"]) SLIPWAY_RETURN_IF_ERROR(VerifyFile(folder, file));
  return {};
}

Status RestoreBackup(const fs::path& folder, const fs::path& database, const fs::path& sealed_folder,
                     const fs::path& aside) {
  SLIPWAY_ASSIGN_OR_RETURN(const json manifest, ReadManifest(folder));
  // Everything is copied before anything moves, so that a full disk changes nothing.
  const fs::path staged = database.string() + ".restoring";
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(staged));
  SLIPWAY_RETURN_IF_ERROR(CopyTree(folder, staged));
  SLIPWAY_RETURN_IF_ERROR(Move(database, aside / kDatabase));
  SLIPWAY_RETURN_IF_ERROR(Move(WalOf(database), aside / kWal));
  SLIPWAY_RETURN_IF_ERROR(Move(sealed_folder, aside / kSealed));
  SLIPWAY_RETURN_IF_ERROR(Move(staged / kSealed, sealed_folder));
  SLIPWAY_RETURN_IF_ERROR(Move(staged / kWal, WalOf(database)));
  SLIPWAY_RETURN_IF_ERROR(Move(staged / kDatabase, database));
  return RemoveAll(staged);
}

}  // namespace slipway::logstore
