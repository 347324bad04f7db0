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

struct Uploaded {
  domain::DatastorePath path;
  std::string hash;  // of names and contents
};

// Uploads a file or folder to azureml://datastores/<datastore>/paths/LocalUpload/<hash>/<name>; equal content goes
// there once. An empty folder is refused.
Result<Uploaded> UploadPath(Workspace& workspace, const std::filesystem::path& path, const std::string& datastore,
                            const Report& report);

// Uploads `code` (a folder, or one file) as a code asset, unless the server has one of equal content. Gives its ARM id.
Result<std::string> UploadCode(Workspace& workspace, const std::filesystem::path& code, const Report& report);

// The default datastore's name.
Result<std::string> DefaultDatastore(Workspace& workspace);

}  // namespace slipway::client
