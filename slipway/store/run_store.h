// Experiments and runs. Parameters, tags and metric points are rows of tables of their own; their keys compare exactly,
// as MLflow's do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> RunTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed. Lists are newest first.
class SqlRunStore final : public domain::RunStore {
 public:
  explicit SqlRunStore(sql::Database& database) : database_(database) {}

  Result<domain::Experiment> GetOrCreateExperiment(const domain::Scope& scope, const std::string& name,
                                                   Timestamp now) override;
  // Ids are whole numbers, counted in each workspace from 1; an `id` that is given ("0") is kept.
  Result<domain::Experiment> InsertExperiment(const domain::Scope& scope, domain::Experiment experiment) override;
  Result<domain::Experiment> GetExperiment(const domain::Scope& scope, const std::string& id) override;
  Result<domain::Experiment> GetExperimentByName(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Experiment>> ListExperiments(const domain::Scope& scope) override;
  Status UpdateExperiment(const domain::Scope& scope, const domain::Experiment& experiment) override;

  // With its parameters, tags and metrics. kNotFound when its experiment is not there.
  Status InsertRun(const domain::Scope& scope, const domain::Run& run) override;
  Status UpdateRun(const domain::Scope& scope, const domain::Run& run) override;
  Result<domain::Run> GetRun(const domain::Scope& scope, const std::string& id) override;
  // Of these experiments, deleted ones included; none for no experiments.
  Result<std::vector<domain::Run>> ListRuns(const domain::Scope& scope,
                                            const std::vector<std::string>& experiment_ids) override;

  // All of it or nothing. A point that is there already (key, step, time and value) is not doubled; the latest of a key
  // is the one with the largest step, then time, then value. Refuses deleted runs. How much a request may bring is the
  // face's affair.
  Status LogBatch(const domain::Scope& scope, const std::string& run_id,
                  const std::vector<domain::MetricPoint>& metrics, const std::map<std::string, std::string>& parameters,
                  const domain::Tags& tags) override;
  // kNotFound when the run has no such tag.
  Status DeleteTag(const domain::Scope& scope, const std::string& run_id, const std::string& key) override;
  // By step, then time; none for a key that was never logged.
  Result<std::vector<domain::MetricPoint>> GetMetricHistory(const domain::Scope& scope, const std::string& run_id,
                                                            const std::string& key) override;

 private:
  sql::Database& database_;
};

}  // namespace slipway::store
