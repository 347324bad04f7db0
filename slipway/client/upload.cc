#include "slipway/client/upload.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/client/ignore_rules.h"

namespace slipway::client {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kSnapshotBytesMax = 300ULL << 20;
constexpr size_t kHashDigits = 32;

std::string HumanSize(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

uint64_t TotalSize(const std::vector<UploadFile>& files) {
  uint64_t total = 0;
  for (const UploadFile& file : files) total += file.size;
  return total;
}

Result<std::string> HashOf(const std::vector<UploadFile>& files) {
  Sha256 hash;
  for (const UploadFile& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, ReadFile(file.source));
    hash.Update(fmt::format("{}\n{}\n", file.path, Sha256Hex(content)));
  }
  return hash.FinishHex().substr(0, kHashDigits);
}

Result<std::vector<UploadFile>> FilesAt(const fs::path& path, ParentRules parents) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) return CollectFiles(path, parents);
  const uint64_t size = fs::file_size(path, failed);
  if (failed) return InvalidArgument(fmt::format("no file or folder '{}'", path.string()));
  return std::vector<UploadFile>{{path.filename().string(), path, size}};
}

// A snapshot that large is nearly always a data folder or virtual environment that ought to be excluded.
Status CheckSnapshotSize(const fs::path& folder, std::vector<UploadFile> files) {
  const uint64_t total = TotalSize(files);
  if (total <= kSnapshotBytesMax) return {};
  std::sort(files.begin(), files.end(), [](const UploadFile& a, const UploadFile& b) { return a.size > b.size; });
  std::string largest;
  for (size_t i = 0; i < std::min<size_t>(5, files.size()); ++i)
    largest += fmt::format("\n  {} ({})", files[i].path, HumanSize(files[i].size));
  return InvalidArgument(fmt::format("the code folder '{}' has {}, more than {}; exclude files in '{}'. The largest:{}",
                                     folder.string(), HumanSize(total), HumanSize(kSnapshotBytesMax),
                                     (folder / ".amlignore").string(), largest));
}

// Whether all files are there already with their sizes: an interrupted upload is not.
bool IsUploaded(Workspace& workspace, const domain::DatastorePath& folder, const std::vector<UploadFile>& files) {
  auto stored = workspace.ListFiles(folder);
  if (!stored) return false;
  std::map<std::string, uint64_t> sizes;
  for (const Workspace::File& file : *stored) sizes[file.path] = file.size;
  return std::all_of(files.begin(), files.end(), [&](const UploadFile& file) {
    auto found = sizes.find(file.path);
    return found != sizes.end() && found->second == file.size;
  });
}

Status Send(Workspace& workspace, const domain::DatastorePath& folder, const std::vector<UploadFile>& files) {
  for (const UploadFile& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, ReadFile(file.source));
    SLIPWAY_RETURN_IF_ERROR(
        With(workspace.WriteFile({folder.datastore, folder.path + file.path}, content), "uploading " + file.path));
  }
  return {};
}

// To a place that the registry gives out for an asset that is not there yet; gives the address of the file or folder.
Result<std::string> SendToRegistry(Workspace& registry, domain::AssetKind kind, const std::string& hash,
                                   const std::string& folder, const std::vector<UploadFile>& files) {
  SLIPWAY_ASSIGN_OR_RETURN(const json answer,
                           registry.connection().Post(registry.Path(fmt::format("/{}/{}/versions/1/startPendingUpload",
                                                                                domain::AssetCollection(kind), hash)),
                                                      {{"pendingUploadType", "TemporaryBlobReference"}}));
  const json reference = answer.value("blobReferenceForConsumption", json::object());
  const std::string uri = reference.value("blobUri", "");
  const size_t path = uri.find("/uploads/");
  if (path == std::string::npos) return Unavailable("the registry gave no place for an upload");
  for (const UploadFile& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(file.source));
    const std::string target = fmt::format("{}/{}", uri.substr(path), Workspace::EncodePath(folder + file.path));
    SLIPWAY_ASSIGN_OR_RETURN(const net::Response response,
                             registry.connection().Send("PUT", target, content, "application/octet-stream"));
    if (response.status >= 400) return With(Result<std::string>(ErrorOf(response)), "uploading " + file.path);
  }
  return fmt::format("{}/{}", uri,
                     Workspace::EncodePath(folder.empty() ? files.front().path : folder.substr(0, folder.size() - 1)));
}

std::string NameOf(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.empty() ? path.parent_path().filename().string() : name;
}

}  // namespace

Result<std::string> DefaultDatastore(Workspace& workspace) {
  SLIPWAY_ASSIGN_OR_RETURN(auto stores, workspace.connection().List(workspace.Path("/datastores?isDefault=true")));
  return stores.empty() ? std::string("workspaceblobstore") : stores.front().value("name", "workspaceblobstore");
}

Result<std::string> UploadPath(Workspace& workspace, const fs::path& path, domain::AssetKind kind,
                               const std::string& datastore, const Report& report) {
  SLIPWAY_ASSIGN_OR_RETURN(auto files, FilesAt(path, ParentRules::kSkip));
  if (files.empty()) return InvalidArgument(fmt::format("the folder '{}' has no files to upload", path.string()));
  SLIPWAY_ASSIGN_OR_RETURN(std::string hash, HashOf(files));
  std::error_code ignored;
  const std::string name = fs::is_directory(path, ignored) ? NameOf(path) + "/" : "";
  domain::DatastorePath folder{datastore, fmt::format("LocalUpload/{}/{}", hash, name)};
  std::string uri = folder.ToString() + (name.empty() ? files.front().path : "");
  const bool is_registry = !workspace.scope().registry.empty();
  if (!is_registry && IsUploaded(workspace, folder, files)) return uri;
  if (is_registry) {
    SLIPWAY_ASSIGN_OR_RETURN(uri, SendToRegistry(workspace, kind, hash, name, files));
  } else {
    SLIPWAY_RETURN_IF_ERROR(Send(workspace, folder, files));
  }
  report(fmt::format("Uploaded {} ({} {}, {})", path.string(), files.size(), files.size() == 1 ? "file" : "files",
                     HumanSize(TotalSize(files))));
  return uri;
}

Result<std::string> UploadCode(Workspace& workspace, const fs::path& code, const Report& report) {
  SLIPWAY_ASSIGN_OR_RETURN(auto files, FilesAt(code, ParentRules::kHonour));
  if (files.empty()) return InvalidArgument(fmt::format("the code folder '{}' has no files to upload", code.string()));
  SLIPWAY_RETURN_IF_ERROR(CheckSnapshotSize(code, files));
  SLIPWAY_ASSIGN_OR_RETURN(std::string hash, HashOf(files));
  const std::string& registry = workspace.scope().registry;
  const std::string id = registry.empty()
                             ? domain::AssetArmId(workspace.scope(), domain::AssetKind::kCode, hash, "1")
                             : domain::RegistryAddress{registry, domain::AssetKind::kCode, hash, "1"}.ToString();
  auto existing = workspace.GetAsset(domain::AssetKind::kCode, hash, "1");
  if (existing) return id;
  if (existing.error().code() != Code::kNotFound) return std::move(existing.error());
  std::string uri;
  if (registry.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string datastore, DefaultDatastore(workspace));
    const domain::DatastorePath folder{datastore, fmt::format("code/{}/", hash)};
    SLIPWAY_RETURN_IF_ERROR(Send(workspace, folder, files));
    uri = folder.ToString();
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(uri, SendToRegistry(workspace, domain::AssetKind::kCode, hash, "code/", files));
  }
  const json body = {
      {"properties", {{"codeUri", uri}, {"isAnonymous", true}, {"properties", {{"hash_sha256", hash}}}}}};
  SLIPWAY_RETURN_IF_ERROR(workspace.PutAsset(domain::AssetKind::kCode, hash, "1", body));
  report(fmt::format("Uploaded code {} ({} {}, {})", code.string(), files.size(), files.size() == 1 ? "file" : "files",
                     HumanSize(TotalSize(files))));
  return id;
}

}  // namespace slipway::client
