#include "slipway/api/arm_registries.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/audit_trail.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/registry/curated.h"
#include "slipway/wire/asset.h"
#include "slipway/wire/registry.h"

namespace slipway::api {
namespace {

namespace fs = std::filesystem;
using domain::AssetKind;
using domain::AssetRegistry;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

Response Bytes(std::string content) {
  Response response = Response::Text(200, std::move(content), "application/octet-stream");
  // A browser must not take an artifact for a page of this server.
  response.headers.Set("X-Content-Type-Options", "nosniff");
  return response;
}

Result<AssetKind> KindOf(const std::string& text) {
  for (const AssetKind kind :
       {AssetKind::kData, AssetKind::kModel, AssetKind::kEnvironment, AssetKind::kComponent, AssetKind::kCode}) {
    if (EqualsIgnoreCase(text, domain::AssetCollection(kind)) || EqualsIgnoreCase(text, domain::AssetKindName(kind)))
      return kind;
  }
  return InvalidArgument(
      fmt::format("'{}' is no kind of asset: data, models, environments, components and codes are", text));
}

Result<std::string> Need(const json& body, const char* key) {
  std::string text = Text(body, key);
  if (text.empty()) return InvalidArgument(fmt::format("the body needs '{}', a text", key));
  return text;
}

// What comes with Slipway stands in every resource group.
AssetRegistry AsAskedFor(AssetRegistry registry, const PathParameters& parameters) {
  if (!registry::IsCurated(registry.scope.registry)) return registry;
  registry.scope.subscription = parameters.at("sub");
  const auto group = parameters.find("rg");
  registry.scope.resource_group =
      group == parameters.end() ? std::string(domain::kDefaultResourceGroup) : group->second;
  return registry;
}

// Changes to registries themselves.
class RegistryFace {
 public:
  explicit RegistryFace(const RegistriesDependencies& dependencies)
      : registries_(dependencies.registries), trail_(dependencies.audit, dependencies.clock) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto registries, registries_.List());
    const auto group = parameters.find("rg");
    std::erase_if(registries, [&](const AssetRegistry& registry) {
      return !EqualsIgnoreCase(registry.scope.subscription, parameters.at("sub")) ||
             (group != parameters.end() && !EqualsIgnoreCase(registry.scope.resource_group, group->second));
    });
    registries.push_back(AsAskedFor(registry::CuratedRegistry(), parameters));
    return PageAnswer(request, page, registries.size(), [&](size_t i) { return Shape(request, registries[i]); });
  }

  Result<Response> Get(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetRegistry registry, registries_.Show(parameters.at("reg")));
    return JsonAnswer(200, Shape(request, AsAskedFor(std::move(registry), parameters)));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    return Store(request, parameters, body);
  }

  Result<Response> Patch(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry stored, registries_.Get(parameters.at("reg")));
    json merged = wire::RegistryToArm(stored);
    if (body.contains("tags")) merged["tags"] = body["tags"];
    if (const auto properties = body.find("properties"); properties != body.end() && properties->is_object())
      merged["properties"].merge_patch(*properties);
    return Store(request, parameters, merged);
  }

  Result<Response> Delete(const Request& request, const PathParameters& parameters) const {
    const auto stored = registries_.Get(parameters.at("reg"));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, registries_.Delete(parameters.at("reg")));
    if (!stored || !was_there) return Response{.status = 204, .headers = {}, .body = ""};
    domain::AuditEntry entry;
    entry.action = "registry.delete";
    entry.scope = stored->scope.ArmId();
    entry.subject = stored->scope.registry;
    SLIPWAY_RETURN_IF_ERROR(trail_.Record(request, std::move(entry)));
    return Response{};
  }

 private:
  Result<Response> Store(const Request& request, const PathParameters& parameters, const json& body) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetRegistry registry, wire::RegistryFromArm(body));
    registry.scope = {parameters.at("sub"), parameters.at("rg"), "", parameters.at("reg")};
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, registries_.Put(std::move(registry)));
    return JsonAnswer(put.is_new ? 201 : 200, Shape(request, put.value));
  }

  static json Shape(const Request& request, const AssetRegistry& registry) {
    json shape = wire::RegistryToArm(registry);
    shape["properties"]["discoveryUrl"] = OwnUrl(request) + "/discovery";
    return shape;
  }

  registry::Registries& registries_;
  const AuditTrail trail_;
};

// What is in them, and what goes into them.
class ContentFace {
 public:
  explicit ContentFace(const RegistriesDependencies& dependencies)
      : registries_(dependencies.registries),
        shared_(dependencies.shared),
        sharing_(dependencies.sharing),
        workspaces_(dependencies.workspaces) {}

  Result<Response> Share(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(workspaces_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    registry::ShareRequest wish;
    SLIPWAY_ASSIGN_OR_RETURN(const std::string kind, Need(body, "kind"));
    SLIPWAY_ASSIGN_OR_RETURN(wish.kind, KindOf(kind));
    SLIPWAY_ASSIGN_OR_RETURN(wish.name, Need(body, "name"));
    SLIPWAY_ASSIGN_OR_RETURN(wish.version, Need(body, "version"));
    SLIPWAY_ASSIGN_OR_RETURN(wish.registry, Need(body, "registry"));
    wish.as_name = Text(body, "shareWithName");
    wish.as_version = Text(body, "shareWithVersion");
    wish.by = ActorOf(request);
    SLIPWAY_ASSIGN_OR_RETURN(const auto shared, sharing_.Share(scope, wish));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetRegistry registry, registries_.Get(wish.registry));
    return JsonAnswer(shared.is_new ? 201 : 200, wire::AssetVersionToArm(registry.scope, shared.version));
  }

  Result<Response> ReadFiles(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetKind kind, KindOf(parameters.at("kind")));
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, shared_.FolderOf({parameters.at("reg"), kind, parameters.at("name"),
                                                                      parameters.at("version")}));
    std::string below = parameters.at("path");
    while (below.ends_with('/')) below.pop_back();
    fs::path path = folder;
    if (!below.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(path, JoinBelow(folder, below));
    }
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) {
      SLIPWAY_ASSIGN_OR_RETURN(std::string content, ReadFile(path));
      return Bytes(std::move(content));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, ListFiles(path));
    json files = json::array();
    for (const FileEntry& file : entries) files.push_back({{"path", file.path}, {"size", file.size}});
    return JsonAnswer(200, {{"files", std::move(files)}});
  }

  Result<Response> HasBlob(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(registry::RegistryFolders * folders, shared_.LocalFolders(parameters.at("reg")));
    SLIPWAY_ASSIGN_OR_RETURN(const bool has, folders->blobs->Has(parameters.at("digest")));
    return Response{.status = has ? 200 : 404, .headers = {}, .body = ""};
  }

  Result<Response> ReadBlob(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(registry::RegistryFolders * folders, shared_.LocalFolders(parameters.at("reg")));
    SLIPWAY_ASSIGN_OR_RETURN(std::string content, folders->blobs->Read(parameters.at("digest")));
    return Bytes(std::move(content));
  }

  Result<Response> WriteBlob(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(registry::RegistryFolders * folders, shared_.LocalFolders(parameters.at("reg")));
    const std::string& digest = parameters.at("digest");
    SLIPWAY_RETURN_IF_ERROR(blobstore::CheckDigest(digest));
    if (const std::string found = Sha256Hex(request.body); found != digest)
      return InvalidArgument(fmt::format("the body's SHA-256 is {}, not {}", found, digest));
    SLIPWAY_RETURN_IF_ERROR(folders->blobs->PutBytes(request.body));
    return Response{.status = 201, .headers = {}, .body = ""};
  }

  Result<Response> PutSealed(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingRegistry(registries_, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetKind kind, KindOf(parameters.at("kind")));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(domain::AssetVersion version, wire::AssetVersionFromArm(kind, body));
    version.name = parameters.at("name");
    version.version = parameters.at("version");
    SLIPWAY_ASSIGN_OR_RETURN(const auto stored, shared_.Accept(scope.registry, std::move(version)));
    return JsonAnswer(stored.is_new ? 201 : 200, wire::AssetVersionToArm(scope, stored.version));
  }

  // As clients of blob storage send it.
  Result<Response> WriteUpload(const Request& request, const PathParameters& parameters) const {
    if (request.Parameter("comp"))
      return Unimplemented("uploads in blocks (comp=block) are not supported yet: send the file with one request");
    const Status written =
        shared_.WriteUpload(parameters.at("reg"), parameters.at("upload"), parameters.at("path"), request.body);
    // Who knows no upload is not told which registries there are.
    if (!written && written.error().code() == Code::kNotFound) return NotFound("there is no such upload");
    SLIPWAY_RETURN_IF_ERROR(written);
    return Response{.status = 201, .headers = {}, .body = ""};
  }

 private:
  registry::Registries& registries_;
  registry::SharedAssets& shared_;
  registry::Sharing& sharing_;
  domain::WorkspaceStore& workspaces_;
};

// The operator's rules about signatures.
class SigningFace {
 public:
  explicit SigningFace(const RegistriesDependencies& dependencies)
      : policy_(dependencies.policy), trail_(dependencies.audit, dependencies.clock), clock_(dependencies.clock) {}

  Result<Response> List(const Request&, const PathParameters&) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto keys, policy_.List());
    SLIPWAY_ASSIGN_OR_RETURN(const auto requiring, policy_.Requiring());
    json values = json::array();
    for (const registry::TrustedKey& key : keys) {
      values.push_back({{"key", key.key}, {"name", key.name}, {"status", key.is_revoked ? "revoked" : "trusted"}});
      // The server's own is trusted from the beginning.
      if (key.since != Timestamp{}) values.back()["since"] = FormatTimestamp(key.since);
    }
    return JsonAnswer(200, {{"value", std::move(values)}, {"requireSignatures", requiring}});
  }

  Result<Response> Trust(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, Need(body, "key"));
    SLIPWAY_RETURN_IF_ERROR(policy_.Trust(key, Text(body, "name"), clock_.Now()));
    SLIPWAY_RETURN_IF_ERROR(Record(request, "key.trust", key, Text(body, "reason")));
    return List(request, parameters);
  }

  Result<Response> Revoke(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, Need(body, "key"));
    SLIPWAY_RETURN_IF_ERROR(policy_.Revoke(key));
    SLIPWAY_RETURN_IF_ERROR(Record(request, "key.revoke", key, Text(body, "reason")));
    return List(request, parameters);
  }

  Result<Response> Require(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    const auto required = body.find("required");
    if (required == body.end() || !required->is_boolean())
      return InvalidArgument("the body needs 'required', true or false");
    const std::string& registry = parameters.at("registry");
    SLIPWAY_RETURN_IF_ERROR(policy_.Require(registry, required->get<bool>()));
    SLIPWAY_RETURN_IF_ERROR(Record(request, required->get<bool>() ? "signatures.require" : "signatures.release",
                                   registry, Text(body, "reason")));
    return List(request, parameters);
  }

 private:
  Status Record(const Request& request, std::string action, std::string subject, std::string reason) const {
    domain::AuditEntry entry;
    entry.action = std::move(action);
    entry.subject = std::move(subject);
    entry.reason = std::move(reason);
    return trail_.Record(request, std::move(entry));
  }

  registry::SignaturePolicy& policy_;
  const AuditTrail trail_;
  const Clock& clock_;
};

}  // namespace

Result<Scope> ExistingRegistry(registry::Registries& registries, const PathParameters& parameters) {
  SLIPWAY_ASSIGN_OR_RETURN(AssetRegistry registry, registries.Show(parameters.at("reg")));
  return AsAskedFor(std::move(registry), parameters).scope;
}

void MountRegistries(net::Router& router, const RegistriesDependencies& dependencies) {
  const std::string one(kRegistryPattern);
  Routes<RegistryFace> registries(router, std::make_shared<const RegistryFace>(dependencies));
  registries.Add("GET", fmt::format("/subscriptions/{{sub}}{}/registries", kProvider), &RegistryFace::List);
  registries.Add("GET", fmt::format("{}{}/registries", kResourceGroupPattern, kProvider), &RegistryFace::List);
  registries.Add("GET", one, &RegistryFace::Get);
  registries.Add("PUT", one, &RegistryFace::Put);
  registries.Add("PATCH", one, &RegistryFace::Patch);
  registries.Add("DELETE", one, &RegistryFace::Delete);
  Routes<ContentFace> content(router, std::make_shared<const ContentFace>(dependencies));
  content.Add("POST", fmt::format("{}/slipway/share", kWorkspacePattern), &ContentFace::Share);
  content.Add("GET", one + "/slipway/files/{kind}/{name}/{version}/{path...}", &ContentFace::ReadFiles);
  content.Add("HEAD", one + "/slipway/blobs/{digest}", &ContentFace::HasBlob);
  content.Add("GET", one + "/slipway/blobs/{digest}", &ContentFace::ReadBlob);
  content.Add("PUT", one + "/slipway/blobs/{digest}", &ContentFace::WriteBlob);
  content.Add("PUT", one + "/slipway/sealed/{kind}/{name}/{version}", &ContentFace::PutSealed);
  content.Add("PUT", "/uploads/{reg}/{upload}/{path...}", &ContentFace::WriteUpload);
  Routes<SigningFace> signing(router, std::make_shared<const SigningFace>(dependencies));
  signing.Add("GET", "/slipway/signing/keys", &SigningFace::List);
  signing.Add("PUT", "/slipway/signing/keys", &SigningFace::Trust);
  signing.Add("DELETE", "/slipway/signing/keys", &SigningFace::Revoke);
  signing.Add("PUT", "/slipway/signing/required/{registry}", &SigningFace::Require);
}

}  // namespace slipway::api
