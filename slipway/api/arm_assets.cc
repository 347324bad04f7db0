#include "slipway/api/arm_assets.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/arm_registries.h"
#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/audit_trail.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/asset.h"

namespace slipway::api {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetVersion;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

// What of a version that is there stays as it is where a PUT leaves it out: all that may change, and what clients of
// older api-versions drop silently, since their contract does not know it.
constexpr const char* kKept[] = {"description", "tags",    "properties", "isArchived", "isAnonymous",
                                 "stage",       "flavors", "jobName",    "slipway"};

void KeepWhatIsLeftOut(json& body, const json& stored) {
  json& properties = body["properties"];
  if (!properties.is_object()) return;  // the reader complains
  const json& known = stored["properties"];
  for (const char* key : kKept) {
    if (!properties.contains(key) && known.contains(key)) properties[key] = known[key];
  }
}

// Every "name" or "name=value" of a comma-separated list.
bool HasAll(const domain::Tags& tags, std::string_view wanted) {
  const auto parts = Split(wanted, ',');
  return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    const size_t equals = part.find('=');
    const auto tag = tags.find(std::string(Trim(part.substr(0, equals))));
    if (Trim(part).empty()) return true;
    return tag != tags.end() && (equals == std::string_view::npos || tag->second == Trim(part.substr(equals + 1)));
  });
}

bool IsWanted(const AssetVersion& version, const Request& request) {
  const auto wants = [&](std::string_view parameter) {
    const auto text = request.Parameter(parameter);
    return text && !text->empty() ? text : std::nullopt;
  };
  if (const auto text = wants("version"); text && version.version != *text) return false;
  if (const auto text = wants("description"); text && version.description.find(*text) == std::string::npos)
    return false;
  if (const auto text = wants("$tags"); text && !HasAll(version.tags, *text)) return false;
  if (const auto text = wants("tags"); text && !HasAll(version.tags, *text)) return false;
  if (const auto text = wants("properties"); text && !HasAll(version.properties, *text)) return false;
  const auto stage = wants("stage");
  const auto* model = std::get_if<domain::ModelBody>(&version.body);
  return !stage || !model || EqualsIgnoreCase(model->stage, *stage);
}

// "createdtime desc", "updatedAt asc", "CreatedAtDesc" …; newest first without one, as the versions come.
Status Order(std::vector<AssetVersion>& versions, const Request& request) {
  const std::string given = request.Parameter("$orderBy").value_or(request.Parameter("orderBy").value_or(""));
  const std::string order = ReplaceAll(ReplaceAll(ToLower(given), " ", ""), "time", "at");
  const auto sort = [&](auto time_of, bool ascending) {
    std::stable_sort(versions.begin(), versions.end(), [&](const AssetVersion& a, const AssetVersion& b) {
      return ascending ? time_of(a) < time_of(b) : time_of(b) < time_of(a);
    });
  };
  const auto created = [](const AssetVersion& version) { return version.context.created_at; };
  const auto changed = [](const AssetVersion& version) { return version.context.last_modified_at; };
  const bool ascending = order.ends_with("asc");
  if (ascending) std::reverse(versions.begin(), versions.end());  // of one time: the older first
  if (order.starts_with("createdat")) {
    sort(created, ascending);
  } else if (order.starts_with("updatedat") || order.starts_with("modifiedat") || order.starts_with("lastmodifiedat")) {
    sort(changed, ascending);
  } else if (!order.empty()) {
    return InvalidArgument(
        fmt::format("'$orderBy' must be createdtime or updatedtime with asc or desc, not '{}'", given));
  }
  return {};
}

// Whose assets: a workspace's or a registry's.
struct Owner {
  registry::AssetService& service;
  // The scope as the owner was made with.
  std::function<Result<Scope>(const PathParameters&)> scope_of;
  registry::SharedAssets* uploads = nullptr;  // of a registry
  std::optional<AuditTrail> deletions = {};   // of a registry
};

// The routes of one kind.
class Assets {
 public:
  Assets(AssetKind kind, Owner owner)
      : kind_(kind),
        service_(owner.service),
        scope_of_(std::move(owner.scope_of)),
        uploads_(owner.uploads),
        deletions_(owner.deletions) {}

  Result<Response> ListContainers(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto view, ListViewOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto containers, service_.ListContainers(scope, kind_, view));
    return PageAnswer(request, page, containers.size(),
                      [&](size_t i) { return wire::AssetContainerToArm(scope, containers[i]); });
  }

  Result<Response> GetContainer(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer container,
                             service_.GetContainer(scope, kind_, parameters.at("name")));
    return JsonAnswer(200, wire::AssetContainerToArm(scope, container));
  }

  Result<Response> PutContainer(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(json body, ParseBody(request));
    const auto stored = service_.GetContainer(scope, kind_, parameters.at("name"));
    if (stored) KeepWhatIsLeftOut(body, wire::AssetContainerToArm(scope, *stored));
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer container, wire::AssetContainerFromArm(kind_, body));
    container.name = parameters.at("name");
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, service_.PutContainer(scope, std::move(container)));
    return JsonAnswer(put.is_new ? 201 : 200, wire::AssetContainerToArm(scope, put.container));
  }

  Result<Response> DeleteContainer(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, service_.DeleteContainer(scope, kind_, parameters.at("name")));
    return was_there ? Deleted(request, scope, parameters.at("name")) : Nothing();
  }

  Result<Response> ListVersions(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto view, ListViewOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto versions, service_.ListVersions(scope, kind_, parameters.at("name"), view));
    std::erase_if(versions, [&](const AssetVersion& version) { return !IsWanted(version, request); });
    SLIPWAY_RETURN_IF_ERROR(Order(versions, request));
    return PageAnswer(request, page, versions.size(), [&](size_t i) { return Shape(scope, versions[i]); });
  }

  Result<Response> GetVersion(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version,
                             service_.Get(scope, kind_, parameters.at("name"), parameters.at("version")));
    return JsonAnswer(200, Shape(scope, version));
  }

  Result<Response> PutVersion(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(json body, ParseBody(request));
    const auto stored = service_.Get(scope, kind_, parameters.at("name"), parameters.at("version"));
    if (stored) KeepWhatIsLeftOut(body, wire::AssetVersionToArm(scope, *stored));
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, wire::AssetVersionFromArm(kind_, body));
    version.name = parameters.at("name");
    version.version = parameters.at("version");
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, service_.Put(scope, std::move(version)));
    return JsonAnswer(put.is_new ? 201 : 200, Shape(scope, put.version));
  }

  Result<Response> DeleteVersion(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there,
                             service_.DeleteVersion(scope, kind_, parameters.at("name"), parameters.at("version")));
    if (!was_there) return Nothing();
    return Deleted(request, scope, fmt::format("{}:{}", parameters.at("name"), parameters.at("version")));
  }

  Result<Response> StartPendingUpload(const Request& request, const PathParameters& parameters) const {
    if (uploads_ == nullptr)
      return Unimplemented(
          "pending uploads to blob storage are not supported yet: PUT files to "
          "{workspace}/slipway/files/{datastore}/{path} and name that path");
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, scope_of_(parameters));
    if (service_.Get(scope, kind_, parameters.at("name"), parameters.at("version")))
      return AlreadyExists(fmt::format("the {} '{}' has a version '{}' already", domain::AssetKindName(kind_),
                                       parameters.at("name"), parameters.at("version")));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string upload, uploads_->StartUpload(scope.registry));
    const std::string uri = fmt::format("{}/uploads/{}/{}", OwnUrl(request), UrlEncode(scope.registry), upload);
    return JsonAnswer(200, {{"pendingUploadId", upload},
                            {"pendingUploadType", "TemporaryBlobReference"},
                            {"blobReferenceForConsumption",
                             {{"blobUri", uri},
                              {"storageAccountArmId", scope.ArmId()},
                              {"credential", {{"credentialType", "SAS"}, {"sasUri", uri}}}}}});
  }

 private:
  json Shape(const Scope& scope, const AssetVersion& version) const {
    json shape = wire::AssetVersionToArm(scope, version);
    if (uploads_ != nullptr) shape["properties"]["provisioningState"] = "Succeeded";
    return shape;
  }
  // `what`: a name with its version, or with all of them.
  Result<Response> Deleted(const Request& request, const Scope& scope, const std::string& what) const {
    if (!deletions_) return Response{};
    domain::AuditEntry entry;
    entry.action = fmt::format("{}.delete", domain::AssetKindName(kind_));
    entry.scope = scope.ArmId();
    entry.subject = "azureml:" + what;
    SLIPWAY_RETURN_IF_ERROR(deletions_->Record(request, std::move(entry)));
    return Response{};
  }
  static Result<Response> Nothing() { return Response{.status = 204, .headers = {}, .body = ""}; }

  const AssetKind kind_;
  registry::AssetService& service_;
  const std::function<Result<Scope>(const PathParameters&)> scope_of_;
  registry::SharedAssets* const uploads_;
  const std::optional<AuditTrail> deletions_;
};

void MountOwner(net::Router& router, std::string_view pattern, const Owner& owner) {
  for (const AssetKind kind :
       {AssetKind::kData, AssetKind::kModel, AssetKind::kEnvironment, AssetKind::kComponent, AssetKind::kCode}) {
    Routes<Assets> routes(router, std::make_shared<const Assets>(kind, owner));
    const std::string collection = fmt::format("{}/{}", pattern, domain::AssetCollection(kind));
    const std::string container = collection + "/{name}";
    const std::string version = container + "/versions/{version}";
    routes.Add("GET", collection, &Assets::ListContainers);
    routes.Add("GET", container, &Assets::GetContainer);
    routes.Add("PUT", container, &Assets::PutContainer);
    routes.Add("DELETE", container, &Assets::DeleteContainer);
    routes.Add("GET", container + "/versions", &Assets::ListVersions);
    routes.Add("GET", version, &Assets::GetVersion);
    routes.Add("PUT", version, &Assets::PutVersion);
    routes.Add("DELETE", version, &Assets::DeleteVersion);
    routes.Add("POST", version + "/startPendingUpload", &Assets::StartPendingUpload);
  }
}

}  // namespace

void MountAssets(net::Router& router, const AssetsDependencies& dependencies) {
  auto& workspaces = dependencies.workspaces;
  MountOwner(router, kWorkspacePattern, {dependencies.registry, [&workspaces](const PathParameters& parameters) {
                                           return ExistingScope(workspaces, parameters);
                                         }});
}

void MountRegistryAssets(net::Router& router, const RegistryAssetsDependencies& dependencies) {
  auto& registries = dependencies.registries;
  MountOwner(router, kRegistryPattern,
             {dependencies.shared,
              [&registries](const PathParameters& parameters) { return ExistingRegistry(registries, parameters); },
              &dependencies.shared, AuditTrail(dependencies.audit, dependencies.clock)});
}

}  // namespace slipway::api
