// Brings local files to the server: data and model folders, code snapshots.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/client/workspace.h"

namespace slipway::client {

// Told what was uploaded, one line each: "Uploaded core/ (12 files, 34.5 kB)".
using Report = std::function<void(std::string_view line)>;

// Uploads a file or folder to azureml://datastores/<datastore>/paths/LocalUpload/<hash>/<name>; equal content goes
// there once. For a registry: to a pending upload for an asset of `kind`. Gives the address. An empty folder is
// refused.
Result<std::string> UploadPath(Workspace& workspace, const std::filesystem::path& path, domain::AssetKind kind,
                               const std::string& datastore, const Report& report);

// Uploads `code` (a folder, or one file) as a code asset, unless the server has one of equal content. Gives its ARM id,
// or its address in a registry.
Result<std::string> UploadCode(Workspace& workspace, const std::filesystem::path& code, const Report& report);

// The default datastore's name.
Result<std::string> DefaultDatastore(Workspace& workspace);

}  // namespace slipway::client
