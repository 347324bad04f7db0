#include "slipway/registry/remote_registry.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/tree.h"
#include "slipway/wire/asset.h"

namespace slipway::registry {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetRegistry;
using domain::AssetVersion;
using nlohmann::json;

std::string ContainerPath(AssetKind kind, const std::string& name) {
  return fmt::format("/{}/{}", domain::AssetCollection(kind), UrlEncode(name));
}

std::string_view ViewName(domain::ListView view) {
  if (view == domain::ListView::kAll) return "All";
  return view == domain::ListView::kArchivedOnly ? "ArchivedOnly" : "ActiveOnly";
}

template <typename T, typename Read>
Result<std::vector<T>> Each(const std::vector<json>& items, const Read& read) {
  std::vector<T> all;
  for (const json& item : items) {
    SLIPWAY_ASSIGN_OR_RETURN(T one, read(item));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

std::string* PathOf(domain::AssetBody& body) {
  if (auto* data = std::get_if<domain::DataBody>(&body)) return &data->path;
  if (auto* model = std::get_if<domain::ModelBody>(&body)) return &model->path;
  if (auto* code = std::get_if<domain::CodeBody>(&body)) return &code->uri;
  return nullptr;
}

void Readdress(domain::AssetBody& body, const std::string& from, const std::string& to) {
  const auto change = [&](std::string& text) {
    auto address = domain::ParseRegistryAddress(text);
    if (!address || !EqualsIgnoreCase(address->registry, from)) return;
    address->registry = to;
    text = address->ToString();
  };
  if (std::string* path = PathOf(body)) change(*path);
  if (auto* component = std::get_if<domain::CommandComponent>(&body)) {
    change(component->environment);
    change(component->code);
  }
}

Result<RemoteSource> RemoteSource::Connect(const AssetRegistry& registry) {
  const domain::RemoteRegistry& remote = *registry.remote;
  const std::string token = client::TokenIn(remote.token_file);
  if (token.empty())
    return FailedPrecondition(fmt::format("the registry '{}': there is no token in the file '{}'",
                                          registry.scope.registry, remote.token_file));
  std::error_code ignored;
  if (!remote.ca_file.empty() && !std::filesystem::exists(remote.ca_file, ignored))
    return FailedPrecondition(fmt::format("the registry '{}': there is no file '{}' with certificate authorities",
                                          registry.scope.registry, remote.ca_file));
  return RemoteSource(client::Connection({remote.url, token, remote.ca_file}), registry);
}

RemoteSource::RemoteSource(client::Connection connection, const AssetRegistry& registry)
    : connection_(std::move(connection)), registry_(registry) {}

std::string RemoteSource::Path(const std::string& rest) const {
  domain::Scope there;
  there.registry = UrlEncode(registry_.remote->registry);
  return there.ArmId() + rest;
}

template <typename T>
Result<T> RemoteSource::Told(Result<T> result) const {
  return With(std::move(result),
              fmt::format("the registry '{}' at {}", registry_.scope.registry, registry_.remote->url));
}

Result<json> RemoteSource::Get(const std::string& rest) {
  return Told(connection_.Get(Path(rest)));
}

Result<AssetVersion> RemoteSource::GetVersion(AssetKind kind, const std::string& name, const std::string& version) {
  SLIPWAY_ASSIGN_OR_RETURN(const json resource, Get(fmt::format("{}/versions/{}", ContainerPath(kind, name),
                                                                version.empty() ? "latest" : UrlEncode(version))));
  return Told(wire::AssetVersionFromArm(kind, resource));
}

Result<std::vector<AssetVersion>> RemoteSource::ListVersions(AssetKind kind, const std::string& name,
                                                             domain::ListView view) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto items, Told(connection_.List(Path(
                            fmt::format("{}/versions?listViewType={}", ContainerPath(kind, name), ViewName(view))))));
  return Told(Each<AssetVersion>(items, [&](const json& item) { return wire::AssetVersionFromArm(kind, item); }));
}

Result<AssetContainer> RemoteSource::GetContainer(AssetKind kind, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const json resource, Get(ContainerPath(kind, name)));
  return Told(wire::AssetContainerFromArm(kind, resource));
}

Result<std::vector<AssetContainer>> RemoteSource::ListContainers(AssetKind kind, domain::ListView view) {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto items,
      Told(connection_.List(Path(fmt::format("/{}?listViewType={}", domain::AssetCollection(kind), ViewName(view))))));
  return Told(Each<AssetContainer>(items, [&](const json& item) { return wire::AssetContainerFromArm(kind, item); }));
}

Result<RemoteSource::Answer> RemoteSource::Put(const std::string& rest, const json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response response, Told(connection_.Send("PUT", Path(rest), body.dump())));
  if (response.status >= 400) return Told(Result<Answer>(client::ErrorOf(response)));
  json answer = json::parse(response.body, nullptr, false);
  if (!answer.is_object()) return Told(Result<Answer>(Internal("the answer is no JSON object")));
  return Answer{std::move(answer), response.status == 201};
}

Status RemoteSource::FetchBlob(blobstore::BlobStore& blobs, const blobstore::Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const bool has, blobs.Has(digest));
  if (has) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response response, connection_.Send("GET", BlobPath(digest)));
  if (response.status >= 400) return client::ErrorOf(response);
  if (Sha256Hex(response.body) != digest)
    return DataLoss(fmt::format("what the server sent for {} was tampered with: its SHA-256 is {}", digest,
                                Sha256Hex(response.body)));
  SLIPWAY_RETURN_IF_ERROR(blobs.PutBytes(response.body));
  return {};
}

Status RemoteSource::Fetch(blobstore::BlobStore& blobs, const blobstore::Digest& tree) {
  SLIPWAY_RETURN_IF_ERROR(Told(FetchBlob(blobs, tree)));
  SLIPWAY_ASSIGN_OR_RETURN(const auto manifest, blobstore::ReadTree(blobs, tree));
  for (const blobstore::TreeEntry& entry : manifest.entries)
    SLIPWAY_RETURN_IF_ERROR(Told(With(FetchBlob(blobs, entry.digest), fmt::format("file '{}'", entry.path))));
  return {};
}

Status RemoteSource::PushBlob(blobstore::BlobStore& blobs, const blobstore::Digest& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response there, connection_.Send("HEAD", BlobPath(digest)));
  if (there.status < 300) return {};
  if (there.status != 404) return client::ErrorOf(there);
  SLIPWAY_ASSIGN_OR_RETURN(const std::string bytes, blobs.Read(digest));
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response response,
                           connection_.Send("PUT", BlobPath(digest), bytes, "application/octet-stream"));
  if (response.status >= 400) return client::ErrorOf(response);
  return {};
}

Status RemoteSource::Push(blobstore::BlobStore& blobs, const blobstore::Digest& tree) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto manifest, blobstore::ReadTree(blobs, tree));
  for (const blobstore::TreeEntry& entry : manifest.entries)
    SLIPWAY_RETURN_IF_ERROR(Told(With(PushBlob(blobs, entry.digest), fmt::format("file '{}'", entry.path))));
  return Told(PushBlob(blobs, tree));
}

}  // namespace slipway::registry
