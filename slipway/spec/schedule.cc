#include "slipway/spec/schedule.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/spec/create_job.h"

namespace slipway::spec {
namespace {

const std::vector<std::string> kWeekDays = {"sunday",   "monday", "tuesday", "wednesday",
                                            "thursday", "friday", "saturday"};

std::optional<std::string> ReadTime(ObjectReader& reader, std::string_view key) {
  auto value = reader.Find(key);
  auto text = value ? value->Text() : std::nullopt;
  if (text && !ParseTimestamp(*text))
    value->Complain(fmt::format("'{}' is not an ISO 8601 date and time such as 2026-03-29T10:00:00", *text));
  return text;
}

void ReadTimeZone(ObjectReader& reader, std::string& into) {
  for (std::string_view key :
       {"timezone", "time_zone"}) {  // the published reference has the first, examples the second
    auto value = reader.Find(key);
    auto text = value ? value->Text() : std::nullopt;
    if (!text) continue;
    const auto& zones = WindowsTimeZones();
    auto found = std::find_if(zones.begin(), zones.end(),
                              [&](const std::string& zone) { return EqualsIgnoreCase(zone, *text); });
    if (found == zones.end())
      value->Complain(fmt::format("'{}' is not a Windows time zone name such as 'UTC' or 'W. Europe Standard Time'{}",
                                  *text, DidYouMean(*text, zones)));
    else
      into = *found;
  }
}

void CheckRange(const Value& value, const std::vector<int>& numbers, int min, int max) {
  for (int number : numbers)
    if (number < min || number > max) value.Complain(fmt::format("must be from {} to {}, not {}", min, max, number));
}

void ReadPattern(const Value& value, domain::RecurrenceTrigger& into) {
  ObjectReader reader(value, "'schedule'");
  auto integers = [&](std::string_view key, std::vector<int>& list, int min, int max, bool required) {
    auto found = required ? reader.Require(key) : reader.Find(key);
    if (!found) return;
    list = found->IntegerList();
    CheckRange(*found, list, min, max);
  };
  integers("hours", into.hours, 0, 23, true);
  integers("minutes", into.minutes, 0, 59, true);
  integers("month_days", into.month_days, 1, 31, false);
  if (auto days = reader.Find("week_days"))
    for (const std::string& day : days->TextList()) {
      const std::string lower = ToLower(day);
      if (std::find(kWeekDays.begin(), kWeekDays.end(), lower) == kWeekDays.end())
        days->Complain(fmt::format("'{}' is not a day of the week{}", day, DidYouMean(lower, kWeekDays)));
      into.week_days.push_back(lower);
    }
  reader.Finish();
}

domain::RecurrenceTrigger ReadRecurrence(ObjectReader& reader) {
  domain::RecurrenceTrigger recurrence;
  if (reader.Require("frequency"))
    reader.Choice("frequency", {"minute", "hour", "day", "week", "month"}, recurrence.frequency);
  if (reader.Require("interval")) reader.Integer("interval", recurrence.interval, 1, 1000);
  for (std::string_view key : {"pattern", "schedule"})
    if (auto pattern = reader.Find(key)) ReadPattern(*pattern, recurrence);
  return recurrence;
}

domain::CronTrigger ReadCron(ObjectReader& reader) {
  domain::CronTrigger cron;
  auto value = reader.Require("expression");
  if (!value) return cron;
  reader.Text("expression", cron.expression);
  size_t fields = 0;
  for (std::string_view field : Split(cron.expression, ' ')) fields += field.empty() ? 0 : 1;
  if (fields != 5)
    value->Complain(
        fmt::format("a cron expression has 5 fields (minute, hour, day of month, month, day of week), '{}' has {}",
                    cron.expression, fields));
  return cron;
}

void ReadTrigger(const Value& value, domain::Trigger& into) {
  ObjectReader reader(value, "a trigger");
  std::string type;
  if (reader.Require("type")) reader.Choice("type", {"cron", "recurrence"}, type);
  if (type.empty()) return;
  ObjectReader typed(value, fmt::format("a {} trigger", type));
  typed.Ignore({"type"});
  if (type == "cron")
    into.rule = ReadCron(typed);
  else
    into.rule = ReadRecurrence(typed);
  into.start_time = ReadTime(typed, "start_time");
  into.end_time = ReadTime(typed, "end_time");
  ReadTimeZone(typed, into.time_zone);
  typed.Finish();
}

}  // namespace

Result<ScheduleDocument> ReadSchedule(const Document& document) {
  Complaints complaints;
  ScheduleDocument result;
  domain::Schedule& schedule = result.schedule;
  ObjectReader reader(Value(document.root, "", complaints), "a schedule");
  if (auto name = reader.Require("name")) {
    reader.Text("name", schedule.name);
    if (auto good = domain::CheckName(domain::NameKind::kSchedule, schedule.name); !good)
      name->Complain(good.error().message());
  }
  reader.Text("display_name", schedule.display_name);
  reader.Text("description", schedule.description);
  reader.TextMap("tags", schedule.tags);
  reader.TextMap("properties", schedule.properties);
  if (auto trigger = reader.Require("trigger")) ReadTrigger(*trigger, schedule.trigger);
  reader.Refuse({"import_data", "create_monitor"});
  if (!reader.Has("import_data") && !reader.Has("create_monitor"))
    if (auto job = reader.Require("create_job")) {
      CreateJobReader create(result.anonymous);
      schedule.create_job = create.Read(*job);
      result.create_job_of = create.job_name();
    }
  reader.Ignore({"is_enabled", "provisioning_state", "creation_context", "id"});
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

}  // namespace slipway::spec
