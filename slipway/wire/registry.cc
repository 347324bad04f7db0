#include "slipway/wire/registry.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

json RemoteToArm(const domain::RemoteRegistry& remote) {
  json result = {{"url", remote.url}, {"registry", remote.registry}, {"tokenFile", remote.token_file}};
  PutText(result, "caFile", remote.ca_file);
  return result;
}

domain::RemoteRegistry ReadRemote(const JsonView& view) {
  return {view.RequireText("url"), view.Text("registry"), view.RequireText("tokenFile"), view.Text("caFile")};
}

}  // namespace

json RegistryToArm(const domain::AssetRegistry& registry) {
  const auto& scope = registry.scope;
  json own = json::object();
  PutText(own, "displayName", registry.display_name);
  PutText(own, "registryId", registry.id);
  if (registry.remote) own["remote"] = RemoteToArm(*registry.remote);
  json properties = {
      {"publicNetworkAccess", registry.is_public ? "Enabled" : "Disabled"},
      {"provisioningState", "Succeeded"},
      {"intellectualPropertyPublisher", nullptr},
      {"privateLinkCount", 0},
      {"managedResourceGroup",
       {{"resourceId", fmt::format("/subscriptions/{}/resourceGroups/{}", scope.subscription, scope.resource_group)}}},
      {"regionDetails", json::array({{{"location", registry.location}}})},
      {"slipway", std::move(own)}};
  PutText(properties, "description", registry.description);
  return {{"id", scope.ArmId()},
          {"name", scope.registry},
          {"type", "Microsoft.MachineLearningServices/registries"},
          {"location", registry.location},
          {"identity", {{"type", "SystemAssigned"}}},
          {"tags", registry.tags},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(registry.context)}};
}

Result<domain::AssetRegistry> RegistryFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::AssetRegistry registry;
  if (view.Has("id")) {
    registry.scope = {SegmentOfId(view, "subscriptions"), SegmentOfId(view, "resourceGroups"), "",
                      SegmentOfId(view, "registries")};
  }
  registry.location = view.Text("location", "local");
  registry.tags = view.TextMap("tags");
  registry.context = ReadSystemData(view);
  if (const auto properties = view.Find("properties"); properties && properties->CheckObject()) {
    registry.description = properties->Text("description");
    registry.is_public = !EqualsIgnoreCase(properties->Text("publicNetworkAccess", "Enabled"), "Disabled");
    if (const auto own = properties->Find("slipway"); own && own->CheckObject()) {
      registry.display_name = own->Text("displayName");
      registry.id = own->Text("registryId");
      if (const auto remote = own->Find("remote"); remote && remote->CheckObject())
        registry.remote = ReadRemote(*remote);
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return registry;
}

}  // namespace slipway::wire
