// job trials: the trials of a sweep side by side.
#include <fmt/format.h>

#include "slipway/cli/context.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/cli/job/reports.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

using Row = nlohmann::ordered_json;

Row TableOf(const Json& report) {
  Row rows = Row::array();
  for (const Json& trial : report["trials"]) {
    Row row = {{"Trial", trial["name"]}, {"Status", trial["status"]}};
    for (const Json& parameter : report["parameters"]) {
      const std::string name = parameter.get<std::string>();
      row[name] = trial["values"].value(name, "");
    }
    row[report["primaryMetric"].get<std::string>()] = trial["best"].is_null() ? Row("") : Row(trial["best"]);
    row["Reports"] = trial["reports"];
    row["Best"] = trial["isBest"] == true ? "*" : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<Output> ShowTrials(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(const Json report, server->connection().Get(JobReportPath(server->scope(), name, "trials")));
  Output output = TextOr(arguments, FormatTable(TableOf(report), /*is_built_in=*/true), report["trials"]);
  if (context.options().output == "table" && context.options().query.empty()) {
    output = Output::Text(FormatTable(TableOf(report), /*is_built_in=*/true));
  }
  return output;
}

}  // namespace

Command JobTrialsCommand() {
  Command command = JobReportCommand(
      "job trials", "Show the trials of a sweep: their values, what they reported and which is the best so far.", {},
      ShowTrials);
  command.examples = {"slipway job trials SWEEP", "slipway job trials SWEEP --query \"[?isBest].values\" -o json"};
  return command;
}

}  // namespace slipway::cli
