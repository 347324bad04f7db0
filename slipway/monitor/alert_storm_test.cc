// Noisy rules over simulated weeks: whatever a rule does, what it starts stays within its bounds, and every event says
// what became of it.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/monitor/testing/alert_world.h"

namespace slipway::monitor {
namespace {

using domain::AlertDelivery;
using domain::AlertEvent;
using domain::AlertRule;
using testing::AlertWorld;

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Storm {
  uint64_t seed;
  bool auto_mitigate;
  int64_t cool_down_seconds;
  domain::AlertBudget budget;
  int bad_in_ten;       // evaluations
  minutes job_length;   // of most jobs; some take ten times as long
  bool splits = false;  // by a dimension of four values
  bool starts_workflow = false;
};

class AlertStorm : public AlertWorld {
 protected:
  static constexpr minutes kStep{60};
  static constexpr hours kLength{24 * 21};

  struct Started {
    Timestamp at;
    std::string name;
    Timestamp ends_at;
  };

  int Below(int bound) { return static_cast<int>(random_.NextBelow(static_cast<uint64_t>(bound))); }

  void Simulate(const Storm& storm) {
    random_ = SplitMix64(storm.seed);
    AlertRule rule = Noisy();
    rule.evaluation_frequency_seconds = seconds(kStep).count();
    rule.auto_mitigate = storm.auto_mitigate;
    rule.cool_down_seconds = storm.cool_down_seconds;
    rule.budget = storm.budget;
    if (storm.splits) {
      rule.conditions[0].dimensions = {{"n", false, {"*"}}};
      rule.conditions[0].threshold = 0;
    }
    if (storm.starts_workflow) {
      domain::ActionGroup group;
      group.name = "ops";
      group.receivers = {{"build", domain::WorkflowReceiver{"build.yml", {}}}};
      ASSERT_TRUE(service_->PutGroup(scope_, group));
      rule.create_job.reset();
      rule.action_groups = {"ops"};
    }
    Put(rule);
    const Timestamp begin = clock_.Now();
    for (Timestamp now = begin; now < begin + kLength; now += kStep) Step(storm, now);
  }

  void Step(const Storm& storm, Timestamp now) {
    EndWhatIsOver(now);
    if (Below(100) == 0) ToggleFreeze();
    if (Below(50) == 0) Restart();
    if (storm.splits) {
      logs_.cells.clear();
      for (int i = Below(5); i > 0; --i) logs_.cells.push_back(std::to_string(Below(4)));
    }
    const bool is_bad = Below(10) < storm.bad_in_ten;
    TickAt(now, is_bad && !storm.splits ? 3 : 0);
    NoteStarts(storm, now);
  }

  void ForgetEvents() {
    const AlertRule rule = *alerts_.GetAlertRule(scope_, "noisy");
    alerts_.Clear();
    ASSERT_TRUE(alerts_.PutAlertRule(scope_, rule));
  }

  void ToggleFreeze() {
    is_frozen_ = !is_frozen_;
    ASSERT_TRUE(
        service_->Freeze(scope_, is_frozen_ ? std::optional(domain::AlertFreeze{"storm", {}, "me"}) : std::nullopt));
  }

  void EndWhatIsOver(Timestamp now) {
    for (const Started& started : running_)
      if (started.ends_at <= now && running_workflows_.erase(started.name) == 0) jobs_.Finish(started.name);
    std::erase_if(running_, [&](const Started& started) { return started.ends_at <= now; });
  }

  void NoteStarts(const Storm& storm, Timestamp now) {
    const std::vector<std::string> names = storm.starts_workflow ? workflows_ : jobs_.names();
    for (size_t i = started_.size(); i < names.size(); ++i) {
      EXPECT_FALSE(is_frozen_) << names[i] << " was started while frozen";
      EXPECT_TRUE(running_.empty()) << names[i] << " was started beside " << running_[0].name;
      started_.push_back({now, names[i], now + storm.job_length * (Below(10) == 0 ? 10 : 1)});
      running_.push_back(started_.back());
    }
  }

  void CheckBounds(const Storm& storm) {
    std::set<std::string> names;
    for (size_t i = 0; i < started_.size(); ++i) {
      EXPECT_TRUE(names.insert(started_[i].name).second) << started_[i].name << " was started twice";
      if (i > 0) {
        EXPECT_GE(started_[i].at - started_[i - 1].at, seconds(storm.cool_down_seconds)) << started_[i].name;
      }
      const auto runs = static_cast<size_t>(storm.budget.runs);
      if (runs > 0 && i >= runs) {
        EXPECT_GE(started_[i].at - started_[i - runs].at, seconds(storm.budget.seconds)) << started_[i].name;
      }
    }
  }

  // Every start that was to be is done or says why not, and what was left out was left out for a reason that held.
  void CheckEvents(const Storm& storm) {
    std::map<Combination, int> open;
    size_t done = 0;
    for (const AlertEvent& event : Events()) {
      ASSERT_EQ(event.deliveries.size(), 1u);
      const AlertDelivery& delivery = event.deliveries[0];
      ASSERT_NE(delivery.state, AlertDelivery::State::kPending);
      EXPECT_FALSE(delivery.result.empty());
      done += delivery.state == AlertDelivery::State::kDone;
      open[event.dimensions] += !event.resolved_at;
    }
    EXPECT_EQ(done, started_.size());
    if (!storm.auto_mitigate) return;
    for (const auto& [combination, count] : open) EXPECT_LE(count, 1);
  }

  SplitMix64 random_{0};
  bool is_frozen_ = false;
  std::vector<Started> started_, running_;
};

TEST_F(AlertStorm, StatelessAndAlwaysBad) {
  const Storm storm{1, false, 3600, {3, 86400}, 10, minutes(30)};
  Simulate(storm);
  CheckBounds(storm);
  CheckEvents(storm);
  EXPECT_GT(started_.size(), 20u);
}

// A noisy rule has more firings than its history looks at: here none of them is left.
TEST_F(AlertStorm, AJobWhoseFiringIsLongAgoStillKeepsASecondOneFromStarting) {
  AlertRule rule = Noisy();
  rule.auto_mitigate = false;
  Put(rule);
  TickAt("2026-03-04T10:00:00Z", 3);
  ForgetEvents();
  TickAt("2026-03-09T10:00:00Z", 3);
  EXPECT_EQ(Events().at(0).job, "");
  jobs_.Finish(jobs_.names().at(0));
  TickAt("2026-03-09T10:05:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 2u);
}

TEST_F(AlertStorm, ABudgetCountsStartsWhoseFiringIsLongAgo) {
  AlertRule rule = Noisy();
  rule.auto_mitigate = false;
  rule.budget = {2, 86400 * 14};
  Put(rule);
  for (const char* time : {"2026-03-04T10:00:00Z", "2026-03-05T10:00:00Z", "2026-03-10T10:00:00Z"}) {
    TickAt(time, 3);
    for (const std::string& name : jobs_.names()) jobs_.Finish(name);
    ForgetEvents();
  }
  EXPECT_EQ(jobs_.names().size(), 2u);
  TickAt("2026-03-18T10:00:00Z", 3);
  EXPECT_EQ(jobs_.names().size(), 3u);
}

TEST_F(AlertStorm, FlappingWithCoolDown) {
  const Storm storm{4, true, 7200, {}, 5, minutes(45)};
  Simulate(storm);
  CheckBounds(storm);
  CheckEvents(storm);
  EXPECT_GT(started_.size(), 20u);
}

TEST_F(AlertStorm, ManyCombinationsShareTheirRulesBounds) {
  const Storm storm{5, true, 1800, {4, 86400}, 5, minutes(20), true};
  Simulate(storm);
  CheckBounds(storm);
  CheckEvents(storm);
  EXPECT_GT(started_.size(), 20u);
}

TEST_F(AlertStorm, WorkflowsAreBoundedAsJobsAre) {
  const Storm storm{6, true, 900, {5, 86400}, 6, minutes(90), false, true};
  Simulate(storm);
  CheckBounds(storm);
  CheckEvents(storm);
  EXPECT_GT(started_.size(), 10u);  // this seed's last ten days are frozen
}

}  // namespace
}  // namespace slipway::monitor
