// Files of local datastores by path, as clients name them: nothing here leaves the datastore's folder, whatever the
// path or the symbolic links below it say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/base/result.h"
#include "slipway/domain/reference.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

// Thread-safe. The stores are borrowed. kNotFound for unknown datastores and missing files, kInvalidArgument for paths
// that cannot be below a folder, kUnimplemented for datastores that are not local.
class DatastoreFiles {
 public:
  DatastoreFiles(domain::WorkspaceStore& workspaces, domain::AssetStore& assets)
      : workspaces_(workspaces), assets_(assets) {}

  enum class Kind { kFile, kFolder };
  Result<Kind> Find(const domain::Scope& scope, const domain::DatastorePath& path);
  Result<std::string> Read(const domain::Scope& scope, const domain::DatastorePath& path);
  // Regular files below a folder, sorted by path, relative to it. Links that lead out of the datastore are left out.
  Result<std::vector<FileEntry>> List(const domain::Scope& scope, const domain::DatastorePath& folder);
  // Stores a file atomically; true when there was none. kAlreadyExists for other content in a registered code
  // snapshot, which is named by its content.
  Result<bool> Write(const domain::Scope& scope, const domain::DatastorePath& path, std::string_view content);

 private:
  struct Place;
  Result<Place> Resolve(const domain::Scope& scope, const domain::DatastorePath& path);
  bool IsInRegisteredCode(const domain::Scope& scope, const domain::DatastorePath& path);

  domain::WorkspaceStore& workspaces_;
  domain::AssetStore& assets_;
};

}  // namespace slipway::registry
