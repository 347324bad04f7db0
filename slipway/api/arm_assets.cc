#include "slipway/api/arm_assets.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
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

// The routes of one kind.
class Assets {
 public:
  Assets(AssetKind kind, AssetsDependencies dependencies)
      : kind_(kind), registry_(dependencies.registry), workspaces_(dependencies.workspaces) {}

  Result<Response> ListContainers(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto view, ListViewOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto containers, registry_.ListContainers(scope, kind_, view));
    return PageAnswer(request, page, containers.size(),
                      [&](size_t i) { return wire::AssetContainerToArm(scope, containers[i]); });
  }

  Result<Response> GetContainer(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer container,
                             registry_.GetContainer(scope, kind_, parameters.at("name")));
    return JsonAnswer(200, wire::AssetContainerToArm(scope, container));
  }

  Result<Response> PutContainer(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(json body, ParseBody(request));
    const auto stored = registry_.GetContainer(scope, kind_, parameters.at("name"));
    if (stored) KeepWhatIsLeftOut(body, wire::AssetContainerToArm(scope, *stored));
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer container, wire::AssetContainerFromArm(kind_, body));
    container.name = parameters.at("name");
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, registry_.PutContainer(scope, std::move(container)));
    return JsonAnswer(put.is_new ? 201 : 200, wire::AssetContainerToArm(scope, put.container));
  }

  Result<Response> DeleteContainer(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there, registry_.DeleteContainer(scope, kind_, parameters.at("name")));
    return was_there ? Response{} : Nothing();
  }

  Result<Response> ListVersions(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto view, ListViewOf(request));
    SLIPWAY_ASSIGN_OR_RETURN(auto versions, registry_.ListVersions(scope, kind_, parameters.at("name"), view));
    std::erase_if(versions, [&](const AssetVersion& version) { return !IsWanted(version, request); });
    SLIPWAY_RETURN_IF_ERROR(Order(versions, request));
    return PageAnswer(request, page, versions.size(),
                      [&](size_t i) { return wire::AssetVersionToArm(scope, versions[i]); });
  }

  Result<Response> GetVersion(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version,
                             registry_.Get(scope, kind_, parameters.at("name"), parameters.at("version")));
    return JsonAnswer(200, wire::AssetVersionToArm(scope, version));
  }

  Result<Response> PutVersion(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(json body, ParseBody(request));
    const auto stored = registry_.Get(scope, kind_, parameters.at("name"), parameters.at("version"));
    if (stored) KeepWhatIsLeftOut(body, wire::AssetVersionToArm(scope, *stored));
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, wire::AssetVersionFromArm(kind_, body));
    version.name = parameters.at("name");
    version.version = parameters.at("version");
    SLIPWAY_ASSIGN_OR_RETURN(const auto put, registry_.Put(scope, std::move(version)));
    return JsonAnswer(put.is_new ? 201 : 200, wire::AssetVersionToArm(scope, put.version));
  }

  Result<Response> DeleteVersion(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, Existing(parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const bool was_there,
                             registry_.DeleteVersion(scope, kind_, parameters.at("name"), parameters.at("version")));
    return was_there ? Response{} : Nothing();
  }

  Result<Response> StartPendingUpload(const Request&, const PathParameters&) const {
    return Unimplemented(
        "pending uploads to blob storage are not supported yet: PUT files to "
        "{workspace}/slipway/files/{datastore}/{path} and name that path");
  }

 private:
  // The scope as the workspace was made with.
  Result<Scope> Existing(const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(domain::Workspace workspace, workspaces_.GetWorkspace(ScopeOf(parameters)));
    return std::move(workspace.scope);
  }
  static Response Nothing() { return {.status = 204, .headers = {}, .body = ""}; }

  const AssetKind kind_;
  registry::Registry& registry_;
  domain::WorkspaceStore& workspaces_;
};

}  // namespace

void MountAssets(net::Router& router, const AssetsDependencies& dependencies) {
  for (const AssetKind kind :
       {AssetKind::kData, AssetKind::kModel, AssetKind::kEnvironment, AssetKind::kComponent, AssetKind::kCode}) {
    Routes<Assets> routes(router, std::make_shared<const Assets>(kind, dependencies));
    const std::string collection = fmt::format("{}/{}", kWorkspacePattern, domain::AssetCollection(kind));
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

}  // namespace slipway::api
