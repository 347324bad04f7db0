// Schedules, alert rules and what the rules did.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/stores.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> ScheduleTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed. Lists are by name.
class SqlScheduleStore final : public domain::ScheduleStore {
 public:
  explicit SqlScheduleStore(sql::Database& database);

  Status PutSchedule(const domain::Scope& scope, const domain::Schedule& schedule) override;
  Result<domain::Schedule> GetSchedule(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Schedule>> ListSchedules(const domain::Scope& scope) override;
  Status DeleteSchedule(const domain::Scope& scope, const std::string& name) override;

  Status PutAlertRule(const domain::Scope& scope, const domain::AlertRule& rule) override;
  Result<domain::AlertRule> GetAlertRule(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::AlertRule>> ListAlertRules(const domain::Scope& scope) override;
  // What the rule did stays known.
  Status DeleteAlertRule(const domain::Scope& scope, const std::string& name) override;
  // Inserts, or replaces the event of the same id.
  Status PutAlertEvent(const domain::Scope& scope, const domain::AlertEvent& event) override;
  // Of every rule when `rule` is "".
  Result<std::vector<domain::AlertEvent>> ListAlertEvents(const domain::Scope& scope, const std::string& rule,
                                                          size_t limit) override;

 private:
  sql::Database& database_;
  NamedDocuments schedules_, rules_;
};

}  // namespace slipway::store
