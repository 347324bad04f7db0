#include "slipway/runner/execute/command_environment.h"

#include <fmt/format.h>

#include "slipway/runner/execute/run_folder.h"

namespace slipway::runner {
namespace {

using Variables = std::map<std::string, std::string>;

void AddTracking(Variables& into, const CommandFacts& facts) {
  const std::string& control = facts.server.control_url;
  into["MLFLOW_TRACKING_URI"] = fmt::format("{}/mlflow/v1.0{}", control, facts.scope.ArmId());
  into["MLFLOW_TRACKING_TOKEN"] = facts.server.token;
  into["MLFLOW_RUN_ID"] = facts.job.name;
  into["MLFLOW_EXPERIMENT_ID"] = facts.experiment.id;
  into["MLFLOW_EXPERIMENT_NAME"] = facts.experiment.name;
  into["AZUREML_EXPERIMENT_ID"] = facts.experiment.id;
  into["AZUREML_EXPERIMENT_SCOPE"] = fmt::format("{}/experiments/{}", facts.scope.ArmId(), facts.experiment.name);
}

void AddIdentity(Variables& into, const CommandFacts& facts) {
  into[kJobVariable] = facts.job.name;
  into["AZUREML_ROOT_RUN_ID"] = facts.job.root.empty() ? facts.job.name : facts.job.root;
  into["AZUREML_ARM_SUBSCRIPTION"] = facts.scope.subscription;
  into["AZUREML_ARM_RESOURCEGROUP"] = facts.scope.resource_group;
  into["AZUREML_ARM_WORKSPACE_NAME"] = facts.scope.workspace;
  into["AZUREML_ARM_PROJECT_NAME"] = facts.experiment.name;
  into["AZUREML_WORKSPACE_SCOPE"] = facts.scope.ArmId();
  into["AZUREML_SERVICE_ENDPOINT"] = facts.server.control_url;
  into["AZUREML_RUN_TOKEN"] = facts.server.token;
  into["AZUREML_CR_NODE_RANK"] = "0";
  into["SLIPWAY_CONTROL_URL"] = facts.server.control_url;
  into["SLIPWAY_TOKEN"] = facts.server.token;
  if (!facts.connection_string.empty()) into["APPLICATIONINSIGHTS_CONNECTION_STRING"] = facts.connection_string;
}

void AddPorts(Variables& into, const CommandFacts& facts, const domain::CommandSpec& command) {
  for (const auto& [name, value] : facts.values.inputs) {
    into["AZURE_ML_INPUT_" + name] = value;
    const auto input = command.inputs.find(name);
    const bool is_literal = input != command.inputs.end() && std::holds_alternative<domain::Literal>(input->second);
    if (is_literal) into["AZUREML_PARAMETER_" + name] = value;
  }
  for (const auto& [name, value] : facts.values.outputs) into["AZURE_ML_OUTPUT_" + name] = value;
}

}  // namespace

Result<Variables> CommandVariables(Variables base, const CommandFacts& facts) {
  const auto& command = std::get<domain::CommandSpec>(facts.job.spec.body);
  base.emplace("PYTHONUNBUFFERED", "1");  // what Python prints is in the log at once
  for (const auto& [name, value] : command.environment_variables) {
    SLIPWAY_ASSIGN_OR_RETURN(
        base[name], With(SubstituteCommand(value, facts.values), fmt::format("environment variable '{}'", name)));
  }
  AddPorts(base, facts, command);
  AddIdentity(base, facts);
  AddTracking(base, facts);
  return base;
}

}  // namespace slipway::runner
