#include <algorithm>
#include <array>
#include <set>

#include "slipway/api/logs/request_body.h"
#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/logged_models.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Experiment;
using domain::Run;
using domain::Scope;
using nlohmann::json;

constexpr size_t kNameLengthMax = 500;
constexpr size_t kTagLengthMax = 20'000;
constexpr size_t kDatasetExperimentsMax = 20;
constexpr int64_t kPageSize = 1000, kPageSizeMax = 50'000;

Status CheckName(const std::string& name) {
  if (name.size() <= kNameLengthMax) return {};
  return InvalidArgument(
      fmt::format("Invalid experiment name: it has {} characters, up to {} are allowed", name.size(), kNameLengthMax));
}

Status CheckLocation(const std::string& location) {
  if (location.starts_with("runs:"))
    return InvalidArgument(fmt::format("Artifact location cannot be a runs:/ URI. Given: '{}'", location));
  if (location.find_first_of("#;?") == std::string::npos) return {};
  return InvalidArgument(
      fmt::format("Artifact location cannot contain fragments, params or a query. Given: '{}'", location));
}

Status CheckTag(const std::string& key, const std::string& value) {
  SLIPWAY_RETURN_IF_ERROR(CheckKey("tag", key));
  return CheckLength("tag", key, value, kTagLengthMax);
}

// Newer ids first among equals.
bool ComesBefore(const Order& order, const Experiment& a, const Experiment& b) {
  const auto compared = order.Compare(LookupIn(a), LookupIn(b));
  if (compared != 0) return compared < 0;
  return ParseInt(a.id).value_or(0) > ParseInt(b.id).value_or(0);
}

class Experiments {
 public:
  explicit Experiments(const MlflowDependencies& dependencies) : runs_(dependencies.runs), clock_(dependencies.clock) {}

  Result<json> Create(const Scope& scope, const Arguments& arguments) const {
    Experiment experiment;
    SLIPWAY_ASSIGN_OR_RETURN(experiment.name, arguments.RequireText("name"));
    SLIPWAY_ASSIGN_OR_RETURN(experiment.artifact_location, arguments.Text("artifact_location"));
    SLIPWAY_ASSIGN_OR_RETURN(experiment.tags, arguments.Tags());
    SLIPWAY_RETURN_IF_ERROR(CheckName(experiment.name));
    SLIPWAY_RETURN_IF_ERROR(CheckLocation(experiment.artifact_location));
    for (const auto& [key, value] : experiment.tags) SLIPWAY_RETURN_IF_ERROR(CheckTag(key, value));
    experiment.created_at = experiment.updated_at = clock_.Now();
    auto inserted = runs_.InsertExperiment(scope, experiment);
    if (!inserted && inserted.error().code() == Code::kAlreadyExists) return Exists(experiment.name);
    SLIPWAY_RETURN_IF_ERROR(inserted);
    return json{{"experiment_id", inserted->id}};
  }

  Result<json> Get(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Experiment experiment, Named(scope, arguments));
    return json{{"experiment", ExperimentJson(experiment)}};
  }

  Result<json> GetByName(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.RequireText("experiment_name"));
    const auto found = runs_.GetExperimentByName(scope, name);
    if (!found && found.error().code() == Code::kNotFound)
      return NotFound(fmt::format("Could not find experiment with name '{}'", name));
    SLIPWAY_RETURN_IF_ERROR(found);
    return json{{"experiment", ExperimentJson(*found)}};
  }

  Result<json> Search(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(arguments, kPageSize, kPageSizeMax));
    SLIPWAY_ASSIGN_OR_RETURN(const View view, ViewOf(arguments, "view_type"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.Text("filter"));
    SLIPWAY_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(text, ExperimentDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto terms, arguments.TextList("order_by"));
    SLIPWAY_ASSIGN_OR_RETURN(const Order order, Order::Parse(terms, ExperimentDialect()));
    SLIPWAY_RETURN_IF_ERROR(GetExperiment(runs_, scope, kDefaultExperimentId, clock_.Now()));
    SLIPWAY_ASSIGN_OR_RETURN(auto experiments, runs_.ListExperiments(scope));
    std::erase_if(experiments, [&](const Experiment& experiment) {
      return !IsSeen(experiment.is_deleted, view) || !filter.Matches(LookupIn(experiment));
    });
    std::sort(experiments.begin(), experiments.end(),
              [&](const Experiment& a, const Experiment& b) { return ComesBefore(order, a, b); });
    json answer = json::object();
    const size_t end = std::min(experiments.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i) answer["experiments"].push_back(ExperimentJson(experiments[i]));
    if (end < experiments.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

  Result<json> Update(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.RequireText("new_name"));
    SLIPWAY_RETURN_IF_ERROR(CheckName(name));
    if (experiment.is_deleted)
      return InvalidArgument(fmt::format("Cannot rename the deleted experiment {}: restore it first", experiment.id));
    experiment.name = name;
    const auto stored = Store(scope, std::move(experiment));
    if (!stored && stored.error().code() == Code::kAlreadyExists) return Exists(name);
    SLIPWAY_RETURN_IF_ERROR(stored);
    return json::object();
  }

  Result<json> Delete(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, Named(scope, arguments));
    if (experiment.is_deleted)
      return NotFound(fmt::format("No active Experiment with id={} exists: it is deleted", experiment.id));
    SLIPWAY_ASSIGN_OR_RETURN(const auto runs, runs_.ListRuns(scope, {experiment.id}));
    for (Run run : runs) {
      if (run.is_deleted) continue;
      SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, run.id, {}, {}, {{kDeletedWithExperimentTag, "true"}}));
      run.is_deleted = true;
      SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, run));
    }
    experiment.is_deleted = true;
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(experiment)));
    return json::object();
  }

  // Brings back the runs that went with it, and none that was deleted for itself.
  Result<json> Restore(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, Named(scope, arguments));
    if (!experiment.is_deleted)
      return NotFound(fmt::format("No deleted Experiment with id={} exists: it is active", experiment.id));
    experiment.is_deleted = false;
    SLIPWAY_RETURN_IF_ERROR(Store(scope, experiment));
    SLIPWAY_ASSIGN_OR_RETURN(const auto runs, runs_.ListRuns(scope, {experiment.id}));
    for (Run run : runs) {
      if (!run.is_deleted || run.tags.count(kDeletedWithExperimentTag) == 0) continue;
      run.is_deleted = false;
      SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, run));
      SLIPWAY_RETURN_IF_ERROR(runs_.DeleteTag(scope, run.id, kDeletedWithExperimentTag));
    }
    return json::object();
  }

  Result<json> SetTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    SLIPWAY_ASSIGN_OR_RETURN(experiment.tags[key], arguments.Text("value"));
    SLIPWAY_RETURN_IF_ERROR(CheckTag(key, experiment.tags[key]));
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(experiment)));
    return json::object();
  }

  Result<json> DeleteTag(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(Experiment experiment, Named(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string key, arguments.RequireText("key"));
    if (experiment.tags.erase(key) == 0)
      return NotFound(fmt::format("No tag with name: {} in experiment with id {}", key, experiment.id));
    SLIPWAY_RETURN_IF_ERROR(Store(scope, std::move(experiment)));
    return json::object();
  }

  // Each data set once, however many runs used it.
  Result<json> SearchDatasets(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto ids, arguments.TextList("experiment_ids"));
    if (ids.size() > kDatasetExperimentsMax) {
      return InvalidArgument(fmt::format("Invalid value for parameter 'experiment_ids': up to {} are allowed, got {}",
                                         kDatasetExperimentsMax, ids.size()));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto runs, runs_.ListRuns(scope, ids));
    std::set<std::array<std::string, 4>> found;  // experiment, name, digest, context
    for (const Run& run : runs) {
      for (const json& input : ListInTag(run, kDatasetsTag)) {
        const json& dataset = Member(input, "dataset");
        std::string context;
        for (const json& tag : Member(input, "tags")) {
          if (Text(tag, "key") == kDatasetContextTag) context = Text(tag, "value");
        }
        found.insert({run.experiment_id, Text(dataset, "name"), Text(dataset, "digest"), context});
      }
    }
    json answer = json::object();
    for (const auto& [experiment, name, digest, context] : found) {
      json summary = {{"experiment_id", experiment}, {"name", name}, {"digest", digest}};
      if (!context.empty()) summary["context"] = context;
      answer["dataset_summaries"].push_back(std::move(summary));
    }
    return answer;
  }

 private:
  static Error Exists(const std::string& name) {
    return AlreadyExists(fmt::format("Experiment(name={}) already exists.", name));
  }

  Result<Experiment> Named(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RequireText("experiment_id"));
    return GetExperiment(runs_, scope, id, clock_.Now());
  }

  Status Store(const Scope& scope, Experiment experiment) const {
    experiment.updated_at = clock_.Now();
    return runs_.UpdateExperiment(scope, experiment);
  }

  domain::RunStore& runs_;
  const Clock& clock_;
};

}  // namespace

void MountExperiments(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<Experiments> methods(router, dependencies.workspaces, std::make_shared<const Experiments>(dependencies));
  methods.Add("POST", "experiments/create", &Experiments::Create);
  methods.Add("GET", "experiments/get", &Experiments::Get);
  methods.Add("GET", "experiments/get-by-name", &Experiments::GetByName);
  methods.Add("GET", "experiments/search", &Experiments::Search);
  methods.Add("POST", "experiments/search", &Experiments::Search);
  methods.Add("GET", "experiments/list", &Experiments::Search);  // of clients before 2.0
  methods.Add("POST", "experiments/update", &Experiments::Update);
  methods.Add("POST", "experiments/delete", &Experiments::Delete);
  methods.Add("POST", "experiments/restore", &Experiments::Restore);
  methods.Add("POST", "experiments/search-datasets", &Experiments::SearchDatasets);
  methods.Add("POST", "experiments/set-experiment-tag", &Experiments::SetTag);
  methods.Add("POST", "experiments/delete-experiment-tag", &Experiments::DeleteTag);
}

}  // namespace slipway::api::mlflow
