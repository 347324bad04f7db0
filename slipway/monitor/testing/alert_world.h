// An alert service over stores in memory, logs that answer as they are told and a clock that stands until it is moved.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "slipway/domain/testing/fake_submitter.h"
#include "slipway/domain/testing/memory_schedule_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/monitor/testing/fake_logs.h"
#include "slipway/monitor/testing/fake_messenger.h"

namespace slipway::monitor::testing {

class AlertWorld : public ::testing::Test {
 protected:
  static Timestamp At(std::string_view text) { return *ParseTimestamp(text); }

  // As after the end of a server; stores stand for the database.
  void Restart() {
    service_.reset();
    service_ = std::make_unique<AlertService>(Options{}, All(logs_));
  }
  Dependencies All(logstore::LogStore& logs) {
    return {alerts_,
            groups_,
            workspaces_,
            jobs_.jobs,
            jobs_,
            logs,
            messenger_,
            clock_,
            [this](const domain::Scope&, const WorkflowRequest& request) {
              workflows_.push_back(request.run_name);
              running_workflows_.insert(request.run_name);
              return Result<std::string>(request.run_name);
            },
            [this](const domain::Scope&, const std::string& run) { return running_workflows_.count(run) > 0; }};
  }

  // Fires on more than 2 rows, every 5 minutes, and starts a job.
  static domain::AlertRule Noisy() {
    domain::AlertRule rule;
    rule.name = "noisy";
    rule.conditions[0].query = "traces";
    rule.conditions[0].threshold = 2;
    rule.create_job = domain::JobSpec{};
    return rule;
  }
  void Put(const domain::AlertRule& rule) {
    const auto put = service_->Put(scope_, rule);
    ASSERT_TRUE(put) << put.error().ToString();
  }
  std::optional<Timestamp> TickAt(Timestamp time, size_t rows) {
    logs_.rows = rows;
    clock_.Set(time);
    return service_->Tick(time);
  }
  std::optional<Timestamp> TickAt(std::string_view time, size_t rows) { return TickAt(At(time), rows); }
  std::vector<domain::AlertEvent> Events() { return *alerts_.ListAlertEvents(scope_, "", 1'000'000); }

  domain::Scope scope_;
  ManualClock clock_{At("2026-03-04T09:00:00Z")};
  domain::testing::MemoryScheduleStore alerts_;
  domain::testing::MemoryActionGroupStore groups_;
  domain::testing::MemoryWorkspaceStore workspaces_{domain::testing::MemoryWorkspaceStore::Default("the-id")};
  domain::testing::FakeSubmitter jobs_;
  FakeLogs logs_;
  FakeMessenger messenger_;
  std::vector<std::string> workflows_;
  std::set<std::string> running_workflows_;
  std::unique_ptr<AlertService> service_ = std::make_unique<AlertService>(Options{}, All(logs_));
};

}  // namespace slipway::monitor::testing
