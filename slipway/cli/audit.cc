// audit list, audit verify.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

Result<Output> ListAudit(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  std::string path = "/slipway/audit?$top=" + client::Workspace::Segment(arguments.GetOr("max-results", "100"));
  for (const char* filter : {"action", "subject", "scope"})
    if (const auto value = arguments.Get(filter))
      path += fmt::format("&{}={}", filter, client::Workspace::Segment(*value));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get(path));
  return WithColumns(answer.value("value", Json::array()), {{"No", "/sequence"},
                                                            {"Time", "/time"},
                                                            {"Action", "/action"},
                                                            {"Actor", "/actor"},
                                                            {"Subject", "/subject"},
                                                            {"Reason", "/reason"}});
}

Result<Output> VerifyAudit(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get("/slipway/audit/verify"));
  if (!answer.value("isIntact", false))
    return DataLoss(fmt::format("the audit log is broken: {}", answer.value("problem", "")));
  return Output::Of(answer);
}

Command AuditCommand(std::string_view verb, std::string_view summary, std::vector<Flag> flags,
                     Result<Output> (*run)(Context&, const Arguments&)) {
  Command command = MakeCommand(fmt::format("audit {}", verb), summary, std::move(flags), run);
  command.needs_workspace = false;
  return command;
}

}  // namespace

std::vector<Command> AuditCommands() {
  return {AuditCommand("list", "List decisions, newest first.",
                       {{"action", 0, "Those whose action begins so: model.share, promotion …"},
                        {"subject", 0, "Those about this: a part of a name."},
                        {"scope", 0, "ARM id of a workspace or registry."},
                        MaxResultsFlag()},
                       ListAudit),
          AuditCommand("verify", "Check that no entry was changed, taken out or cut off.", {}, VerifyAudit)};
}

}  // namespace slipway::cli
