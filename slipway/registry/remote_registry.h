// A registry of another Slipway server, over that server's REST face. For this room's own files.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/blobstore/blob_store.h"
#include "slipway/client/connection.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

// For one request after another; not thread-safe. kUnavailable when the server does not answer.
class RemoteSource {
 public:
  // kFailedPrecondition when the token file or the certificate authority cannot be read.
  static Result<RemoteSource> Connect(const domain::AssetRegistry& registry);

  Result<domain::AssetVersion> GetVersion(domain::AssetKind kind, const std::string& name, const std::string& version);
  Result<std::vector<domain::AssetVersion>> ListVersions(domain::AssetKind kind, const std::string& name,
                                                         domain::ListView view);
  Result<domain::AssetContainer> GetContainer(domain::AssetKind kind, const std::string& name);
  Result<std::vector<domain::AssetContainer>> ListContainers(domain::AssetKind kind, domain::ListView view);
  // A resource of ARM's shape to `rest` below the registry ("/models/m/versions/1"); gives what the server made of it.
  struct Answer {
    nlohmann::json body;
    bool is_new = false;
  };
  Result<Answer> Put(const std::string& rest, const nlohmann::json& body);

  // What of `tree` is missing in `blobs`, checked against its digest.
  Status Fetch(blobstore::BlobStore& blobs, const blobstore::Digest& tree);
  // What of `tree` is missing on the server; the list of files last.
  Status Push(blobstore::BlobStore& blobs, const blobstore::Digest& tree);

 private:
  RemoteSource(client::Connection connection, const domain::AssetRegistry& registry);
  std::string Path(const std::string& rest) const;
  std::string BlobPath(const blobstore::Digest& digest) const { return Path("/slipway/blobs/" + digest); }
  // With the registry's name and address before what went wrong.
  template <typename T>
  Result<T> Told(Result<T> result) const;
  Result<nlohmann::json> Get(const std::string& rest);
  Status FetchBlob(blobstore::BlobStore& blobs, const blobstore::Digest& digest);
  Status PushBlob(blobstore::BlobStore& blobs, const blobstore::Digest& digest);

  client::Connection connection_;
  domain::AssetRegistry registry_;
};

// Where a version's file or folder is; nullptr for kinds without.
std::string* PathOf(domain::AssetBody& body);
// Lets what in `body` is an address in the registry `from` be one in `to`: a registry may have another name elsewhere.
void Readdress(domain::AssetBody& body, const std::string& from, const std::string& to);

}  // namespace slipway::registry
