// What is logged to runs: metrics, parameters, tags, inputs and models; and the history of metrics.
#include <algorithm>
#include <set>

#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/logged_models.h"
#include "slipway/api/mlflow/tracking.h"

namespace slipway::api::mlflow {
namespace {

using domain::MetricPoint;
using domain::Run;
using domain::Scope;
using domain::Tags;
using nlohmann::json;

constexpr size_t kParameterLengthMax = 6000, kTagLengthMax = 8000;
constexpr size_t kMetricsMax = 1000, kParametersMax = 100, kTagsMax = 100, kItemsMax = 1000;
constexpr size_t kDatasetsMax = 1000, kRunsMax = 100;
constexpr int64_t kHistoryPageMax = 25'000, kIntervalMax = 2500;
constexpr const char* kModelHistoryTag = "mlflow.log-model.history";

// What one request logs to one run.
struct Batch {
  std::vector<MetricPoint> metrics;
  std::map<std::string, std::string> parameters;
  Tags tags;
};

Result<MetricPoint> MetricOf(const Arguments& arguments) {
  MetricPoint point;
  SLIPWAY_ASSIGN_OR_RETURN(point.key, arguments.RequireText("key"));
  SLIPWAY_ASSIGN_OR_RETURN(point.value, arguments.RequireNumber("value"));
  SLIPWAY_ASSIGN_OR_RETURN(point.timestamp_ms, arguments.RequireInteger("timestamp"));
  SLIPWAY_ASSIGN_OR_RETURN(point.step, arguments.Integer("step", 0));
  return point;
}

Status AddParameter(Batch& batch, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(std::string key, arguments.RequireText("key"));
  SLIPWAY_ASSIGN_OR_RETURN(std::string value, arguments.Text("value"));
  if (batch.parameters.emplace(key, std::move(value)).second) return {};
  return InvalidArgument(fmt::format("Duplicate parameter keys have been submitted: {}", key));
}

Status CheckCount(std::string_view what, size_t count, size_t count_max) {
  if (count <= count_max) return {};
  return InvalidArgument(
      fmt::format("A batch logging request can contain at most {} {}. Got {}.", count_max, what, count));
}

Result<Batch> BatchOf(const Arguments& arguments) {
  Batch batch;
  SLIPWAY_ASSIGN_OR_RETURN(const auto metrics, arguments.ObjectList("metrics"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto parameters, arguments.ObjectList("params"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto tags, arguments.ObjectList("tags"));
  SLIPWAY_RETURN_IF_ERROR(CheckCount("metrics", metrics.size(), kMetricsMax));
  SLIPWAY_RETURN_IF_ERROR(CheckCount("params", parameters.size(), kParametersMax));
  SLIPWAY_RETURN_IF_ERROR(CheckCount("tags", tags.size(), kTagsMax));
  SLIPWAY_RETURN_IF_ERROR(
      CheckCount("metrics, params and tags", metrics.size() + parameters.size() + tags.size(), kItemsMax));
  for (const Arguments& metric : metrics) {
    SLIPWAY_ASSIGN_OR_RETURN(MetricPoint point, MetricOf(metric));
    batch.metrics.push_back(std::move(point));
  }
  for (const Arguments& parameter : parameters) SLIPWAY_RETURN_IF_ERROR(AddParameter(batch, parameter));
  SLIPWAY_ASSIGN_OR_RETURN(batch.tags, arguments.Tags());
  return batch;
}

Status CheckBatch(const Run& run, const Batch& batch) {
  for (const MetricPoint& point : batch.metrics) SLIPWAY_RETURN_IF_ERROR(CheckKey("metric", point.key));
  for (const auto& [key, value] : batch.tags) {
    SLIPWAY_RETURN_IF_ERROR(CheckKey("tag", key));
    SLIPWAY_RETURN_IF_ERROR(CheckLength("Tag", key, value, kTagLengthMax));
  }
  for (const auto& [key, value] : batch.parameters) {
    SLIPWAY_RETURN_IF_ERROR(CheckKey("parameter", key));
    SLIPWAY_RETURN_IF_ERROR(CheckLength("Param", key, value, kParameterLengthMax));
    const auto known = run.parameters.find(key);
    if (known == run.parameters.end() || known->second == value) continue;
    return InvalidArgument(
        fmt::format("Changing param values is not allowed. Param with key='{}' was already logged "
                    "with value='{}' for run ID='{}'. Attempted logging new value '{}'.",
                    key, known->second, run.id, value));
  }
  return {};
}

class RunData {
 public:
  explicit RunData(const MlflowDependencies& dependencies)
      : runs_(dependencies.runs), metrics_logged_(dependencies.metrics_logged) {}

  Result<json> LogMetric(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(MetricPoint point, MetricOf(arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const ModelPoints of_models, PointsOfModels(scope, {arguments}));
    SLIPWAY_ASSIGN_OR_RETURN(json answer, Log(scope, arguments, {{std::move(point)}, {}, {}}));
    SLIPWAY_RETURN_IF_ERROR(LogToModels(scope, of_models));
    return answer;
  }

  Result<json> LogParameter(const Scope& scope, const Arguments& arguments) const {
    Batch batch;
    SLIPWAY_RETURN_IF_ERROR(AddParameter(batch, arguments));
    return Log(scope, arguments, batch);
  }

  Result<json> SetTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string value, arguments.Text("value"));
    return Log(scope, arguments, {{}, {}, {{key, value}}});
  }

  Result<json> LogBatch(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Batch batch, BatchOf(arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto metrics, arguments.ObjectList("metrics"));
    SLIPWAY_ASSIGN_OR_RETURN(const ModelPoints of_models, PointsOfModels(scope, metrics));
    SLIPWAY_ASSIGN_OR_RETURN(json answer, Log(scope, arguments, batch));
    SLIPWAY_RETURN_IF_ERROR(LogToModels(scope, of_models));
    return answer;
  }

  Result<json> DeleteTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, ActiveRun(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    if (run.tags.count(key) == 0) return NotFound(fmt::format("No tag with name: {} in run with id {}", key, run.id));
    SLIPWAY_RETURN_IF_ERROR(runs_.DeleteTag(scope, run.id, key));
    return json::object();
  }

  // The datasets, as they came, are kept in a tag of the server's.
  Result<json> LogInputs(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, ActiveRun(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const auto inputs, arguments.ObjectList("datasets"));
    SLIPWAY_RETURN_IF_ERROR(CheckCount("datasets", inputs.size(), kDatasetsMax));
    SLIPWAY_RETURN_IF_ERROR(AppendModels(scope, run, arguments, kModelInputsTag));
    json datasets = ListInTag(run, kDatasetsTag);
    for (const Arguments& input : inputs) {
      SLIPWAY_ASSIGN_OR_RETURN(const Arguments dataset, input.Object("dataset"));
      SLIPWAY_RETURN_IF_ERROR(dataset.RequireText("name"));
      SLIPWAY_RETURN_IF_ERROR(dataset.RequireText("digest"));
      datasets.push_back(input.object());
    }
    if (inputs.empty()) return json::object();
    SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, run.id, {}, {}, {{kDatasetsTag, datasets.dump()}}));
    return json::object();
  }

  // Adds the model to the tag that lists the run's models.
  Result<json> LogModel(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, ActiveRun(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.RequireText("model_json"));
    const json model = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!model.is_object()) return InvalidArgument("Malformed model info: 'model_json' is not a JSON object");
    for (const char* key : {"artifact_path", "flavors", "utc_time_created", "run_id"})
      if (!model.contains(key)) return InvalidArgument(fmt::format("Model json is missing mandatory field '{}'", key));
    json history = ListInTag(run, kModelHistoryTag);
    history.push_back(model);
    SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, run.id, {}, {}, {{kModelHistoryTag, history.dump()}}));
    return json::object();
  }

  Result<json> History(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, GetRun(runs_, scope, id));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("metric_key"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto points, runs_.GetMetricHistory(scope, run.id, key));
    SLIPWAY_ASSIGN_OR_RETURN(Page page, PageOf(arguments, kHistoryPageMax, kHistoryPageMax));
    if (!arguments.Has("max_results")) page.size = points.size();
    json answer = json::object();
    const size_t end = std::min(points.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i) answer["metrics"].push_back(MetricJson(points[i]));
    if (end < points.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

  Result<json> LogOutputs(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, ActiveRun(scope, arguments));
    SLIPWAY_RETURN_IF_ERROR(AppendModels(scope, run, arguments, kModelOutputsTag));
    return json::object();
  }

  // Of several runs between two steps, thinned out evenly where there are more than `max_results`; the first and last
  // step of every run stay.
  Result<json> HistoryOfInterval(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t most, arguments.Integer("max_results", kIntervalMax));
    if (most < 1 || most > kIntervalMax) {
      return InvalidArgument(
          fmt::format("Invalid value {} for parameter 'max_results': it must be from 1 to {}", most, kIntervalMax));
    }
    if (arguments.Has("start_step") != arguments.Has("end_step")) {
      return InvalidArgument("Both start_step and end_step must be given, or neither of them");
    }
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t first, arguments.Integer("start_step", INT64_MIN));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t last, arguments.Integer("end_step", INT64_MAX));
    if (first > last) return InvalidArgument("end_step must not be less than start_step");
    SLIPWAY_ASSIGN_OR_RETURN(const auto ids, RunIds(arguments, "run_ids"));
    SLIPWAY_ASSIGN_OR_RETURN(auto histories, HistoriesOf(scope, ids, arguments));
    std::set<int64_t> steps, kept;
    for (auto& [id, points] : histories) {
      std::erase_if(points, [&](const MetricPoint& point) { return point.step < first || point.step > last; });
      for (const MetricPoint& point : points) steps.insert(point.step);
      if (points.empty()) continue;
      kept.insert(points.front().step);
      kept.insert(points.back().step);
    }
    const std::vector<int64_t> all(steps.begin(), steps.end());
    const double stride = std::max(1.0, static_cast<double>(all.size()) / static_cast<double>(most));
    for (double at = 0; at < static_cast<double>(all.size()); at += stride) kept.insert(all[static_cast<size_t>(at)]);
    json answer = json::object();
    for (const auto& [id, points] : histories) {
      for (const MetricPoint& point : points) {
        if (kept.count(point.step)) answer["metrics"].push_back(PointOf(id, point));
      }
    }
    return answer;
  }

  // What MLflow's pages ask: the beginning of each run's history.
  Result<json> HistoryOfRuns(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t most, arguments.Integer("max_results", kHistoryPageMax));
    SLIPWAY_ASSIGN_OR_RETURN(const auto ids, RunIds(arguments, "run_id"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto histories, HistoriesOf(scope, ids, arguments));
    json metrics = json::array();
    for (const auto& [id, points] : histories) {
      const size_t count = std::min<size_t>(points.size(), static_cast<size_t>(std::max<int64_t>(0, most)));
      for (size_t i = 0; i < count; ++i) metrics.push_back(PointOf(id, points[i]));
    }
    return json{{"metrics", std::move(metrics)}};
  }

 private:
  using Histories = std::vector<std::pair<std::string, std::vector<MetricPoint>>>;

  static json PointOf(const std::string& run, const MetricPoint& point) {
    json result = MetricJson(point);
    result["run_id"] = run;
    return result;
  }

  static Result<std::vector<std::string>> RunIds(const Arguments& arguments, const char* key) {
    SLIPWAY_ASSIGN_OR_RETURN(auto ids, arguments.TextList(key));
    if (ids.empty()) return InvalidArgument(fmt::format("Missing value for required parameter '{}'", key));
    SLIPWAY_RETURN_IF_ERROR(CheckCount("runs", ids.size(), kRunsMax));
    return ids;
  }

  Result<Histories> HistoriesOf(const Scope& scope, const std::vector<std::string>& ids,
                                const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("metric_key"));
    Histories histories;
    for (const std::string& id : ids) {
      SLIPWAY_RETURN_IF_ERROR(GetRun(runs_, scope, id));
      SLIPWAY_ASSIGN_OR_RETURN(auto points, runs_.GetMetricHistory(scope, id, key));
      histories.emplace_back(id, std::move(points));
    }
    return histories;
  }

  // Adds the `models` of a request to the list in a tag of the run. Each has to be there.
  Status AppendModels(const Scope& scope, const Run& run, const Arguments& arguments, const char* tag) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto models, arguments.ObjectList("models"));
    if (models.empty()) return {};
    json list = ListInTag(run, tag);
    for (const Arguments& model : models) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string id, model.RequireText("model_id"));
      SLIPWAY_RETURN_IF_ERROR(CheckLoggedModel(scope, id));
      list.push_back(model.object());
    }
    return runs_.LogBatch(scope, run.id, {}, {}, {{tag, list.dump()}});
  }

  using ModelPoints = std::map<std::string, std::vector<MetricPoint>>;

  // Metrics that name a logged model are the model's too.
  Result<ModelPoints> PointsOfModels(const Scope& scope, const std::vector<Arguments>& metrics) const {
    ModelPoints points;
    for (const Arguments& metric : metrics) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string id, metric.Text("model_id"));
      if (id.empty()) continue;
      SLIPWAY_RETURN_IF_ERROR(CheckLoggedModel(scope, id));
      SLIPWAY_ASSIGN_OR_RETURN(MetricPoint point, MetricOf(metric));
      points[id].push_back(std::move(point));
    }
    return points;
  }

  Status LogToModels(const Scope& scope, const ModelPoints& points) const {
    for (const auto& [id, metrics] : points) SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, id, metrics, {}, {}));
    return {};
  }

  Status CheckLoggedModel(const Scope& scope, const std::string& id) const {
    const auto model = runs_.GetRun(scope, id);
    if (model && IsLoggedModel(*model)) return {};
    return NotFound(fmt::format("Logged model with ID '{}' not found.", id));
  }

  Result<Run> ActiveRun(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    return GetActiveRun(runs_, scope, id);
  }

  Result<json> Log(const Scope& scope, const Arguments& arguments, const Batch& batch) const {
    SLIPWAY_ASSIGN_OR_RETURN(Run run, ActiveRun(scope, arguments));
    SLIPWAY_RETURN_IF_ERROR(CheckBatch(run, batch));
    SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, run.id, batch.metrics, batch.parameters, batch.tags));
    if (const auto name = batch.tags.find(kRunNameTag); name != batch.tags.end() && name->second != run.name) {
      run.name = name->second;
      SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, run));
    }
    if (!batch.metrics.empty() && metrics_logged_) metrics_logged_(scope, run.id);
    return json::object();
  }

  domain::RunStore& runs_;
  const std::function<void(const Scope&, const std::string&)> metrics_logged_;
};

}  // namespace

void MountRunData(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<RunData> methods(router, dependencies.workspaces, std::make_shared<const RunData>(dependencies));
  methods.Add("POST", "runs/log-metric", &RunData::LogMetric);
  methods.Add("POST", "runs/log-parameter", &RunData::LogParameter);
  methods.Add("POST", "runs/log-batch", &RunData::LogBatch);
  methods.Add("POST", "runs/set-tag", &RunData::SetTag);
  methods.Add("POST", "runs/delete-tag", &RunData::DeleteTag);
  methods.Add("POST", "runs/log-inputs", &RunData::LogInputs);
  methods.Add("POST", "runs/log-model", &RunData::LogModel);
  methods.Add("GET", "metrics/get-history", &RunData::History);
  methods.Add("GET", "metrics/get-history-bulk-interval", &RunData::HistoryOfInterval);
  methods.Add("GET", "metrics/get-history-bulk", &RunData::HistoryOfRuns);
  methods.Add("POST", "runs/outputs", &RunData::LogOutputs);
}

}  // namespace slipway::api::mlflow
