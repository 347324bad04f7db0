#include "slipway/api/mlflow/filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "slipway/api/mlflow/tracking.h"

namespace slipway::api::mlflow {
namespace {

domain::Run Run() {
  domain::Run run;
  run.id = "abc";
  run.name = "brave run";
  run.status = domain::RunStatus::kFinished;
  run.start_time_ms = 1000;
  run.parameters = {{"depth", "10"}, {"a b", "x"}};
  run.tags = {{"mlflow.runName", "brave run"}, {"team", "Risk"}};
  run.latest_metrics = {{"auc", 0.75, 0, 0}, {"val loss", 1.5, 0, 0}};
  return run;
}

bool Matches(std::string_view text) {
  const auto filter = Filter::Parse(text, RunDialect());
  EXPECT_TRUE(filter) << filter.error().ToString();
  const domain::Run run = Run();
  return filter && filter->Matches(LookupIn(run));
}

std::string ErrorOf(std::string_view text) {
  const auto filter = Filter::Parse(text, RunDialect());
  EXPECT_FALSE(filter) << text;
  return filter ? "" : filter.error().ToString();
}

TEST(RunFilter, ComparesWhatItNames) {
  for (const char* text :
       {"", "  ", "metrics.auc > 0.7", "metric.auc >= 7.5e-1 and params.depth = '10'", "metrics.`val loss` < 2",
        "metrics.\"val loss\" = 1.5", "params.\"a b\" != 'y'", "tags.mlflow.runName = 'brave run'",
        "tag.team ILIKE 'ri%'", "tags.team LIKE 'R_sk'", "status = 'FINISHED'", "attributes.status != \"FAILED\"",
        "run_id IN ('x', 'abc')", "run_id NOT IN ('x')", "start_time <= 1000", "Created > -1",
        "attributes.\"run name\" = 'brave run'", "tags.gone IS NULL",
        "tags.team is not null AND run_name LIKE '%run'"}) {
    EXPECT_TRUE(Matches(text)) << text;
  }
  for (const char* text : {"metrics.auc > 0.75", "params.depth = '11'", "tags.team LIKE 'ri%'", "run_id NOT IN ('abc')",
                           "metrics.auc > 0 AND metrics.auc < 0.5", "run_name LIKE 'run'", "tags.team IS NULL"}) {
    EXPECT_FALSE(Matches(text)) << text;
  }
}

TEST(RunFilter, WhatIsMissingNeverMatches) {
  for (const char* text : {"metrics.gone != 1", "params.gone != 'x'", "tags.gone != 'x'", "end_time > 0"})
    EXPECT_FALSE(Matches(text)) << text;
}

TEST(RunFilter, MistakesHaveTheirColumn) {
  EXPECT_EQ(ErrorOf("metrics.auc > '0.7'"), "filter:1:15: expected a number to compare 'auc' with, not '0.7'");
  EXPECT_EQ(ErrorOf("params.depth > '1'"), "filter:1:14: 'depth' can be compared with =, !=, LIKE and ILIKE alone");
  EXPECT_EQ(ErrorOf("params.depth = 10"), "filter:1:16: expected a text in quotes to compare 'depth' with, not '10'");
  EXPECT_EQ(ErrorOf("stats = 'x'"),
            "filter:1:1: 'stats' is not an attribute: run_id, run_name, status, artifact_uri, "
            "user_id, lifecycle_stage, start_time, end_time are; did you mean 'status'?");
  EXPECT_EQ(ErrorOf("metrics.auc > 1 OR metrics.auc < 0"),
            "filter:1:17: expected AND (there is no OR and there are no parentheses), not 'OR'");
  EXPECT_EQ(ErrorOf("tags.x = 'open"), "filter:1:10: the quote is not closed");
  EXPECT_EQ(ErrorOf("metrics.auc >"), "filter:1:14: expected a number to compare 'auc' with here");
  EXPECT_EQ(ErrorOf("metrics.auc == 1"), "filter:1:13: '==' is not a comparator: write '='");
}

TEST(RunFilter, NothingElseIsTaken) {
  for (const char* text :
       {"(metrics.auc > 1)", "metrics. > 1", "things.x = 'y'", "AND", "metrics.auc", "tags.team IN ('x')",
        "run_id IN 'x'", "run_id IN ('x'", "run_id NOT LIKE 'x'", "status IS NULL", "metrics.auc LIKE 'x'",
        "status = 'x' AND", "status ! 'x'", "start_time = 1x", "status = 'x'; drop", "a\x01 = 1"}) {
    ErrorOf(text);
  }
}

TEST(Like, FollowsTheWildcards) {
  EXPECT_TRUE(IsLike("abc", "abc", false));
  EXPECT_TRUE(IsLike("abc", "%", false));
  EXPECT_TRUE(IsLike("abc", "a%c%", false));
  EXPECT_TRUE(IsLike("aXbXc", "a%b_c", false));
  EXPECT_TRUE(IsLike("mississippi", "%iss%ppi", false));
  EXPECT_TRUE(IsLike("", "%%", false));
  EXPECT_FALSE(IsLike("abc", "ab", false));
  EXPECT_FALSE(IsLike("abc", "%d%", false));
  EXPECT_FALSE(IsLike("", "_", false));
  EXPECT_FALSE(IsLike("ABC", "abc", false));
  EXPECT_TRUE(IsLike("ABC", "aB_", true));
}

Lookup Metric(std::optional<double> value) {
  return [value](const Identifier&) -> std::optional<FilterValue> {
    if (!value) return std::nullopt;
    return *value;
  };
}

TEST(RunOrder, MissingIsLastAndNanBeforeItInBothDirections) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* term : {"metrics.auc", "metrics.auc ASC", "metrics.auc desc"}) {
    const std::vector<std::string> terms = {term};
    const auto order = Order::Parse(terms, RunDialect());
    ASSERT_TRUE(order) << term;
    EXPECT_TRUE(order->Compare(Metric(1), Metric(nan)) < 0) << term;
    EXPECT_TRUE(order->Compare(Metric(nan), Metric({})) < 0) << term;
    EXPECT_TRUE(order->Compare(Metric({}), Metric(1)) > 0) << term;
    EXPECT_TRUE(order->Compare(Metric(nan), Metric(nan)) == 0) << term;
    EXPECT_EQ(order->Compare(Metric(1), Metric(2)) < 0, std::string_view(term) != "metrics.auc desc") << term;
  }
}

TEST(RunOrder, MistakesAreTold) {
  for (const char* term : {"metrics.auc DOWN", "", "1", "things.x", "metrics.auc DESC x"}) {
    const std::vector<std::string> terms = {term};
    EXPECT_FALSE(Order::Parse(terms, RunDialect())) << term;
  }
}

}  // namespace
}  // namespace slipway::api::mlflow
