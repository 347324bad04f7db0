#include "slipway/client/workspace.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::client {
namespace {

using nlohmann::json;

std::vector<Workspace::File> FilesOf(const json& answer, const char* name_key) {
  std::vector<Workspace::File> files;
  if (answer.is_object() && answer.contains("files"))
    for (const json& file : answer["files"])
      files.push_back({file.value(name_key, ""), file.value("size", uint64_t{0})});
  return files;
}

std::string AssetPath(domain::AssetKind kind, std::string_view name) {
  return fmt::format("/{}/{}", domain::AssetCollection(kind), Workspace::Segment(name));
}

std::string Property(const json& resource, const char* key) {
  if (!resource.is_object() || !resource.contains("properties")) return {};
  const json& properties = resource["properties"];
  return properties.contains(key) && properties[key].is_string() ? properties[key].get<std::string>() : "";
}

}  // namespace

Workspace::Workspace(Connection connection, domain::Scope scope)
    : connection_(std::move(connection)), scope_(std::move(scope)) {}

std::string Workspace::Segment(std::string_view name) {
  return UrlEncode(name);
}

std::string Workspace::EncodePath(std::string_view path) {
  std::string encoded;
  for (std::string_view segment : Split(path, '/')) {
    if (!encoded.empty() || segment.data() != path.data()) encoded += '/';
    encoded += UrlEncode(segment);
  }
  return encoded;
}

std::string Workspace::ResourceGroupPath(std::string_view rest) const {
  return fmt::format("/subscriptions/{}/resourceGroups/{}{}", Segment(scope_.subscription),
                     Segment(scope_.resource_group), rest);
}

std::string Workspace::Path(std::string_view rest) const {
  const bool is_registry = !scope_.registry.empty();
  return ResourceGroupPath(fmt::format("/providers/Microsoft.MachineLearningServices/{}/{}{}",
                                       is_registry ? "registries" : "workspaces",
                                       Segment(is_registry ? scope_.registry : scope_.workspace), rest));
}

Result<json> Workspace::Get(std::string_view collection, std::string_view name) {
  return connection_.Get(Path(fmt::format("/{}/{}", collection, Segment(name))));
}

Result<json> Workspace::Put(std::string_view collection, std::string_view name, const json& body) {
  return connection_.Put(Path(fmt::format("/{}/{}", collection, Segment(name))), body);
}

Result<std::string> Workspace::LatestVersion(domain::AssetKind kind, std::string_view name) {
  SLIPWAY_ASSIGN_OR_RETURN(json container, connection_.Get(Path(AssetPath(kind, name))));
  const std::string latest = Property(container, "latestVersion");
  if (latest.empty())
    return NotFound(fmt::format("the {} '{}' has no version that is not archived", domain::AssetKindName(kind), name));
  return latest;
}

Result<std::string> Workspace::NextVersion(domain::AssetKind kind, std::string_view name) {
  auto container = connection_.Get(Path(AssetPath(kind, name)));
  if (!container && container.error().code() == Code::kNotFound) return std::string("1");
  if (!container) return std::move(container.error());
  const std::string next = Property(*container, "nextVersion");
  return next.empty() ? std::string("1") : next;
}

Result<json> Workspace::GetAsset(domain::AssetKind kind, std::string_view name, std::string_view version) {
  std::string wanted(version);
  if (wanted.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(wanted, LatestVersion(kind, name));
  }
  return connection_.Get(Path(fmt::format("{}/versions/{}", AssetPath(kind, name), Segment(wanted))));
}

Result<json> Workspace::PutAsset(domain::AssetKind kind, std::string_view name, std::string_view version,
                                 const json& body) {
  return connection_.Put(Path(fmt::format("{}/versions/{}", AssetPath(kind, name), Segment(version))), body);
}

std::string Workspace::FilePath(const domain::DatastorePath& file) const {
  return Path(fmt::format("/slipway/files/{}/{}", Segment(file.datastore), EncodePath(file.path)));
}

Result<std::vector<Workspace::File>> Workspace::ListFiles(const domain::DatastorePath& folder) {
  domain::DatastorePath with_slash = folder;
  if (!with_slash.path.ends_with('/')) with_slash.path += '/';
  SLIPWAY_ASSIGN_OR_RETURN(json answer, connection_.Get(FilePath(with_slash)));
  return FilesOf(answer, "path");
}

Result<std::string> Workspace::ReadFile(const domain::DatastorePath& file) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, connection_.Send("GET", FilePath(file)));
  if (response.status >= 400) return ErrorOf(response);
  return std::move(response.body);
}

Status Workspace::WriteFile(const domain::DatastorePath& file, std::string_view content) {
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response,
                           connection_.Send("PUT", FilePath(file), content, "application/octet-stream"));
  if (response.status >= 400) return ErrorOf(response);
  return {};
}

Result<size_t> Workspace::Download(const domain::DatastorePath& source, const std::filesystem::path& target,
                                   FolderName name) {
  auto files = ListFiles(source);
  const bool is_folder = source.path.empty() || source.path.ends_with('/');
  if (is_folder) {
    SLIPWAY_RETURN_IF_ERROR(files);
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(target));
  } else if (!files || files->empty()) {  // a file by itself
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, ReadFile(source));
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(target / std::filesystem::path(source.path).filename(), content));
    return size_t{1};
  }
  std::string base = source.path;
  if (!base.empty() && !base.ends_with('/')) base += '/';
  const std::filesystem::path folder =
      name == FolderName::kKept ? target / std::filesystem::path(base).parent_path().filename() : target;
  for (const File& file : *files) {
    SLIPWAY_ASSIGN_OR_RETURN(std::filesystem::path path, JoinBelow(folder, file.path));
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, ReadFile({source.datastore, base + file.path}));
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(path, content));
  }
  return files->size();
}

Result<size_t> Workspace::DownloadShared(const domain::RegistryAddress& source, const std::filesystem::path& target) {
  const std::string base = ResourceGroupPath(fmt::format(
      "/providers/Microsoft.MachineLearningServices/registries/{}/slipway/files/{}/{}/{}/", Segment(source.registry),
      domain::AssetCollection(source.kind), Segment(source.name), Segment(source.version)));
  SLIPWAY_ASSIGN_OR_RETURN(const json answer, connection_.Get(base));
  const auto files = FilesOf(answer, "path");
  for (const File& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::filesystem::path path, JoinBelow(target, file.path));
    SLIPWAY_ASSIGN_OR_RETURN(net::Response response, connection_.Send("GET", base + EncodePath(file.path)));
    if (response.status >= 400) return ErrorOf(response);
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(path, response.body));
  }
  return files.size();
}

Result<std::vector<Workspace::File>> Workspace::ListLogs(std::string_view job) {
  SLIPWAY_ASSIGN_OR_RETURN(json answer, connection_.Get(Path(fmt::format("/slipway/jobs/{}/logs", Segment(job)))));
  return FilesOf(answer, "name");
}

Result<Workspace::LogChunk> Workspace::ReadLog(std::string_view job, std::string_view name, uint64_t offset) {
  const std::string path =
      Path(fmt::format("/slipway/jobs/{}/logs/{}?offset={}", Segment(job), EncodePath(name), offset));
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, connection_.Send("GET", path));
  if (response.status >= 400) return ErrorOf(response);
  const std::string* complete = response.headers.Find("x-slipway-complete");
  return LogChunk{std::move(response.body), complete && *complete == "true"};
}

Result<std::vector<json>> Workspace::ListChildren(std::string_view job) {
  return connection_.List(Path(fmt::format("/slipway/jobs/{}/children", Segment(job))));
}

}  // namespace slipway::client
