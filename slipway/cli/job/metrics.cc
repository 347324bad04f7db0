#include "slipway/cli/job/metrics.h"

#include "slipway/cli/context.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

Result<Output> ShowChildren(client::Workspace& server, const std::string& job, const std::string& best) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto children, server.ListChildren(job));
  Json list = Json::array();
  for (const Json& child : children) {
    SLIPWAY_ASSIGN_OR_RETURN(Json tracked, TrackedOf(server, child.value("name", "")));
    tracked["display_name"] = child["properties"].value("displayName", "");
    tracked["status"] = child["properties"].value("status", "");
    tracked["is_best"] = tracked["name"] == best;
    list.push_back(std::move(tracked));
  }
  return Output::Of(std::move(list));
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(const Json job, server->Get("jobs", name));
  if (arguments.Has("children")) {
    const Json properties = job["properties"].value("properties", Json::object());
    return ShowChildren(*server, name, properties.value("best_child_run_id", ""));
  }
  SLIPWAY_ASSIGN_OR_RETURN(Json tracked, TrackedOf(*server, name));
  return Output::Of(std::move(tracked));
}

}  // namespace

Command JobMetricsCommand() {
  Command command = MakeCommand(
      "job metrics", "Show the metrics and parameters that a job logged.",
      {NameFlag(true, "Name of the job."), {"children", 'c', "Of each step or trial instead.", Flag::Takes::kNothing}},
      Run);
  command.examples = {"slipway job metrics -n JOB --query metrics",
                      "slipway job metrics -n SWEEP --children -o table "
                      "--query '[].{Trial:display_name,Loss:metrics.loss,Best:is_best}'"};
  return command;
}

}  // namespace slipway::cli
