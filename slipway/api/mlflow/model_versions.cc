// Versions of registered models.
#include <algorithm>
#include <filesystem>

#include "slipway/api/mlflow/artifact_files.h"
#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/logged_models.h"
#include "slipway/api/mlflow/models.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::AssetKind;
using domain::AssetVersion;
using domain::ModelBody;
using domain::Scope;
using nlohmann::json;

constexpr std::string_view kArtifactScheme = "mlflow-artifacts:/";
constexpr std::string_view kRunsScheme = "runs:/";
constexpr std::string_view kModelsScheme = "models:/";

// "<run>/<path>" of "mlflow-artifacts:/<run>/<path>" and "runs:/<run>/<path>"; "" for anything else.
std::string PathInRun(const std::string& source) {
  for (const std::string_view scheme : {kArtifactScheme, kRunsScheme})
    if (source.starts_with(scheme) && !source.starts_with(std::string(scheme) + "/"))
      return source.substr(scheme.size());
  return "";
}

// Newer versions first; text that is no number after all numbers.
bool IsNewer(const AssetVersion& a, const AssetVersion& b) {
  return ParseInt(a.version).value_or(-1) > ParseInt(b.version).value_or(-1);
}

class ModelVersions {
 public:
  explicit ModelVersions(const MlflowDependencies& dependencies)
      : dependencies_(dependencies), models_(dependencies.assets) {}

  Result<json> Create(const Scope& scope, const Arguments& arguments) const {
    AssetVersion version;
    version.kind = AssetKind::kModel;
    SLIPWAY_ASSIGN_OR_RETURN(version.name, arguments.RequireText("name"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto model, models_.Get(scope, version.name));
    SLIPWAY_ASSIGN_OR_RETURN(version.description, arguments.Text("description"));
    SLIPWAY_ASSIGN_OR_RETURN(version.tags, arguments.Tags());
    SLIPWAY_ASSIGN_OR_RETURN(version.body, BodyOf(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string logged_model, arguments.Text("model_id"));
    if (!logged_model.empty()) version.properties[kModelIdProperty] = logged_model;
    version.context.created_at = version.context.last_modified_at = dependencies_.clock.Now();
    SLIPWAY_ASSIGN_OR_RETURN(version, Register(scope, version));
    return Answer(version, AliasesOf(model));
  }

  Result<json> Get(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version, Named(scope, arguments));
    return Answer(scope, version);
  }

  Result<json> Update(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(version.description, arguments.Text("description"));
    return Store(scope, std::move(version));
  }

  Result<json> Transition(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.RequireText("stage"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string stage, ParseStage(text));
    SLIPWAY_ASSIGN_OR_RETURN(const bool archives, arguments.Boolean("archive_existing_versions", false));
    if (archives) SLIPWAY_RETURN_IF_ERROR(ArchiveOthers(scope, version, stage));
    std::get<ModelBody>(version.body).stage = stage == "None" ? "" : stage;
    return Store(scope, std::move(version));
  }

  Result<json> Delete(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version, Named(scope, arguments));
    SLIPWAY_RETURN_IF_ERROR(
        dependencies_.assets.DeleteVersion(scope, AssetKind::kModel, version.name, version.version));
    auto model = models_.Get(scope, version.name);
    if (!model) return json::object();
    std::erase_if(model->properties, [&](const auto& property) {
      return property.first.starts_with(kAliasPrefix) && property.second == version.version;
    });
    SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.PutContainer(scope, *model));
    return json::object();
  }

  Result<json> Search(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(arguments, kVersionPageSize, kVersionPageSizeMax));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.Text("filter"));
    SLIPWAY_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(text, VersionDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto terms, arguments.TextList("order_by"));
    SLIPWAY_ASSIGN_OR_RETURN(const Order order, Order::Parse(terms, VersionDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto models, models_.List(scope));
    std::map<std::string, std::map<std::string, std::string>> aliases;
    std::vector<AssetVersion> versions;
    for (const auto& model : models) {
      aliases[model.name] = AliasesOf(model);
      SLIPWAY_ASSIGN_OR_RETURN(auto of_model, models_.Versions(scope, model.name));
      for (AssetVersion& version : of_model)
        if (filter.Matches(LookupIn(version))) versions.push_back(std::move(version));
    }
    std::stable_sort(versions.begin(), versions.end(), [&](const AssetVersion& a, const AssetVersion& b) {
      const auto compared = order.Compare(LookupIn(a), LookupIn(b));
      if (compared != 0) return compared < 0;
      return a.name != b.name ? a.name < b.name : IsNewer(a, b);
    });
    json answer = json::object();
    const size_t end = std::min(versions.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i)
      answer["model_versions"].push_back(VersionJson(versions[i], aliases[versions[i].name]));
    if (end < versions.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

  // Where a client downloads it: by the proxy, wherever it is stored.
  Result<json> DownloadUri(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion version, Named(scope, arguments));
    return json{{"artifact_uri", std::string(kArtifactScheme) + ModelArtifactPath(version.name, version.version)}};
  }

  Result<json> SetTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    SLIPWAY_ASSIGN_OR_RETURN(version.tags[key], arguments.Text("value"));
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(version)));
    return json::object();
  }

  Result<json> DeleteTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(AssetVersion version, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    version.tags.erase(key);
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(version)));
    return json::object();
  }

 private:
  Result<AssetVersion> Named(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.RequireText("name"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string version, arguments.RequireText("version"));
    return models_.GetVersion(scope, name, version);
  }

  // The model at `source`: artifacts of a run, or a reference of the workspace's own kinds.
  Result<ModelBody> BodyOf(const Scope& scope, const Arguments& arguments) const {
    ModelBody body;
    SLIPWAY_ASSIGN_OR_RETURN(const std::string source, arguments.RequireText("source"));
    SLIPWAY_ASSIGN_OR_RETURN(body.job_name, arguments.Text("run_id"));
    SLIPWAY_ASSIGN_OR_RETURN(body.path, PathOf(scope, source, body.job_name));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string uri, catalog().UriOf(scope, body.path, "custom_model"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto folder, catalog().LocalPath(scope, uri));
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored))
      return InvalidArgument(fmt::format("Invalid model version source: '{}': there is nothing", source));
    const bool is_mlflow = std::filesystem::exists(folder / "MLmodel", ignored);
    body.type = is_mlflow ? "mlflow_model" : "custom_model";
    return body;
  }

  Result<std::string> PathOf(const Scope& scope, const std::string& source, std::string& run_id) const {
    if (source.starts_with(kModelsScheme)) return PathOfLoggedModel(scope, source, run_id);
    const std::string in_run = PathInRun(source);
    if (in_run.empty()) return CheckedReference(source);
    const size_t slash = in_run.find('/');
    SLIPWAY_ASSIGN_OR_RETURN(const auto run, GetRun(dependencies_.runs, scope, in_run.substr(0, slash)));
    const std::string rest = slash == std::string::npos ? "" : in_run.substr(slash + 1);
    // For its complaint: paths are hostile.
    SLIPWAY_RETURN_IF_ERROR(With(JoinBelow("/", rest), "Invalid model version source"));
    if (run_id.empty()) run_id = run.id;
    return run.artifact_uri + rest;
  }

  // "models:/<model id>".
  Result<std::string> PathOfLoggedModel(const Scope& scope, const std::string& source, std::string& run_id) const {
    const auto model = dependencies_.runs.GetRun(scope, source.substr(kModelsScheme.size()));
    if (!model || !IsLoggedModel(*model)) {
      return InvalidArgument(fmt::format(
          "Invalid model version source: '{}'. Of 'models:/' addresses it takes those of logged models", source));
    }
    if (run_id.empty()) run_id = LoggedModelJson(*model)["info"].value("source_run_id", "");
    return model->artifact_uri;
  }

  static Result<std::string> CheckedReference(const std::string& source) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto reference, domain::ParseReference(source, AssetKind::kModel));
    const bool is_stored = std::holds_alternative<domain::DatastorePath>(reference) ||
                           std::holds_alternative<domain::JobOutputPath>(reference);
    if (is_stored) return source;
    return InvalidArgument(
        fmt::format("Invalid model version source: '{}'. It must be artifacts of a run "
                    "(mlflow-artifacts:/<run id>/<path>, runs:/<run id>/<path>) or a path of the "
                    "workspace (azureml://…)",
                    source));
  }

  Result<AssetVersion> Register(const Scope& scope, const AssetVersion& version) const {
    if (dependencies_.register_asset) return dependencies_.register_asset(scope, version);
    return dependencies_.assets.InsertVersion(scope, version);
  }

  Status ArchiveOthers(const Scope& scope, const AssetVersion& version, const std::string& stage) const {
    if (stage != "Staging" && stage != "Production") {
      return InvalidArgument(
          fmt::format("Model version transition cannot archive existing model versions because '{}' is not an Active "
                      "stage. Valid stages are Staging and Production",
                      stage));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto versions, models_.Versions(scope, version.name));
    for (AssetVersion other : versions) {
      if (other.version == version.version || StageOf(other) != stage) continue;
      std::get<ModelBody>(other.body).stage = "Archived";
      SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.UpdateVersion(scope, other));
    }
    return {};
  }

  Result<json> Store(const Scope& scope, AssetVersion version) const {
    version.context.last_modified_at = dependencies_.clock.Now();
    SLIPWAY_RETURN_IF_ERROR(dependencies_.assets.UpdateVersion(scope, version));
    return Answer(scope, version);
  }

  Result<json> Answer(const Scope& scope, const AssetVersion& version) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto model, models_.Get(scope, version.name));
    return Answer(version, AliasesOf(model));
  }
  static json Answer(const AssetVersion& version, const std::map<std::string, std::string>& aliases) {
    return {{"model_version", VersionJson(version, aliases)}};
  }

  registry::Catalog& catalog() const { return dependencies_.catalog; }

  const MlflowDependencies dependencies_;
  const Models models_;
};

}  // namespace

void MountModelVersions(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<ModelVersions> methods(router, dependencies.workspaces, std::make_shared<const ModelVersions>(dependencies));
  methods.Add("POST", "model-versions/create", &ModelVersions::Create);
  methods.Add("GET", "model-versions/get", &ModelVersions::Get);
  methods.Add("PATCH", "model-versions/update", &ModelVersions::Update);
  methods.Add("POST", "model-versions/transition-stage", &ModelVersions::Transition);
  methods.Add("DELETE", "model-versions/delete", &ModelVersions::Delete);
  methods.Add("GET", "model-versions/search", &ModelVersions::Search);
  methods.Add("GET", "model-versions/get-download-uri", &ModelVersions::DownloadUri);
  methods.Add("POST", "model-versions/set-tag", &ModelVersions::SetTag);
  methods.Add("DELETE", "model-versions/delete-tag", &ModelVersions::DeleteTag);
}

}  // namespace slipway::api::mlflow
