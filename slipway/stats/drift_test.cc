#include "slipway/stats/drift.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/stats/drift_html.h"
#include "slipway/stats/drift_profile.h"
#include "slipway/stats/drift_text.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using tabular::Table;
using testing::Csv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Numbers;
using testing::TableOf;
using testing::Texts;

std::vector<std::string> NamesOf(const DriftReport& report) {
  std::vector<std::string> names;
  for (const ColumnDrift& column : report.columns) names.push_back(column.name);
  return names;
}

DriftReport Compare(const Table& reference, const Table& current, const DriftOptions& options = {}) {
  auto report = CompareTables(reference, current, options);
  EXPECT_TRUE(report) << report.error().ToString();
  return std::move(*report);
}

std::string ErrorOf(const Table& reference, const Table& current, const DriftOptions& options = {}) {
  const auto report = CompareTables(reference, current, options);
  return report ? "no error" : report.error().ToString();
}

// `rows` numbers from `first` on, a step apart.
tabular::Column Ramp(const std::string& name, size_t rows, double first, double step) {
  std::vector<std::optional<double>> values;
  for (size_t i = 0; i < rows; ++i) values.push_back(first + step * static_cast<double>(i));
  return Numbers(name, values);
}

tabular::Column Cycle(const std::string& name, size_t rows, size_t period) {
  std::vector<std::optional<double>> values;
  for (size_t i = 0; i < rows; ++i) values.push_back(static_cast<double>(i % period));
  return Numbers(name, values);
}

std::string DefaultTest(size_t rows, size_t distinct) {
  return Compare(TableOf({Cycle("x", rows, distinct)}), TableOf({Cycle("x", 60, distinct)})).columns[0].test;
}

TEST(Drift, TheDefaultTestFollowsReferenceRowsAndDistinctValues) {
  EXPECT_EQ(DefaultTest(1000, 2), "z");
  EXPECT_EQ(DefaultTest(1000, 5), "chisquare");
  EXPECT_EQ(DefaultTest(1000, 6), "ks");
  EXPECT_EQ(DefaultTest(1001, 5), "jensenshannon");
  EXPECT_EQ(DefaultTest(1001, 6), "wasserstein");
  // A sixth value that only the current data have counts; missing reference values do not.
  EXPECT_EQ(Compare(TableOf({Cycle("x", 50, 5)}), TableOf({Cycle("x", 50, 6)})).columns[0].test, "ks");
  std::vector<std::optional<double>> with_gap;
  for (int i = 0; i < 1001; ++i) with_gap.push_back(i == 7 ? std::nullopt : std::optional<double>(i % 9));
  EXPECT_EQ(Compare(TableOf({Numbers("x", with_gap)}), TableOf({Cycle("x", 50, 9)})).columns[0].test, "ks");
}

TEST(Drift, RolesComeFromTheReference) {
  const Table table = Csv("b,a,word,yes,when,label\n1,1.5,x,true,2026-01-01,0\n2,2.5,y,false,2026-01-02,1\n");
  EXPECT_THAT(NamesOf(Compare(table, table)), ElementsAre("a", "b", "label", "word", "yes"));
  DriftOptions options;
  options.target = "label";
  options.ignored = {"a"};
  const auto report = Compare(table, table, options);
  EXPECT_THAT(NamesOf(report), ElementsAre("label", "b", "word", "yes"));
  EXPECT_EQ(report.columns[0].role, ColumnRole::kTarget);
  EXPECT_EQ(report.columns[0].kind, FeatureKind::kCategorical);
}

TEST(Drift, AProbabilityIsANumericPrediction) {
  const Table table = Csv("label,p\n0,0.25\n1,0.75\n0,0.5\n1,0.125\n");
  DriftOptions options;
  options.target = "label";
  options.prediction = "p";
  EXPECT_EQ(Compare(table, table, options).columns[1].kind, FeatureKind::kNumeric);
}

TEST(Drift, TheDataSetDriftsWhenHalfOfTheColumnsDo) {
  const Table reference = TableOf({Ramp("same", 200, 0, 1), Ramp("moved", 200, 0, 1)});
  const auto report = Compare(reference, TableOf({Ramp("same", 200, 0, 1), Ramp("moved", 200, 90, 1)}));
  EXPECT_EQ(report.drifted, 1u);
  EXPECT_EQ(report.drifted_share, 0.5);
  EXPECT_TRUE(report.is_drifted);
  EXPECT_FALSE(Compare(reference, reference).is_drifted);
}

TEST(Drift, TheMostSpecificTestAndThresholdWin) {
  const Table table = TableOf({Ramp("a", 100, 0, 1), Ramp("b", 100, 0, 1), Texts("c", {100, "x"})});
  DriftOptions options;
  options.test = "psi";
  options.numeric_test = "ks";
  options.test_by_column["b"] = "t_test";
  options.threshold = 0.4;
  options.numeric_threshold = 0.3;
  auto report = Compare(table, table, options);
  EXPECT_EQ(report.Find("a")->test, "ks");
  EXPECT_EQ(report.Find("b")->test, "t_test");
  EXPECT_EQ(report.Find("c")->test, "psi");
  EXPECT_EQ(report.Find("a")->threshold, 0.3);
  EXPECT_EQ(report.Find("c")->threshold, 0.4);
  // Once columns have thresholds of their own, the others fall back to their tests'.
  options.threshold_by_column["a"] = 0.2;
  report = Compare(table, table, options);
  EXPECT_EQ(report.Find("a")->threshold, 0.2);
  EXPECT_EQ(report.Find("b")->threshold, 0.05);
  EXPECT_EQ(report.Find("c")->threshold, 0.1);
}

TEST(Drift, AColumnThatCannotBeTestedSaysWhy) {
  const Table reference = Csv("gone,empty,text,n\n1,1,1,1\n2,2,2,2\n3,3,3,3\n");
  const Table current = Csv("empty,text,n,new\n,x,1,5\n,y,2,6\n,z,3,7\n");
  const auto report = Compare(reference, current);
  EXPECT_EQ(report.Find("gone")->problem, "the current data have no such column");
  EXPECT_EQ(report.Find("empty")->problem, "no usable value in the current data");
  EXPECT_EQ(report.Find("text")->problem, "numeric in the reference, but of type string in the current data");
  EXPECT_EQ(report.Find("n")->problem, "");
  EXPECT_EQ(report.tested, 1u);
  EXPECT_THAT(report.only_in_current, ElementsAre("new"));
  EXPECT_TRUE(std::isnan(report.Find("gone")->score));
}

TEST(Drift, IntegersAndFloatsAreTheSameNumbers) {
  const auto report = Compare(Csv("x,c\n1,a\n2,b\n3,c\n"), Csv("x,c\n1.0,a\n2.0,b\n3.0,c\n"));
  EXPECT_EQ(report.Find("x")->score, 1);
  // Numbers that the reference has as texts are compared as texts.
  const auto texts = Compare(TableOf({Texts("x", {"1", "2", "2"})}), Csv("x\n1\n2\n2\n"));
  EXPECT_EQ(texts.columns[0].score, 1);
}

TEST(Drift, ConstantsDoNotDrift) {
  const Table constant = Csv("n,c\n4,k\n4,k\n4,k\n");
  const auto report = Compare(constant, constant);
  EXPECT_EQ(report.drifted, 0u);
  EXPECT_EQ(report.Find("n")->test, "z");
  EXPECT_EQ(report.Find("n")->score, 1);
}

TEST(Drift, ErrorsNameWhatIsWrong) {
  const Table table = Csv("age,job\n1,a\n2,b\n");
  const Table other = Csv("name\nx\n");
  DriftOptions options;
  options.numeric = {"agee"};
  EXPECT_THAT(ErrorOf(table, table, options), HasSubstr("did you mean 'age'"));
  options.numeric = {"job"};
  EXPECT_THAT(ErrorOf(table, table, options), HasSubstr("'job' is listed as numeric, but holds values of type string"));
  options.numeric = {};
  options.test_by_column["age"] = "kss";
  EXPECT_THAT(ErrorOf(table, table, options), HasSubstr("did you mean 'ks'"));
  options.test_by_column["age"] = "chisquare";
  EXPECT_THAT(ErrorOf(table, table, options), HasSubstr("does not take numeric columns, and 'age' is one"));
  EXPECT_THAT(ErrorOf(table, other),
              HasSubstr("no column in common: the reference has age, job; the current data have name"));
  EXPECT_THAT(ErrorOf(table, table.Head(0)), HasSubstr("the current data have no rows"));
  EXPECT_THAT(ErrorOf(table.Head(0), table), HasSubstr("the reference has no rows"));
}

TEST(Drift, ThreadsDoNotChangeTheReport) {
  std::vector<tabular::Column> reference, current;
  for (int i = 0; i < 20; ++i) {
    reference.push_back(Ramp("c" + std::to_string(i), 300, i, 0.5));
    current.push_back(Ramp("c" + std::to_string(i), 200, 0, 0.7));
  }
  DriftOptions options;
  const auto one = Compare(TableOf(reference), TableOf(current), options);
  options.threads = 4;
  const auto four = Compare(TableOf(reference), TableOf(current), options);
  EXPECT_EQ(DriftText(one), DriftText(four));
}

TEST(DriftText, ListsDriftedColumnsFirst) {
  const auto report = Compare(TableOf({Ramp("same", 200, 0, 1), Ramp("moved", 200, 0, 1), Texts("gone", {200, "x"})}),
                              TableOf({Ramp("same", 200, 0, 1), Ramp("moved", 200, 90, 1)}));
  EXPECT_EQ(DriftText(report),
            "column  kind         test       score  threshold  drifted\n"
            "moved   numeric      ks    < 0.000001       0.05  yes\n"
            "same    numeric      ks      1.000000       0.05  no\n"
            "gone    categorical                               not tested: the current data have no such column\n"
            "1 of 2 columns drifted (50.0 %): the data set drifted\n");
}

TEST(DriftProfile, RecordsHaveTheFieldsThatQueriesUnpack) {
  const Table table = TableOf({Ramp("a", 100, 0, 1)});
  const auto report = Compare(table, table);
  EXPECT_EQ(OverallDriftRecord(report, "model").dump(),
            R"({"name":"model","type":"OverallDriftMetrics","data":{"n_features":1,"n_drifted_features":0,)"
            R"("share_drifted_features":0.0,"dataset_drift":false}})");
  EXPECT_EQ(FeatureDriftRecord(report, "model").dump(),
            R"({"name":"model","type":"FeatureDriftMetrics","data":[{"feature":"a","feature_type":"num",)"
            R"("stattest_name":"K-S p_value","drift_score":1.0,"drift_detected":false}]})");
}

TEST(DriftPage, StandsAloneAndEscapesNames) {
  const Table reference = TableOf({Texts("<script>x</script>", {50, "<b>"}), Ramp("n", 50, 0, 1)});
  const std::string page = DriftPage({.report = Compare(reference, reference)}, Timestamp{});
  EXPECT_THAT(page, Not(HasSubstr("<script>x")));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
  for (const char* outside : {"http://", "https://", "src=", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, HasSubstr("Only 50 current rows"));
}

// A narrow screen has no row of headers: every cell says what it is.
TEST(DriftPage, CellsOfItsTablesAreLabelled) {
  const Table reference = TableOf({Ramp("n", 600, 0, 1)});
  const std::string page = DriftPage({.report = Compare(reference, reference)}, Timestamp{});
  for (const char* cell : {"<td data-label=\"Column\"", "<td data-label=\"Type\"", "<td data-label=\"Reference\"",
                           "<td data-label=\"Current\"", "<td data-label=\"Drift\"", "<td data-label=\"Test\"",
                           "<td class=number data-label=\"Score\"", "<td class=number data-label=\"Threshold\""})
    EXPECT_THAT(page, HasSubstr(cell));
}

}  // namespace
}  // namespace slipway::stats
