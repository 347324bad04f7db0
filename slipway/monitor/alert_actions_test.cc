// What firing does: receivers, starts and what keeps them from happening; by the service's own methods.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/domain/testing/fake_submitter.h"
#include "slipway/domain/testing/memory_schedule_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/monitor/actions/deliveries.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/monitor/testing/fake_logs.h"
#include "slipway/monitor/testing/fake_messenger.h"

namespace slipway::monitor {
namespace {

using domain::ActionGroup;
using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertRule;
using domain::testing::FakeSubmitter;
using domain::testing::MemoryActionGroupStore;
using domain::testing::MemoryScheduleStore;
using domain::testing::MemoryWorkspaceStore;
using testing::FakeLogs;
using testing::FakeMessenger;

class AlertActions : public ::testing::Test {
 protected:
  AlertActions() {
    ActionGroup group;
    group.name = "ops";
    group.receivers = {{"hook", domain::WebhookReceiver{"http://127.0.0.1:9/hook", "secret", true}},
                       {"mail", domain::EmailReceiver{"ops@example.org"}},
                       {"run", domain::CommandReceiver{"logger alert", 5}},
                       {"train", domain::JobReceiver{}},
                       {"build", domain::WorkflowReceiver{"build.yml", {}}}};
    EXPECT_TRUE(service_.PutGroup(scope_, group));
  }

  static Timestamp At(std::string_view text) { return *ParseTimestamp(text); }

  AlertRule Errors() {
    AlertRule rule;
    rule.name = "errors";
    rule.conditions[0].query = "traces";
    rule.conditions[0].threshold = 2;
    rule.action_groups = {"OPS"};
    return rule;
  }
  void Put(const AlertRule& rule) {
    const auto put = service_.Put(scope_, rule);
    ASSERT_TRUE(put) << put.error().ToString();
  }
  void TickAt(std::string_view time, size_t rows) {
    logs_.rows = rows;
    clock_.Set(At(time));
    service_.Tick(clock_.Now());
  }
  std::optional<Timestamp> DeliverAt(std::string_view time) {
    clock_.Set(At(time));
    return service_.Deliver(clock_.Now());
  }
  std::vector<AlertEvent> Events() { return *alerts_.ListAlertEvents(scope_, "errors", 100); }
  AlertDelivery Delivery(const std::string& receiver, bool is_resolution = false) {
    const AlertEvent newest = Events().at(0);
    for (const AlertDelivery& delivery : newest.deliveries)
      if (delivery.receiver == receiver && delivery.is_resolution == is_resolution) return delivery;
    ADD_FAILURE() << "no delivery to " << receiver;
    return {};
  }

  domain::Scope scope_;
  ManualClock clock_{At("2026-03-04T09:00:00Z")};
  MemoryScheduleStore alerts_;
  MemoryActionGroupStore groups_;
  MemoryWorkspaceStore workspaces_{domain::Workspace{}};
  FakeSubmitter jobs_;
  FakeLogs logs_;
  FakeMessenger messenger_;
  std::vector<std::string> workflows_;
  AlertService service_{{},
                        {alerts_, groups_, workspaces_, jobs_.jobs, jobs_, logs_, messenger_, clock_,
                         [this](const domain::Scope&, const WorkflowRequest& request) {
                           workflows_.push_back(request.run_name);
                           return Result<std::string>(request.run_name);
                         }}};
};

TEST_F(AlertActions, EveryReceiverIsToldAndTheStartersStart) {
  Put(Errors());
  TickAt("2026-03-04T10:00:00Z", 3);
  EXPECT_EQ(jobs_.names(), std::vector<std::string>{"errors-20260304T100000Z-train"});
  EXPECT_EQ(workflows_, std::vector<std::string>{"errors-20260304T100000Z-build"});
  EXPECT_TRUE(messenger_.told().empty());
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:01Z"), std::nullopt);
  ASSERT_EQ(messenger_.told().size(), 3u);
  const auto alert = nlohmann::json::parse(messenger_.told()[0].text);
  EXPECT_EQ(alert["data"]["essentials"]["monitorCondition"], "Fired");
  EXPECT_EQ(alert["data"]["alertContext"]["condition"]["allOf"][0]["threshold"], "2");
  EXPECT_EQ(alert["data"]["alertContext"]["condition"]["allOf"][0]["metricValue"], 3);
  EXPECT_EQ(messenger_.told()[1].text, "Fired: Sev3 errors");
  const AlertEvent event = Events()[0];
  for (const AlertDelivery& delivery : event.deliveries)
    EXPECT_EQ(delivery.state, AlertDelivery::State::kDone) << delivery.receiver;
  DeliverAt("2026-03-04T10:00:02Z");
  EXPECT_EQ(messenger_.told().size(), 3u);
}

TEST_F(AlertActions, AResolutionIsToldAndStartsNothing) {
  Put(Errors());
  TickAt("2026-03-04T10:00:00Z", 3);
  DeliverAt("2026-03-04T10:00:01Z");
  TickAt("2026-03-04T10:05:00Z", 0);
  DeliverAt("2026-03-04T10:05:01Z");
  ASSERT_EQ(messenger_.told().size(), 6u);
  EXPECT_EQ(messenger_.told()[5].text, "Resolved");
  EXPECT_EQ(jobs_.names().size(), 1u);
  EXPECT_EQ(Delivery("hook", true).state, AlertDelivery::State::kDone);
}

TEST_F(AlertActions, WhatCannotBeReachedIsTriedFourTimes) {
  Put(Errors());
  TickAt("2026-03-04T10:00:00Z", 3);
  messenger_.failure = Unavailable("nobody listens");
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:01Z"), At("2026-03-04T10:00:06Z"));
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:05Z"), At("2026-03-04T10:00:06Z"));
  EXPECT_EQ(Delivery("hook").attempts, 1);
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:06Z"), At("2026-03-04T10:00:26Z"));
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:26Z"), At("2026-03-04T10:01:06Z"));
  EXPECT_EQ(DeliverAt("2026-03-04T10:01:06Z"), std::nullopt);
  EXPECT_EQ(Delivery("hook").state, AlertDelivery::State::kFailed);
  EXPECT_EQ(Delivery("hook").attempts, 4);
  EXPECT_EQ(Delivery("hook").result, "nobody listens");
}

TEST_F(AlertActions, WhatIsRefusedIsNotTriedAgain) {
  Put(Errors());
  TickAt("2026-03-04T10:00:00Z", 3);
  messenger_.failure = Error(Code::kFailedPrecondition, "the web hook answered 404 Not Found");
  EXPECT_EQ(DeliverAt("2026-03-04T10:00:01Z"), std::nullopt);
  EXPECT_EQ(Delivery("hook").state, AlertDelivery::State::kFailed);
}

TEST_F(AlertActions, AFreezeKeepsStartsFromHappeningAndTellsAllTheSame) {
  Put(Errors());
  ASSERT_TRUE(service_.Freeze(scope_, domain::AlertFreeze{"release week", {}, "me"}));
  TickAt("2026-03-04T10:00:00Z", 3);
  DeliverAt("2026-03-04T10:00:01Z");
  EXPECT_TRUE(jobs_.names().empty());
  EXPECT_NE(Delivery("train").result.find("release week"), std::string::npos);
  EXPECT_EQ(messenger_.told().size(), 3u);
  ASSERT_TRUE(service_.Freeze(scope_, std::nullopt));
  TickAt("2026-03-04T10:05:00Z", 0);
  TickAt("2026-03-04T10:10:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 1u);
}

TEST_F(AlertActions, EachCombinationIsAnAlertOfItsOwn) {
  AlertRule rule = Errors();
  rule.action_groups.clear();
  rule.conditions[0].dimensions = {{"n", false, {"*"}}};
  rule.conditions[0].threshold = 1;
  Put(rule);
  logs_.cells = {"1", "2", "2"};
  TickAt("2026-03-04T10:00:00Z", 0);
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].dimensions.at("n"), "2");
  logs_.cells = {"1", "1", "2", "2"};
  TickAt("2026-03-04T10:05:00Z", 0);
  ASSERT_EQ(Events().size(), 2u);
  logs_.cells = {"1", "1"};
  TickAt("2026-03-04T10:10:00Z", 0);
  ASSERT_EQ(Events().size(), 2u);
  EXPECT_FALSE(Events()[0].resolved_at);  // n = 1, the newest
  EXPECT_EQ(Events()[1].resolved_at, At("2026-03-04T10:10:00Z"));
}

TEST_F(AlertActions, GroupsThatAreUsedStayAndUnknownOnesAreNamed) {
  Put(Errors());
  EXPECT_EQ(service_.DeleteGroup(scope_, "ops").error().code(), Code::kConflict);
  AlertRule rule = Errors();
  rule.action_groups = {"opps"};
  EXPECT_EQ(service_.Put(scope_, rule).error().message(), "there is no action group 'opps'; did you mean 'ops'?");
  ASSERT_TRUE(service_.Delete(scope_, "errors"));
  EXPECT_TRUE(service_.DeleteGroup(scope_, "ops"));
}

TEST_F(AlertActions, ATestTellsAndStartsNothing) {
  const auto results = service_.TestGroup(scope_, "ops");
  ASSERT_TRUE(results) << results.error().ToString();
  EXPECT_EQ(results->size(), 5u);
  EXPECT_TRUE((*results)[0].outcome);
  EXPECT_FALSE((*results)[3].outcome);
  EXPECT_TRUE(jobs_.names().empty());
}

TEST_F(AlertActions, SecretsSurviveAChangeThatLeavesThemOut) {
  ActionGroup group = *groups_.GetActionGroup(GroupScope(scope_), "ops");
  std::get<domain::WebhookReceiver>(group.receivers[0].target).secret.clear();
  ASSERT_TRUE(service_.PutGroup(scope_, group));
  group = *groups_.GetActionGroup(GroupScope(scope_), "ops");
  EXPECT_EQ(std::get<domain::WebhookReceiver>(group.receivers[0].target).secret, "secret");
}

TEST_F(AlertActions, AReplayTellsWhenARuleWouldHaveFired) {
  AlertRule rule = Errors();
  logs_.on_query = [&] { logs_.rows = logs_.queries % 4 < 2 ? 3 : 0; };  // two bad evaluations, two good ones, …
  const auto replay = service_.Test(scope_, rule, At("2026-03-04T10:00:00Z"), At("2026-03-04T11:00:00Z"));
  ASSERT_TRUE(replay) << replay.error().ToString();
  EXPECT_EQ(replay->evaluations, 13);
  EXPECT_EQ(replay->events.size(), 4u);
  EXPECT_EQ(replay->largest, 3);
  EXPECT_TRUE(Events().empty());
  EXPECT_FALSE(service_.Test(scope_, rule, At("2020-03-04T10:00:00Z"), At("2026-03-04T11:00:00Z")));
}

TEST(WhyNotStarted, NamesTheObstacle) {
  AlertRule rule;
  rule.cool_down_seconds = 3600;
  rule.budget = {2, 86400};
  const Timestamp now = *ParseTimestamp("2026-03-04T12:00:00Z");
  const auto hours_ago = [&](int hours) { return now - std::chrono::hours(hours); };
  EXPECT_EQ(WhyNotStarted(rule, {}, now), "");
  EXPECT_EQ(WhyNotStarted(rule, {{}, "", {hours_ago(1)}}, now), "");
  EXPECT_NE(WhyNotStarted(rule, {{}, "", {hours_ago(0)}}, now).find("cool-down"), std::string::npos);
  EXPECT_NE(WhyNotStarted(rule, {{}, "", {hours_ago(2), hours_ago(3)}}, now).find("budget of 2"), std::string::npos);
  EXPECT_EQ(WhyNotStarted(rule, {{}, "", {hours_ago(2), hours_ago(24)}}, now), "");
  EXPECT_NE(WhyNotStarted(rule, {{}, "job 'old'", {}}, now).find("the job 'old' that"), std::string::npos);
}

}  // namespace
}  // namespace slipway::monitor
