// Clocks that are set, summer time, and servers that die between evaluating, firing and telling.
#include "slipway/monitor/testing/alert_world.h"

#include <cstdlib>
#include <ctime>

namespace slipway::monitor {
namespace {

using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertRule;
using testing::AlertWorld;

class AlertClock : public AlertWorld {};

TEST_F(AlertClock, SetBackTheRuleIsEvaluatedAtOnceAndThenAtItsFrequency) {
  Put(Noisy());
  TickAt("2027-01-01T00:00:00Z", 0);  // by mistake
  EXPECT_EQ(TickAt("2026-03-04T10:00:00Z", 0), At("2026-03-04T10:05:00Z"));
  EXPECT_EQ(logs_.last_range.end, At("2026-03-04T10:00:00Z"));
  const int queries = logs_.queries;
  TickAt("2026-03-04T10:01:00Z", 0);
  EXPECT_EQ(logs_.queries, queries);
}

TEST_F(AlertClock, SetBackAnAlertIsNeitherDoubledNorLost) {
  Put(Noisy());
  TickAt("2026-03-04T12:00:00Z", 3);
  TickAt("2026-03-04T10:00:00Z", 3);  // still bad: fired already
  ASSERT_EQ(Events().size(), 1u);
  TickAt("2026-03-04T10:05:00Z", 0);
  EXPECT_EQ(Events()[0].resolved_at, At("2026-03-04T12:00:00Z"));  // not before it fired
  jobs_.Finish("noisy-20260304T120000Z");
  TickAt("2026-03-04T10:10:00Z", 3);
  TickAt("2026-03-04T10:15:00Z", 3);
  ASSERT_EQ(Events().size(), 2u);
  EXPECT_EQ(jobs_.names().size(), 2u);
  TickAt("2026-03-04T10:20:00Z", 0);
  jobs_.Finish("noisy-20260304T101000Z");
  // The time at which it fired first comes again, and its names stay its own.
  TickAt("2026-03-04T12:00:00Z", 3);
  TickAt("2026-03-04T12:05:00Z", 3);
  ASSERT_EQ(Events().size(), 3u);
  EXPECT_EQ(jobs_.names().back(), "noisy-20260304T120500Z");
}

TEST_F(AlertClock, SetForwardItIsEvaluatedOnce) {
  Put(Noisy());
  TickAt("2026-03-04T10:00:00Z", 3);
  const int queries = logs_.queries;
  EXPECT_EQ(TickAt("2026-04-04T10:00:00Z", 3), At("2026-04-04T10:05:00Z"));
  EXPECT_EQ(logs_.queries, queries + 1);
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(AlertClock, SetBackACoolDownLastsAsLongAsItWould) {
  AlertRule rule = Noisy();
  rule.cool_down_seconds = 3600;
  Put(rule);
  TickAt("2026-03-04T12:00:00Z", 3);
  jobs_.Finish("noisy-20260304T120000Z");
  TickAt("2026-03-04T11:30:00Z", 0);
  TickAt("2026-03-04T11:35:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 1u);
  TickAt("2026-03-01T00:00:00Z", 0);  // days back: nothing waits for days
  TickAt("2026-03-01T00:05:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 2u);
}

// Evaluation is in UTC: whatever zone the server's machine is in, a day of changing clocks has its 288 evaluations.
TEST_F(AlertClock, SummerTimeChangesNothing) {
  const char* before = std::getenv("TZ");
  const std::string restored = before ? before : "";
  for (const char* zone :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"}) {
    SCOPED_TRACE(zone);
    setenv("TZ", zone, 1);
    tzset();
    for (const char* day : {"2026-02-15", "2026-03-08", "2026-03-22", "2026-03-29", "2026-04-04", "2026-10-03",
                            "2026-10-25", "2026-11-01"}) {
      SCOPED_TRACE(day);
      alerts_.Clear();
      clock_.Set(At(day));
      Put(Noisy());
      const int queries = logs_.queries;
      std::optional<Timestamp> next = At(day);
      while (next && *next < At(day) + std::chrono::hours(24)) next = TickAt(*next, 0);
      EXPECT_EQ(logs_.queries - queries, 288);
    }
  }
  before ? setenv("TZ", restored.c_str(), 1) : unsetenv("TZ");
  tzset();
}

// The server dies at each write of firing and telling; receivers hear of it at least once, the job starts once.
TEST_F(AlertClock, ADeathBetweenEvaluatingAndTellingLosesAndDoublesNothing) {
  domain::ActionGroup group;
  group.name = "ops";
  group.receivers = {{"hook", domain::WebhookReceiver{"http://127.0.0.1:9/hook", "", true}}};
  ASSERT_TRUE(service_->PutGroup(scope_, group));
  for (int writes = 0; writes < 8; ++writes) {
    SCOPED_TRACE(writes);
    alerts_.Clear();
    jobs_.Clear();
    Restart();
    clock_.Set(At("2026-03-04T09:00:00Z"));
    AlertRule rule = Noisy();
    rule.action_groups = {"ops"};
    Put(rule);
    const size_t told_before = messenger_.told().size();
    alerts_.writes.left = writes;
    TickAt("2026-03-04T10:00:00Z", 3);
    service_->Deliver(clock_.Now());
    alerts_.writes.left.reset();
    Restart();
    for (const char* time : {"2026-03-04T10:01:00Z", "2026-03-04T10:06:00Z"}) {
      TickAt(time, 3);
      service_->Deliver(clock_.Now());
    }
    const std::vector<AlertEvent> events = Events();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(jobs_.names().size(), 1u);
    EXPECT_EQ(events[0].job, jobs_.names()[0]);
    for (const AlertDelivery& delivery : events[0].deliveries)
      EXPECT_EQ(delivery.state, AlertDelivery::State::kDone) << delivery.receiver;
    const size_t told = messenger_.told().size() - told_before;
    EXPECT_GE(told, 1u);
    EXPECT_LE(told, 2u);  // twice only when the server died between telling and storing
  }
}

TEST_F(AlertClock, ADeathWhileResolvingTellsTheEndAfterTheRestart) {
  domain::ActionGroup group;
  group.name = "ops";
  group.receivers = {{"hook", domain::WebhookReceiver{"http://127.0.0.1:9/hook", "", true}}};
  ASSERT_TRUE(service_->PutGroup(scope_, group));
  for (int writes = 0; writes < 3; ++writes) {
    SCOPED_TRACE(writes);
    alerts_.Clear();
    Restart();
    AlertRule rule = Noisy();
    rule.create_job.reset();
    rule.action_groups = {"ops"};
    clock_.Set(At("2026-03-04T09:00:00Z"));
    Put(rule);
    TickAt("2026-03-04T10:00:00Z", 3);
    service_->Deliver(clock_.Now());
    const size_t told_before = messenger_.told().size();
    alerts_.writes.left = writes;
    TickAt("2026-03-04T10:05:00Z", 0);
    alerts_.writes.left.reset();
    Restart();
    TickAt("2026-03-04T10:11:00Z", 0);
    service_->Deliver(clock_.Now());
    ASSERT_EQ(Events().size(), 1u);
    EXPECT_TRUE(Events()[0].resolved_at);
    EXPECT_EQ(messenger_.told().size() - told_before, 1u);
  }
}

TEST_F(AlertClock, ATimeToResolveIsOfGoodEvaluationsWithoutABadOne) {
  AlertRule rule = Noisy();
  rule.resolve_seconds = 600;
  Put(rule);
  TickAt("2026-03-04T10:00:00Z", 3);
  TickAt("2026-03-04T10:05:00Z", 0);
  EXPECT_EQ(Events()[0].good_since, At("2026-03-04T10:05:00Z"));
  TickAt("2026-03-04T10:10:00Z", 3);
  EXPECT_EQ(Events()[0].good_since, std::nullopt);
  TickAt("2026-03-04T10:15:00Z", 0);
  Restart();
  TickAt("2026-03-04T10:20:00Z", 0);
  EXPECT_FALSE(Events()[0].resolved_at);
  TickAt("2026-03-04T10:25:00Z", 0);
  EXPECT_EQ(Events()[0].resolved_at, At("2026-03-04T10:25:00Z"));
}

TEST_F(AlertClock, ARuleThatBeginsToResolveClosesEarlierFiringsAndTellsOnce) {
  AlertRule rule = Noisy();
  rule.auto_mitigate = false;
  Put(rule);
  for (const char* time : {"2026-03-04T10:00:00Z", "2026-03-04T10:05:00Z", "2026-03-04T10:10:00Z"}) TickAt(time, 3);
  ASSERT_EQ(Events().size(), 3u);
  rule.auto_mitigate = true;
  Put(rule);
  TickAt("2026-03-04T10:15:00Z", 0);
  for (const AlertEvent& event : Events()) EXPECT_TRUE(event.resolved_at);
}

}  // namespace
}  // namespace slipway::monitor
