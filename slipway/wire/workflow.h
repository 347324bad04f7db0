// Workflow runs, environment gates and repositories in the shape of {W}/slipway/workflows (docs/rest-extensions.md),
// both ways.
#pragma once

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/workflow.h"

namespace slipway::wire {

nlohmann::json WorkflowRunToJson(const domain::WorkflowRun& run);
Result<domain::WorkflowRun> WorkflowRunFromJson(const nlohmann::json& json);

// A job alone; what runs jobs writes it.
nlohmann::json WorkflowStepRunToJson(const domain::WorkflowStepRun& step);
Result<domain::WorkflowStepRun> WorkflowStepRunFromJson(const nlohmann::json& json);
nlohmann::json WorkflowAnnotationToJson(const domain::WorkflowAnnotation& annotation);
Result<domain::WorkflowAnnotation> WorkflowAnnotationFromJson(const nlohmann::json& json);

// With `shows_secrets` false, secrets are their names alone.
nlohmann::json EnvironmentGateToJson(const domain::EnvironmentGate& gate, bool shows_secrets);
Result<domain::EnvironmentGate> EnvironmentGateFromJson(const nlohmann::json& json);

nlohmann::json WorkflowRepositoryToJson(const domain::WorkflowRepository& repository);
Result<domain::WorkflowRepository> WorkflowRepositoryFromJson(const nlohmann::json& json);

}  // namespace slipway::wire
