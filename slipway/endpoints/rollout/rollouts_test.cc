// The service over an endpoint with two deployments, and logs that say what the test wants.
#include "slipway/endpoints/rollout/rollouts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/domain/testing/memory_audit_log.h"
#include "slipway/endpoints/testing/endpoint_world.h"

namespace slipway::endpoints {
namespace {

using domain::Rollout;
using domain::RolloutEvidence;
using domain::RolloutStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Traffic = std::map<std::string, int>;

class RolloutsTest : public ::testing::Test, protected testing::EndpointWorld {
 protected:
  RolloutsTest() {
    (void)service->PutEndpoint(scope, Endpoint());
    Deploy(ModelDeployment("blue"));
    Deploy(ModelDeployment("green"));
    SetTraffic({{"blue", 100}});
    StartRollouts();
  }

  void StartRollouts() {
    rollout_service.emplace(RolloutDependencies{rollouts, workspaces, *service,
                                                [this](const domain::RolloutQuestion& question) {
                                                  asked = question;
                                                  if (on_question) on_question();
                                                  return evidence;
                                                },
                                                clock, &audit});
  }
  static RolloutEvidence Good(int64_t requests = 100) {
    RolloutEvidence good;
    good.canary.requests = good.control.requests = requests;
    good.canary.p99_ms = 10;
    return good;
  }
  static RolloutEvidence Slow() {
    RolloutEvidence slow = Good();
    slow.canary.p99_ms = 30;
    return slow;
  }
  static Rollout Wanted(const std::string& name = "first") {
    Rollout wanted;
    wanted.name = name;
    wanted.endpoint = "credit";
    wanted.to = "green";
    wanted.steps = {5, 50, 100};
    wanted.every_ms = 60'000;
    wanted.guards = {"p99_ms<20"};
    return wanted;
  }
  void Begin() {
    const auto made = rollout_service->Create(scope, Wanted(), "ada");
    ASSERT_TRUE(made) << made.error().ToString();
  }
  std::string Refusal(const Rollout& wanted) {
    const auto made = rollout_service->Create(scope, wanted, "ada");
    return made ? "" : made.error().ToString();
  }
  // A step later.
  std::optional<Timestamp> Pass(std::chrono::seconds time = std::chrono::seconds(60)) {
    clock.Advance(time);
    return rollout_service->Tick(clock.Now());
  }
  Rollout Now() { return rollouts.GetRollout(scope, "first").value_or(Rollout{}); }
  void SetTraffic(const Traffic& traffic) {
    domain::OnlineEndpoint changed = *service->GetEndpoint(scope, "credit");
    changed.traffic = traffic;
    ASSERT_TRUE(service->PutEndpoint(scope, changed));
  }
  int Share() {
    const Traffic traffic = service->GetEndpoint(scope, "credit")->traffic;
    EXPECT_EQ(traffic.at("blue") + traffic.at("green"), 100);
    return traffic.at("green");
  }

  domain::testing::MemoryAuditLog audit;
  Result<RolloutEvidence> evidence = Good();
  std::function<void()> on_question;
  domain::RolloutQuestion asked;
  std::optional<Rollouts> rollout_service;
};

TEST_F(RolloutsTest, AGoodDeploymentGetsItsTrafficStepByStep) {
  Begin();
  EXPECT_EQ(Share(), 5);
  const Timestamp start = clock.Now();
  EXPECT_EQ(Pass(std::chrono::seconds(59)), start + std::chrono::seconds(60));
  EXPECT_EQ(Share(), 5);
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(Share(), 50);
  EXPECT_EQ(asked.since, start);
  EXPECT_EQ(asked.control_since, start);
  EXPECT_EQ(asked.workspace_id, "w-1");
  EXPECT_EQ(asked.from, "blue");
  EXPECT_FALSE(asked.wants_scores);
  Pass();
  EXPECT_EQ(Share(), 100);
  EXPECT_EQ(asked.since, start + std::chrono::seconds(60));
  EXPECT_EQ(asked.control_since, start);
  EXPECT_EQ(Now().status, RolloutStatus::kRunning);
  EXPECT_EQ(Pass(), std::nullopt);
  EXPECT_EQ(Now().status, RolloutStatus::kCompleted);
  EXPECT_EQ(Share(), 100);
  std::vector<std::string> actions;
  for (const auto& decision : Now().decisions) actions.push_back(decision.action);
  EXPECT_THAT(actions, ElementsAre("start", "advance", "advance", "complete"));
}

TEST_F(RolloutsTest, ABadOneLosesItAtOnce) {
  Begin();
  evidence = Slow();
  EXPECT_EQ(Pass(std::chrono::seconds(15)), std::nullopt);
  EXPECT_EQ(Share(), 0);
  EXPECT_EQ(Now().status, RolloutStatus::kRolledBack);
  EXPECT_EQ(Now().reason, "p99_ms<20 is breached: 30 against 20");
  EXPECT_EQ(Now().decisions.back().evidence->canary.p99_ms, 30);
}

TEST_F(RolloutsTest, HoldsWhileNothingIsKnown) {
  Begin();
  evidence = Good(99);
  Pass();
  EXPECT_EQ(Share(), 5);
  EXPECT_THAT(Now().reason, HasSubstr("too few samples"));
  evidence = Error(Unavailable("the disk is full"));
  Pass();
  EXPECT_EQ(Share(), 5);
  EXPECT_THAT(Now().reason, HasSubstr("the logs cannot be read: the disk is full"));
  EXPECT_EQ(Now().decisions.back().times, 2);
  evidence = Good();
  Pass();
  EXPECT_EQ(Share(), 50);
  EXPECT_EQ(Now().reason, "");
}

TEST_F(RolloutsTest, TrafficChangedByHandPausesIt) {
  Begin();
  SetTraffic({{"blue", 70}, {"green", 30}});
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(Now().status, RolloutStatus::kPaused);
  EXPECT_THAT(Now().reason, HasSubstr("it is blue=70 green=30, the rollout had set blue=95 green=5"));
  EXPECT_EQ(Pass(), std::nullopt);
  EXPECT_EQ(Share(), 30);
  ASSERT_TRUE(rollout_service->Resume(scope, "first", "ada"));
  EXPECT_EQ(Share(), 5);
  Pass();
  EXPECT_EQ(Share(), 50);
}

TEST_F(RolloutsTest, TrafficChangedWhileTheLogsAreAskedStays) {
  Begin();
  on_question = [this] { SetTraffic({{"blue", 100}}); };
  Pass();
  EXPECT_EQ(Now().status, RolloutStatus::kPaused);
  EXPECT_EQ(service->GetEndpoint(scope, "credit")->traffic, (Traffic{{"blue", 100}}));
}

TEST_F(RolloutsTest, WhatWasPausedMeanwhileIsNotDecided) {
  Begin();
  on_question = [this] { (void)rollout_service->Pause(scope, "first", "ada"); };
  Pass();
  EXPECT_EQ(Now().status, RolloutStatus::kPaused);
  EXPECT_EQ(Share(), 5);
}

TEST_F(RolloutsTest, IsSteeredByHand) {
  Begin();
  ASSERT_TRUE(rollout_service->Pause(scope, "first", "ada"));
  EXPECT_EQ(Pass(), std::nullopt);
  EXPECT_EQ(Share(), 5);
  ASSERT_TRUE(rollout_service->Resume(scope, "first", "ada"));
  ASSERT_TRUE(rollout_service->Promote(scope, "first", "ada"));
  EXPECT_EQ(Share(), 100);
  EXPECT_EQ(Now().status, RolloutStatus::kCompleted);
  const auto late = rollout_service->Abort(scope, "first", "ada");
  EXPECT_EQ(late.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(late.error().ToString(), HasSubstr("is over: Completed, promoted by hand"));
  SetTraffic({{"blue", 100}});
  ASSERT_TRUE(rollout_service->Create(scope, Wanted("second"), "ada"));
  ASSERT_TRUE(rollout_service->Abort(scope, "second", "ada"));
  EXPECT_EQ(Share(), 0);
}

TEST_F(RolloutsTest, TheRecordTellsWhoDecided) {
  Begin();
  Pass();
  ASSERT_TRUE(rollout_service->Abort(scope, "first", "grace"));
  EXPECT_THAT(audit.Actions(), ElementsAre("rollout.start", "rollout.advance", "rollout.abort"));
  std::vector<std::string> actors;
  for (const auto& entry : *audit.List({})) {
    actors.push_back(entry.actor);
    EXPECT_EQ(entry.evidence.at("rollout"), "first");
  }
  EXPECT_THAT(actors, ElementsAre("grace", "rollout:first", "ada"));  // newest first
}

TEST_F(RolloutsTest, IsAbortedWhateverBecameOfTheTraffic) {
  Deploy(ModelDeployment("red"));
  Begin();
  SetTraffic({{"blue", 50}, {"red", 50}});
  EXPECT_THAT(rollout_service->Promote(scope, "first", "ada").error().ToString(),
              HasSubstr("the traffic of 'credit' is blue=50"));
  ASSERT_TRUE(rollout_service->Abort(scope, "first", "ada"));
  EXPECT_EQ(service->GetEndpoint(scope, "credit")->traffic, (Traffic{{"blue", 50}, {"red", 50}}));
  EXPECT_THAT(Now().reason, HasSubstr("aborted by hand; the traffic was left as it is"));
}

// The server dies before each of the writes of a step; what is stored then is taken up by the next server.
TEST_F(RolloutsTest, SurvivesADeathBetweenDecisionAndMove) {
  for (int writes = 0; writes < 2; ++writes) {
    const std::string name = "r" + std::to_string(writes);
    SetTraffic({{"blue", 100}});
    ASSERT_TRUE(rollout_service->Create(scope, Wanted(name), "ada"));
    rollouts.writes.left = writes;
    Pass();
    rollouts.writes.left.reset();
    StartRollouts();
    rollout_service->Tick(clock.Now());
    const Rollout stored = *rollouts.GetRollout(scope, name);
    EXPECT_EQ(Share(), 50) << writes;
    EXPECT_EQ(stored.step, 1u) << writes;
    EXPECT_TRUE(stored.is_moved) << writes;
    EXPECT_EQ(stored.decisions.size(), 2u) << writes;
    ASSERT_TRUE(rollout_service->Abort(scope, name, "ada"));
  }
}

TEST_F(RolloutsTest, AMoveThatCannotBeStoredIsTriedAgain) {
  Begin();
  endpoints.fails = true;
  Pass();
  EXPECT_EQ(Now().share, 50);
  EXPECT_FALSE(Now().is_moved);
  endpoints.fails = false;
  Pass(std::chrono::seconds(5));
  EXPECT_TRUE(Now().is_moved);
  EXPECT_EQ(Share(), 50);
  EXPECT_EQ(Now().step_started_at, clock.Now());
}

TEST_F(RolloutsTest, RefusesWhatCannotBegin) {
  struct Case {
    const char* what;
    std::function<void(Rollout&)> change;
    const char* message;
  };
  const Case cases[] = {
      {"no steps", [](Rollout& r) { r.steps.clear(); }, "needs steps"},
      {"falling steps",
       [](Rollout& r) {
         r.steps = {50, 25};
       },
       "25 comes after 50"},
      {"no time", [](Rollout& r) { r.every_ms = 999; }, "a second or more"},
      {"no guards", [](Rollout& r) { r.guards.clear(); }, "needs a guard"},
      {"a bad guard", [](Rollout& r) { r.guards = {"p99_ms!20"}; }, "one of <, <=, >, >="},
      {"nothing to compare", [](Rollout& r) { r.steps = {100}, r.guards = {"p99_ms<2x"}; }, "begin with a smaller one"},
      {"no endpoint", [](Rollout& r) { r.endpoint = "debit"; }, "debit"},
      {"no deployment", [](Rollout& r) { r.to = "grean"; }, "did you mean 'green'"},
      {"itself", [](Rollout& r) { r.from = "green"; }, "against itself"},
      {"the wrong way", [](Rollout& r) { r.from = "green", r.to = "blue"; }, "gets 100 % already"},
  };
  for (const Case& row : cases) {
    Rollout wanted = Wanted();
    row.change(wanted);
    EXPECT_THAT(Refusal(wanted), HasSubstr(row.message)) << row.what;
  }
  SetTraffic({});
  EXPECT_THAT(Refusal(Wanted()), HasSubstr("the traffic of 'credit' is none"));
  SetTraffic({{"blue", 100}});
  Report(1, "Failed", "it crashed", "green");
  EXPECT_THAT(Refusal(Wanted()), HasSubstr("'green' is Failed"));
  EXPECT_TRUE(rollouts.ListRollouts(scope)->empty());
}

TEST_F(RolloutsTest, OneAtATimeAndANameOnce) {
  Begin();
  EXPECT_THAT(Refusal(Wanted("second")), HasSubstr("'first' of the endpoint 'credit' is Running"));
  ASSERT_TRUE(rollout_service->Abort(scope, "first", "ada"));
  EXPECT_THAT(Refusal(Wanted("FIRST")), HasSubstr("there is a rollout 'first' already"));
}

TEST_F(RolloutsTest, ItsDeploymentsAreNotDeleted) {
  Begin();
  ASSERT_TRUE(rollout_service->Pause(scope, "first", "ada"));
  SetTraffic({{"blue", 100}});
  const Status refused = service->DeleteDeployment(scope, "credit", "green");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().ToString(), HasSubstr("`slipway rollout abort --name first`"));
  ASSERT_TRUE(rollout_service->Abort(scope, "first", "ada"));
  EXPECT_TRUE(service->DeleteDeployment(scope, "credit", "green"));
}

TEST_F(RolloutsTest, EndsWithItsEndpoint) {
  Begin();
  ASSERT_TRUE(service->DeleteEndpoint(scope, "credit"));
  EXPECT_EQ(Pass(), std::nullopt);
  EXPECT_EQ(Now().status, RolloutStatus::kAborted);
  EXPECT_EQ(Now().reason, "the endpoint 'credit' was deleted");
}

TEST_F(RolloutsTest, ANewRevisionPausesIt) {
  Begin();
  domain::OnlineDeployment changed = ModelDeployment("green");
  changed.environment_variables = {{"A", "b"}};
  EXPECT_EQ(Deploy(changed).revision, 2);
  Pass();
  EXPECT_EQ(Now().status, RolloutStatus::kPaused);
  EXPECT_THAT(Now().reason, HasSubstr("'green' was changed (revision 2, was 1)"));
  ASSERT_TRUE(rollout_service->Resume(scope, "first", "ada"));
  Pass();
  EXPECT_EQ(Share(), 50);
}

}  // namespace
}  // namespace slipway::endpoints
