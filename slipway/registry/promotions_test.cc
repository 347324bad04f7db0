#include "slipway/registry/promotions.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

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
  EXPECT_EQ(back->status, PromotionStatus::kRolledBack);
  EXPECT_EQ(StageOf("3"), "Production");
  EXPECT_EQ(StageOf("4"), "Archived");
  // The first promotion has nothing before it.
  EXPECT_EQ(promotions->RollBack(production, "credit", "ada", "").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(promotions->RollBack(production, "other", "ada", "").error().code(), Code::kNotFound);
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
  EXPECT_EQ(back->name, early.name);
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
