#include "slipway/registry/catalog.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/registry/curated.h"
#include "slipway/registry/kept_files.h"

namespace slipway::registry {
namespace {

using domain::AssetKind;
using domain::AssetReference;
using domain::AssetVersion;
using domain::DataInput;
using domain::DatastorePath;
using domain::JobOutputPath;
using domain::Scope;

constexpr const char* kArtifactStore = "workspaceartifactstore";

std::string UriOfBody(const AssetVersion& asset) {
  if (const auto* data = std::get_if<domain::DataBody>(&asset.body)) return data->path;
  if (const auto* model = std::get_if<domain::ModelBody>(&asset.body)) return model->path;
  if (const auto* code = std::get_if<domain::CodeBody>(&asset.body)) return code->uri;
  return "";
}

}  // namespace

AssetKind KindOfType(const std::string& type) {
  return type.ends_with("_model") ? AssetKind::kModel : AssetKind::kData;
}

Error Catalog::Missing(const Scope& scope, AssetKind kind, const AssetReference& reference) {
  const std::string_view what = domain::AssetKindName(kind);
  const auto versions = assets_.ListVersions(scope, kind, reference.name, domain::ListView::kAll);
  if (versions && !versions->empty() && reference.version.empty()) {
    return NotFound(fmt::format("every version of the {} '{}' is archived; name one, such as '{}'", what,
                                reference.name, versions->front().version));
  }
  if (versions && !versions->empty()) {
    return NotFound(fmt::format("there is no version '{}' of the {} '{}'; the newest is '{}'", reference.version, what,
                                reference.name, versions->front().version));
  }
  std::vector<std::string> names;
  if (const auto containers = assets_.ListContainers(scope, kind, domain::ListView::kAll)) {
    for (const auto& container : *containers) names.push_back(container.name);
  }
  return NotFound(fmt::format("there is no {} '{}'{}", what, reference.name, DidYouMean(reference.name, names)));
}

Result<AssetVersion> Catalog::Find(const Scope& scope, const std::string& text, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto parsed, domain::ParseReference(text, kind));
  const auto* reference = std::get_if<AssetReference>(&parsed);
  if (!reference) {
    return InvalidArgument(
        fmt::format("'{}' does not name a registered {}: write azureml:<name>:<version> or "
                    "azureml:<name>@latest",
                    text, domain::AssetKindName(kind)));
  }
  if (!reference->label.empty() && reference->label != "latest") {
    return InvalidArgument(fmt::format("'{}' is not a label: only 'latest' is", reference->label));
  }
  if (!reference->registry.empty()) return With(FindInRegistry(*reference, kind), fmt::format("'{}'", text));
  auto found = reference->version.empty() ? assets_.GetLatest(scope, kind, reference->name)
                                          : assets_.GetVersion(scope, kind, reference->name, reference->version);
  if (!found && found.error().code() == Code::kNotFound) return Missing(scope, kind, *reference);
  return found;
}

Result<AssetVersion> Catalog::FindInRegistry(const AssetReference& reference, AssetKind kind) {
  if (IsCurated(reference.registry)) return FindCurated(reference, kind);
  if (registries_ == nullptr) return NotFound(fmt::format("there is no registry '{}'", reference.registry));
  return registries_->Find({reference.registry, kind, reference.name, reference.version});
}

Result<std::filesystem::path> Catalog::FilesInRegistry(const domain::RegistryAddress& address) {
  if (registries_ == nullptr) return NotFound(fmt::format("there is no registry '{}'", address.registry));
  SLIPWAY_ASSIGN_OR_RETURN(const auto folder, registries_->FolderOf(address));
  return EntryOf(folder);
}

Result<std::string> Catalog::Pin(const Scope& scope, const std::string& reference, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion asset, Find(scope, reference, kind));
  return PinnedTo(reference, asset);
}

std::string PinnedTo(const std::string& reference, const AssetVersion& asset) {
  const auto parsed = domain::ParseReference(reference, asset.kind);
  const auto* named = parsed ? std::get_if<AssetReference>(&*parsed) : nullptr;
  if (named == nullptr || named->registry.empty()) return fmt::format("azureml:{}:{}", asset.name, asset.version);
  return domain::RegistryAddress{named->registry, asset.kind, asset.name, asset.version}.ToString();
}

Result<DataInput> Catalog::PinData(const Scope& scope, DataInput input) {
  const AssetKind kind = KindOfType(input.type);
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(input.path, kind));
  if (std::holds_alternative<AssetReference>(reference)) {
    SLIPWAY_ASSIGN_OR_RETURN(input.path, Pin(scope, input.path, kind));
  } else if (const auto* path = std::get_if<DatastorePath>(&reference)) {
    SLIPWAY_RETURN_IF_ERROR(workspaces_.GetDatastore(scope, path->datastore));
    input.path = path->ToString();
  } else if (const auto* output = std::get_if<JobOutputPath>(&reference)) {
    SLIPWAY_RETURN_IF_ERROR(jobs_.GetJob(scope, output->job));
  } else if (const auto* url = std::get_if<domain::Url>(&reference)) {
    if (input.mode != "direct") {
      return Unimplemented(fmt::format(
          "fetching '{}' is not supported yet; mode 'direct' hands the address itself to the command", url->text));
    }
  } else {
    return InvalidArgument(fmt::format("'{}' is a path on the client: it has to be uploaded first", input.path));
  }
  if (input.mode.starts_with("eval_")) {
    return Unimplemented(fmt::format("mode '{}' is not supported yet; ro_mount, download and direct are", input.mode));
  }
  return input;
}

Result<std::string> Catalog::UriOf(const Scope& scope, const std::string& path, const std::string& type) {
  const AssetKind kind = KindOfType(type);
  std::string at = path;
  constexpr int kMaxHops = 8;  // an asset may stand on a job's output, never on a circle
  for (int hop = 0; hop < kMaxHops; ++hop) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(at, kind));
    if (const auto* named = std::get_if<AssetReference>(&reference)) {
      SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion asset, Find(scope, at, kind));
      at = UriOfBody(asset);
      if (!named->registry.empty()) return at;
    } else if (const auto* output = std::get_if<JobOutputPath>(&reference)) {
      SLIPWAY_ASSIGN_OR_RETURN(const domain::Job job, jobs_.GetJob(scope, output->job));
      const auto uri = job.output_uris.find(output->output);
      if (uri == job.output_uris.end()) {
        return NotFound(fmt::format("job '{}' has no output '{}'", output->job, output->output));
      }
      const bool needs_slash = !output->path.empty() && !uri->second.ends_with('/');
      at = uri->second + (needs_slash ? "/" : "") + output->path;
    } else {
      return at;
    }
  }
  return InvalidArgument(fmt::format("'{}' leads from reference to reference without end", path));
}

Result<std::filesystem::path> Catalog::LocalPath(const Scope& scope, const std::string& uri) {
  if (const auto address = domain::ParseRegistryAddress(uri)) return FilesInRegistry(*address);
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(uri, AssetKind::kData));
  const auto* path = std::get_if<DatastorePath>(&reference);
  if (!path) return InvalidArgument(fmt::format("'{}' is not a path in a datastore", uri));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Datastore datastore, workspaces_.GetDatastore(scope, path->datastore));
  if (datastore.path.empty()) {
    return Unimplemented(fmt::format("reading the datastore '{}' of type {} is not supported yet; local datastores are",
                                     datastore.name, datastore.type));
  }
  std::string_view relative = path->path;
  while (relative.ends_with('/')) relative.remove_suffix(1);
  if (relative.empty()) return std::filesystem::path(datastore.path);
  return JoinBelow(datastore.path, relative);
}

Result<std::string> Catalog::DefaultDatastore(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto datastores, workspaces_.ListDatastores(scope));
  for (const auto& datastore : datastores) {
    if (datastore.is_default) return datastore.name;
  }
  return FailedPrecondition(fmt::format("the workspace '{}' has no default datastore", scope.workspace));
}

Result<std::string> Catalog::ArtifactRoot(const Scope& scope) {
  if (workspaces_.GetDatastore(scope, kArtifactStore)) {
    return fmt::format("azureml://datastores/{}/paths/ExperimentRun/", kArtifactStore);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::string datastore, DefaultDatastore(scope));
  return fmt::format("azureml://datastores/{}/paths/azureml/ExperimentRun/", datastore);
}

}  // namespace slipway::registry
