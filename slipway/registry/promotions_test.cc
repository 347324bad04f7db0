#include "slipway/registry/promotions.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/registry/seal.h"
#include "slipway/registry/testing/shared_fixture.h"

namespace slipway::registry {
namespace {

using namespace domain;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PromotionsTest : public testing::SharedFixture {
 protected:
  PromotionRequest Wish(const std::string& version) {
    PromotionRequest request;
    request.model = "credit";
    request.version = version;
    request.from = scope;
    request.by = "ada";
    request.reason = "better f1";
    return request;
  }
  Promotion MustPromote(const std::string& version) {
    const auto done = promotions->Request(production, Wish(version));
    EXPECT_TRUE(done) << done.error().ToString();
    return done ? *done : Promotion{};
  }
  std::string StageOf(const std::string& version) {
    const auto found = registry->Get(production, AssetKind::kModel, "credit", version);
    return found ? std::get<ModelBody>(found->body).stage : "none";
  }
  // A model of a job with one metric.
  void MakeTrained(const std::string& version, double f1) {
    domain::Run run;
    run.id = "job-" + version;
    ASSERT_TRUE(runs.InsertRun(scope, run));
    ASSERT_TRUE(runs.LogBatch(scope, run.id, {{"f1", f1, 1, 0}}, {}, {}));
    WriteStored("t" + version + "/model/weights", version);
    AssetVersion model;
    model.kind = AssetKind::kModel;
    model.name = "credit";
    model.version = version;
    ModelBody body;
    body.path = Uri("t" + version + "/model");
    body.job_name = run.id;
    model.body = body;
    ASSERT_TRUE(registry->Put(scope, model));
  }
  void Deploy(const std::string& endpoint, const std::string& name, const std::string& model,
              ProvisioningState state = ProvisioningState::kSucceeded) {
    OnlineDeployment deployment;
    deployment.endpoint_name = endpoint;
    deployment.name = name;
    deployment.model = model;
    deployment.state = state;
    deployment.context.created_at = clock.Now();
    clock.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(endpoints.PutDeployment(production, deployment));
  }
  void Route(const std::string& name, const std::map<std::string, int>& traffic) {
    OnlineEndpoint endpoint;
    endpoint.name = name;
    endpoint.traffic = traffic;
    ASSERT_TRUE(endpoints.PutEndpoint(production, endpoint));
  }
  std::map<std::string, int> TrafficOf(const std::string& name) {
    auto traffic = endpoints.GetEndpoint(production, name)->traffic;
    std::erase_if(traffic, [](const auto& share) { return share.second == 0; });
    return traffic;
  }
  // Version 4 in place of 3, by a second promotion.
  void PromoteTwo() {
    MakeModel("3", "three");
    MakeModel("4", "four");
    MustPromote("3");
    clock.Advance(std::chrono::minutes(1));
    MustPromote("4");
  }
  void Guard(EnvironmentGate gate) {
    gate.name = "production";
    ASSERT_TRUE(gates.PutGate(production, gate));
  }
};

TEST_F(PromotionsTest, WithoutAGateAModelGoesToProductionAtOnce) {
  MakeModel("3");
  const Promotion done = MustPromote("3");
  EXPECT_EQ(done.status, PromotionStatus::kPromoted);
  EXPECT_EQ(done.previous_version, "");
  EXPECT_EQ(StageOf("3"), "Production");
  EXPECT_TRUE(shared->Find(Address("3")));
  EXPECT_THAT(audit.Actions(), ElementsAre("promotion.request", "model.share", "promotion.promote"));
  const auto again = promotions->Request(production, Wish("3"));
  EXPECT_EQ(again.error().code(), Code::kFailedPrecondition);
}

TEST_F(PromotionsTest, ShowsMetricsAgainstProduction) {
  MakeTrained("3", 0.5);
  MakeTrained("4", 0.75);
  MustPromote("3");
  const auto preview = promotions->Preview(production, Wish("4"));
  ASSERT_TRUE(preview) << preview.error().ToString();
  const json evidence = json::parse(preview->evidence);
  EXPECT_EQ(evidence["production"]["version"], "3");
  ASSERT_EQ(evidence["metrics"].size(), 1u);
  EXPECT_EQ(evidence["metrics"][0],
            json({{"name", "f1"}, {"candidate", 0.75}, {"production", 0.5}, {"difference", 0.25}}));
  EXPECT_EQ(evidence["provenance"]["job"], "job-4");
  EXPECT_EQ(evidence["signature"]["is_trusted"], true);
  EXPECT_EQ(promotion_store.ListPromotions(production)->size(), 1u);
}

TEST_F(PromotionsTest, AReviewerDecides) {
  EnvironmentGate gate;
  gate.reviewers = {"grace"};
  gate.prevents_self_review = true;
  Guard(gate);
  MakeModel("3");
  const Promotion waiting = MustPromote("3");
  EXPECT_EQ(waiting.status, PromotionStatus::kWaiting);
  EXPECT_EQ(StageOf("3"), "none");
  EXPECT_FALSE(shared->Find(Address("3")));
  const auto stranger = promotions->Review(production, waiting.name, true, "ada", "");
  EXPECT_EQ(stranger.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(stranger.error().message(), HasSubstr("its reviewers are grace"));
  clock.Advance(std::chrono::minutes(5));
  const auto approved = promotions->Review(production, waiting.name, true, "grace", "looks good");
  ASSERT_TRUE(approved) << approved.error().ToString();
  EXPECT_EQ(approved->status, PromotionStatus::kPromoted);
  EXPECT_EQ(approved->decided_by, "grace");
  EXPECT_EQ(ProvenanceOf(*shared->Find(Address("3")))["approvedBy"], "grace");
  EXPECT_EQ(StageOf("3"), "Production");
  EXPECT_EQ(promotions->Review(production, waiting.name, true, "grace", "").error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(audit.Actions(),
              ElementsAre("promotion.request", "promotion.approve", "model.share", "promotion.promote"));
}

TEST_F(PromotionsTest, WhoAskedMayNotReviewWhereThatIsPrevented) {
  EnvironmentGate gate;
  gate.reviewers = {"ada"};
  gate.prevents_self_review = true;
  Guard(gate);
  MakeModel("3");
  const Promotion waiting = MustPromote("3");
  EXPECT_THAT(promotions->Review(production, waiting.name, true, "ada", "").error().message(),
              HasSubstr("wants somebody else's review"));
}

TEST_F(PromotionsTest, ARejectedOneChangesNothing) {
  EnvironmentGate gate;
  gate.reviewers = {"grace"};
  Guard(gate);
  MakeModel("3");
  const Promotion waiting = MustPromote("3");
  const auto rejected = promotions->Review(production, waiting.name, false, "grace", "drifts");
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->status, PromotionStatus::kRejected);
  EXPECT_EQ(StageOf("3"), "none");
  EXPECT_FALSE(shared->Find(Address("3")));
  EXPECT_THAT(audit.Actions(), ElementsAre("promotion.request", "promotion.reject"));
}

TEST_F(PromotionsTest, ATimerHoldsUntilItHasRun) {
  EnvironmentGate gate;
  gate.wait_minutes = 30;
  Guard(gate);
  MakeModel("3");
  const Promotion waiting = MustPromote("3");
  EXPECT_EQ(waiting.status, PromotionStatus::kWaiting);
  EXPECT_THAT(promotions->Review(production, waiting.name, true, "ada", "").error().message(),
              HasSubstr("waits until"));
  clock.Advance(std::chrono::minutes(30));
  EXPECT_TRUE(promotions->Review(production, waiting.name, true, "ada", ""));
}

TEST_F(PromotionsTest, RollingBackGivesProductionToTheVersionBefore) {
  MakeModel("3", "three");
  MakeModel("4", "four");
  MustPromote("3");
  clock.Advance(std::chrono::minutes(1));
  const Promotion second = MustPromote("4");
  EXPECT_EQ(second.previous_version, "3");
  EXPECT_EQ(StageOf("3"), "Archived");
  EXPECT_EQ(StageOf("4"), "Production");
  const auto back = promotions->RollBack(production, "credit", "ada", "errors");
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->promotion.status, PromotionStatus::kRolledBack);
  EXPECT_TRUE(back->moves.empty());
  EXPECT_EQ(StageOf("3"), "Production");
  EXPECT_EQ(StageOf("4"), "Archived");
  // The first promotion has nothing before it.
  EXPECT_EQ(promotions->RollBack(production, "credit", "ada", "").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(promotions->RollBack(production, "other", "ada", "").error().code(), Code::kNotFound);
}

TEST_F(PromotionsTest, TheEvidenceSaysWhereTheModelIsDeployed) {
  MakeModel("3");
  MakeModel("4", "four");
  MustPromote("3");
  Route("scores", {{"old", 100}});
  Deploy("scores", "new", "azureml://registries/prod/models/credit/versions/4", ProvisioningState::kCreating);
  Deploy("scores", "old", "azureml:credit:3");
  Deploy("scores", "other", "azureml:another:4");
  Deploy("scores", "elsewhere", "azureml://registries/beta/models/credit/versions/4");
  const auto preview = promotions->Preview(production, Wish("4"));
  ASSERT_TRUE(preview) << preview.error().ToString();
  const auto one = [](const char* deployment, const char* version, int traffic, bool is_ready) {
    return json{{"endpoint", "scores"},
                {"deployment", deployment},
                {"version", version},
                {"traffic", traffic},
                {"is_ready", is_ready}};
  };
  EXPECT_EQ(json::parse(preview->evidence)["deployments"],
            json({one("new", "4", 0, false), one("old", "3", 100, true)}));
}

TEST_F(PromotionsTest, RollingBackGivesTheTrafficBack) {
  PromoteTwo();
  Route("scores", {{"v3", 10}, {"v4", 85}, {"v4b", 5}});
  Deploy("scores", "v3", "azureml:credit:3");
  Deploy("scores", "v4", "azureml://registries/prod/models/credit/versions/4");
  Deploy("scores", "v4b", "azureml:Credit:4");
  Deploy("scores", "v3-newer", "azureml:credit:3");
  Route("second", {{"v4", 60}, {"other", 40}});
  Deploy("second", "v3", "azureml:credit:3");
  Deploy("second", "v3-newer", "azureml:credit:3");
  Deploy("second", "v3-failed", "azureml:credit:3", ProvisioningState::kFailed);
  Deploy("second", "v4", "azureml:credit:4");
  Deploy("second", "other", "azureml:another:4");
  Route("third", {{"v4", 100}});
  Deploy("third", "v4", "azureml:credit:4");
  Deploy("third", "v3", "azureml:credit:3", ProvisioningState::kFailed);
  const auto back = promotions->RollBack(production, "credit", "ada", "errors");
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(TrafficOf("scores"), (std::map<std::string, int>{{"v3", 100}}));
  EXPECT_EQ(TrafficOf("second"), (std::map<std::string, int>{{"v3-newer", 60}, {"other", 40}}));
  EXPECT_EQ(TrafficOf("third"), (std::map<std::string, int>{{"v4", 100}})) << "nobody could take it";
  EXPECT_EQ(MovesToJson(back->moves),
            json({{{"endpoint", "scores"}, {"from", "v4"}, {"to", "v3"}, {"traffic", 85}},
                  {{"endpoint", "scores"}, {"from", "v4b"}, {"to", "v3"}, {"traffic", 5}},
                  {{"endpoint", "second"}, {"from", "v4"}, {"to", "v3-newer"}, {"traffic", 60}},
                  {{"endpoint", "third"}, {"from", "v4"}, {"traffic", 100}}}));
  EXPECT_THAT(audit.List({})->front().evidence.at("traffic"), HasSubstr("v3-newer"));
}

TEST_F(PromotionsTest, ARollbackThatCannotMoveTheTrafficMayBeRepeated) {
  PromoteTwo();
  Route("scores", {{"v4", 100}});
  Deploy("scores", "v3", "azureml:credit:3");
  Deploy("scores", "v4", "azureml:credit:4");
  endpoints.fails = true;
  EXPECT_EQ(promotions->RollBack(production, "credit", "ada", "errors").error().code(), Code::kUnavailable);
  EXPECT_EQ(StageOf("4"), "Production");
  endpoints.fails = false;
  ASSERT_TRUE(promotions->RollBack(production, "credit", "ada", "errors"));
  EXPECT_EQ(StageOf("3"), "Production");
  EXPECT_EQ(TrafficOf("scores"), (std::map<std::string, int>{{"v3", 100}}));
}

TEST_F(PromotionsTest, WhatWasCarriedOutMeanwhileIsTheVersionBefore) {
  MakeModel("3", "three");
  MakeModel("4", "four");
  MakeModel("5", "five");
  MustPromote("3");
  EnvironmentGate gate;
  gate.reviewers = {"grace"};
  Guard(gate);
  clock.Advance(std::chrono::minutes(1));
  const Promotion early = MustPromote("4");
  clock.Advance(std::chrono::minutes(1));
  const Promotion late = MustPromote("5");
  clock.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(promotions->Review(production, late.name, true, "grace", ""));
  EXPECT_EQ(StageOf("5"), "Production");
  clock.Advance(std::chrono::minutes(1));
  const auto carried_out = promotions->Review(production, early.name, true, "grace", "");
  ASSERT_TRUE(carried_out) << carried_out.error().ToString();
  EXPECT_EQ(carried_out->previous_version, "5");
  EXPECT_EQ(StageOf("3"), "Archived");
  EXPECT_EQ(StageOf("4"), "Production");
  EXPECT_EQ(StageOf("5"), "Archived");
  const auto back = promotions->RollBack(production, "credit", "ada", "errors");
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->promotion.name, early.name);
  EXPECT_EQ(StageOf("4"), "Archived");
  EXPECT_EQ(StageOf("5"), "Production");
}

TEST_F(PromotionsTest, AnApprovedOneThatWasCutShortGoesOn) {
  MakeModel("3");
  Promotion cut = *promotions->Preview(production, Wish("3"));
  cut.status = PromotionStatus::kApproved;
  cut.decided_by = "ada";
  ASSERT_TRUE(promotion_store.PutPromotion(production, cut));
  ASSERT_TRUE(sharing->Share(scope, Request("3")));  // it came so far
  const auto done = promotions->Review(production, cut.name, true, "ada", "");
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(done->status, PromotionStatus::kPromoted);
  EXPECT_EQ(StageOf("3"), "Production");
}

TEST_F(PromotionsTest, RefusesWhatCannotBe) {
  MakeModel("3");
  PromotionRequest wish = Wish("3");
  wish.environment = "nowhere";
  EXPECT_EQ(promotions->Preview(production, wish).error().code(), Code::kNotFound);
  wish = Wish("9");
  EXPECT_EQ(promotions->Preview(production, wish).error().code(), Code::kNotFound);
  EXPECT_EQ(promotions->Preview(scope, Wish("3")).error().code(), Code::kInvalidArgument);
  MakeRegistry("beta");
  EXPECT_THAT(promotions->Preview(production, Wish("3")).error().message(), HasSubstr("name one (--registry)"));
}

}  // namespace
}  // namespace slipway::registry
