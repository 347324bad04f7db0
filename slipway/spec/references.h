// Values that name something: an asset, a local file, a compute.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/asset.h"
#include "slipway/spec/reader.h"

namespace slipway::spec {

// Assets that a document defines inline. They are to be made before the document itself, which already refers to them.
using AnonymousAssets = std::vector<domain::AssetVersion>;

inline constexpr std::string_view kAnonymousEnvironmentName = "CliV2AnonymousEnvironment";
inline constexpr std::string_view kAnonymousComponentName = "azureml_anonymous";

struct ReferenceRules {
  domain::AssetKind kind = domain::AssetKind::kData;
  bool allow_local = false;
  bool allow_uri = false;         // datastore URIs, job outputs, URLs
  bool version_optional = false;  // "azureml:name" means the newest version
  bool must_exist = true;         // local paths
};

// The reference as written; a local path absolute and checked to exist; "" after a complaint.
std::string ReadReference(const Value& value, const ReferenceRules& rules);

// A compute, datastore or job: "azureml:" and ARM prefixes dropped.
std::string ReadBareName(const Value& value);

// `code`: a local folder or file, or a code asset.
std::string ReadCode(const Value& value);

// `environment`: a reference, or an inline definition, which goes to `anonymous`.
std::string ReadEnvironmentReference(const Value& value, AnonymousAssets& anonymous);

}  // namespace slipway::spec
