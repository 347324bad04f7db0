// The tables of the two programs that this command line speaks for.
#pragma once

#include "slipway/cli/command_table.h"

namespace slipway::cli {

// `slipway`, and with program "az ml" the ml group of az.
CommandTable SlipwayCommands(std::string program);
// `az` but for its ml group.
CommandTable AzCommands();

// Each noun's commands, in its own file.
std::vector<Command> WorkspaceCommands();
std::vector<Command> DatastoreCommands();
std::vector<Command> ComputeCommands();
std::vector<Command> DataCommands();
std::vector<Command> EnvironmentCommands();
std::vector<Command> ModelCommands();
std::vector<Command> ComponentCommands();
std::vector<Command> JobCommands();
std::vector<Command> ScheduleCommands();
std::vector<Command> OnlineEndpointCommands();
std::vector<Command> OnlineDeploymentCommands();
std::vector<Command> RolloutCommands();          // slipway alone
std::vector<Command> LiveDriftCommands();        // slipway alone
std::vector<Command> ModelBaselineCommands();    // slipway alone
std::vector<Command> WorkflowCommands();         // slipway alone
std::vector<Command> EnvironmentGateCommands();  // slipway alone
std::vector<Command> AlertCommands();
std::vector<Command> ActionGroupCommands();
std::vector<Command> LogsCommands();  // slipway alone
std::vector<Command> RegistryCommands();
std::vector<Command> RegistryKeyCommands();  // slipway alone
std::vector<Command> AuditCommands();        // slipway alone
std::vector<Command> PromoteCommands();      // slipway alone
// list, show, create, update, delete of log tables, below the words of `prefix`.
std::vector<Command> LogTableCommands(const std::string& prefix);
std::vector<Command> ProgramCommands();  // serve, gateway, worker, version, tls show, az-shim, query
std::vector<Command> ConfigureCommands();
std::vector<Command> AzMonitorCommands();
std::vector<Command> AzAlertCommands();
std::vector<Command> AzActionGroupCommands();
std::vector<Command> AzAccountCommands();

}  // namespace slipway::cli
