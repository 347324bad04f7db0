#pragma once

#include "slipway/domain/alert_store.h"
#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryScheduleStore final : public ScheduleStore {
 public:
  Writes writes;

  Status PutSchedule(const Scope& scope, const Schedule& schedule) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    schedules_.Put(scope, schedule.name, schedule);
    return {};
  }
  Result<Schedule> GetSchedule(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return schedules_.Get(scope, name);
  }
  Result<std::vector<Schedule>> ListSchedules(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return schedules_.ByName(scope);
  }
  Status DeleteSchedule(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    schedules_.Erase(scope, name);
    return {};
  }
  Status PutAlertRule(const Scope& scope, const AlertRule& rule) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    rules_.Put(scope, rule.name, rule);
    return {};
  }
  Result<AlertRule> GetAlertRule(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return rules_.Get(scope, name);
  }
  Result<std::vector<AlertRule>> ListAlertRules(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return rules_.ByName(scope);
  }
  Status DeleteAlertRule(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    rules_.Erase(scope, name);
    return {};
  }
  Status PutAlertEvent(const Scope& scope, const AlertEvent& event) override {
    const std::lock_guard lock(mutex_);
    SLIPWAY_RETURN_IF_ERROR(writes.Count());
    events_.Put(scope, event.id, event);
    return {};
  }
  Result<std::vector<AlertEvent>> ListAlertEvents(const Scope& scope, const std::string& rule, size_t limit) override {
    const std::lock_guard lock(mutex_);
    auto list = events_.List(
        scope, [&](const AlertEvent& event) { return rule.empty() || ToLower(event.rule) == ToLower(rule); });
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.fired_at > b.fired_at; });
    if (list.size() > limit) list.resize(limit);
    return list;
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    schedules_.Clear();
    rules_.Clear();
    events_.Clear();
  }

 private:
  std::mutex mutex_;
  Table<Schedule> schedules_{"schedule"};
  Table<AlertRule> rules_{"alert rule"};
  Table<AlertEvent> events_{"alert event"};
};

class MemoryActionGroupStore final : public ActionGroupStore {
 public:
  Status PutActionGroup(const Scope& scope, const ActionGroup& group) override {
    const std::lock_guard lock(mutex_);
    groups_.Put(scope, group.name, group);
    return {};
  }
  Result<ActionGroup> GetActionGroup(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return groups_.Get(scope, name);
  }
  Result<std::vector<ActionGroup>> ListActionGroups(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return groups_.ByName(scope);
  }
  Status DeleteActionGroup(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    groups_.Erase(scope, name);
    return {};
  }
  Status PutFreeze(const Scope& scope, const std::optional<AlertFreeze>& freeze) override {
    const std::lock_guard lock(mutex_);
    freezes_.Erase(scope, "");
    if (freeze) freezes_.Put(scope, "", *freeze);
    return {};
  }
  Result<std::optional<AlertFreeze>> GetFreeze(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    const AlertFreeze* freeze = freezes_.Find(scope, "");
    return freeze ? std::optional(*freeze) : std::nullopt;
  }

 private:
  std::mutex mutex_;
  Table<ActionGroup> groups_{"action group"};
  Table<AlertFreeze> freezes_{"freeze"};
};

}  // namespace slipway::domain::testing
