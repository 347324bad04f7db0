#include "slipway/registry/workspaces.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/domain/reference.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using domain::Compute;
using domain::Datastore;
using domain::Scope;
using domain::Workspace;

constexpr std::string_view kDefaultDatastore = "workspaceblobstore";
constexpr std::string_view kDatastores[] = {kDefaultDatastore, "workspacefilestore", "workspaceartifactstore",
                                            "workspaceworkingdirectory"};
constexpr std::string_view kCompute = "cpu-cluster";
constexpr std::string_view kSecretNames[] = {"account_key", "sas_token", "client_secret", "certificate"};
constexpr size_t kResourceGroupLengthMax = 90;

// What datastores of Azure cannot be without (arm-rest 9.2).
struct Required {
  std::string_view type, setting;
};
constexpr Required kRequired[] = {{"azure_file", "account_name"},
                                  {"azure_file", "file_share_name"},
                                  {"azure_data_lake_gen1", "store_name"},
                                  {"azure_data_lake_gen2", "account_name"},
                                  {"azure_data_lake_gen2", "filesystem"}};

bool IsDefault(const Scope& scope) {
  return EqualsIgnoreCase(scope.subscription, domain::kDefaultSubscription) &&
         EqualsIgnoreCase(scope.resource_group, domain::kDefaultResourceGroup) &&
         EqualsIgnoreCase(scope.workspace, domain::kDefaultWorkspace);
}

domain::CreationContext CreatedAt(Timestamp now) {
  domain::CreationContext context;
  context.created_at = context.last_modified_at = now;
  return context;
}

// Makes the datastores that are missing, as folders below `root`.
Status EnsureDatastores(domain::WorkspaceStore& store, const Scope& scope, Timestamp now, const fs::path& root) {
  for (const std::string_view name : kDatastores) {
    Datastore datastore;
    datastore.name = name;
    if (store.GetDatastore(scope, datastore.name)) continue;
    datastore.path = (root / name).string();
    datastore.is_default = name == kDefaultDatastore;
    datastore.context = CreatedAt(now);
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(datastore.path));
    SLIPWAY_RETURN_IF_ERROR(store.PutDatastore(scope, datastore));
  }
  return {};
}

Status EnsureCompute(domain::WorkspaceStore& store, const Scope& scope, Timestamp now) {
  Compute compute;
  compute.name = kCompute;
  if (store.GetCompute(scope, compute.name)) return {};
  compute.context = CreatedAt(now);
  return store.PutCompute(scope, compute);
}

// A workspace exists only with all it needs: it is stored before its parts, and a killed server makes the missing
// ones when it starts again (the default workspace) or the request is repeated.
Status EnsureParts(domain::WorkspaceStore& store, const Workspace& workspace, Timestamp now, const fs::path& root) {
  SLIPWAY_RETURN_IF_ERROR(EnsureDatastores(store, workspace.scope, now, root));
  return EnsureCompute(store, workspace.scope, now);
}

// The stored value of a "get", nothing when it is not there.
template <typename T>
Result<std::optional<T>> Existing(Result<T> found) {
  if (found) return std::optional<T>(std::move(*found));
  if (found.error().code() == Code::kNotFound) return std::optional<T>();
  return std::move(found.error());
}

Status CheckScope(const Scope& scope) {
  if (scope.subscription.empty()) return InvalidArgument("a subscription needs an id");
  if (scope.resource_group.empty() || scope.resource_group.size() > kResourceGroupLengthMax) {
    return InvalidArgument(fmt::format("'{}' cannot be the name of a resource group: names have 1 to {} characters",
                                       scope.resource_group, kResourceGroupLengthMax));
  }
  return domain::CheckName(domain::NameKind::kWorkspace, scope.workspace);
}

Status CheckFolder(const std::string& text) {
  const fs::path path = text;
  if (!path.is_absolute() || text.find('\0') != std::string::npos) {
    return InvalidArgument(
        fmt::format("'{}' cannot be the path of a datastore: it must be an absolute folder of the server", text));
  }
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) {
    return InvalidArgument(fmt::format("'{}' is a file, a datastore is a folder", text));
  }
  return MakeDirectories(path);
}

Status CheckDatastore(const Datastore& datastore) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kDatastore, datastore.name));
  if (datastore.type == "local") return CheckFolder(datastore.path);
  for (const Required& required : kRequired) {
    if (required.type == datastore.type && !datastore.settings.contains(std::string(required.setting)))
      return InvalidArgument(fmt::format("a datastore of type {} needs '{}'", datastore.type, required.setting));
  }
  return {};
}

void KeepSecrets(Datastore& datastore, const Datastore& stored) {
  const auto has_secret = [&] {
    return std::any_of(std::begin(kSecretNames), std::end(kSecretNames),
                       [&](std::string_view name) { return datastore.credentials.contains(std::string(name)); });
  };
  if (has_secret()) return;
  for (const auto& [key, value] : stored.credentials) datastore.credentials.emplace(key, value);
}

Status CheckCompute(const Compute& compute) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kCompute, compute.name));
  if (compute.type != "amlcompute" && compute.type != "slurm") {
    return Unimplemented(
        fmt::format("computes of type {} are not supported yet; AmlCompute and Slurm are", compute.type));
  }
  if (compute.min_instances < 0 || compute.max_instances < 1 || compute.min_instances > compute.max_instances) {
    return InvalidArgument(fmt::format("a compute has 0 or more instances at least and 1 or more at most, not {} to {}",
                                       compute.min_instances, compute.max_instances));
  }
  return {};
}

bool NamesCompute(const domain::JobSpec& spec, std::string_view name) {
  const auto names = [&](const std::string& reference) { return EqualsIgnoreCase(domain::BareName(reference), name); };
  if (const auto* command = std::get_if<domain::CommandSpec>(&spec.body)) return names(command->compute);
  if (const auto* sweep = std::get_if<domain::SweepSpec>(&spec.body)) return names(sweep->compute);
  const auto& pipeline = std::get<domain::PipelineSpec>(spec.body);
  if (names(pipeline.compute) || names(pipeline.settings.default_compute)) return true;
  return std::any_of(pipeline.jobs.begin(), pipeline.jobs.end(),
                     [&](const auto& step) { return names(step.second.compute); });
}

}  // namespace

Result<Workspace> EnsureDefaultWorkspace(domain::WorkspaceStore& workspaces, const Clock& clock,
                                         const fs::path& datastores_root) {
  const Scope scope;
  SLIPWAY_ASSIGN_OR_RETURN(auto workspace, Existing(workspaces.GetWorkspace(scope)));
  const Timestamp now = clock.Now();
  if (!workspace) {
    workspace.emplace();
    workspace->scope = scope;
    workspace->id = RandomUuid();
    workspace->context = CreatedAt(now);
    SLIPWAY_RETURN_IF_ERROR(workspaces.PutWorkspace(*workspace));
  }
  SLIPWAY_RETURN_IF_ERROR(EnsureParts(workspaces, *workspace, now, datastores_root));
  return std::move(*workspace);
}

Result<Stored<Workspace>> Workspaces::Put(Workspace workspace) {
  SLIPWAY_RETURN_IF_ERROR(CheckScope(workspace.scope));
  const std::lock_guard lock(creating_);
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetWorkspace(workspace.scope)));
  const Timestamp now = clock_.Now();
  workspace.id = stored ? stored->id : RandomUuid();
  workspace.context = stored ? stored->context : CreatedAt(now);
  if (stored) workspace.scope = stored->scope;
  workspace.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(workspaces_.PutWorkspace(workspace));
  const fs::path root = IsDefault(workspace.scope) ? root_ : root_ / workspace.id;
  SLIPWAY_RETURN_IF_ERROR(EnsureParts(workspaces_, workspace, now, root));
  return Stored<Workspace>{std::move(workspace), !stored};
}

Result<bool> Workspaces::Delete(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetWorkspace(scope)));
  if (!stored) return false;
  if (IsDefault(scope)) return FailedPrecondition("the default workspace cannot be deleted");
  SLIPWAY_RETURN_IF_ERROR(workspaces_.DeleteWorkspace(scope));
  return true;
}

Result<Stored<Datastore>> Workspaces::PutDatastore(const Scope& scope, Datastore datastore) {
  SLIPWAY_RETURN_IF_ERROR(workspaces_.GetWorkspace(scope));
  SLIPWAY_RETURN_IF_ERROR(CheckDatastore(datastore));
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetDatastore(scope, datastore.name)));
  const Timestamp now = clock_.Now();
  datastore.is_default = stored && stored->is_default;
  datastore.context = stored ? stored->context : CreatedAt(now);
  datastore.context.last_modified_at = now;
  if (stored) {
    datastore.name = stored->name;
    KeepSecrets(datastore, *stored);
  }
  SLIPWAY_RETURN_IF_ERROR(workspaces_.PutDatastore(scope, datastore));
  return Stored<Datastore>{std::move(datastore), !stored};
}

Result<bool> Workspaces::DeleteDatastore(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetDatastore(scope, name)));
  if (!stored) return false;
  if (stored->is_default) {
    return FailedPrecondition(fmt::format("'{}' is the workspace's default datastore and cannot be deleted", name));
  }
  SLIPWAY_RETURN_IF_ERROR(workspaces_.DeleteDatastore(scope, name));
  return true;
}

Result<Stored<Compute>> Workspaces::PutCompute(const Scope& scope, Compute compute) {
  SLIPWAY_RETURN_IF_ERROR(workspaces_.GetWorkspace(scope));
  SLIPWAY_RETURN_IF_ERROR(CheckCompute(compute));
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetCompute(scope, compute.name)));
  const Timestamp now = clock_.Now();
  if (stored) compute.name = stored->name;
  compute.context = stored ? stored->context : CreatedAt(now);
  compute.context.last_modified_at = now;
  SLIPWAY_RETURN_IF_ERROR(workspaces_.PutCompute(scope, compute));
  return Stored<Compute>{std::move(compute), !stored};
}

Result<bool> Workspaces::DeleteCompute(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto stored, Existing(workspaces_.GetCompute(scope, name)));
  if (!stored) return false;
  domain::JobFilter unfinished;
  unfinished.unfinished_only = true;
  unfinished.view = domain::ListView::kAll;
  SLIPWAY_ASSIGN_OR_RETURN(const auto jobs, jobs_.ListJobs(scope, unfinished));
  for (const domain::Job& job : jobs) {
    if (!NamesCompute(job.spec, name)) continue;
    return Error(Code::kConflict, fmt::format("job '{}' on the compute '{}' has not ended: cancel it, or wait for it",
                                              job.name, stored->name));
  }
  SLIPWAY_RETURN_IF_ERROR(workspaces_.DeleteCompute(scope, name));
  return true;
}

}  // namespace slipway::registry
