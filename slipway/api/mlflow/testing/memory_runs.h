// A run store that forgets, for tests: the contract of domain::RunStore. Not thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "slipway/domain/stores.h"

namespace slipway::api::mlflow::testing {

class MemoryRuns final : public domain::RunStore {
 public:
  Result<domain::Experiment> GetOrCreateExperiment(const domain::Scope& scope, const std::string& name,
                                                   Timestamp now) override {
    if (auto known = GetExperimentByName(scope, name)) return known;
    domain::Experiment experiment;
    experiment.name = name;
    experiment.created_at = experiment.updated_at = now;
    return InsertExperiment(scope, experiment);
  }
  Result<domain::Experiment> InsertExperiment(const domain::Scope& scope, domain::Experiment experiment) override {
    if (GetExperimentByName(scope, experiment.name)) return AlreadyExists(experiment.name);
    if (experiment.id.empty()) experiment.id = std::to_string(++last_id_);
    return experiments_[experiment.id] = experiment;
  }
  Result<domain::Experiment> GetExperiment(const domain::Scope&, const std::string& id) override {
    const auto found = experiments_.find(id);
    if (found == experiments_.end()) return NotFound("experiment " + id);
    return found->second;
  }
  Result<domain::Experiment> GetExperimentByName(const domain::Scope&, const std::string& name) override {
    for (const auto& [id, experiment] : experiments_)
      if (experiment.name == name) return experiment;
    return NotFound("experiment " + name);
  }
  Result<std::vector<domain::Experiment>> ListExperiments(const domain::Scope&) override {
    std::vector<domain::Experiment> list;
    for (const auto& [id, experiment] : experiments_) list.push_back(experiment);
    return list;
  }
  Status UpdateExperiment(const domain::Scope& scope, const domain::Experiment& experiment) override {
    const auto named = GetExperimentByName(scope, experiment.name);
    if (named && named->id != experiment.id) return AlreadyExists(experiment.name);
    experiments_[experiment.id] = experiment;
    return {};
  }
  Status InsertRun(const domain::Scope&, const domain::Run& run) override {
    if (!runs_.emplace(run.id, run).second) return AlreadyExists("run " + run.id);
    return {};
  }
  Status UpdateRun(const domain::Scope& scope, const domain::Run& run) override {
    SLIPWAY_ASSIGN_OR_RETURN(domain::Run stored, GetRun(scope, run.id));
    domain::Run changed = run;
    changed.tags = stored.tags;
    changed.parameters = stored.parameters;
    changed.latest_metrics = stored.latest_metrics;
    runs_[run.id] = std::move(changed);
    return {};
  }
  Result<domain::Run> GetRun(const domain::Scope&, const std::string& id) override {
    const auto found = runs_.find(id);
    if (found == runs_.end()) return NotFound("run " + id);
    return found->second;
  }
  Result<std::vector<domain::Run>> ListRuns(const domain::Scope&, const std::vector<std::string>& ids) override {
    std::vector<domain::Run> list;
    for (const auto& [id, run] : runs_)
      if (std::find(ids.begin(), ids.end(), run.experiment_id) != ids.end()) list.push_back(run);
    return list;
  }
  Status LogBatch(const domain::Scope& scope, const std::string& run_id,
                  const std::vector<domain::MetricPoint>& metrics, const std::map<std::string, std::string>& parameters,
                  const domain::Tags& tags) override {
    SLIPWAY_RETURN_IF_ERROR(GetRun(scope, run_id));
    domain::Run& run = runs_[run_id];
    if (run.is_deleted) return InvalidArgument("the run is deleted");
    for (const auto& point : metrics) Log(run, point);
    for (const auto& [key, value] : parameters) run.parameters[key] = value;
    for (const auto& [key, value] : tags) run.tags[key] = value;
    return {};
  }
  Status DeleteTag(const domain::Scope& scope, const std::string& run_id, const std::string& key) override {
    SLIPWAY_RETURN_IF_ERROR(GetRun(scope, run_id));
    if (runs_[run_id].tags.erase(key) == 0) return NotFound("tag " + key);
    return {};
  }
  Result<std::vector<domain::MetricPoint>> GetMetricHistory(const domain::Scope&, const std::string& run_id,
                                                            const std::string& key) override {
    std::vector<domain::MetricPoint> points;
    for (const auto& point : history_[run_id])
      if (point.key == key) points.push_back(point);
    return points;
  }

 private:
  void Log(domain::Run& run, const domain::MetricPoint& point) {
    history_[run.id].push_back(point);
    const auto rank = [](const domain::MetricPoint& p) { return std::tuple(p.step, p.timestamp_ms); };
    auto known = std::find_if(run.latest_metrics.begin(), run.latest_metrics.end(),
                              [&](const auto& latest) { return latest.key == point.key; });
    if (known == run.latest_metrics.end())
      run.latest_metrics.push_back(point);
    else if (rank(point) >= rank(*known))
      *known = point;
  }

  int last_id_ = 0;
  std::map<std::string, domain::Experiment> experiments_;
  std::map<std::string, domain::Run> runs_;
  std::map<std::string, std::vector<domain::MetricPoint>> history_;
};

}  // namespace slipway::api::mlflow::testing
