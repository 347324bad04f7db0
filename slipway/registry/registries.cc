#include "slipway/registry/registries.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/local_blob_store.h"
#include "slipway/registry/curated.h"

namespace slipway::registry {
namespace {

using domain::AssetRegistry;

Error NotChanged() {
  return FailedPrecondition(
      fmt::format("the registry '{}' comes with Slipway: it can be read, not changed; `slipway registry create --name "
                  "NAME` makes one of your own",
                  kCuratedRegistry));
}

Status CheckRegistry(AssetRegistry& registry) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kRegistry, registry.scope.registry));
  if (IsCurated(registry.scope.registry)) return NotChanged();
  if (!registry.remote) return {};
  domain::RemoteRegistry& remote = *registry.remote;
  while (remote.url.ends_with('/')) remote.url.pop_back();
  if (!remote.url.starts_with("http://") && !remote.url.starts_with("https://"))
    return InvalidArgument(fmt::format("'{}' is not the address of a server: http://… or https://… is", remote.url));
  if (remote.registry.empty()) remote.registry = registry.scope.registry;
  return {};
}

}  // namespace

Result<Stored<AssetRegistry>> Registries::Put(AssetRegistry registry) {
  SLIPWAY_RETURN_IF_ERROR(CheckRegistry(registry));
  const std::lock_guard lock(mutex_);
  const auto stored = store_.GetRegistry(registry.scope.registry);
  if (!stored && stored.error().code() != Code::kNotFound) return stored.error();
  const Timestamp now = clock_.Now();
  if (stored) {
    if (stored->remote.has_value() != registry.remote.has_value())
      return FailedPrecondition(fmt::format("the registry '{}' is {} and stays so: delete it first",
                                            stored->scope.registry, stored->remote ? "remote" : "local"));
    registry.scope = stored->scope;
    registry.id = stored->id;
    registry.context = stored->context;
  } else {
    registry.id = RandomUuid();
    registry.context.created_at = now;
  }
  registry.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(store_.PutRegistry(registry));
  return Stored<AssetRegistry>{std::move(registry), !stored};
}

Result<AssetRegistry> Registries::Get(const std::string& name) {
  auto found = store_.GetRegistry(name);
  if (found || found.error().code() != Code::kNotFound) return found;
  if (IsCurated(name)) return NotChanged();
  std::vector<std::string> names = {std::string(kCuratedRegistry)};
  if (const auto registries = store_.ListRegistries())
    for (const AssetRegistry& registry : *registries) names.push_back(registry.scope.registry);
  return NotFound(fmt::format("there is no registry '{}'{}", name, DidYouMean(name, names)));
}

Result<AssetRegistry> Registries::Show(const std::string& name) {
  return IsCurated(name) ? CuratedRegistry() : Get(name);
}

Result<bool> Registries::Delete(const std::string& name) {
  if (IsCurated(name)) return NotChanged();
  const auto found = store_.GetRegistry(name);
  if (!found && found.error().code() == Code::kNotFound) return false;
  if (!found) return found.error();
  SLIPWAY_RETURN_IF_ERROR(store_.DeleteRegistry(*found));
  const std::lock_guard lock(mutex_);
  // Who still reads holds on to the blobs; the files go now.
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(root_ / found->id));
  return true;
}

Result<RegistryFolders*> Registries::FoldersOf(const AssetRegistry& registry) {
  const std::lock_guard lock(mutex_);
  RegistryFolders& folders = folders_[registry.id];
  if (folders.files) return &folders;
  const std::filesystem::path folder = root_ / registry.id;
  SLIPWAY_ASSIGN_OR_RETURN(folders.blobs, blobstore::LocalBlobStore::Open(folder / "blobs"));
  folders.uploads = folder / "uploads";
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(folders.uploads));  // of an earlier life of the server
  folders.files = std::make_unique<KeptFiles>(folder / "files", *folders.blobs);
  return &folders;
}

}  // namespace slipway::registry
