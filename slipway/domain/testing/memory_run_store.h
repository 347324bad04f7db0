#pragma once

#include <tuple>

#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryRunStore final : public RunStore {
 public:
  Result<Experiment> GetOrCreateExperiment(const Scope& scope, const std::string& name, Timestamp now) override {
    const std::lock_guard lock(mutex_);
    if (const Experiment* known = Named(scope, name)) return *known;
    Experiment experiment;
    experiment.name = name;
    experiment.created_at = experiment.updated_at = now;
    return Insert(scope, experiment);
  }
  Result<Experiment> InsertExperiment(const Scope& scope, Experiment experiment) override {
    const std::lock_guard lock(mutex_);
    if (Named(scope, experiment.name)) return AlreadyExists("there is an experiment '" + experiment.name + "'");
    return Insert(scope, std::move(experiment));
  }
  Result<Experiment> GetExperiment(const Scope& scope, const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return experiments_.Get(scope, id);
  }
  Result<Experiment> GetExperimentByName(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    if (const Experiment* known = Named(scope, name)) return *known;
    return NotFound("there is no experiment '" + name + "'");
  }
  Result<std::vector<Experiment>> ListExperiments(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return experiments_.List(scope);
  }
  Status UpdateExperiment(const Scope& scope, const Experiment& experiment) override {
    const std::lock_guard lock(mutex_);
    const Experiment* named = Named(scope, experiment.name);
    if (named && named->id != experiment.id) return AlreadyExists("there is an experiment '" + experiment.name + "'");
    experiments_.Put(scope, experiment.id, experiment);
    return {};
  }
  Status InsertRun(const Scope& scope, const Run& run) override {
    const std::lock_guard lock(mutex_);
    return runs_.Insert(scope, run.id, run);
  }
  Status UpdateRun(const Scope& scope, const Run& run) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_ASSIGN_OR_RETURN(const Run stored, runs_.Get(scope, run.id));
    Run changed = run;
    changed.tags = stored.tags;
    changed.parameters = stored.parameters;
    changed.latest_metrics = stored.latest_metrics;
    runs_.Put(scope, run.id, std::move(changed));
    return {};
  }
  Result<Run> GetRun(const Scope& scope, const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return runs_.Get(scope, id);
  }
  Result<std::vector<Run>> ListRuns(const Scope& scope, const std::vector<std::string>& experiment_ids) override {
    const std::lock_guard lock(mutex_);
    return runs_.NewestFirst(scope, [&](const Run& run) {
      return std::find(experiment_ids.begin(), experiment_ids.end(), run.experiment_id) != experiment_ids.end();
    });
  }
  Status LogBatch(const Scope& scope, const std::string& run_id, const std::vector<MetricPoint>& metrics,
                  const std::map<std::string, std::string>& parameters, const Tags& tags) override {
    const std::lock_guard lock(mutex_);
    Run* run = runs_.Find(scope, run_id);
    if (!run) return NotFound("there is no run '" + run_id + "'");
    if (run->is_deleted) return InvalidArgument("the run is deleted");
    for (const MetricPoint& point : metrics) Log(*run, point);
    for (const auto& [key, value] : parameters) run->parameters[key] = value;
    for (const auto& [key, value] : tags) run->tags[key] = value;
    return {};
  }
  Status DeleteTag(const Scope& scope, const std::string& run_id, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    Run* run = runs_.Find(scope, run_id);
    if (!run || run->tags.erase(key) == 0) return NotFound("there is no tag '" + key + "' on '" + run_id + "'");
    return {};
  }
  Result<std::vector<MetricPoint>> GetMetricHistory(const Scope&, const std::string& run_id,
                                                    const std::string& key) override {
    const std::lock_guard lock(mutex_);
    std::vector<MetricPoint> points;
    for (const MetricPoint& point : history_[run_id])
      if (point.key == key) points.push_back(point);
    return points;
  }

 private:
  const Experiment* Named(const Scope& scope, const std::string& name) {
    for (const Experiment& known : experiments_.List(scope))
      if (known.name == name) return experiments_.Find(scope, known.id);
    return nullptr;
  }
  Experiment Insert(const Scope& scope, Experiment experiment) {
    if (experiment.id.empty()) experiment.id = std::to_string(++last_id_);
    experiments_.Put(scope, experiment.id, experiment);
    return experiment;
  }
  void Log(Run& run, const MetricPoint& point) {
    history_[run.id].push_back(point);
    const auto rank = [](const MetricPoint& p) { return std::tuple(p.step, p.timestamp_ms); };
    const auto known = std::find_if(run.latest_metrics.begin(), run.latest_metrics.end(),
                                    [&](const MetricPoint& latest) { return latest.key == point.key; });
    if (known == run.latest_metrics.end())
      run.latest_metrics.push_back(point);
    else if (rank(point) >= rank(*known))
      *known = point;
  }

  std::mutex mutex_;
  int last_id_ = 0;
  Table<Experiment> experiments_{"experiment"};
  Table<Run> runs_{"run"};
  std::map<std::string, std::vector<MetricPoint>> history_;
};

}  // namespace slipway::domain::testing
