#include "slipway/store/schedule_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/wire/alert.h"
#include "slipway/wire/schedule.h"

namespace slipway::store {
namespace {

using domain::AlertEvent;
using domain::AlertRule;
using domain::Schedule;
using domain::Scope;

DocumentTable Schedules() {
  return {"schedules", "schedule", {"workspace", "name_key"}};
}

DocumentTable AlertRules() {
  return {"alert_rules", "alert rule", {"workspace", "name_key"}};
}

Result<Schedule> ReadSchedule(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(Schedule schedule, AsStored(wire::ScheduleFromArm(document.body),
                                                       fmt::format("the schedule '{}'", document.name)));
  schedule.name = document.name;
  return schedule;
}

Result<AlertRule> ReadRule(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(AlertRule rule, AsStored(wire::AlertRuleFromArm(document.body),
                                                    fmt::format("the alert rule '{}'", document.name)));
  rule.name = document.name;
  return rule;
}

Result<AlertEvent> ReadEvent(const sql::Row& row) {
  constexpr std::string_view kWhat = "an alert's event";
  SLIPWAY_ASSIGN_OR_RETURN(const auto body, ReadDocument(row.Text(0), kWhat));
  return AsStored(wire::AlertEventFromJson(body), kWhat);
}

}  // namespace

std::vector<std::string> ScheduleTableStatements() {
  return {
      Schedules().CreateStatement(),
      AlertRules().CreateStatement(),
      "CREATE TABLE alert_events ("
      " workspace TEXT NOT NULL,"
      " id TEXT NOT NULL,"
      " rule_key TEXT NOT NULL,"
      " fired_at BIGINT NOT NULL,"  // microseconds since 1970
      " body TEXT NOT NULL,"        // wire::AlertEventToJson
      " PRIMARY KEY (workspace, id))",
      "CREATE INDEX alert_events_by_rule ON alert_events (workspace, rule_key, fired_at)",
      "CREATE INDEX alert_events_by_time ON alert_events (workspace, fired_at)",
  };
}

SqlScheduleStore::SqlScheduleStore(sql::Database& database)
    : database_(database), schedules_(database, Schedules()), rules_(database, AlertRules()) {}

Status SqlScheduleStore::PutSchedule(const Scope& scope, const Schedule& schedule) {
  return schedules_.Put(scope, schedule.name, wire::ScheduleToArm(scope, schedule));
}

Result<Schedule> SqlScheduleStore::GetSchedule(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, schedules_.Get(scope, name));
  return ReadSchedule(document);
}

Result<std::vector<Schedule>> SqlScheduleStore::ListSchedules(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, schedules_.List(scope));
  return ReadAll<Schedule>(documents, ReadSchedule);
}

Status SqlScheduleStore::DeleteSchedule(const Scope& scope, const std::string& name) {
  return schedules_.Delete(scope, name);
}

Status SqlScheduleStore::PutAlertRule(const Scope& scope, const AlertRule& rule) {
  return rules_.Put(scope, rule.name, wire::AlertRuleToArm(scope, rule));
}

Result<AlertRule> SqlScheduleStore::GetAlertRule(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, rules_.Get(scope, name));
  return ReadRule(document);
}

Result<std::vector<AlertRule>> SqlScheduleStore::ListAlertRules(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, rules_.List(scope));
  return ReadAll<AlertRule>(documents, ReadRule);
}

Status SqlScheduleStore::DeleteAlertRule(const Scope& scope, const std::string& name) {
  return rules_.Delete(scope, name);
}

Status SqlScheduleStore::PutAlertEvent(const Scope& scope, const AlertEvent& event) {
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO alert_events (workspace, id, rule_key, fired_at, body) VALUES (:p1, :p2, :p3, :p4, :p5)"
        " ON CONFLICT (workspace, id) DO UPDATE SET rule_key = excluded.rule_key, fired_at = excluded.fired_at,"
        " body = excluded.body",
        {WorkspaceKey(scope), event.id, ToLower(event.rule), int64_t{event.fired_at.time_since_epoch().count()},
         DocumentText(wire::AlertEventToJson(event))}));
    return {};
  });
}

Result<std::vector<AlertEvent>> SqlScheduleStore::ListAlertEvents(const Scope& scope, const std::string& rule,
                                                                  size_t limit) {
  std::vector<sql::Value> parameters = {WorkspaceKey(scope), static_cast<int64_t>(std::min<size_t>(limit, INT32_MAX))};
  if (!rule.empty()) parameters.emplace_back(ToLower(rule));
  const std::string query =
      fmt::format("SELECT body FROM alert_events WHERE workspace = :p1{} ORDER BY fired_at DESC, id DESC LIMIT :p2",
                  rule.empty() ? "" : " AND rule_key = :p3");
  std::vector<AlertEvent> events;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query(query, parameters));
    for (const sql::Row& row : rows) {
      SLIPWAY_ASSIGN_OR_RETURN(AlertEvent event, ReadEvent(row));
      events.push_back(std::move(event));
    }
    return {};
  }));
  return events;
}

}  // namespace slipway::store
