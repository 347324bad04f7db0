#include "slipway/spec/workspace.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/spec/reader.h"

namespace slipway::spec {
namespace {

void ReadName(ObjectReader& reader, domain::NameKind kind, std::string& into) {
  auto value = reader.Require("name");
  if (!value) return;
  reader.Text("name", into);
  if (auto good = domain::CheckName(kind, into); !good) value->Complain(good.error().message());
}

// The keys of each type besides the common ones; those before the bar are required.
void ReadDatastoreSettings(ObjectReader& reader, domain::Datastore& store) {
  auto require = [&](std::string_view key) { reader.RequireText(key, store.settings[std::string(key)]); };
  auto optional = [&](std::string_view key) {
    std::string text;
    reader.Text(key, text);
    if (!text.empty()) store.settings[std::string(key)] = text;
  };
  if (store.type == "local") {
    if (auto path = reader.Require("path")) {
      reader.Text("path", store.path);
      store.path = ResolvePath(path->node(), store.path).string();
    }
    return;
  }
  if (store.type == "azure_data_lake_gen1") return require("store_name");
  require("account_name");
  if (store.type == "azure_blob") require("container_name");
  if (store.type == "azure_file") require("file_share_name");
  if (store.type == "azure_data_lake_gen2") require("filesystem");
  optional("endpoint");
  optional("protocol");
}

void ReadCredentials(ObjectReader& reader, domain::Datastore& store) {
  auto value = reader.Find("credentials");
  if (!value) return;
  ObjectReader credentials(*value, "'credentials'");
  for (std::string_view key : {"account_key", "sas_token", "tenant_id", "client_id", "client_secret", "resource_url",
                               "authority_url", "certificate", "thumbprint"})
    if (auto secret = credentials.Find(key))
      if (auto text = secret->Text()) store.credentials[std::string(key)] = *text;
  credentials.Finish();
  if (store.credentials.count("account_key") && store.credentials.count("sas_token"))
    value->Complain("'account_key' and 'sas_token' exclude each other");
}

}  // namespace

Result<domain::Workspace> ReadWorkspace(const Document& document) {
  Complaints complaints;
  domain::Workspace workspace;
  ObjectReader reader(Value(document.root, "", complaints), "a workspace");
  ReadName(reader, domain::NameKind::kWorkspace, workspace.scope.workspace);
  reader.Text("resource_group", workspace.scope.resource_group);
  reader.Text("location", workspace.location);
  reader.Text("display_name", workspace.display_name);
  reader.Text("description", workspace.description);
  reader.TextMap("tags", workspace.tags);
  reader.Ignore({"hbi_workspace", "storage_account", "container_registry", "key_vault", "application_insights",
                 "image_build_compute", "public_network_access", "customer_managed_key", "managed_network",
                 "discovery_url", "mlflow_tracking_uri", "id", "identity", "primary_user_assigned_identity",
                 "creation_context"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return workspace;
}

Result<domain::Datastore> ReadDatastore(const Document& document) {
  Complaints complaints;
  domain::Datastore store;
  ObjectReader reader(Value(document.root, "", complaints), "a datastore");
  ReadName(reader, domain::NameKind::kDatastore, store.name);
  bool has_type = reader.Require("type").has_value();
  if (has_type)
    reader.Choice("type", {"local", "azure_blob", "azure_file", "azure_data_lake_gen2", "azure_data_lake_gen1"},
                  store.type);
  reader.Text("description", store.description);
  reader.TextMap("tags", store.tags);
  ReadDatastoreSettings(reader, store);
  ReadCredentials(reader, store);
  reader.Ignore({"id", "creation_context", "is_default"});
  if (has_type) reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return store;
}

Result<domain::Compute> ReadCompute(const Document& document) {
  Complaints complaints;
  domain::Compute compute;
  ObjectReader reader(Value(document.root, "", complaints), "a compute");
  ReadName(reader, domain::NameKind::kCompute, compute.name);
  if (auto type = reader.Require("type")) {
    const std::vector<std::string> types = {"amlcompute", "computeinstance", "virtualmachine",
                                            "kubernetes", "synapsespark",    "slurm"};
    compute.type = type->Choice(types).value_or("amlcompute");
    if (compute.type != "amlcompute" && compute.type != "slurm")
      type->Complain(fmt::format("computes of type {} are not supported yet", compute.type), Code::kUnimplemented);
  }
  reader.Text("size", compute.size);
  reader.Choice("tier", {"dedicated", "low_priority"}, compute.tier);
  reader.Text("description", compute.description);
  reader.Integer("min_instances", compute.min_instances, 0, 10'000);
  reader.Integer("max_instances", compute.max_instances, 1, 10'000);
  if (compute.min_instances > compute.max_instances)
    reader.value().Complain(
        fmt::format("min_instances {} is greater than max_instances {}", compute.min_instances, compute.max_instances));
  reader.Integer("idle_time_before_scale_down", compute.idle_seconds_before_scale_down, 0);
  reader.TextMap("tags", compute.tags);
  reader.Ignore({"location", "ssh_public_access_enabled", "ssh_settings", "network_settings", "identity",
                 "enable_node_public_ip", "id", "provisioning_state", "created_on", "creation_context"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return compute;
}

}  // namespace slipway::spec
