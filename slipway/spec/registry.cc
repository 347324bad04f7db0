#include "slipway/spec/registry.h"

#include <nlohmann/json.hpp>

#include "slipway/spec/print.h"
#include "slipway/spec/print_parts.h"
#include "slipway/spec/reader.h"

namespace slipway::spec {
namespace {

using nlohmann::json;

void ReadRemote(ObjectReader& reader, domain::AssetRegistry& registry) {
  const auto value = reader.Find("slipway");
  if (!value) return;
  ObjectReader own(*value, "'slipway'");
  domain::RemoteRegistry remote;
  own.RequireText("url", remote.url);
  own.RequireText("token_file", remote.token_file);
  own.Text("registry", remote.registry);
  own.Text("ca_file", remote.ca_file);
  own.Finish();
  for (std::string* file : {&remote.token_file, &remote.ca_file})
    if (!file->empty()) *file = ResolvePath(value->node(), *file).string();
  registry.remote = std::move(remote);
}

}  // namespace

Result<domain::AssetRegistry> ReadRegistry(const Document& document) {
  Complaints complaints;
  domain::AssetRegistry registry;
  ObjectReader reader(Value(document.root, "", complaints), "a registry");
  reader.RequireText("name", registry.scope.registry);
  if (const auto name = reader.Find("name"); name && !registry.scope.registry.empty()) {
    const auto good = domain::CheckName(domain::NameKind::kRegistry, registry.scope.registry);
    if (!good) name->Complain(good.error().message());
  }
  reader.Text("location", registry.location);
  reader.Text("display_name", registry.display_name);
  reader.Text("description", registry.description);
  reader.TextMap("tags", registry.tags);
  std::string access = "Enabled";
  reader.Choice("public_network_access", {"Enabled", "Disabled"}, access);
  registry.is_public = access == "Enabled";
  ReadRemote(reader, registry);
  reader.Ignore({"replication_locations", "acr_config", "managed_resource_group", "discovery_url",
                 "mlflow_registry_uri", "intellectual_property", "id", "identity", "registry_id", "resource_group",
                 "creation_context", "properties"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  registry.scope.workspace.clear();
  return registry;
}

json ToJson(const domain::AssetRegistry& registry) {
  json result = {{"id", registry.scope.ArmId()},
                 {"name", registry.scope.registry},
                 {"location", registry.location},
                 {"public_network_access", registry.is_public ? "Enabled" : "Disabled"},
                 {"replication_locations", json::array({{{"location", registry.location}}})},
                 {"creation_context", ToJson(registry.context)}};
  PutText(result, "registry_id", registry.id);
  PutText(result, "display_name", registry.display_name);
  PutText(result, "description", registry.description);
  PutMap(result, "tags", registry.tags);
  if (const auto& remote = registry.remote) {
    json own = {{"url", remote->url}, {"registry", remote->registry}, {"token_file", remote->token_file}};
    PutText(own, "ca_file", remote->ca_file);
    result["slipway"] = std::move(own);
  }
  return result;
}

}  // namespace slipway::spec
