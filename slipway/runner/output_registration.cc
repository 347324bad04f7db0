#include "slipway/runner/output_registration.h"

#include <fmt/format.h>

#include "slipway/registry/catalog.h"

namespace slipway::runner {
namespace {

using domain::AssetVersion;

// Marks the version as made by this output of this job.
constexpr const char* kSourceProperty = "slipway.source";

std::string SourceOf(const domain::Job& job, const std::string& key) {
  return fmt::format("azureml://jobs/{}/outputs/{}", job.name, key);
}

domain::DataType DataTypeOf(const std::string& type) {
  if (type == "uri_file") return domain::DataType::kUriFile;
  return type == "mltable" ? domain::DataType::kMltable : domain::DataType::kUriFolder;
}

AssetVersion VersionOf(const domain::Job& job, const std::string& key, const domain::JobOutput& output) {
  AssetVersion version;
  version.kind = registry::KindOfType(output.type);
  version.name = output.name;
  version.version = output.version;
  version.properties[kSourceProperty] = SourceOf(job, key);
  if (version.kind == domain::AssetKind::kModel) {
    domain::ModelBody body;
    body.type = output.type;
    body.path = job.output_uris.at(key);
    body.job_name = job.name;
    version.body = std::move(body);
  } else {
    version.body = domain::DataBody{DataTypeOf(output.type), job.output_uris.at(key)};
  }
  return version;
}

}  // namespace

Result<std::string> RegisterJobOutput(const Dependencies& dependencies, const domain::Scope& scope,
                                      const domain::Job& job, const std::string& key, const domain::JobOutput& output) {
  AssetVersion version = VersionOf(job, key, output);
  const auto existing = dependencies.assets.ListVersions(scope, version.kind, version.name, domain::ListView::kAll);
  if (existing) {
    for (const AssetVersion& made : *existing) {
      const auto source = made.properties.find(kSourceProperty);
      if (source != made.properties.end() && source->second == SourceOf(job, key)) {
        return fmt::format("azureml:{}:{}", made.name, made.version);
      }
    }
  }
  version.context.created_at = version.context.last_modified_at = dependencies.clock.Now();
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion made, dependencies.register_asset
                                                        ? dependencies.register_asset(scope, std::move(version))
                                                        : dependencies.assets.InsertVersion(scope, std::move(version)));
  return fmt::format("azureml:{}:{}", made.name, made.version);
}

}  // namespace slipway::runner
