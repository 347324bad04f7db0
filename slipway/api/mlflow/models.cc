#include "slipway/api/mlflow/models.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetVersion;
using domain::ListView;
using domain::ModelBody;
using domain::Scope;
using nlohmann::json;

constexpr const char* kStages[] = {"None", "Staging", "Production", "Archived"};

const ModelBody& BodyOf(const AssetVersion& version) {
  return std::get<ModelBody>(version.body);
}

bool IsDeleted(const AssetContainer& model) {
  return model.is_archived && model.latest_version.empty();
}

std::optional<FilterValue> FindTag(const domain::Tags& tags, const std::string& key) {
  const auto found = tags.find(key);
  if (found == tags.end()) return std::nullopt;
  return found->second;
}

FilterValue Time(Timestamp time) {
  return static_cast<double>(Milliseconds(time));
}

}  // namespace

Result<AssetContainer> Models::Get(const Scope& scope, const std::string& name) const {
  auto model = assets_.GetContainer(scope, AssetKind::kModel, name);
  const bool is_missing = model ? IsDeleted(*model) : model.error().code() == Code::kNotFound;
  if (is_missing) return NotFound(fmt::format("Registered Model with name={} not found", name));
  return model;
}

Result<AssetVersion> Models::GetVersion(const Scope& scope, const std::string& name, const std::string& version) const {
  auto found = assets_.GetVersion(scope, AssetKind::kModel, name, version);
  if (found || found.error().code() != Code::kNotFound) return found;
  return NotFound(fmt::format("Model Version (name={}, version={}) not found", name, version));
}

Result<std::vector<AssetContainer>> Models::List(const Scope& scope) const {
  SLIPWAY_ASSIGN_OR_RETURN(auto models, assets_.ListContainers(scope, AssetKind::kModel, ListView::kAll));
  std::erase_if(models, IsDeleted);
  return models;
}

Result<std::vector<AssetVersion>> Models::Versions(const Scope& scope, const std::string& name) const {
  return assets_.ListVersions(scope, AssetKind::kModel, name, ListView::kAll);
}

Result<std::vector<AssetVersion>> Models::LatestVersions(const Scope& scope, const std::string& name) const {
  SLIPWAY_ASSIGN_OR_RETURN(const auto versions, Versions(scope, name));
  std::vector<AssetVersion> latest;
  for (const AssetVersion& version : versions) {
    const bool is_known = std::any_of(latest.begin(), latest.end(),
                                      [&](const AssetVersion& other) { return StageOf(other) == StageOf(version); });
    if (!is_known) latest.push_back(version);
  }
  return latest;
}

std::map<std::string, std::string> AliasesOf(const AssetContainer& model) {
  std::map<std::string, std::string> aliases;
  for (const auto& [key, value] : model.properties)
    if (key.starts_with(kAliasPrefix)) aliases[key.substr(kAliasPrefix.size())] = value;
  return aliases;
}

std::string StageOf(const AssetVersion& version) {
  const std::string& stage = BodyOf(version).stage;
  return stage.empty() ? kStages[0] : stage;
}

Result<std::string> ParseStage(const std::string& stage) {
  for (const char* known : kStages)
    if (EqualsIgnoreCase(known, stage)) return std::string(known);
  return InvalidArgument(
      fmt::format("Invalid Model Version stage: {}. It must be None, Staging, Production or Archived", stage));
}

json ModelJson(const AssetContainer& model, const std::vector<AssetVersion>& latest) {
  json result = {{"name", model.name},
                 {"creation_timestamp", Milliseconds(model.context.created_at)},
                 {"last_updated_timestamp", Milliseconds(model.context.last_modified_at)}};
  if (!model.description.empty()) result["description"] = model.description;
  if (!model.tags.empty()) result["tags"] = PairsJson(model.tags);
  const auto aliases = AliasesOf(model);
  for (const auto& [alias, version] : aliases) result["aliases"].push_back({{"alias", alias}, {"version", version}});
  for (const AssetVersion& version : latest) result["latest_versions"].push_back(VersionJson(version, aliases));
  return result;
}

json VersionJson(const AssetVersion& version, const std::map<std::string, std::string>& aliases) {
  const ModelBody& body = BodyOf(version);
  json result = {{"name", version.name},
                 {"version", version.version},
                 {"creation_timestamp", Milliseconds(version.context.created_at)},
                 {"last_updated_timestamp", Milliseconds(version.context.last_modified_at)},
                 {"user_id", version.context.created_by},
                 {"current_stage", StageOf(version)},
                 {"source", body.path},
                 {"status", "READY"}};
  if (!body.job_name.empty()) result["run_id"] = body.job_name;
  if (const auto model = version.properties.find(kModelIdProperty); model != version.properties.end()) {
    result["model_id"] = model->second;
  }
  if (!version.description.empty()) result["description"] = version.description;
  if (!version.tags.empty()) result["tags"] = PairsJson(version.tags);
  for (const auto& [alias, named] : aliases)
    if (named == version.version) result["aliases"].push_back(alias);
  return result;
}

const Dialect& ModelDialect() {
  static const Dialect dialect{
      {{"name"}, {"creation_timestamp", true}, {"last_updated_timestamp", true, false, {"timestamp"}}}};
  return dialect;
}

const Dialect& VersionDialect() {
  static const Dialect dialect{{{"name"},
                                {"version_number", true},
                                {"run_id", false, true},
                                {"source_path"},
                                {"creation_timestamp", true},
                                {"last_updated_timestamp", true, false, {"timestamp"}}}};
  return dialect;
}

Lookup LookupIn(const AssetContainer& model) {
  return [&model](const Identifier& what) -> std::optional<FilterValue> {
    if (what.entity == Entity::kTag) return FindTag(model.tags, what.key);
    if (what.key == "name") return model.name;
    return Time(what.key == "creation_timestamp" ? model.context.created_at : model.context.last_modified_at);
  };
}

Lookup LookupIn(const AssetVersion& version) {
  return [&version](const Identifier& what) -> std::optional<FilterValue> {
    if (what.entity == Entity::kTag) return FindTag(version.tags, what.key);
    if (what.key == "name") return version.name;
    if (what.key == "run_id") return BodyOf(version).job_name;
    if (what.key == "source_path") return BodyOf(version).path;
    if (what.key == "creation_timestamp") return Time(version.context.created_at);
    if (what.key == "last_updated_timestamp") return Time(version.context.last_modified_at);
    const auto number = ParseInt(version.version);
    if (!number) return std::nullopt;
    return static_cast<double>(*number);
  };
}

}  // namespace slipway::api::mlflow
