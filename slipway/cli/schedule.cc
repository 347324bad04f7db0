// schedule create, show, list, enable, disable, trigger, update, delete.
#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/sync.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/print.h"
#include "slipway/spec/schedule.h"
#include "slipway/wire/job.h"
#include "slipway/wire/schedule.h"

namespace slipway::cli {
namespace {

Result<Json> PrintedSchedule(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Schedule schedule, wire::ScheduleFromArm(arm));
  return WithId(spec::ToJson(schedule), arm);
}

// `create_job: azureml:<job>` takes the definition of a job that was submitted.
Status TakeSubmittedJob(client::Workspace& server, const std::string& name, domain::JobSpec& into) {
  if (name.empty()) return {};
  auto arm = server.Get("jobs", name);
  if (!arm) return std::move(arm.error()).With("create_job");
  SLIPWAY_ASSIGN_OR_RETURN(into, wire::JobSpecFromArm((*arm)["properties"]));
  return {};
}

Result<Output> CreateSchedule(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::ScheduleDocument read, spec::ReadSchedule(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  domain::Schedule schedule = std::move(read.schedule);
  SLIPWAY_RETURN_IF_ERROR(TakeSubmittedJob(*server, read.create_job_of, schedule.create_job));
  SLIPWAY_ASSIGN_OR_RETURN(schedule.create_job,
                           PrepareJob(context, *server, {std::move(schedule.create_job), std::move(read.anonymous)}));
  if (schedule.create_job.experiment_name.empty()) schedule.create_job.experiment_name = schedule.name;
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm,
                           server->Put("schedules", schedule.name, wire::ScheduleToArm(server->scope(), schedule)));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedSchedule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ShowSchedule(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("schedules", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedSchedule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListSchedules(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const char* view = arguments.Has("disabled-only")      ? "DisabledOnly"
                     : arguments.Has("include-disabled") ? "All"
                                                         : "EnabledOnly";
  SLIPWAY_ASSIGN_OR_RETURN(const auto schedules,
                           server->connection().List(server->Path(fmt::format("/schedules?listViewType={}", view))));
  Json list = Json::array();
  for (const Json& arm : schedules) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedSchedule(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"},
                                       {"Description", "/description"},
                                       {"Is_enabled", "/is_enabled"},
                                       {"Provisioning_state", "/provisioning_state"},
                                       {"Next fire", "/next_fire_at"}});
}

Result<Output> SetEnabled(Context& context, const Arguments& arguments, bool is_enabled) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->Get("schedules", name));
  arm["properties"]["isEnabled"] = is_enabled;
  SLIPWAY_ASSIGN_OR_RETURN(arm, server->Put("schedules", name, arm));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedSchedule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> TriggerSchedule(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path =
      server->Path(fmt::format("/slipway/schedules/{}/trigger", client::Workspace::Segment(*arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Post(path, Json::object()));
  return Output::Of({{"job_name", answer.value("jobName", "")},
                     {"schedule_action_type", answer.value("scheduleActionType", "CreateJob")}});
}

Result<Output> UpdateSchedule(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->Get("schedules", name));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedSchedule(arm));
  const Json before = printed;
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  for (const auto& member : printed.items()) {
    const bool is_updatable = member.key() == "description" || member.key() == "display_name" ||
                              member.key() == "tags" || member.key() == "is_enabled";
    if (!is_updatable && (!before.contains(member.key()) || before[member.key()] != member.value()))
      return InvalidArgument(
          fmt::format("'{}' of a schedule cannot be changed here: change its file and run `{} schedule create` again",
                      member.key(), context.program()));
  }
  Json& properties = arm["properties"];
  properties["description"] = printed.value("description", "");
  properties["displayName"] = printed.value("display_name", "");
  properties["isEnabled"] = printed["is_enabled"];
  properties["tags"] = Json::object();
  for (const auto& tag : printed["tags"].items())
    properties["tags"][tag.key()] = tag.value().is_string() ? tag.value() : Json(tag.value().dump());
  SLIPWAY_ASSIGN_OR_RETURN(arm, server->Put("schedules", name, arm));
  SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedSchedule(arm));
  return Output::Of(std::move(printed));
}

Result<Output> DeleteSchedule(Context& context, const Arguments& arguments) {
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(server->Get("schedules", name));
  SLIPWAY_RETURN_IF_ERROR(
      server->connection().Delete(server->Path(fmt::format("/schedules/{}", client::Workspace::Segment(name)))));
  return Output::Nothing();
}

}  // namespace

std::vector<Command> ScheduleCommands() {
  const Flag name = NameFlag(true, "Name of the schedule.");
  return {
      MakeCommand("schedule create", "Create a schedule, or replace one of its name.",
                  {FileFlag(true), NameFlag(false), SetFlag(), NoWaitFlag()}, CreateSchedule),
      MakeCommand("schedule show", "Show a schedule.", {name}, ShowSchedule),
      MakeCommand("schedule list", "List enabled schedules.",
                  {MaxResultsFlag(),
                   {"include-disabled", 0, "List disabled ones too.", Flag::Takes::kNothing},
                   {"disabled-only", 0, "List disabled ones only.", Flag::Takes::kNothing}},
                  ListSchedules),
      MakeCommand("schedule enable", "Enable a schedule.", {name, NoWaitFlag()},
                  [](Context& context, const Arguments& arguments) { return SetEnabled(context, arguments, true); }),
      MakeCommand("schedule disable", "Disable a schedule.", {name, NoWaitFlag()},
                  [](Context& context, const Arguments& arguments) { return SetEnabled(context, arguments, false); }),
      MakeCommand("schedule trigger", "Start the schedule's job now.", {name}, TriggerSchedule),
      MakeCommand("schedule update", "Update a schedule's description, tags or state.",
                  std::vector<Flag>{name, NoWaitFlag()} + UpdateFlags(), UpdateSchedule),
      MakeCommand("schedule delete", "Delete a schedule.", {name, YesFlag(), NoWaitFlag()}, DeleteSchedule),
  };
}

}  // namespace slipway::cli
