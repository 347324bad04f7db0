// Registered models: the names that model versions stand under.
#include <algorithm>

#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/models.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::AssetContainer;
using domain::AssetKind;
using domain::AssetVersion;
using domain::Scope;
using nlohmann::json;

constexpr size_t kAliasLengthMax = 255;

Status CheckAlias(const std::string& alias) {
  const bool is_word =
      alias.size() <= kAliasLengthMax && std::all_of(alias.begin(), alias.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  const bool is_version = alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') && ParseInt(alias.substr(1));
  if (is_word && !is_version && !EqualsIgnoreCase(alias, "latest")) return {};
  return InvalidArgument(
      fmt::format("Invalid alias name: '{}'. Aliases hold letters, digits, '_' and '-'; 'latest' and "
                  "'v<number>' are reserved.",
                  alias));
}

class RegisteredModels {
 public:
  explicit RegisteredModels(const MlflowDependencies& dependencies)
      : assets_(dependencies.assets), clock_(dependencies.clock), models_(dependencies.assets) {}

  Result<json> Create(const Scope& scope, const Arguments& arguments) const {
    AssetContainer model;
    model.kind = AssetKind::kModel;
    SLIPWAY_ASSIGN_OR_RETURN(model.name, arguments.RequireText("name"));
    SLIPWAY_ASSIGN_OR_RETURN(model.description, arguments.Text("description"));
    SLIPWAY_ASSIGN_OR_RETURN(model.tags, arguments.Tags());
    SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kModelOrEnvironment, model.name));
    if (models_.Get(scope, model.name))
      return AlreadyExists(fmt::format("Registered Model (name={}) already exists.", model.name));
    model.context.created_at = clock_.Now();
    return Store(scope, std::move(model));
  }

  Result<json> Get(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer model, Named(scope, arguments));
    return Answer(scope, model);
  }

  Result<json> Rename(const Scope&, const Arguments&) const {
    return Unimplemented(
        "registered models cannot be renamed, since deployments and jobs know them by name: register the versions "
        "under "
        "the new name");
  }

  Result<json> Update(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(model.description, arguments.Text("description"));
    return Store(scope, std::move(model));
  }

  // With its versions. The empty container stays, archived, where the store keeps it.
  Result<json> Delete(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto versions, models_.Versions(scope, model.name));
    for (const AssetVersion& version : versions)
      SLIPWAY_RETURN_IF_ERROR(assets_.DeleteVersion(scope, AssetKind::kModel, model.name, version.version));
    auto left = assets_.GetContainer(scope, AssetKind::kModel, model.name);
    if (!left && left.error().code() == Code::kNotFound) return json::object();
    SLIPWAY_RETURN_IF_ERROR(left);
    left->is_archived = true;
    left->tags.clear();
    left->description.clear();
    std::erase_if(left->properties, [](const auto& property) { return property.first.starts_with(kAliasPrefix); });
    SLIPWAY_RETURN_IF_ERROR(assets_.PutContainer(scope, *left));
    return json::object();
  }

  Result<json> Search(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(arguments, kModelPageSize, kModelPageSizeMax));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.Text("filter"));
    SLIPWAY_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(text, ModelDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto terms, arguments.TextList("order_by"));
    SLIPWAY_ASSIGN_OR_RETURN(const Order order, Order::Parse(terms, ModelDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(auto models, models_.List(scope));
    std::erase_if(models, [&](const AssetContainer& model) { return !filter.Matches(LookupIn(model)); });
    std::sort(models.begin(), models.end(), [&](const AssetContainer& a, const AssetContainer& b) {
      const auto compared = order.Compare(LookupIn(a), LookupIn(b));
      return compared != 0 ? compared < 0 : a.name < b.name;
    });
    json answer = json::object();
    const size_t end = std::min(models.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto latest, models_.LatestVersions(scope, models[i].name));
      answer["registered_models"].push_back(ModelJson(models[i], latest));
    }
    if (end < models.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

  Result<json> LatestVersions(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto wanted, Stages(arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto latest, models_.LatestVersions(scope, model.name));
    json answer = json::object();
    for (const AssetVersion& version : latest) {
      const bool is_wanted =
          wanted.empty() || std::find(wanted.begin(), wanted.end(), StageOf(version)) != wanted.end();
      if (is_wanted) answer["model_versions"].push_back(VersionJson(version, AliasesOf(model)));
    }
    return answer;
  }

  Result<json> SetTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    SLIPWAY_ASSIGN_OR_RETURN(model.tags[key], arguments.Text("value"));
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(model)));
    return json::object();
  }

  Result<json> DeleteTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    model.tags.erase(key);
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(model)));
    return json::object();
  }

  Result<json> SetAlias(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string alias, arguments.RequireText("alias"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string version, arguments.RequireText("version"));
    SLIPWAY_RETURN_IF_ERROR(CheckAlias(alias));
    SLIPWAY_RETURN_IF_ERROR(models_.GetVersion(scope, model.name, version));
    model.properties[std::string(kAliasPrefix) + alias] = version;
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(model)));
    return json::object();
  }

  Result<json> DeleteAlias(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string alias, arguments.RequireText("alias"));
    if (model.properties.erase(std::string(kAliasPrefix) + alias) > 0)
      SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(model)));
    return json::object();
  }

  Result<json> GetAlias(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetContainer model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string alias, arguments.RequireText("alias"));
    const auto aliases = AliasesOf(model);
    const auto found = aliases.find(alias);
    if (found == aliases.end()) return InvalidArgument(fmt::format("Registered model alias {} not found.", alias));
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version, models_.GetVersion(scope, model.name, found->second));
    return json{{"model_version", VersionJson(version, aliases)}};
  }

 private:
  Result<AssetContainer> Named(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.RequireText("name"));
    return models_.Get(scope, name);
  }

  static Result<std::vector<std::string>> Stages(const Arguments& arguments) {
    SLIPWAY_ASSIGN_OR_RETURN(auto stages, arguments.TextList("stages"));
    for (std::string& stage : stages) {
      SLIPWAY_ASSIGN_OR_RETURN(stage, ParseStage(stage));
    }
    return stages;
  }

  Result<json> Answer(const Scope& scope, const AssetContainer& model) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto latest, models_.LatestVersions(scope, model.name));
    return json{{"registered_model", ModelJson(model, latest)}};
  }

  Result<json> Store(const Scope& scope, AssetContainer model) const {
    model.context.last_modified_at = clock_.Now();
    SLIPWAY_RETURN_IF_ERROR(assets_.PutContainer(scope, model));
    return Answer(scope, model);
  }

  domain::AssetStore& assets_;
  const Clock& clock_;
  const Models models_;
};

}  // namespace

void MountRegisteredModels(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<RegisteredModels> methods(router, dependencies.workspaces,
                                    std::make_shared<const RegisteredModels>(dependencies));
  methods.Add("POST", "registered-models/create", &RegisteredModels::Create);
  methods.Add("GET", "registered-models/get", &RegisteredModels::Get);
  methods.Add("POST", "registered-models/rename", &RegisteredModels::Rename);
  methods.Add("PATCH", "registered-models/update", &RegisteredModels::Update);
  methods.Add("DELETE", "registered-models/delete", &RegisteredModels::Delete);
  methods.Add("GET", "registered-models/search", &RegisteredModels::Search);
  methods.Add("GET", "registered-models/get-latest-versions", &RegisteredModels::LatestVersions);
  methods.Add("POST", "registered-models/get-latest-versions", &RegisteredModels::LatestVersions);
  methods.Add("POST", "registered-models/set-tag", &RegisteredModels::SetTag);
  methods.Add("DELETE", "registered-models/delete-tag", &RegisteredModels::DeleteTag);
  methods.Add("POST", "registered-models/alias", &RegisteredModels::SetAlias);
  methods.Add("DELETE", "registered-models/alias", &RegisteredModels::DeleteAlias);
  methods.Add("GET", "registered-models/alias", &RegisteredModels::GetAlias);
}

}  // namespace slipway::api::mlflow
