#include "slipway/api/mlflow/artifact_files.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

namespace fs = std::filesystem;
using domain::Scope;

constexpr std::string_view kModels = "@models";

// Cuts the first segment off.
std::string TakeSegment(std::string& path) {
  const size_t slash = path.find('/');
  std::string segment = path.substr(0, slash);
  path = slash == std::string::npos ? "" : path.substr(slash + 1);
  return segment;
}

bool StartsWith(const fs::path& path, const fs::path& root) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

// Whether every symbolic link on the way from `root` to `path` leads to something below `root`.
bool StaysBelow(const fs::path& root, const fs::path& path) {
  std::error_code failure;
  const fs::path real_root = fs::weakly_canonical(root, failure);
  if (failure) return false;
  fs::path at = root;
  for (const fs::path& part : path.lexically_relative(root)) {
    at /= part;
    if (!fs::is_symlink(fs::symlink_status(at, failure))) continue;
    const fs::path target = fs::canonical(at, failure);
    if (failure || !StartsWith(target, real_root)) return false;
  }
  return true;
}

}  // namespace

ArtifactFiles::ArtifactFiles(const MlflowDependencies& dependencies)
    : runs_(dependencies.runs), assets_(dependencies.assets), catalog_(dependencies.catalog) {}

Result<fs::path> ArtifactFiles::RootOf(const Scope& scope, const std::string& path, std::string& rest,
                                       bool& is_model) const {
  rest = path;
  const std::string first = TakeSegment(rest);
  is_model = first == kModels;
  if (!is_model) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto run, GetRun(runs_, scope, first));
    return catalog_.LocalPath(scope, run.artifact_uri);
  }
  const std::string name = TakeSegment(rest), version = TakeSegment(rest);
  SLIPWAY_ASSIGN_OR_RETURN(const auto model, assets_.GetVersion(scope, domain::AssetKind::kModel, name, version));
  const auto& body = std::get<domain::ModelBody>(model.body);
  SLIPWAY_ASSIGN_OR_RETURN(const std::string uri, catalog_.UriOf(scope, body.path, body.type));
  return catalog_.LocalPath(scope, uri);
}

Result<ArtifactFiles::Place> ArtifactFiles::Resolve(const Scope& scope, const std::string& path) const {
  Place place;
  std::string rest;
  SLIPWAY_ASSIGN_OR_RETURN(place.root, RootOf(scope, path, rest, place.is_model));
  SLIPWAY_ASSIGN_OR_RETURN(place.path, With(JoinBelow(place.root, rest), "Invalid path"));
  if (StaysBelow(place.root, place.path)) return place;
  return InvalidArgument(fmt::format("Invalid path: '{}' leads out of the artifacts by a symbolic link", path));
}

Result<ArtifactFiles::Place> ArtifactFiles::ResolveForChange(const Scope& scope, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(Place place, Resolve(scope, path));
  if (place.is_model) return InvalidArgument("the files of a registered model do not change: register a new version");
  if (place.path == place.root)
    return InvalidArgument(fmt::format("Invalid path: '{}' names no file below the artifacts of a run", path));
  return place;
}

Result<std::string> ArtifactFiles::Read(const Scope& scope, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, path));
  std::error_code failure;
  if (fs::is_regular_file(place.path, failure)) return ReadFile(place.path);
  if (fs::is_directory(place.path, failure))
    return InvalidArgument(fmt::format("'{}' is a folder: list it with …/artifacts?path={}", path, path));
  return NotFound(fmt::format("No such artifact: '{}'", path));
}

Result<ArtifactFiles::Place> ArtifactFiles::ResolveFile(const Scope& scope, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(Place place, ResolveForChange(scope, path));
  std::error_code failure;
  if (path.ends_with('/') || fs::is_directory(place.path, failure))
    return InvalidArgument(fmt::format("Invalid path: '{}' is a folder", path));
  return place;
}

Status ArtifactFiles::CheckWritable(const Scope& scope, const std::string& path) const {
  SLIPWAY_RETURN_IF_ERROR(ResolveFile(scope, path));
  return {};
}

Status ArtifactFiles::Write(const Scope& scope, const std::string& path, const std::string& content) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, ResolveFile(scope, path));
  return WriteFileAtomic(place.path, content);
}

Status ArtifactFiles::WriteParts(const Scope& scope, const std::string& path,
                                 const std::vector<fs::path>& parts) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, ResolveFile(scope, path));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(place.path.parent_path()));
  SLIPWAY_ASSIGN_OR_RETURN(const auto staging, TemporaryDirectory::Make(place.path.parent_path()));
  const fs::path whole = staging.path() / "whole";
  std::ofstream out(whole, std::ios::binary);
  for (const fs::path& part : parts) {
    std::ifstream in(part, std::ios::binary);
    if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
    if (!in.is_open() || !out) return Unavailable(fmt::format("joining the parts of '{}' failed", path));
  }
  out.close();
  if (!out) return Unavailable(fmt::format("joining the parts of '{}' failed", path));
  std::error_code failure;
  fs::rename(whole, place.path, failure);
  if (failure) return Unavailable(fmt::format("'{}': {}", path, failure.message()));
  return {};
}

Status ArtifactFiles::Remove(const Scope& scope, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, ResolveForChange(scope, path));
  std::error_code failure;
  if (!fs::exists(fs::symlink_status(place.path, failure)))
    return NotFound(fmt::format("No such artifact: '{}'", path));
  return RemoveAll(place.path);
}

Result<std::vector<ArtifactEntry>> ArtifactFiles::List(const Scope& scope, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Place place, Resolve(scope, path));
  std::vector<ArtifactEntry> entries;
  std::error_code failure;
  // For a file, and for what is not there, the iterator is at its end.
  for (fs::directory_iterator at(place.path, failure), end; !failure && at != end; at.increment(failure)) {
    const fs::path& path_of_entry = at->path();
    if (!StaysBelow(place.root, path_of_entry)) continue;
    std::error_code ignored;
    if (at->is_directory(ignored)) entries.push_back({path_of_entry.filename().string(), std::nullopt});
    if (at->is_regular_file(ignored)) entries.push_back({path_of_entry.filename().string(), at->file_size(ignored)});
  }
  std::sort(entries.begin(), entries.end(),
            [](const ArtifactEntry& a, const ArtifactEntry& b) { return a.name < b.name; });
  return entries;
}

nlohmann::json FilesJson(const std::vector<ArtifactEntry>& entries, const std::string& prefix) {
  nlohmann::json files = nlohmann::json::array();
  for (const ArtifactEntry& entry : entries) {
    nlohmann::json file = {{"path", prefix + entry.name}, {"is_dir", !entry.size.has_value()}};
    if (entry.size) file["file_size"] = *entry.size;
    files.push_back(std::move(file));
  }
  return files;
}

std::string ModelArtifactPath(const std::string& name, const std::string& version) {
  return fmt::format("{}/{}/{}", kModels, name, version);
}

}  // namespace slipway::api::mlflow
