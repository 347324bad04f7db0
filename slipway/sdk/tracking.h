// Experiment tracking and the model registry, over MLflow's REST API and ARM. Inside a job the calls attach to the
// job's own run; elsewhere SLIPWAY_CONTROL_URL and SLIPWAY_TOKEN say which server.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace slipway::sdk {

// One run. Every failure throws Failure. Not thread-safe.
class Run {
 public:
  // The run of the job this process belongs to (MLFLOW_RUN_ID). Throws outside a job.
  static Run Current();

  const std::string& id() const;
  void LogParameter(const std::string& key, const std::string& value);
  void LogMetric(const std::string& key, double value, long long step = 0);
  void LogMetrics(const std::map<std::string, double>& metrics, const std::string& prefix = "");
  void SetTag(const std::string& key, const std::string& value);
  // A file, or every file of a folder, below `artifact_path` of the run's artifacts.
  void LogArtifact(const std::string& path, const std::string& artifact_path = "");

  // The asset that an input of the job is, pinned: "azureml:credit:3"; "" for a value and for another step's output.
  std::string InputReference(const std::string& input) const;

  // Puts what became of a challenger into the server's audit log: `model` is what was decided about.
  void RecordComparison(const std::string& model, const std::string& reason,
                        const std::map<std::string, std::string>& evidence);

  // Logs the model directory as artifact "model" and registers it as the next version of `name`. Returns the version.
  std::string RegisterModel(const std::string& model_folder, const std::string& name,
                            const std::map<std::string, std::string>& tags = {});

 private:
  struct Impl;
  explicit Run(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace slipway::sdk
