#include "slipway/training/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/tabular/csv.h"
#include "slipway/training/train.h"

namespace slipway::training {
namespace {

using scoring::CompiledModel;
using tabular::Table;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Model = std::shared_ptr<const CompiledModel>;

// Clients whose default hangs on their income or, in some towns, on their debt: what a model learns where.
struct Rule {
  std::string by_income;  // towns, "abc"; the others by debt
};

Table Clients(size_t rows, const Rule& rule, uint64_t seed) {
  SplitMix64 random(seed);
  std::string csv = "income,debt,town,default,loss\n";
  for (size_t i = 0; i < rows; ++i) {
    const auto income = random.NextBelow(100), debt = random.NextBelow(100);
    const char town = static_cast<char>('a' + random.NextBelow(3));
    const auto cause = rule.by_income.find(town) != std::string::npos ? income : debt;
    const bool defaults = cause + random.NextBelow(20) > 60;
    csv +=
        fmt::format("{},{},{},{},{}\n", income, debt, town, defaults ? "yes" : "no", 2 * cause + random.NextBelow(10));
  }
  return tabular::ParseCsv(csv, {}).value();
}

Model Learn(const Table& table, const std::string& target) {
  const bool is_class = target == "default";
  TrainOptions options;
  options.fit = learn::DefaultOptions(learn::Algorithm::kRandomForest,
                                      is_class ? learn::Task::kClassification : learn::Task::kRegression);
  options.fit.forest.trees = 15;
  options.fit.forest.max_depth = 6;
  options.fit.transforms.left_out = {is_class ? "loss" : "default"};
  options.find_importances = false;
  const Trained trained = Train(table, target, options).value();
  return CompiledModel::Make(trained.onnx, trained.model.signature, false).value();
}

CompareOptions Options() {
  CompareOptions options;
  options.min_rows = 200;
  options.interval.resamples = 300;
  options.segments = {"town"};
  return options;
}

class Comparisons : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    good_ = new Model(Learn(Clients(1500, {"abc"}, 1), "default"));
    stale_ = new Model(Learn(Clients(1500, {""}, 2), "default"));
    good_but_in_b_ = new Model(Learn(Clients(1500, {"ac"}, 3), "default"));
    only_b_ = new Model(Learn(Clients(1500, {"b"}, 4), "default"));
  }
  static void TearDownTestSuite() {
    for (Model* model : {good_, stale_, good_but_in_b_, only_b_}) delete model;
  }

  static Result<Comparison> CompareOn(const Model& champion, const Model& challenger, const Table& data,
                                      const CompareOptions& options = Options(), const Table* traffic = nullptr) {
    return Compare(*champion, *challenger, data, "default", traffic, options);
  }

  static Model *good_, *stale_, *good_but_in_b_, *only_b_;
  const Table hold_out_ = Clients(1200, {"abc"}, 9);
};
Model *Comparisons::good_, *Comparisons::stale_, *Comparisons::good_but_in_b_, *Comparisons::only_b_;

TEST_F(Comparisons, AModelThatKnowsWhatChangedIsBetter) {
  const Comparison comparison = CompareOn(*stale_, *good_, hold_out_).value();
  EXPECT_EQ(comparison.decision.verdict, Verdict::kBetter) << comparison.decision.reason;
  EXPECT_EQ(comparison.metric, "roc_auc");
  const MetricPair& metric = comparison.chosen();
  EXPECT_NEAR(metric.champion, 0.5, 0.06);
  EXPECT_GT(metric.challenger, 0.9);
  EXPECT_NEAR(metric.improvement.value, metric.challenger - metric.champion, 1e-12);
  EXPECT_GT(metric.improvement.low, 0.3);
  EXPECT_LT(comparison.agreement.share_same, 0.75);
  EXPECT_TRUE(comparison.Regressions().empty());
  const auto loss = std::find_if(comparison.metrics.begin(), comparison.metrics.end(),
                                 [](const MetricPair& each) { return each.improvement.name == "log_loss"; });
  ASSERT_NE(loss, comparison.metrics.end());
  EXPECT_GT(loss->improvement.low, 0);  // smaller, and so better
}

TEST_F(Comparisons, TheOtherWayRoundItIsNot) {
  const Comparison comparison = CompareOn(*good_, *stale_, hold_out_).value();
  EXPECT_EQ(comparison.decision.verdict, Verdict::kNotBetter);
  EXPECT_THAT(comparison.decision.reason, HasSubstr("worse"));
  EXPECT_EQ(comparison.Regressions().size(), 3u);  // in every town
}

TEST_F(Comparisons, AModelIsNotBetterThanItself) {
  CompareOptions options = Options();
  options.margin = 0;
  const Comparison comparison = CompareOn(*good_, *good_, hold_out_, options).value();
  EXPECT_EQ(comparison.decision.verdict, Verdict::kNotBetter) << comparison.decision.reason;
  EXPECT_EQ(comparison.agreement.share_same, 1);
  EXPECT_EQ(comparison.agreement.mean_distance, 0);
  EXPECT_EQ(comparison.chosen().improvement.high, 0);
}

TEST_F(Comparisons, FewRowsDecideNothing) {
  const Comparison comparison = CompareOn(*stale_, *good_, hold_out_.Head(199)).value();
  EXPECT_EQ(comparison.decision.verdict, Verdict::kUndecided);
  EXPECT_THAT(comparison.decision.reason, HasSubstr("199 rows are fewer than the 200"));
}

TEST_F(Comparisons, ASegmentThatBecameWorseIsNamedAndCanBeRefused) {
  CompareOptions options = Options();
  const Comparison comparison = CompareOn(*only_b_, *good_but_in_b_, hold_out_, options).value();
  EXPECT_EQ(comparison.decision.verdict, Verdict::kBetter) << comparison.decision.reason;
  ASSERT_EQ(comparison.Regressions().size(), 1u);
  EXPECT_EQ(comparison.Regressions()[0]->label, "b");
  EXPECT_EQ(comparison.segments.size(), 3u);
  EXPECT_THAT(ComparisonText(comparison), HasSubstr("worse where town is b"));
  options.refuses_segment_regressions = true;
  const Comparison refused = CompareOn(*only_b_, *good_but_in_b_, hold_out_, options).value();
  EXPECT_EQ(refused.decision.verdict, Verdict::kNotBetter);
  EXPECT_THAT(refused.decision.reason, HasSubstr("1 segment became worse"));
}

TEST_F(Comparisons, TrafficNeedsNoTruth) {
  const Table traffic = Clients(300, {"abc"}, 11).Without("default");
  const Comparison comparison = CompareOn(*good_, *good_, hold_out_, Options(), &traffic).value();
  ASSERT_TRUE(comparison.traffic);
  EXPECT_EQ(comparison.traffic->rows, 300u);
  EXPECT_EQ(comparison.traffic->agreement.share_same, 1);
  ASSERT_NE(comparison.traffic->Find("roc_auc"), nullptr);
  EXPECT_EQ(comparison.traffic->Find("roc_auc")->champion, comparison.traffic->Find("roc_auc")->challenger);
  EXPECT_NEAR(comparison.traffic->Find("roc_auc")->champion, comparison.chosen().champion, 0.04);
  const Table few = traffic.Head(50);
  EXPECT_THAT(CompareOn(*good_, *good_, hold_out_, Options(), &few).value().traffic->why_no_estimates,
              HasSubstr("50 rows"));
}

TEST_F(Comparisons, TrafficOfSeveralClassesIsEstimatedToo) {
  const auto with_size = [](Table table) {
    std::string csv = "size\n";
    for (size_t row = 0; row < table.rows(); ++row) {
      const double income = table.Find("income")->number(row);
      csv += income < 30 ? "small\n" : income < 70 ? "middle\n" : "large\n";
    }
    EXPECT_TRUE(table.Add(*tabular::ParseCsv(csv)->Find("size")));
    return table.Without("default").Without("loss");
  };
  TrainOptions options;
  options.fit = learn::DefaultOptions(learn::Algorithm::kRandomForest, learn::Task::kClassification);
  options.fit.forest.trees = 5;
  options.fit.forest.max_depth = 2;
  options.find_importances = false;
  const Trained trained = Train(with_size(Clients(800, {"abc"}, 1)), "size", options).value();
  const Model model = CompiledModel::Make(trained.onnx, trained.model.signature, false).value();
  const Table labelled = with_size(Clients(600, {"abc"}, 2)), traffic = with_size(Clients(400, {"abc"}, 3));
  CompareOptions compare = Options();
  const Comparison comparison = Compare(*model, *model, labelled, "size", &traffic, compare).value();
  EXPECT_EQ(comparison.traffic->why_no_estimates, "");
  for (const char* name : {"accuracy", "f1_score", "roc_auc"}) {
    const auto* estimate = comparison.traffic->Find(name);
    ASSERT_NE(estimate, nullptr) << name;
    const auto measured = std::find_if(comparison.metrics.begin(), comparison.metrics.end(),
                                       [&](const MetricPair& metric) { return metric.improvement.name == name; });
    ASSERT_NE(measured, comparison.metrics.end()) << name;
    EXPECT_NEAR(estimate->champion, measured->champion, 0.05) << name;
    EXPECT_EQ(estimate->champion, estimate->challenger) << name;
  }
}

TEST_F(Comparisons, AnEstimateThatIsWorseHoldsABetterModelBack) {
  const MetricPair metric = {0.7, 0.75, {"roc_auc", 0.05, 0.04, 0.06}};
  const EstimatedPair worse = {"roc_auc", 0.8, 0.79}, alike = {"roc_auc", 0.8, 0.799};
  EXPECT_EQ(Decide(metric, 1000, 0, &worse, Options()).verdict, Verdict::kUndecided);
  EXPECT_THAT(Decide(metric, 1000, 0, &worse, Options()).reason, HasSubstr("estimated to be 0.79 against 0.8"));
  EXPECT_EQ(Decide(metric, 1000, 0, &alike, Options()).verdict, Verdict::kBetter);
}

TEST_F(Comparisons, NumbersAreComparedByTheirError) {
  const Model good = Learn(Clients(1500, {"abc"}, 1), "loss"), stale = Learn(Clients(1500, {""}, 2), "loss");
  const Comparison comparison = Compare(*stale, *good, hold_out_, "loss", nullptr, Options()).value();
  EXPECT_EQ(comparison.metric, "rmse");
  EXPECT_EQ(comparison.decision.verdict, Verdict::kBetter) << comparison.decision.reason;
  EXPECT_LT(comparison.chosen().challenger, comparison.chosen().champion);
  EXPECT_GT(comparison.chosen().improvement.low, 0);
  EXPECT_TRUE(std::isnan(comparison.agreement.share_same));
  EXPECT_GT(comparison.agreement.mean_distance, 10);
}

TEST_F(Comparisons, TheSameSeedGivesTheSameReport) {
  const auto report = [&](uint64_t seed) {
    CompareOptions options = Options();
    options.interval.seed = seed;
    return ComparisonJson(CompareOn(*stale_, *good_, hold_out_, options).value(), {"old", "new", "rows", ""});
  };
  EXPECT_EQ(report(4), report(4));
  EXPECT_NE(report(4), report(5));
}

TEST_F(Comparisons, ReportsSayWhatWasComparedAndWhy) {
  const Comparison comparison = CompareOn(*stale_, *good_, hold_out_).value();
  const ComparedNames names = {"azureml:credit:3", "<new>", "holdout.csv", ""};
  const auto json = nlohmann::json::parse(ComparisonJson(comparison, names));
  EXPECT_EQ(json["verdict"], "better");
  EXPECT_EQ(json["champion_model"], "azureml:credit:3");
  EXPECT_EQ(json["margin"], 0.002);
  EXPECT_EQ(json["rows"], 1200);
  EXPECT_EQ(json["improvement"], json["metrics"]["roc_auc"]["improvement"]);
  EXPECT_EQ(json["segments"].size(), 3u);
  EXPECT_FALSE(json.contains("traffic"));
  EXPECT_THAT(ComparisonPage(comparison, names, Timestamp{}),
              AllOf(HasSubstr("&lt;new&gt;"), HasSubstr("Bonferroni"), Not(HasSubstr("http"))));
}

TEST_F(Comparisons, WhatCannotBeComparedIsNamed) {
  const auto why = [&](const Model& champion, const Model& challenger, const Table& data, CompareOptions options) {
    const auto comparison = CompareOn(champion, challenger, data, options);
    EXPECT_FALSE(comparison);
    return comparison ? "" : comparison.error().ToString();
  };
  const auto without = [](const std::string& column) {
    return Learn(Clients(300, {"abc"}, 1).Without(column), "default");
  };
  EXPECT_THAT(why(*good_, without("debt"), hold_out_, Options()),
              HasSubstr("the champion takes a column 'debt' that the challenger does not take"));
  EXPECT_THAT(why(without("debt"), *good_, hold_out_, Options()),
              HasSubstr("the challenger takes a column 'debt' that the champion does not take"));
  EXPECT_THAT(why(*good_, Learn(Clients(300, {"abc"}, 1), "loss"), hold_out_, Options()),
              HasSubstr("the champion knows the classes no, yes, the challenger predicts numbers"));
  EXPECT_THAT(why(*good_, *stale_, hold_out_.Without("default"), Options()), HasSubstr("default"));
  CompareOptions options = Options();
  options.metric = "roc-auc";
  EXPECT_THAT(why(*good_, *stale_, hold_out_, options), HasSubstr("did you mean 'roc_auc'"));
  options = Options();
  options.segments = {"twon"};
  EXPECT_THAT(why(*good_, *stale_, hold_out_, options), HasSubstr("did you mean 'town'"));
  const Table unlabelled = tabular::ParseCsv("income,debt,town,default\n1,2,a,yes\n1,2,a,\n", {}).value();
  EXPECT_THAT(why(*good_, *stale_, unlabelled, Options()), HasSubstr("row 1: 'default' has no value"));
  const Table one_class = tabular::ParseCsv("income,debt,town,default\n1,2,a,yes\n3,2,a,yes\n", {}).value();
  EXPECT_THAT(why(*good_, *stale_, one_class, Options()), HasSubstr("roc_auc has no meaning"));
}

// The rule by constructed intervals.
struct RuleCase {
  double value, low, high;
  Verdict verdict;
};

TEST(Decide, ByTheIntervalAndTheMargin) {
  CompareOptions options;
  options.margin = 0.01;
  const RuleCase cases[] = {
      {0.03, 0.02, 0.04, Verdict::kBetter},        // the whole interval beyond the margin
      {0.012, 0.001, 0.02, Verdict::kBetter},      // by the margin, and surely not by chance
      {0.01, 0.001, 0.02, Verdict::kBetter},       // exactly by the margin
      {0.02, 0.0, 0.04, Verdict::kUndecided},      // it may be chance
      {0.02, -0.01, 0.05, Verdict::kUndecided},    //
      {0.008, 0.004, 0.012, Verdict::kUndecided},  // surely better, perhaps by the margin
      {0.0, -0.03, 0.03, Verdict::kUndecided},     // anything may be true
      {0.004, 0.001, 0.008, Verdict::kNotBetter},  // surely better, and surely not by the margin
      {0.0, 0.0, 0.0, Verdict::kNotBetter},        // the same answers
      {-0.02, -0.03, -0.01, Verdict::kNotBetter},  // surely worse
      {-0.02, -0.05, 0.009, Verdict::kNotBetter},  //
      {0.02, NAN, NAN, Verdict::kUndecided},       // no resample gave a value
  };
  for (const RuleCase& each : cases) {
    const MetricPair metric = {0.7, 0.7 + each.value, {"roc_auc", each.value, each.low, each.high}};
    const Decision decision = Decide(metric, 1000, 0, nullptr, options);
    EXPECT_EQ(decision.verdict, each.verdict) << each.value << ": " << decision.reason;
    EXPECT_THAT(decision.reason, HasSubstr("roc_auc is"));
  }
}

}  // namespace
}  // namespace slipway::training
