#include "slipway/wire/schedule.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/job.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

json RecurrenceToArm(const domain::RecurrenceTrigger& recurrence) {
  json result = {{"triggerType", "Recurrence"},
                 {"frequency", PascalCase(recurrence.frequency)},
                 {"interval", recurrence.interval}};
  if (recurrence.hours.empty() && recurrence.minutes.empty() && recurrence.month_days.empty() &&
      recurrence.week_days.empty())
    return result;
  result["schedule"] = {{"hours", recurrence.hours}, {"minutes", recurrence.minutes}};
  if (!recurrence.month_days.empty()) result["schedule"]["monthDays"] = recurrence.month_days;
  for (const std::string& day : recurrence.week_days) result["schedule"]["weekDays"].push_back(PascalCase(day));
  return result;
}

json TriggerToArm(const domain::Trigger& trigger) {
  json result;
  if (auto* cron = std::get_if<domain::CronTrigger>(&trigger.rule))
    result = {{"triggerType", "Cron"}, {"expression", cron->expression}};
  else
    result = RecurrenceToArm(std::get<domain::RecurrenceTrigger>(trigger.rule));
  result["timeZone"] = trigger.time_zone;
  if (trigger.start_time) result["startTime"] = *trigger.start_time;
  if (trigger.end_time) result["endTime"] = *trigger.end_time;
  return result;
}

std::vector<int> ReadIntegers(const JsonView& owner, std::string_view key) {
  std::vector<int> numbers;
  for (const std::string& text : owner.TextList(key)) {
    const auto number = ParseInt(text);
    if (!number)
      owner.Complain(fmt::format("'{}' holds '{}', which is not a whole number", key, text));
    else
      numbers.push_back(static_cast<int>(*number));
  }
  return numbers;
}

domain::RecurrenceTrigger ReadRecurrence(const JsonView& view) {
  domain::RecurrenceTrigger recurrence;
  recurrence.frequency = ToLower(view.RequireText("frequency"));
  recurrence.interval = static_cast<int>(view.Integer("interval", 1));
  if (const auto schedule = view.Find("schedule")) {
    recurrence.hours = ReadIntegers(*schedule, "hours");
    recurrence.minutes = ReadIntegers(*schedule, "minutes");
    recurrence.month_days = ReadIntegers(*schedule, "monthDays");
    for (const std::string& day : schedule->TextList("weekDays")) recurrence.week_days.push_back(ToLower(day));
  }
  return recurrence;
}

std::optional<std::string> OptionalText(const JsonView& view, std::string_view key) {
  std::string text = view.Text(key);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

domain::Trigger ReadTrigger(const JsonView& view) {
  domain::Trigger trigger;
  const std::string type = view.RequireText("triggerType");
  if (EqualsIgnoreCase(type, "Recurrence"))
    trigger.rule = ReadRecurrence(view);
  else if (EqualsIgnoreCase(type, "Cron"))
    trigger.rule = domain::CronTrigger{view.RequireText("expression")};
  else if (!type.empty())
    view.Complain(fmt::format("triggerType must be Cron or Recurrence, not '{}'", type));
  trigger.start_time = OptionalText(view, "startTime");
  trigger.end_time = OptionalText(view, "endTime");
  trigger.time_zone = view.Text("timeZone", "UTC");
  return trigger;
}

}  // namespace

json ScheduleToArm(const domain::Scope& scope, const domain::Schedule& schedule) {
  json properties = {{"isEnabled", schedule.is_enabled},
                     {"provisioningState", "Succeeded"},
                     {"trigger", TriggerToArm(schedule.trigger)},
                     {"action", {{"actionType", "CreateJob"}, {"jobDefinition", JobSpecToArm(schedule.create_job)}}},
                     {"slipway", json::object()}};
  PutText(properties, "displayName", schedule.display_name);
  PutText(properties, "description", schedule.description);
  PutMap(properties, "tags", schedule.tags);
  PutMap(properties, "properties", schedule.properties);
  PutTime(properties["slipway"], "lastFiredAt", schedule.last_fired_at);
  PutTime(properties["slipway"], "nextFireAt", schedule.next_fire_at);
  PutText(properties["slipway"], "jobName", schedule.create_job.name);
  return {{"id", fmt::format("{}/schedules/{}", scope.ArmId(), schedule.name)},
          {"name", schedule.name},
          {"type", "Microsoft.MachineLearningServices/workspaces/schedules"},
          {"properties", std::move(properties)},
          {"systemData", SystemDataToArm(schedule.context)}};
}

Result<domain::Schedule> ScheduleFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  domain::Schedule schedule;
  schedule.name = view.Text("name");
  schedule.context = ReadSystemData(view);
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    schedule.display_name = properties->Text("displayName");
    schedule.description = properties->Text("description");
    schedule.tags = properties->TextMap("tags");
    schedule.properties = properties->TextMap("properties");
    schedule.is_enabled = properties->Boolean("isEnabled", true);
    if (const auto trigger = properties->Require("trigger")) schedule.trigger = ReadTrigger(*trigger);
    const auto own = properties->Find("slipway");
    if (own) {
      schedule.last_fired_at = ReadTime(*own, "lastFiredAt");
      schedule.next_fire_at = ReadTime(*own, "nextFireAt");
    }
    if (const auto action = properties->Require("action")) {
      const std::string type = action->Text("actionType", "CreateJob");
      if (!EqualsIgnoreCase(type, "CreateJob"))
        action->Complain(fmt::format("actionType {} is not supported yet", type), Code::kUnimplemented);
      else if (const auto job = action->Require("jobDefinition")) {
        SLIPWAY_ASSIGN_OR_RETURN(schedule.create_job,
                                 With(JobSpecFromArm(job->value()), "properties.action.jobDefinition"));
        if (own) schedule.create_job.name = own->Text("jobName");
      }
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return schedule;
}

}  // namespace slipway::wire
