// Registries themselves: creating, changing and deleting them, and where the files of one are.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/blobstore/blob_store.h"
#include "slipway/domain/registry.h"
#include "slipway/registry/kept_files.h"
#include "slipway/registry/workspaces.h"

namespace slipway::registry {

// The files of one registry: its own blobs (of a remote one: those fetched so far), the folders laid out of them, and
// uploads that no version has taken over yet.
struct RegistryFolders {
  std::unique_ptr<blobstore::BlobStore> blobs;
  std::unique_ptr<KeptFiles> files;
  std::filesystem::path uploads;
};

// Thread-safe. The store and the clock are borrowed.
class Registries {
 public:
  // `root`: $SLIPWAY_HOME/registries; `<root>/<registry id>` is one registry's.
  Registries(domain::RegistryStore& store, const Clock& clock, std::filesystem::path root)
      : store_(store), clock_(clock), root_(std::move(root)) {}

  // Creates a registry, or changes texts, tags and the remote of the one that is there; a registry does not become
  // remote, or local again, while it is there.
  Result<Stored<domain::AssetRegistry>> Put(domain::AssetRegistry registry);
  // One that was created here. kNotFound with the nearest name; kFailedPrecondition for the one that comes with Slipway
  // (curated.h), which holds nothing that could be changed, shared or fetched.
  Result<domain::AssetRegistry> Get(const std::string& name);
  // What a client may look at: that one, too.
  Result<domain::AssetRegistry> Show(const std::string& name);
  // Those that were created here.
  Result<std::vector<domain::AssetRegistry>> List() { return store_.ListRegistries(); }
  // With its assets and files; of a remote one, what is kept here. False when it was not there.
  Result<bool> Delete(const std::string& name);

  // Lives as long as this object.
  Result<RegistryFolders*> FoldersOf(const domain::AssetRegistry& registry);

 private:
  domain::RegistryStore& store_;
  const Clock& clock_;
  const std::filesystem::path root_;
  std::mutex mutex_;  // two requests for one new registry; the map
  std::map<std::string, RegistryFolders> folders_;
};

}  // namespace slipway::registry
