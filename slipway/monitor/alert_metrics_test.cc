// Metric rules over a real log store: dimensions, several criteria, and what is refused when a rule is made.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/monitor/testing/alert_world.h"

namespace slipway::monitor {
namespace {

using domain::AlertCondition;
using domain::AlertRule;
using testing::AlertWorld;
using ::testing::HasSubstr;

class AlertMetrics : public AlertWorld {
 protected:
  void SetUp() override {
    auto root = TemporaryDirectory::Make();
    ASSERT_TRUE(root);
    root_.emplace(std::move(*root));
    auto store = logstore::LogStore::Open(root_->path() / "logs", root_->path() / "spool", clock_);
    ASSERT_TRUE(store) << store.error().ToString();
    store_ = std::move(*store);
    service_ = std::make_unique<AlertService>(Options{}, All(*store_));
    clock_.Set(At("2026-03-04T10:00:00Z"));
  }
  void TearDown() override { service_.reset(); }

  std::string Resource() const { return scope_.ArmId() + "/onlineEndpoints/credit"; }

  AlertCondition Condition(const std::string& metric, double threshold) const {
    AlertCondition condition;
    condition.metric_name = metric;
    condition.time_aggregation = "Total";
    condition.threshold = threshold;
    return condition;
  }
  AlertRule Rule(std::vector<AlertCondition> conditions) const {
    AlertRule rule;
    rule.name = "rule";
    rule.kind = domain::AlertKind::kMetric;
    rule.resource = Resource();
    rule.conditions = std::move(conditions);
    return rule;
  }

  // `dimensions`: the members of a JSON object.
  void Sample(const std::string& metric, double total, const std::string& dimensions) {
    const std::string row = fmt::format(
        R"({{"TimeGenerated":"{}","TenantId":"the-id","ResourceId":"{}","MetricName":"{}","Total":{},"Count":1,)"
        R"("Minimum":{},"Maximum":{},"Average":{},"Dimensions":{{{}}}}})",
        FormatTimestamp(clock_.Now() - std::chrono::minutes(1)), Resource(), metric, total, total, total, total,
        dimensions);
    ASSERT_TRUE(store_->Ingest("AzureMetrics", {row}));
  }
  void Tick() { service_->Tick(clock_.Now()); }
  std::string ErrorOf(const AlertRule& rule) { return service_->Put(scope_, rule).error().message(); }

  std::optional<TemporaryDirectory> root_;
  std::unique_ptr<logstore::LogStore> store_;
};

TEST_F(AlertMetrics, EachCombinationOfDimensionsHasAStateOfItsOwn) {
  AlertCondition condition = Condition("requestsperminute", 10);
  condition.dimensions = {{"DEPLOYMENT", false, {"*"}}, {"statusCodeClass", true, {"2xx"}}};
  Put(Rule({condition}));
  Sample("RequestsPerMinute", 20, R"("deployment":"blue","statusCodeClass":"5xx")");
  Sample("RequestsPerMinute", 5, R"("deployment":"green","statusCodeClass":"5xx")");
  Sample("RequestsPerMinute", 900, R"("deployment":"green","statusCodeClass":"2xx")");
  Tick();
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].dimensions, (Combination{{"deployment", "blue"}, {"statusCodeClass", "5xx"}}));
  EXPECT_EQ(Events()[0].value, 20);
  clock_.Advance(std::chrono::minutes(10));
  Sample("RequestsPerMinute", 1, R"("deployment":"blue","statusCodeClass":"5xx")");
  Sample("RequestsPerMinute", 50, R"("deployment":"green","statusCodeClass":"5xx")");
  Tick();
  ASSERT_EQ(Events().size(), 2u);
  EXPECT_EQ(Events()[0].dimensions.at("deployment"), "green");
  EXPECT_FALSE(Events()[0].resolved_at);
  EXPECT_EQ(Events()[1].resolved_at, clock_.Now());
}

TEST_F(AlertMetrics, SeveralCriteriaHaveToHoldTogether) {
  AlertCondition slow = Condition("RequestLatency_P99", 50), busy = Condition("RequestsPerMinute", 100);
  slow.time_aggregation = "Maximum";
  slow.dimensions = {{"deployment", false, {"blue"}}};
  busy.dimensions = {{"deployment", false, {"blue"}}, {"statusCodeClass", false, {"2xx"}}};
  Put(Rule({slow, busy}));
  Sample("RequestLatency_P99", 80, R"("deployment":"blue")");
  Sample("RequestsPerMinute", 60, R"("deployment":"blue","statusCodeClass":"2xx")");
  Sample("RequestsPerMinute", 600, R"("deployment":"green","statusCodeClass":"2xx")");
  Tick();
  EXPECT_TRUE(Events().empty());
  clock_.Advance(std::chrono::minutes(10));
  Sample("RequestLatency_P99", 80, R"("deployment":"blue")");
  Sample("RequestsPerMinute", 160, R"("deployment":"blue","statusCodeClass":"2xx")");
  Tick();
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].value, 80);
  EXPECT_EQ(Events()[0].further_values, (std::vector<std::optional<double>>{160}));
  EXPECT_EQ(Events()[0].dimensions, (Combination{{"deployment", "blue"}, {"statusCodeClass", "2xx"}}));
}

TEST_F(AlertMetrics, WhatCannotBeMeantIsRefusedByName) {
  EXPECT_EQ(ErrorOf(Rule({Condition("RequestLatencyP99", 1)})),
            "an online endpoint has no metric 'RequestLatencyP99'; did you mean 'RequestLatency_P99'?");
  AlertCondition condition = Condition("RequestLatency_P99", 1);
  condition.dimensions = {{"deploymnt", false, {"*"}}};
  EXPECT_EQ(ErrorOf(Rule({condition})),
            "the metric RequestLatency_P99 has no dimension 'deploymnt'; did you mean 'deployment'?");
  condition = Condition("ConnectionsActive", 1);
  condition.dimensions = {{"deployment", false, {"*"}}};
  EXPECT_EQ(ErrorOf(Rule({condition})), "the metric ConnectionsActive has no dimensions, so no 'deployment'");
  condition = Condition("RequestLatency_P99", 1);
  condition.metric_namespace = "custom/mine";
  EXPECT_THAT(ErrorOf(Rule({condition})), HasSubstr("metrics of the namespace 'custom/mine' are not supported"));
  AlertRule rule = Rule({Condition("RequestLatency_P99", 1)});
  rule.resource = scope_.ArmId();
  EXPECT_THAT(ErrorOf(rule), HasSubstr("has no metrics: a metric alert is of an online endpoint"));
  condition = Condition("Mine", 1);
  condition.skips_metric_validation = true;
  Put(Rule({condition}));
}

TEST_F(AlertMetrics, AzuresLimitsOfSeveralCriteriaAreNamed) {
  AlertCondition first = Condition("RequestLatency_P99", 1), second = Condition("RequestsPerMinute", 1);
  first.dimensions = {{"deployment", false, {"*"}}};
  EXPECT_THAT(ErrorOf(Rule({first, second})),
              HasSubstr("each dimension includes exactly one value, as Azure Monitor has it"));
  first.dimensions = {{"deployment", false, {"blue"}}};
  second.dimensions = {{"deployment", false, {"green"}}};
  EXPECT_THAT(ErrorOf(Rule({first, second})), HasSubstr("'blue' and 'green'; they have to be the same"));
  EXPECT_THAT(ErrorOf(Rule({first, first})), HasSubstr("two conditions have the name 'RequestLatency_P99'"));
  EXPECT_THAT(ErrorOf(Rule(std::vector<AlertCondition>(6, first))), HasSubstr("at most 5 conditions"));
  AlertRule log = Noisy();
  log.conditions.push_back(log.conditions[0]);
  EXPECT_THAT(ErrorOf(log), HasSubstr("a log alert has one condition, as in Azure Monitor, not 2"));
}

}  // namespace
}  // namespace slipway::monitor
