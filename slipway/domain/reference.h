// The reference forms of the dialect: "azureml:name:version", "azureml:name@latest", ARM ids, "azureml://datastores/…".
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"

namespace slipway::domain {

enum class AssetKind { kData, kModel, kEnvironment, kComponent, kCode };
// "data", "models", "environments", "components", "codes": the segment in ARM paths.
std::string_view AssetCollection(AssetKind kind);
// "data", "model", "environment", "component", "code".
std::string_view AssetKindName(AssetKind kind);

// name + version, or name + label ("latest"), or a name alone.
struct AssetReference {
  std::string name;
  std::string version;
  std::string label;
  std::string registry;          // "" = the workspace's own
  std::string ToString() const;  // "azureml:name:version" …
};

// "azureml://datastores/<d>/paths/<p>" and its long form.
struct DatastorePath {
  std::string datastore;
  std::string path;
  std::string ToString() const;  // the short form
};

// "azureml://jobs/<job>/outputs/<output>/paths/<p>" and "runs:/<run>/<p>" (output "artifacts").
struct JobOutputPath {
  std::string job;
  std::string output;
  std::string path;
};

struct Url {
  std::string text;
};  // http(s), wasbs, abfss, adl
struct LocalPath {
  std::string text;
};  // everything else; a "file:" prefix is dropped

using Reference = std::variant<AssetReference, DatastorePath, JobOutputPath, Url, LocalPath>;

// Reads any form where an asset of `kind` may stand. ARM ids of assets and "azureml://registries/…" become
// AssetReferences. "azureml:./x" is refused with advice to drop the prefix.
Result<Reference> ParseReference(std::string_view text, AssetKind kind);

// For fields that take a name of something without versions (compute, datastore, job): drops "azureml:" and ARM
// prefixes.
std::string BareName(std::string_view text);

// "<workspace ARM id>/<collection>/<name>/versions/<version>".
std::string AssetArmId(const Scope& scope, AssetKind kind, std::string_view name, std::string_view version);

}  // namespace slipway::domain
