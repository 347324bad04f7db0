// Experiments and runs as MLflow shows and finds them. For this folder's own files.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/api/mlflow/arguments.h"
#include "slipway/api/mlflow/filter.h"
#include "slipway/domain/stores.h"

namespace slipway::api::mlflow {

// Tags that begin so are the server's own; answers leave them out.
inline constexpr std::string_view kOwnTagPrefix = "slipway.mlflow.";
inline constexpr const char* kDatasetsTag = "slipway.mlflow.datasets";  // JSON of log-inputs' datasets
inline constexpr const char* kDeletedWithExperimentTag = "slipway.mlflow.deletedWithExperiment";
inline constexpr const char* kDatasetContextTag = "mlflow.data.context";
inline constexpr const char* kRunNameTag = "mlflow.runName";
inline constexpr const char* kDefaultExperimentId = "0";

int64_t Milliseconds(Timestamp time);

// Experiment "0" (and "") is the one named Default, made when it is not there, whatever its id. kNotFound in MLflow's
// words.
Result<domain::Experiment> GetExperiment(domain::RunStore& runs, const domain::Scope& scope, const std::string& id,
                                         Timestamp now);
Result<domain::Run> GetRun(domain::RunStore& runs, const domain::Scope& scope, const std::string& id);
// kInvalidArgument when it is deleted.
Result<domain::Run> GetActiveRun(domain::RunStore& runs, const domain::Scope& scope, const std::string& id);

std::string_view RunStatusName(domain::RunStatus status);
Result<domain::RunStatus> ParseRunStatus(const std::string& name);  // by name or number

// "mlflow-artifacts:/<run id>": what clients are told, never what is opened.
std::string ArtifactUri(const domain::Run& run);

nlohmann::json ExperimentJson(const domain::Experiment& experiment);
nlohmann::json MetricJson(const domain::MetricPoint& point);
nlohmann::json RunInfoJson(const domain::Run& run);
nlohmann::json RunJson(const domain::Run& run);

const Dialect& ExperimentDialect();
const Dialect& RunDialect();
// The experiment or run must outlive the look-up.
Lookup LookupIn(const domain::Experiment& experiment);
Lookup LookupIn(const domain::Run& run);

// Without the server's own.
domain::Tags ShownTags(domain::Tags tags);

// The rules for what may be logged. kInvalidArgument says which is broken.
Status CheckKey(std::string_view what, const std::string& key);
Status CheckLength(std::string_view what, const std::string& key, const std::string& value, size_t length_max);

}  // namespace slipway::api::mlflow
