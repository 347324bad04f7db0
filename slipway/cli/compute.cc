// compute create, show, list, update, delete.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/print.h"
#include "slipway/spec/workspace.h"
#include "slipway/wire/workspace.h"

namespace slipway::cli {
namespace {

Result<Json> PrintedCompute(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Compute compute, wire::ComputeFromArm(arm));
  Json printed = WithId(spec::ToJson(compute), arm);
  printed["provisioning_state"] = arm["properties"].value("provisioningState", "Succeeded");
  printed["location"] = arm.value("location", "local");
  return printed;
}

Result<Output> StoreCompute(Context& context, const domain::Compute& compute) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm,
                           server->Put("computes", compute.name, wire::ComputeToArm(server->scope(), compute)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedCompute(arm));
  return Output::Of(std::move(printed));
}

constexpr KeyFlag kKeys[] = {{"name", "name"},
                             {"type", "type"},
                             {"size", "size"},
                             {"tier", "tier"},
                             {"description", "description"},
                             {"min-instances", "min_instances"},
                             {"max-instances", "max_instances"},
                             {"idle-time-before-scale-down", "idle_time_before_scale_down"}};

Result<Output> CreateCompute(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, kKeys));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Compute compute, spec::ReadCompute(document));
  return StoreCompute(context, compute);
}

Result<Output> UpdateCompute(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("computes", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedCompute(arm));
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  for (const KeyFlag& key : kKeys)
    if (auto value = arguments.Get(key.flag)) printed[std::string(key.key)] = *value;
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, DocumentOf(printed, "the stored compute"));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Compute compute, spec::ReadCompute(document));
  return StoreCompute(context, compute);
}

Result<Output> ShowCompute(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("computes", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedCompute(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListComputes(Context& context, const Arguments&) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto computes, server->connection().List(server->Path("/computes")));
  Json list = Json::array();
  for (const Json& arm : computes) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedCompute(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(
      std::move(list),
      {{"Name", "/name"}, {"Compute type", "/type"}, {"State", "/provisioning_state"}, {"Instance type", "/size"}});
}

Result<Output> DeleteCompute(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(server->Get("computes", name));
  SLIPWAY_ASSIGN_OR_RETURN(const bool confirmed,
                           context.Confirm(fmt::format("Delete the compute '{}'?", name), arguments.Has("yes")));
  if (!confirmed) return Error(Code::kCancelled, "nothing was deleted");
  SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(
      server->Path(fmt::format("/computes/{}?underlyingResourceAction=Delete", client::Workspace::Segment(name)))));
  return Output::Nothing();
}

}  // namespace

std::vector<Command> ComputeCommands() {
  const Flag name = NameFlag(true, "Name of the compute.");
  const std::vector<Flag> sizes = {{"min-instances", 0, "Nodes kept when idle."},
                                   {"max-instances", 0, "Jobs that run on it at once."},
                                   {"idle-time-before-scale-down", 'd', "Seconds."},
                                   {"tags", 0, "Space-separated key=value pairs.", Flag::Takes::kValues}};
  Command create = MakeCommand("compute create", "Create a compute.",
                               std::vector<Flag>{NameFlag(false),
                                                 {"type", 't', "Type: amlcompute or slurm."},
                                                 FileFlag(false),
                                                 SetFlag(),
                                                 {"size", 0, "Size of a node."},
                                                 {"tier", 0, "dedicated or low_priority."},
                                                 {"location", 'l', "Accepted for compatibility."},
                                                 {"description", 0, "Description."},
                                                 NoWaitFlag()} +
                                   sizes,
                               CreateCompute);
  create.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"name", "file"}); };
  return {create, MakeCommand("compute show", "Show a compute.", {name}, ShowCompute),
          MakeCommand("compute list", "List computes.", {MaxResultsFlag(), {"type", 0, "Accepted for compatibility."}},
                      ListComputes),
          MakeCommand("compute update", "Update a compute.",
                      std::vector<Flag>{name, NoWaitFlag()} + sizes + UpdateFlags(), UpdateCompute),
          MakeCommand("compute delete", "Delete a compute.", {name, YesFlag(), NoWaitFlag()}, DeleteCompute)};
}

}  // namespace slipway::cli
