#include "slipway/endpoints/rollout/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::endpoints {
namespace {

using domain::Rollout;
using domain::RolloutEvidence;
using domain::RolloutStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Kind = RolloutAction::Kind;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:00:00Z");
constexpr auto kSecond = std::chrono::seconds(1);

// At 5 % since kStart, for a minute a step.
Rollout AtFive() {
  Rollout rollout;
  rollout.name = "r";
  rollout.endpoint = "credit";
  rollout.from = "blue";
  rollout.to = "green";
  rollout.steps = {5, 50, 100};
  rollout.every_ms = 60'000;
  rollout.guards = {"p99_ms<20", "score_psi<0.2"};
  rollout.share = 5;
  rollout.is_moved = true;
  rollout.step_started_at = kStart;
  rollout.revision = 2;
  return rollout;
}

RolloutEvidence Good(int64_t requests = 200) {
  RolloutEvidence evidence;
  evidence.canary.requests = evidence.control.requests = requests;
  evidence.canary.scores = evidence.control.scores = requests;
  evidence.canary.p99_ms = 10;
  evidence.score_psi = 0.1;
  return evidence;
}

RolloutAction Decide(const Rollout& rollout, const RolloutEvidence& evidence, int seconds) {
  return DecideRollout(rollout, *ParseGuards(rollout.guards), evidence, kStart + seconds * kSecond);
}

TEST(RolloutPolicy, FollowsTheTable) {
  RolloutEvidence slow = Good(), few_and_slow = Good(99), no_scores = Good(), nobody;
  slow.canary.p99_ms = few_and_slow.canary.p99_ms = 30;
  no_scores.score_psi.reset();
  no_scores.score_note = "no scores are logged";
  Rollout last = AtFive();
  last.step = 2;
  last.share = 100;
  struct Case {
    const char* what;
    Rollout rollout;
    RolloutEvidence evidence;
    int seconds;
    Kind kind;
    const char* reason;
  };
  const Case cases[] = {
      {"all well, the step goes on", AtFive(), Good(), 59, Kind::kWait, ""},
      {"all well, the step is over", AtFive(), Good(), 60, Kind::kAdvance, "all guards hold over 200 requests"},
      {"the last step is over", last, Good(), 60, Kind::kComplete, "all guards hold"},
      {"the last step goes on", last, Good(), 59, Kind::kWait, ""},
      {"a guard is breached early", AtFive(), slow, 1, Kind::kRollBack, "p99_ms<20 is breached: 30 against 20"},
      {"a guard is breached late", last, slow, 3600, Kind::kRollBack, "p99_ms<20 is breached"},
      {"too few to call it breached", AtFive(), few_and_slow, 59, Kind::kWait, ""},
      {"too few when the step is over", AtFive(), few_and_slow, 60, Kind::kHold,
       "99 requests of the new deployment, 100"},
      {"no traffic at all", AtFive(), nobody, 3600, Kind::kHold, "0 requests of the new deployment"},
      {"scores are not logged", AtFive(), no_scores, 60, Kind::kHold, "score_psi<0.2: no scores are logged"},
      {"scores are not logged yet", AtFive(), no_scores, 10, Kind::kWait, ""},
  };
  for (const Case& row : cases) {
    const RolloutAction action = Decide(row.rollout, row.evidence, row.seconds);
    EXPECT_EQ(ActionName(action.kind), ActionName(row.kind)) << row.what;
    EXPECT_THAT(action.reason, HasSubstr(row.reason)) << row.what;
  }
}

RolloutWorld World(Traffic traffic = {{"blue", 95}, {"green", 5}}) {
  RolloutWorld world;
  world.endpoint.emplace().traffic = std::move(traffic);
  world.to.emplace().revision = 2;
  world.to->state = domain::ProvisioningState::kSucceeded;
  world.has_from = true;
  return world;
}

TEST(RolloutPolicy, LooksAtTheWorldFirst) {
  RolloutWorld no_endpoint, no_to = World(), no_from = World(), failed = World(), changed = World();
  no_to.to.reset();
  no_from.has_from = false;
  failed.to->state = domain::ProvisioningState::kFailed;
  failed.to->state_message = "init raised\n  line 3";
  changed.to->revision = 3;
  struct Case {
    const char* what;
    RolloutWorld world;
    Kind kind;
    const char* reason;
  };
  const Case cases[] = {
      {"as it was left", World(), Kind::kWait, ""},
      {"zeros and case do not matter", World({{"Blue", 95}, {"GREEN", 5}, {"red", 0}}), Kind::kWait, ""},
      {"other shares", World({{"blue", 50}, {"green", 50}}), Kind::kPause,
       "it is blue=50 green=50, the rollout had set "
       "blue=95 green=5"},
      {"another deployment", World({{"blue", 90}, {"green", 5}, {"red", 5}}), Kind::kPause, "changed by hand"},
      {"no traffic", World({}), Kind::kPause, "it is none"},
      {"the endpoint is gone", no_endpoint, Kind::kAbort, "the endpoint 'credit' was deleted"},
      {"the new one is gone", no_to, Kind::kAbort, "'green' was deleted"},
      {"the old one is gone", no_from, Kind::kAbort, "'blue' was deleted"},
      {"the new one has failed", failed, Kind::kRollBack, "'green' has failed: init raised"},
      {"the new one was changed", changed, Kind::kPause, "revision 3, was 2"},
  };
  for (const Case& row : cases) {
    const RolloutAction action = CheckWorld(AtFive(), row.world);
    EXPECT_EQ(ActionName(action.kind), ActionName(row.kind)) << row.what;
    EXPECT_THAT(action.reason, HasSubstr(row.reason)) << row.what;
  }
}

TEST(RolloutPolicy, AnActionSaysWhatTheTrafficIsToBe) {
  Rollout rollout = AtFive();
  ApplyAction({Kind::kAdvance, "well", {}}, Good(), kStart, rollout);
  EXPECT_EQ(rollout.step, 1u);
  EXPECT_EQ(rollout.share, 50);
  EXPECT_EQ(rollout.share_before, 5);
  EXPECT_FALSE(rollout.is_moved);
  EXPECT_THAT(TrafficOf(rollout, rollout.share), ElementsAre(Pair("blue", 50), Pair("green", 50)));
  // The move has not been made when the next decision comes: the traffic still is what it was.
  ApplyAction({Kind::kRollBack, "ill", {}}, Good(), kStart, rollout);
  EXPECT_EQ(rollout.status, RolloutStatus::kRolledBack);
  EXPECT_EQ(rollout.share, 0);
  EXPECT_EQ(rollout.share_before, 5);
  ASSERT_EQ(rollout.decisions.size(), 2u);
  EXPECT_EQ(rollout.decisions[1].action, "roll back");
  EXPECT_EQ(rollout.decisions[1].evidence->canary.requests, 200);
}

TEST(RolloutPolicy, HoldsInARowAreOneDecision) {
  Rollout rollout = AtFive();
  for (int i = 0; i < 3; ++i) ApplyAction({Kind::kHold, "few", {}}, Good(i), kStart + i * kSecond, rollout);
  ASSERT_EQ(rollout.decisions.size(), 1u);
  EXPECT_EQ(rollout.decisions[0].times, 3);
  EXPECT_EQ(rollout.decisions[0].at, kStart);
  EXPECT_EQ(rollout.decisions[0].last_at, kStart + 2 * kSecond);
  EXPECT_EQ(rollout.decisions[0].evidence->canary.requests, 2);
  EXPECT_EQ(rollout.reason, "few");
  EXPECT_TRUE(rollout.is_moved);
}

}  // namespace
}  // namespace slipway::endpoints
