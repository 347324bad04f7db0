#include "slipway/api/mlflow/tracking.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include <fmt/format.h>

#include "slipway/api/logs/request_body.h"
#include "slipway/api/mlflow/logged_models.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Experiment;
using domain::Run;
using domain::Scope;
using nlohmann::json;

constexpr const char* kDefaultExperimentName = "Default";
constexpr std::string_view kStatusNames[] = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
constexpr size_t kKeyLengthMax = 250;

void PutPairs(json& into, const char* key, const std::map<std::string, std::string>& pairs) {
  if (!pairs.empty()) into[key] = PairsJson(pairs);
}

const char* StageOf(bool is_deleted) {
  return is_deleted ? "deleted" : "active";
}

std::string LocationOf(const Experiment& experiment) {
  return experiment.artifact_location.empty() ? "mlflow-artifacts:/" + experiment.id : experiment.artifact_location;
}

Result<Experiment> DefaultExperiment(domain::RunStore& runs, const Scope& scope, Timestamp now) {
  if (auto named = runs.GetExperimentByName(scope, kDefaultExperimentName)) return named;
  Experiment experiment;
  experiment.id = kDefaultExperimentId;
  experiment.name = kDefaultExperimentName;
  experiment.created_at = experiment.updated_at = now;
  auto inserted = runs.InsertExperiment(scope, experiment);
  if (inserted || inserted.error().code() != Code::kAlreadyExists) return inserted;
  return runs.GetExperimentByName(scope, kDefaultExperimentName);  // somebody else made it just now
}

std::optional<FilterValue> FindText(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

FilterValue Number(int64_t value) {
  return static_cast<double>(value);
}

std::optional<FilterValue> RunAttribute(const Run& run, const std::string& key) {
  if (key == "run_id") return run.id;
  if (key == "run_name") return run.name;
  if (key == "status") return std::string(RunStatusName(run.status));
  if (key == "artifact_uri") return ArtifactUri(run);
  if (key == "user_id") return run.user_id;
  if (key == "lifecycle_stage") return std::string(StageOf(run.is_deleted));
  if (key == "start_time") return Number(run.start_time_ms);
  if (key == "end_time" && run.end_time_ms) return Number(*run.end_time_ms);
  return std::nullopt;
}

// The name, digest or context of each dataset that the run has logged.
std::optional<FilterValue> DatasetTexts(const Run& run, const std::string& key) {
  std::vector<std::string> texts;
  for (const json& input : ListInTag(run, kDatasetsTag)) {
    if (key == "context") {
      for (const json& tag : Member(input, "tags")) {
        if (Text(tag, "key") == kDatasetContextTag) texts.push_back(Text(tag, "value"));
      }
    } else {
      texts.push_back(Text(Member(input, "dataset"), key.c_str()));
    }
  }
  if (texts.empty()) return std::nullopt;
  return texts;
}

std::optional<FilterValue> ExperimentAttribute(const Experiment& experiment, const std::string& key) {
  if (key == "name") return experiment.name;
  if (key == "creation_time") return Number(Milliseconds(experiment.created_at));
  if (key == "last_update_time") return Number(Milliseconds(experiment.updated_at));
  if (key == "experiment_id") return Number(ParseInt(experiment.id).value_or(0));
  return std::nullopt;
}

bool IsKeyCharacter(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_word || std::string_view("_-./: ").find(c) != std::string_view::npos;
}

// No "..", no leading or doubled slash, no ".": keys are names of files to MLflow's file stores.
bool IsPathLike(std::string_view key) {
  for (const std::string_view segment : Split(key, '/'))
    if (segment.empty() || segment == "." || segment == "..") return true;
  return false;
}

}  // namespace

domain::Tags ShownTags(domain::Tags tags) {
  std::erase_if(tags, [](const auto& tag) { return tag.first.starts_with(kOwnTagPrefix); });
  return tags;
}

int64_t Milliseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<Experiment> GetExperiment(domain::RunStore& runs, const Scope& scope, const std::string& id, Timestamp now) {
  auto found = runs.GetExperiment(scope, id.empty() ? kDefaultExperimentId : id);
  if (found || found.error().code() != Code::kNotFound) return found;
  if (id.empty() || id == kDefaultExperimentId) return DefaultExperiment(runs, scope, now);
  return NotFound(fmt::format("No Experiment with id={} exists", id));
}

Result<Run> GetRun(domain::RunStore& runs, const Scope& scope, const std::string& id) {
  auto found = runs.GetRun(scope, id);
  if (found || found.error().code() != Code::kNotFound) return found;
  return NotFound(fmt::format("Run with id={} not found", id));
}

Result<Run> GetActiveRun(domain::RunStore& runs, const Scope& scope, const std::string& id) {
  SLIPWAY_ASSIGN_OR_RETURN(Run run, GetRun(runs, scope, id));
  if (!run.is_deleted) return run;
  return InvalidArgument(fmt::format("The run {} must be in the 'active' state. Current state is deleted.", run.id));
}

std::string_view RunStatusName(domain::RunStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

Result<domain::RunStatus> ParseRunStatus(const std::string& name) {
  for (size_t i = 0; i < std::size(kStatusNames); ++i)
    if (kStatusNames[i] == name || std::to_string(i + 1) == name) return static_cast<domain::RunStatus>(i);
  return InvalidArgument(fmt::format(
      "Invalid value '{}' for parameter 'status': it must be RUNNING, SCHEDULED, FINISHED, FAILED or KILLED", name));
}

std::string ArtifactUri(const Run& run) {
  return "mlflow-artifacts:/" + run.id;
}

json ExperimentJson(const Experiment& experiment) {
  json result = {{"experiment_id", experiment.id},
                 {"name", experiment.name},
                 {"artifact_location", LocationOf(experiment)},
                 {"lifecycle_stage", StageOf(experiment.is_deleted)},
                 {"creation_time", Milliseconds(experiment.created_at)},
                 {"last_update_time", Milliseconds(experiment.updated_at)}};
  PutPairs(result, "tags", experiment.tags);
  return result;
}

json MetricJson(const domain::MetricPoint& point) {
  return {
      {"key", point.key}, {"value", NumberJson(point.value)}, {"timestamp", point.timestamp_ms}, {"step", point.step}};
}

json RunInfoJson(const Run& run) {
  json info = {{"run_id", run.id},
               {"run_uuid", run.id},
               {"run_name", run.name},
               {"experiment_id", run.experiment_id},
               {"user_id", run.user_id},
               {"status", RunStatusName(run.status)},
               {"start_time", run.start_time_ms},
               {"artifact_uri", ArtifactUri(run)},
               {"lifecycle_stage", StageOf(run.is_deleted)}};
  if (run.end_time_ms) info["end_time"] = *run.end_time_ms;
  return info;
}

json RunJson(const Run& run) {
  json data = json::object();
  for (const auto& point : run.latest_metrics) data["metrics"].push_back(MetricJson(point));
  PutPairs(data, "params", run.parameters);
  PutPairs(data, "tags", ShownTags(run.tags));
  json result = {{"info", RunInfoJson(run)}, {"data", std::move(data)}};
  for (const auto& [tag, part, list] :
       {std::tuple{kDatasetsTag, "inputs", "dataset_inputs"}, std::tuple{kModelInputsTag, "inputs", "model_inputs"},
        std::tuple{kModelOutputsTag, "outputs", "model_outputs"}}) {
    if (json values = ListInTag(run, tag); !values.empty()) result[part][list] = std::move(values);
  }
  return result;
}

const Dialect& ExperimentDialect() {
  static const Dialect dialect{
      {{"name"}, {"creation_time", true}, {"last_update_time", true}, {"experiment_id", true}}};
  return dialect;
}

const Dialect& RunDialect() {
  static const Dialect dialect{{{"run_id", false, true},
                                {"run_name", false, false, {"run name", "Run name", "Run Name"}},
                                {"status"},
                                {"artifact_uri"},
                                {"user_id"},
                                {"lifecycle_stage"},
                                {"start_time", true, false, {"created", "Created"}},
                                {"end_time", true}},
                               /*has_metrics=*/true,
                               /*has_parameters=*/true,
                               /*has_tags=*/true,
                               /*has_datasets=*/true};
  return dialect;
}

Lookup LookupIn(const Experiment& experiment) {
  return [&experiment](const Identifier& what) {
    return what.entity == Entity::kTag ? FindText(experiment.tags, what.key)
                                       : ExperimentAttribute(experiment, what.key);
  };
}

Lookup LookupIn(const Run& run) {
  return [&run](const Identifier& what) -> std::optional<FilterValue> {
    switch (what.entity) {
      case Entity::kAttribute:
        return RunAttribute(run, what.key);
      case Entity::kParameter:
        return FindText(run.parameters, what.key);
      case Entity::kTag:
        return FindText(run.tags, what.key);
      case Entity::kDataset:
        return DatasetTexts(run, what.key);
      case Entity::kMetric:
        break;
    }
    for (const auto& point : run.latest_metrics)
      if (point.key == what.key) return point.value;
    return std::nullopt;
  };
}

Status CheckKey(std::string_view what, const std::string& key) {
  if (key.size() > kKeyLengthMax) {
    return InvalidArgument(
        fmt::format("Invalid {} name: it has {} characters, up to {} are allowed", what, key.size(), kKeyLengthMax));
  }
  if (!std::all_of(key.begin(), key.end(), IsKeyCharacter)) {
    return InvalidArgument(
        fmt::format("Invalid {} name: '{}'. Names may hold letters, digits, '_', '-', '.', ' ', ':' "
                    "and '/'.",
                    what, key));
  }
  if (IsPathLike(key)) {
    return InvalidArgument(
        fmt::format("Invalid {} name: '{}'. Names must not be paths with '.', '..' or empty "
                    "segments.",
                    what, key));
  }
  return {};
}

Status CheckLength(std::string_view what, const std::string& key, const std::string& value, size_t length_max) {
  if (value.size() <= length_max) return {};
  return InvalidArgument(
      fmt::format("{} value of '{}' has {} bytes, up to {} are allowed", what, key, value.size(), length_max));
}

}  // namespace slipway::api::mlflow
