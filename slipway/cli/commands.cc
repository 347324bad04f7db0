#include "slipway/cli/commands.h"

#include "slipway/cli/job/reports.h"
#include "slipway/cli/log_query.h"
#include "slipway/cli/tools/tools.h"

namespace slipway::cli {
namespace {

std::vector<Group> SlipwayGroups() {
  return {
      {"workspace", "Manage workspaces."},
      {"datastore", "Manage datastores."},
      {"compute", "Manage computes: what jobs run on."},
      {"data", "Manage data assets; look into tables."},
      {"environment", "Manage environments: what jobs and deployments need."},
      {"model", "Manage models."},
      {"component", "Manage components: reusable steps."},
      {"job", "Manage jobs: commands, sweeps, pipelines."},
      {"schedule", "Manage schedules: jobs at given times."},
      {"online-endpoint", "Manage online endpoints."},
      {"online-deployment", "Manage the deployments of online endpoints."},
      {"rollout", "Roll new deployments out step by step, under guards."},
      {"logs", "Follow log tables; look after the log store."},
      {"logs table", "Manage log tables: custom ones, and how long rows are kept."},
      {"alert", "Manage alert rules: what happens when a query or a metric says so."},
      {"action-group", "Manage action groups: who is told and what is started when an alert fires."},
      {"workflow", "Run workflow files (GitHub Actions' syntax) and watch their runs."},
      {"environment-gate", "Manage environments of workflows: reviewers, timers, variables, secrets."},
      {"environment-gate variable", "Variables of environments."},
      {"environment-gate secret", "Secrets of environments."},
      {"registry", "Manage registries: assets that workspaces share."},
      {"registry keys", "Who may sign what is used out of registries."},
      {"promote", "Take models from workspace to workspace, with evidence and approval."},
      {"audit", "Who decided what, when and why."},
      {"config", "Manage configuration values."},
      {"tls", "Certificates of the gateway."},
      {"example", "Made-up data for the example."},
      {"batch-endpoint", "", true},
      {"batch-deployment", "", true},
      {"azure-openai-deployment", "", true},
      {"capability-host", "", true},
      {"connection", "", true},
      {"deployment-template", "", true},
      {"feature-set", "", true},
      {"feature-store", "", true},
      {"feature-store-entity", "", true},
      {"index", "", true},
      {"marketplace-subscription", "", true},
      {"serverless-endpoint", "", true},
      {"workspace outbound-rule", "", true},
      {"workspace diagnose", "", true},
      {"workspace sync-keys", "", true},
      {"workspace list-keys", "", true},
      {"workspace provision-network", "", true},
      {"compute attach", "", true},
      {"compute detach", "", true},
      {"compute start", "", true},
      {"compute stop", "", true},
      {"compute restart", "", true},
      {"compute list-nodes", "", true},
      {"compute list-sizes", "", true},
      {"compute list-usage", "", true},
      {"compute connect-ssh", "", true},
      {"compute enable-sso", "", true},
      {"datastore mount", "", true},
      {"data import", "", true},
      {"data mount", "", true},
      {"data list-materialization-status", "", true},
      {"model package", "", true},
      {"component prepare-for-sign", "", true},
      {"job show-services", "", true},
      {"job connect-ssh", "", true},
  };
}

std::vector<Group> AzGroups() {
  return {
      {"ml", "Everything of `slipway`: see `az ml --help`."},
      {"account", "The subscription."},
      {"config", "Manage configuration values."},
      {"extension", "Accepted for compatibility."},
      {"monitor", "Logs and alerts."},
      {"monitor log-analytics", "Log Analytics."},
      {"monitor log-analytics workspace", "Log Analytics workspaces."},
      {"monitor log-analytics workspace table", "Tables of a Log Analytics workspace."},
      {"monitor app-insights", "Application Insights."},
      {"monitor scheduled-query", "Log alert rules: what happens when a query says so."},
      {"monitor action-group", "Action groups: who is told when an alert fires."},
      {"monitor metrics", "Metrics of online endpoints."},
      {"monitor metrics alert", "Metric alert rules."},
      {"monitor diagnostic-settings", "Accepted for compatibility."},
      {"resource", "Resources as the REST API has them."},
      {"group", "", true},
      {"storage", "", true},
      {"keyvault", "", true},
      {"acr", "", true},
      {"ad", "", true},
      {"role", "", true},
      {"deployment", "", true},
      {"identity", "", true},
      {"monitor alert", "", true},
      {"rest", "", true},
  };
}

void Append(std::vector<Command>& commands, std::vector<Command> more) {
  for (Command& command : more) commands.push_back(std::move(command));
}

}  // namespace

CommandTable SlipwayCommands(std::string program) {
  std::vector<Command> commands;
  for (auto* list : {WorkspaceCommands, DatastoreCommands, ComputeCommands, DataCommands, EnvironmentCommands,
                     ModelCommands, ComponentCommands, JobCommands, ScheduleCommands, OnlineEndpointCommands,
                     OnlineDeploymentCommands, RegistryCommands, AlertCommands, ActionGroupCommands, QueryCommands})
    Append(commands, list());
  // The ml group of az has no programs and tools beside it.
  if (program == "slipway") {
    Append(commands, ProgramCommands());
    Append(commands, ConfigureCommands());
    Append(commands, RolloutCommands());
    Append(commands, LiveDriftCommands());
    Append(commands, ModelBaselineCommands());
    Append(commands, WorkflowCommands());
    Append(commands, EnvironmentGateCommands());
    Append(commands, LogsCommands());
    Append(commands, RegistryKeyCommands());
    Append(commands, AuditCommands());
    Append(commands, PromoteCommands());
    commands.push_back(LineageCommand());
    for (auto* tool : {DoctorCommand, DriftCommand, DataHeadCommand, DataProfileCommand, DataQualityCommand,
                       ExampleDataCommand, JmespathCommand, ModelCompareCommand, ScoreCommand, TrainCommand})
      commands.push_back(tool());
    Command az;
    az.path = "az";
    az.summary = "Speak for the az command line: `slipway az ml job list`.";
    az.takes_rest = true;
    az.needs_workspace = false;
    commands.push_back(std::move(az));  // handled before the table is asked; listed for --help
  }
  return {std::move(program), "Train, deploy and watch models on your own machines.", SlipwayGroups(),
          std::move(commands)};
}

CommandTable AzCommands() {
  std::vector<Command> commands;
  for (auto* list : {AzMonitorCommands, AzAlertCommands, AzActionGroupCommands, AzAccountCommands, ConfigureCommands})
    Append(commands, list());
  return {"az", "The commands of az that Slipway speaks.", AzGroups(), std::move(commands)};
}

}  // namespace slipway::cli
