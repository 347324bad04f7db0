// Experiment tracking as MLflow has it. A job's run has the job's name as its id.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/common.h"

namespace slipway::domain {

struct Experiment {
  std::string id;
  std::string name;
  std::string artifact_location;
  bool is_deleted = false;
  Tags tags;
  Timestamp created_at{}, updated_at{};
};

enum class RunStatus { kRunning, kScheduled, kFinished, kFailed, kKilled };

struct MetricPoint {
  std::string key;
  double value = 0;
  int64_t timestamp_ms = 0;
  int64_t step = 0;
};

struct Run {
  std::string id;
  std::string name;
  std::string experiment_id;
  std::string user_id = "local";
  RunStatus status = RunStatus::kRunning;
  int64_t start_time_ms = 0;
  std::optional<int64_t> end_time_ms;
  std::string artifact_uri;
  bool is_deleted = false;
  Tags tags;
  std::map<std::string, std::string> parameters;
  std::vector<MetricPoint> latest_metrics;  // one a key
};

}  // namespace slipway::domain
