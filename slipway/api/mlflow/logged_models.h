// Logged models of MLflow 3, kept as runs of their experiment: their parameters, metrics, tags and artifacts are those
// of a run whose tag says that it is a model. Searches of runs leave them out. For this folder's own files.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "slipway/domain/run.h"

namespace slipway::api::mlflow {

// JSON: {"model_type", "source_run_id", "updated_at"}.
inline constexpr const char* kLoggedModelTag = "slipway.mlflow.loggedModel";
// JSON lists of what runs name: {"model_id"} and {"model_id", "step"}.
inline constexpr const char* kModelInputsTag = "slipway.mlflow.modelInputs";
inline constexpr const char* kModelOutputsTag = "slipway.mlflow.modelOutputs";

bool IsLoggedModel(const domain::Run& run);
nlohmann::json LoggedModelJson(const domain::Run& model);

// The list that a tag holds; [] for a run without it.
nlohmann::json ListInTag(const domain::Run& run, const char* tag);

}  // namespace slipway::api::mlflow
