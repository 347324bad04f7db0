// Files of datastores by path; Slipway's own routes (docs/rest-extensions.md):
//   {W}/slipway/files/{datastore}/{path…}   GET (a file's bytes, or a folder's listing), HEAD, PUT
#pragma once

#include "slipway/net/router.h"
#include "slipway/registry/datastore_files.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct FilesDependencies {
  registry::DatastoreFiles& files;
};

void MountFiles(net::Router& router, const FilesDependencies& dependencies);

}  // namespace slipway::api
