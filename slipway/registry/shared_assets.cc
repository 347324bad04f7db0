#include "slipway/registry/shared_assets.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/tree.h"
#include "slipway/registry/curated.h"
#include "slipway/registry/definition.h"
#include "slipway/registry/model_files.h"
#include "slipway/registry/preparation.h"
#include "slipway/registry/remote_registry.h"
#include "slipway/registry/seal.h"
#include "slipway/wire/asset.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetRegistry;
using domain::AssetVersion;
using domain::ListView;
using domain::RegistryAddress;
using domain::Scope;
using nlohmann::json;

constexpr int kUploadNameBytes = 16;
constexpr size_t kFilesTold = 5;
constexpr std::string_view kUploads = "/uploads/";

RegistryAddress AddressOf(const AssetRegistry& registry, const AssetVersion& version) {
  return {registry.scope.registry, version.kind, version.name, version.version};
}

// What StartUpload gives out, and nothing that leads elsewhere ("", ".").
bool IsUploadName(std::string_view text) {
  return std::ssize(text) == 2 * kUploadNameBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

domain::AssetReference InCurated(const std::string& name, const std::string& version = "latest") {
  domain::AssetReference reference;
  reference.registry = kCuratedRegistry;
  reference.name = name;
  (version == "latest" ? reference.label : reference.version) = version;
  return reference;
}

// Which files two trees do not have in common, by path.
std::vector<std::string> DifferingFiles(const blobstore::TreeManifest& stored, const blobstore::TreeManifest& given) {
  std::map<std::string, const blobstore::TreeEntry*> known;
  for (const auto& entry : stored.entries) known[entry.path] = &entry;
  std::vector<std::string> files;
  for (const auto& entry : given.entries) {
    const auto found = known.find(entry.path);
    if (found == known.end()) {
      files.push_back(fmt::format("file '{}' (is new)", entry.path));
    } else {
      if (!(*found->second == entry)) files.push_back(fmt::format("file '{}'", entry.path));
      known.erase(found);
    }
  }
  for (const auto& [path, entry] : known) files.push_back(fmt::format("file '{}' (is missing)", path));
  if (files.size() > kFilesTold) {
    const std::string rest = fmt::format("{} more files", files.size() - kFilesTold);
    files.resize(kFilesTold);
    files.push_back(rest);
  }
  return files;
}

}  // namespace

bool StandsInRegistry(const AssetVersion& version) {
  return version.properties.contains(kStatementProperty);
}

SharedAssets::SharedAssets(Registries& registries, RegistryDependencies dependencies, const SigningKey& key,
                           const SignaturePolicy& policy)
    : registries_(registries),
      dependencies_([&] {
        dependencies.registries = this;
        return std::move(dependencies);
      }()),
      key_(key),
      policy_(policy),
      local_(dependencies_) {}

// What only the server that has the registry can do.
Result<AssetRegistry> SharedAssets::Local(const Scope& scope, std::string_view verb) {
  SLIPWAY_ASSIGN_OR_RETURN(AssetRegistry registry, registries_.Get(scope.registry));
  if (!registry.remote) return registry;
  return Unimplemented(fmt::format("{} in the remote registry '{}' is not supported yet: do it at {}", verb,
                                   registry.scope.registry, registry.remote->url));
}

Result<RegistryFolders*> SharedAssets::LocalFolders(const std::string& name) {
  Scope scope;
  scope.registry = name;
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, Local(scope, "changing files"));
  return registries_.FoldersOf(registry);
}

Result<json> SharedAssets::SigningStateOf(const std::string& registry) const {
  SLIPWAY_ASSIGN_OR_RETURN(const auto requiring, policy_.Requiring());
  return json{{"key", key_.public_key()},
              {"is_trusted", policy_.Check(registry, key_.public_key()).has_value()},
              {"is_required", requiring.contains(ToLower(registry))}};
}

// Reading.

Result<AssetVersion> SharedAssets::Get(const Scope& scope, AssetKind kind, const std::string& name,
                                       const std::string& version) {
  if (IsCurated(scope.registry)) return FindCurated(InCurated(name, version), kind);
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(scope.registry));
  if (!registry.remote) return local_.Get(registry.scope, kind, name, version);
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  return remote.GetVersion(kind, name, version);
}

Result<std::vector<AssetVersion>> SharedAssets::ListVersions(const Scope& scope, AssetKind kind,
                                                             const std::string& name, ListView view) {
  if (IsCurated(scope.registry)) {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion only, FindCurated(InCurated(name), kind));
    std::vector<AssetVersion> versions;
    if (view != ListView::kArchivedOnly) versions.push_back(std::move(only));
    return versions;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(scope.registry));
  if (!registry.remote) return local_.ListVersions(registry.scope, kind, name, view);
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  return remote.ListVersions(kind, name, view);
}

Result<AssetContainer> SharedAssets::GetContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  if (IsCurated(scope.registry)) return FindCuratedContainer(name, kind);
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(scope.registry));
  if (!registry.remote) return local_.GetContainer(registry.scope, kind, name);
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  return remote.GetContainer(kind, name);
}

Result<std::vector<AssetContainer>> SharedAssets::ListContainers(const Scope& scope, AssetKind kind, ListView view) {
  if (IsCurated(scope.registry)) return ListCurated(kind, view);
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(scope.registry));
  if (!registry.remote) return local_.ListContainers(registry.scope, kind, view);
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  return remote.ListContainers(kind, view);
}

Status SharedAssets::CheckTrusted(const AssetRegistry& registry, const AssetVersion& version) {
  SLIPWAY_RETURN_IF_ERROR(CheckSeal(version));
  return With(policy_.Check(registry.scope.registry, SignerOf(version)),
              fmt::format("the {} '{}:{}' may not be used", domain::AssetKindName(version.kind), version.name,
                          version.version));
}

Result<AssetVersion> SharedAssets::FindRemote(const AssetRegistry& registry, const RegistryAddress& address) {
  if (!address.version.empty()) {
    auto kept = dependencies_.assets.GetVersion(registry.scope, address.kind, address.name, address.version);
    if (kept || kept.error().code() != Code::kNotFound) return kept;
  }
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion found, remote.GetVersion(address.kind, address.name, address.version));
  SLIPWAY_RETURN_IF_ERROR(CheckTrusted(registry, found));
  const auto kept = dependencies_.assets.InsertVersion(registry.scope, found);
  if (!kept && kept.error().code() != Code::kAlreadyExists) return kept.error();
  return found;
}

Result<AssetVersion> SharedAssets::Find(const RegistryAddress& address) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(address.registry));
  auto found = registry.remote ? FindRemote(registry, address)
                               : local_.Get(registry.scope, address.kind, address.name,
                                            address.version.empty() ? "latest" : address.version);
  if (!found) return With(std::move(found), fmt::format("the registry '{}'", registry.scope.registry));
  SLIPWAY_RETURN_IF_ERROR(CheckTrusted(registry, *found));
  if (registry.remote) Readdress(found->body, registry.remote->registry, registry.scope.registry);
  // What another server has sealed may have been in a registry of another name.
  if (std::string* path = PathOf(found->body); path != nullptr && domain::ParseRegistryAddress(*path))
    *path = AddressOf(registry, *found).ToString();
  return found;
}

Result<fs::path> SharedAssets::FolderOf(const RegistryAddress& address) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version, Find(address));
  const std::string tree = TreeOf(version);
  if (tree.empty()) return FailedPrecondition(fmt::format("'{}' has no files", address.ToString()));
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(address.registry));
  SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
  const std::string below =
      fmt::format("{}/{}/{}", domain::AssetCollection(version.kind), version.name, version.version);
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, JoinBelow(folders->files->root(), below));
  if (registry.remote && !blobstore::VerifyTree(*folders->blobs, tree)) {
    SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
    SLIPWAY_RETURN_IF_ERROR(remote.Fetch(*folders->blobs, tree));
  }
  const std::string what = fmt::format("the {} '{}:{}' of the registry '{}'", domain::AssetKindName(version.kind),
                                       version.name, version.version, registry.scope.registry);
  SLIPWAY_RETURN_IF_ERROR(With(folders->files->LayOut(tree, folder), what));
  SLIPWAY_RETURN_IF_ERROR(With(folders->files->Verify(tree, folder), what));
  return folder;
}

// Creating.

Result<StoredVersion> SharedAssets::Put(const Scope& scope, AssetVersion version) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, Local(scope, "creating and changing assets"));
  SLIPWAY_RETURN_IF_ERROR(CheckAssetName(version.kind, version.name));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(version.version));
  if (version.version.empty()) return InvalidArgument("an asset of a registry needs a version");
  const auto stored = dependencies_.assets.GetVersion(registry.scope, version.kind, version.name, version.version);
  if (!stored && stored.error().code() != Code::kNotFound) return stored.error();
  std::erase_if(version.properties, [](const auto& property) { return property.first.starts_with(kOwnPrefix); });
  const std::string* path = PathOf(version.body);
  const bool is_change = stored && (path == nullptr || domain::ParseRegistryAddress(*path));
  if (is_change) return local_.Put(registry.scope, std::move(version));
  return Create(registry, std::move(version));
}

Result<fs::path> SharedAssets::UploadedPath(const AssetRegistry& registry, std::string_view uri) {
  const std::string below = fmt::format("{}{}/", kUploads, UrlEncode(registry.scope.registry));
  const size_t at = uri.find(below);
  if (at == std::string_view::npos) return NotFound("no upload");
  const auto relative = UrlDecode(uri.substr(at + below.size()));
  SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
  if (!relative || !IsUploadName(relative->substr(0, relative->find('/'))))
    return InvalidArgument(fmt::format("'{}' is not the address of an upload", uri));
  SLIPWAY_ASSIGN_OR_RETURN(fs::path path, JoinBelow(folders->uploads, *relative));
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return InvalidArgument(fmt::format("nothing was uploaded to '{}'", uri));
  // A whole upload means what was put into it, when that is one thing.
  if (path.parent_path() == folders->uploads) return EntryOf(path);
  return path;
}

Result<std::optional<fs::path>> SharedAssets::TakeFiles(const AssetRegistry& registry, AssetVersion& version) {
  std::string* path = PathOf(version.body);
  if (path == nullptr) return std::optional<fs::path>();
  auto uploaded = UploadedPath(registry, *path);
  if (uploaded) return std::optional<fs::path>(std::move(*uploaded));
  if (uploaded.error().code() != Code::kNotFound) return std::move(uploaded.error());
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(*path, version.kind));
  if (domain::ParseRegistryAddress(*path)) {
    SLIPWAY_ASSIGN_OR_RETURN(fs::path found, local_.catalog().LocalPath(registry.scope, *path));
    return std::optional<fs::path>(std::move(found));
  }
  if (std::holds_alternative<domain::Url>(reference) && version.kind == AssetKind::kData)
    return std::optional<fs::path>();
  return InvalidArgument(
      fmt::format("'{}' cannot be the path of an asset of a registry: upload its files there (--registry-name does), "
                  "or share it from a workspace",
                  *path));
}

Status SharedAssets::AddressReference(const AssetRegistry& registry, std::string& reference, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(reference, local_.catalog().Pin(registry.scope, reference, kind));
  if (domain::ParseRegistryAddress(reference)) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion named, local_.catalog().Find(registry.scope, reference, kind));
  reference = AddressOf(registry, named).ToString();
  return {};
}

Status SharedAssets::CheckBody(const AssetRegistry& registry, AssetVersion& version,
                               const std::optional<fs::path>& files) {
  Preparation preparation(dependencies_, local_.catalog(), registry.scope);
  if (auto* component = std::get_if<domain::CommandComponent>(&version.body)) {
    component->name = version.name;
    component->version = version.version;
    if (component->environment.empty()) return InvalidArgument("a command component needs an environment");
    SLIPWAY_RETURN_IF_ERROR(
        With(AddressReference(registry, component->environment, AssetKind::kEnvironment), "environment"));
    if (!component->code.empty())
      SLIPWAY_RETURN_IF_ERROR(With(AddressReference(registry, component->code, AssetKind::kCode), "code"));
  } else if (auto* environment = std::get_if<domain::EnvironmentBody>(&version.body)) {
    if (!environment->build_path.empty())
      return Unimplemented("environments with a build context are not supported in registries yet");
    SLIPWAY_RETURN_IF_ERROR(preparation.Check(version));
  } else if (auto* model = std::get_if<domain::ModelBody>(&version.body);
             model != nullptr && model->type == "mlflow_model" && files) {
    SLIPWAY_RETURN_IF_ERROR(preparation.CheckMlflowModel(version, *model, *files));
  } else if (const auto* data = std::get_if<domain::DataBody>(&version.body); data != nullptr && files) {
    SLIPWAY_RETURN_IF_ERROR(CheckDataAt(*data, *files));
  }
  return {};
}

Result<StoredVersion> SharedAssets::Create(const AssetRegistry& registry, AssetVersion version) {
  const std::string* path = PathOf(version.body);
  const std::string source = path == nullptr ? "" : *path;
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, TakeFiles(registry, version));
  SLIPWAY_RETURN_IF_ERROR(CheckBody(registry, version, files));
  const bool is_upload = source.find(kUploads) != std::string::npos;
  const json provenance = {{"source", is_upload ? "upload" : source.empty() ? "definition" : source}};
  SLIPWAY_ASSIGN_OR_RETURN(StoredVersion stored,
                           Publish(registry.scope.registry, std::move(version), files, provenance));
  if (is_upload && files) {
    SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
    const fs::path below = files->lexically_relative(folders->uploads);
    if (!below.empty() && *below.begin() != "..") SLIPWAY_RETURN_IF_ERROR(RemoveAll(folders->uploads / *below.begin()));
  }
  return stored;
}

Result<StoredVersion> SharedAssets::Publish(const std::string& name, AssetVersion version,
                                            const std::optional<fs::path>& files, const json& provenance) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(name));
  SLIPWAY_RETURN_IF_ERROR(CheckAssetName(version.kind, version.name));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(version.version));
  SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
  if (files) {
    SLIPWAY_ASSIGN_OR_RETURN(version.properties[kTreeProperty], folders->files->Keep(*files));
    if (std::string* path = PathOf(version.body)) *path = AddressOf(registry, version).ToString();
  }
  if (registry.remote) Readdress(version.body, registry.scope.registry, registry.remote->registry);
  version.is_archived = false;
  version.context = {};
  version.context.created_at = version.context.last_modified_at = dependencies_.clock.Now();
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion sealed, Seal(std::move(version), provenance, key_));
  return registry.remote ? Push(registry, sealed) : Insert(registry, std::move(sealed));
}

Result<StoredVersion> SharedAssets::Accept(const std::string& name, AssetVersion sealed) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(name));
  SLIPWAY_RETURN_IF_ERROR(CheckAssetName(sealed.kind, sealed.name));
  SLIPWAY_RETURN_IF_ERROR(CheckVersion(sealed.version));
  SLIPWAY_RETURN_IF_ERROR(CheckTrusted(registry, sealed));
  if (const std::string tree = TreeOf(sealed); !tree.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, LocalFolders(name));
    SLIPWAY_RETURN_IF_ERROR(With(blobstore::VerifyTree(*folders->blobs, tree), "the files have to be sent first"));
  }
  sealed.context.created_at = sealed.context.last_modified_at = dependencies_.clock.Now();
  return Insert(registry, std::move(sealed));
}

Status SharedAssets::CheckSame(const AssetRegistry& registry, const AssetVersion& stored, const AssetVersion& given) {
  std::vector<std::string> differences = DefinitionDifferences(stored.body, given.body);
  const std::string old_tree = TreeOf(stored), new_tree = TreeOf(given);
  if (old_tree != new_tree) {
    SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
    const auto before = blobstore::ReadTree(*folders->blobs, old_tree);
    const auto after = blobstore::ReadTree(*folders->blobs, new_tree);
    if (before && after)
      for (std::string& file : DifferingFiles(*before, *after)) differences.push_back(std::move(file));
    if (differences.empty()) differences.push_back("its files");
  }
  if (differences.empty()) return {};
  return AlreadyExists(
      fmt::format("the registry '{}' has a version '{}' of the {} '{}' already, and it differs in {}: versions do not "
                  "change, so share this one under another version",
                  registry.scope.registry, stored.version, domain::AssetKindName(stored.kind), stored.name,
                  Join(differences, ", ")));
}

Result<StoredVersion> SharedAssets::Insert(const AssetRegistry& registry, AssetVersion sealed) {
  auto made = dependencies_.assets.InsertVersion(registry.scope, sealed);
  if (made) return StoredVersion{std::move(*made), true};
  if (made.error().code() != Code::kAlreadyExists) return std::move(made.error());
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion stored,
                           dependencies_.assets.GetVersion(registry.scope, sealed.kind, sealed.name, sealed.version));
  SLIPWAY_RETURN_IF_ERROR(CheckSame(registry, stored, sealed));
  return StoredVersion{std::move(stored), false};
}

Result<StoredVersion> SharedAssets::Push(const AssetRegistry& registry, const AssetVersion& sealed) {
  SLIPWAY_ASSIGN_OR_RETURN(RemoteSource remote, RemoteSource::Connect(registry));
  if (const std::string tree = TreeOf(sealed); !tree.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, registries_.FoldersOf(registry));
    SLIPWAY_RETURN_IF_ERROR(remote.Push(*folders->blobs, tree));
  }
  const std::string rest = fmt::format("/slipway/sealed/{}/{}/{}", domain::AssetCollection(sealed.kind),
                                       UrlEncode(sealed.name), UrlEncode(sealed.version));
  SLIPWAY_ASSIGN_OR_RETURN(const auto answer, remote.Put(rest, wire::AssetVersionToArm(registry.scope, sealed)));
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion stored, wire::AssetVersionFromArm(sealed.kind, answer.body));
  return StoredVersion{std::move(stored), answer.is_new};
}

// Changing.

Result<bool> SharedAssets::DeleteVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                         const std::string& version) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, Local(scope, "deleting assets"));
  return local_.DeleteVersion(registry.scope, kind, name, version);
}

Result<bool> SharedAssets::DeleteContainer(const Scope& scope, AssetKind kind, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, Local(scope, "deleting assets"));
  return local_.DeleteContainer(registry.scope, kind, name);
}

Result<StoredContainer> SharedAssets::PutContainer(const Scope& scope, AssetContainer container) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, Local(scope, "changing assets"));
  return local_.PutContainer(registry.scope, std::move(container));
}

// Uploads.

Result<std::string> SharedAssets::StartUpload(const std::string& registry) {
  SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, LocalFolders(registry));
  const std::string name = RandomHex(kUploadNameBytes);
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folders->uploads / name));
  return name;
}

Status SharedAssets::WriteUpload(const std::string& registry, const std::string& upload, std::string_view path,
                                 std::string_view content) {
  SLIPWAY_ASSIGN_OR_RETURN(RegistryFolders * folders, LocalFolders(registry));
  const fs::path folder = folders->uploads / upload;
  std::error_code ignored;
  if (!IsUploadName(upload) || !fs::is_directory(folder, ignored))
    return NotFound("there is no such upload: it was not started, or a version has taken it over");
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path file, JoinBelow(folder, path));
  return WriteFileAtomic(file, content);
}

}  // namespace slipway::registry
