// Registered models and their versions: the model assets of the workspace as MLflow shows and finds them. For this
// folder's own files.
//
// A model that was registered without a version, or whose last one was deleted, is a container with no versions; one
// that was deleted is archived too. Aliases are properties of the container.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/api/mlflow/arguments.h"
#include "slipway/api/mlflow/filter.h"
#include "slipway/domain/stores.h"

namespace slipway::api::mlflow {

inline constexpr const char* kModelIdProperty = "slipway.mlflow.modelId";  // the logged model of a version
inline constexpr std::string_view kAliasPrefix = "slipway.alias.";
inline constexpr int64_t kModelPageSize = 100, kModelPageSizeMax = 1000;
inline constexpr int64_t kVersionPageSize = 10'000, kVersionPageSizeMax = 200'000;

// Thread-safe as the store is.
class Models {
 public:
  explicit Models(domain::AssetStore& assets) : assets_(assets) {}

  // kNotFound in MLflow's words.
  Result<domain::AssetContainer> Get(const domain::Scope& scope, const std::string& name) const;
  Result<domain::AssetVersion> GetVersion(const domain::Scope& scope, const std::string& name,
                                          const std::string& version) const;
  Result<std::vector<domain::AssetContainer>> List(const domain::Scope& scope) const;
  // Newest first.
  Result<std::vector<domain::AssetVersion>> Versions(const domain::Scope& scope, const std::string& name) const;
  // The newest version of each stage.
  Result<std::vector<domain::AssetVersion>> LatestVersions(const domain::Scope& scope, const std::string& name) const;

 private:
  domain::AssetStore& assets_;
};

std::map<std::string, std::string> AliasesOf(const domain::AssetContainer& model);
std::string StageOf(const domain::AssetVersion& version);  // "None" when it has none
// None, Staging, Production, Archived, whatever the case.
Result<std::string> ParseStage(const std::string& stage);

nlohmann::json ModelJson(const domain::AssetContainer& model, const std::vector<domain::AssetVersion>& latest);
nlohmann::json VersionJson(const domain::AssetVersion& version, const std::map<std::string, std::string>& aliases);

const Dialect& ModelDialect();
const Dialect& VersionDialect();
// What is looked into must outlive the look-up.
Lookup LookupIn(const domain::AssetContainer& model);
Lookup LookupIn(const domain::AssetVersion& version);

}  // namespace slipway::api::mlflow
