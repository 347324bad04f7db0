#include "slipway/api/mlflow/logged_models.h"

#include <algorithm>

#include "slipway/api/logs/request_body.h"
#include "slipway/api/mlflow/artifact_files.h"
#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Run;
using domain::RunStatus;
using domain::Scope;
using nlohmann::json;

constexpr const char* kStatuses[] = {"LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"};
constexpr RunStatus kRunStatuses[] = {RunStatus::kRunning, RunStatus::kFinished, RunStatus::kFailed};
constexpr int64_t kPageSize = 50, kPageSizeMax = 50;

const char* StatusOf(const Run& model) {
  for (size_t i = 0; i < std::size(kStatuses); ++i) {
    if (kRunStatuses[i] == model.status) return kStatuses[i];
  }
  return "LOGGED_MODEL_STATUS_UNSPECIFIED";
}

Result<RunStatus> ParseStatus(const std::string& text) {
  for (size_t i = 1; i < std::size(kStatuses); ++i) {
    if (text == kStatuses[i] || text == std::to_string(i + 1)) return kRunStatuses[i];
  }
  return InvalidArgument(
      fmt::format("Invalid model status: {}. Expected statuses: LOGGED_MODEL_READY, "
                  "LOGGED_MODEL_UPLOAD_FAILED",
                  text));
}

// What Create and Touched have written, unless a client has set the tag by itself.
json FactsOf(const Run& model) {
  const auto tag = model.tags.find(kLoggedModelTag);
  json facts = tag == model.tags.end() ? json() : json::parse(tag->second, nullptr, /*allow_exceptions=*/false);
  return facts.is_object() ? facts : json::object();
}

int64_t UpdatedAt(const Run& model, const json& facts) {
  const json& time = Member(facts, "updated_at");
  return time.is_number_integer() ? time.get<int64_t>() : model.start_time_ms;
}

const Dialect& LoggedModelDialect() {
  static const Dialect dialect{{{"name"},
                                {"model_id", false, true},
                                {"model_type"},
                                {"status"},
                                {"source_run_id", false, true},
                                {"creation_timestamp", true, false, {"creation_time"}},
                                {"last_updated_timestamp", true, false, {"last_updated_time"}}},
                               /*has_metrics=*/true,
                               /*has_parameters=*/true};
  return dialect;
}

std::optional<FilterValue> AttributeOf(const Run& model, const std::string& key) {
  if (key == "name") return model.name;
  if (key == "model_id") return model.id;
  if (key == "status") return std::string(StatusOf(model)).substr(std::string_view("LOGGED_MODEL_").size());
  if (key == "creation_timestamp") return static_cast<double>(model.start_time_ms);
  const json facts = FactsOf(model);
  if (key == "last_updated_timestamp") return static_cast<double>(UpdatedAt(model, facts));
  return Text(facts, key.c_str());
}

Lookup LookupInModel(const Run& model) {
  return [&model, in_run = LookupIn(model)](const Identifier& what) {
    return what.entity == Entity::kAttribute ? AttributeOf(model, what.key) : in_run(what);
  };
}

class LoggedModels {
 public:
  explicit LoggedModels(const MlflowDependencies& dependencies)
      : runs_(dependencies.runs), catalog_(dependencies.catalog), clock_(dependencies.clock), files_(dependencies) {}

  Result<json> Create(const Scope& scope, const Arguments& arguments) const {
    Run model;
    SLIPWAY_ASSIGN_OR_RETURN(const std::string experiment, arguments.RequireText("experiment_id"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto owner, GetExperiment(runs_, scope, experiment, clock_.Now()));
    model.experiment_id = owner.id;
    model.id = "m-" + RandomHex(16);
    SLIPWAY_ASSIGN_OR_RETURN(model.name, arguments.Text("name", model.id));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string type, arguments.Text("model_type"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string source, arguments.Text("source_run_id"));
    if (!source.empty()) SLIPWAY_RETURN_IF_ERROR(GetRun(runs_, scope, source));
    SLIPWAY_ASSIGN_OR_RETURN(model.tags, arguments.Tags());
    for (const auto& [key, value] : model.tags) SLIPWAY_RETURN_IF_ERROR(CheckKey("tag", key));
    SLIPWAY_ASSIGN_OR_RETURN(const auto parameters, arguments.Tags("params"));
    model.start_time_ms = Milliseconds(clock_.Now());
    model.tags[kLoggedModelTag] =
        json{{"model_type", type}, {"source_run_id", source}, {"updated_at", model.start_time_ms}}.dump();
    SLIPWAY_ASSIGN_OR_RETURN(const std::string root, catalog_.ArtifactRoot(scope));
    model.artifact_uri = fmt::format("{}dcid.{}/", root, model.id);
    SLIPWAY_RETURN_IF_ERROR(runs_.InsertRun(scope, model));
    if (!parameters.empty()) SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, model.id, {}, parameters, {}));
    return Answer(scope, model.id);
  }

  Result<json> Get(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run model, Named(scope, arguments));
    return json{{"model", LoggedModelJson(model)}};
  }

  Result<json> Finalize(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Run model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string status, arguments.RequireText("status"));
    SLIPWAY_ASSIGN_OR_RETURN(model.status, ParseStatus(status));
    model.end_time_ms = Milliseconds(clock_.Now());
    SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, model));
    return Touched(scope, model, {});
  }

  Result<json> Delete(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Run model, Named(scope, arguments));
    model.is_deleted = true;
    SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, model));
    return json::object();
  }

  Result<json> SetTags(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto tags, arguments.Tags());
    for (const auto& [key, value] : tags) SLIPWAY_RETURN_IF_ERROR(CheckKey("tag", key));
    return Touched(scope, model, tags);
  }

  Result<json> DeleteTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("tag_key"));
    SLIPWAY_RETURN_IF_ERROR(runs_.DeleteTag(scope, model.id, key));
    return json::object();
  }

  Result<json> LogParameters(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto parameters, arguments.Tags("params"));
    for (const auto& [key, value] : parameters) SLIPWAY_RETURN_IF_ERROR(CheckKey("parameter", key));
    SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, model.id, {}, parameters, {}));
    return json::object();
  }

  Result<json> Search(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(arguments, kPageSize, kPageSizeMax));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.Text("filter"));
    SLIPWAY_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(text, LoggedModelDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const Order order, OrderOf(arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto experiments, arguments.TextList("experiment_ids"));
    SLIPWAY_ASSIGN_OR_RETURN(auto models, runs_.ListRuns(scope, experiments));
    std::erase_if(models, [&](const Run& run) {
      return !IsLoggedModel(run) || run.is_deleted || !filter.Matches(LookupInModel(run));
    });
    std::stable_sort(models.begin(), models.end(), [&](const Run& a, const Run& b) {
      const auto compared = order.Compare(LookupInModel(a), LookupInModel(b));
      return compared != 0 ? compared < 0 : a.start_time_ms > b.start_time_ms;
    });
    json answer = json::object();
    const size_t end = std::min(models.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i) answer["models"].push_back(LoggedModelJson(models[i]));
    if (end < models.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

  Result<json> ListArtifacts(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run model, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string path, arguments.Text("artifact_directory_path"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, files_.List(scope, model.id + "/" + path));
    json answer = {{"root_uri", ArtifactUri(model)}};
    if (!entries.empty()) answer["files"] = FilesJson(entries, path.empty() ? "" : path + "/");
    return answer;
  }

 private:
  Result<Run> Named(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RequireText("model_id"));
    auto model = runs_.GetRun(scope, id);
    if (model && IsLoggedModel(*model) && !model->is_deleted) return model;
    return NotFound(fmt::format("Logged model with ID '{}' not found.", id));
  }

  // [{"field_name", "ascending"}]; newest first without one.
  static Result<Order> OrderOf(const Arguments& arguments) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto objects, arguments.ObjectList("order_by"));
    std::vector<std::string> terms;
    for (const Arguments& object : objects) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string field, object.RequireText("field_name"));
      SLIPWAY_ASSIGN_OR_RETURN(const bool ascending, object.Boolean("ascending", true));
      terms.push_back(field + (ascending ? " ASC" : " DESC"));
    }
    return Order::Parse(terms, LoggedModelDialect());
  }

  Result<json> Touched(const Scope& scope, const Run& model, domain::Tags tags) const {
    json facts = FactsOf(model);
    facts["updated_at"] = Milliseconds(clock_.Now());
    tags[kLoggedModelTag] = facts.dump();
    SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, model.id, {}, {}, tags));
    return Answer(scope, model.id);
  }

  Result<json> Answer(const Scope& scope, const std::string& id) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run stored, runs_.GetRun(scope, id));
    return json{{"model", LoggedModelJson(stored)}};
  }

  domain::RunStore& runs_;
  registry::Catalog& catalog_;
  const Clock& clock_;
  const ArtifactFiles files_;
};

}  // namespace

bool IsLoggedModel(const Run& run) {
  return run.tags.count(kLoggedModelTag) > 0;
}

json ListInTag(const Run& run, const char* tag) {
  const auto known = run.tags.find(tag);
  json list = known == run.tags.end() ? json() : json::parse(known->second, nullptr, /*allow_exceptions=*/false);
  return list.is_array() ? list : json::array();
}

json LoggedModelJson(const Run& model) {
  const json facts = FactsOf(model);
  json info = {{"model_id", model.id},
               {"experiment_id", model.experiment_id},
               {"name", model.name},
               {"creation_timestamp_ms", model.start_time_ms},
               {"last_updated_timestamp_ms", UpdatedAt(model, facts)},
               {"artifact_uri", ArtifactUri(model)},
               {"status", StatusOf(model)},
               {"creator_id", model.user_id}};
  for (const char* key : {"model_type", "source_run_id"}) {
    if (const std::string text = Text(facts, key); !text.empty()) info[key] = text;
  }
  if (const auto tags = ShownTags(model.tags); !tags.empty()) info["tags"] = PairsJson(tags);
  json data = json::object();
  if (!model.parameters.empty()) data["params"] = PairsJson(model.parameters);
  for (const auto& point : model.latest_metrics) {
    json metric = MetricJson(point);
    metric["model_id"] = model.id;
    data["metrics"].push_back(std::move(metric));
  }
  return {{"info", std::move(info)}, {"data", std::move(data)}};
}

void MountLoggedModels(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<LoggedModels> methods(router, dependencies.workspaces, std::make_shared<const LoggedModels>(dependencies));
  methods.Add("POST", "logged-models", &LoggedModels::Create);
  methods.Add("POST", "logged-models/search", &LoggedModels::Search);
  methods.Add("GET", "logged-models/{model_id}", &LoggedModels::Get);
  methods.Add("PATCH", "logged-models/{model_id}", &LoggedModels::Finalize);
  methods.Add("DELETE", "logged-models/{model_id}", &LoggedModels::Delete);
  methods.Add("PATCH", "logged-models/{model_id}/tags", &LoggedModels::SetTags);
  methods.Add("DELETE", "logged-models/{model_id}/tags/{tag_key}", &LoggedModels::DeleteTag);
  methods.Add("POST", "logged-models/{model_id}/params", &LoggedModels::LogParameters);
  methods.Add("GET", "logged-models/{model_id}/artifacts/directories", &LoggedModels::ListArtifacts);
}

}  // namespace slipway::api::mlflow
