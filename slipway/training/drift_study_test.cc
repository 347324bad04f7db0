#include "slipway/training/drift_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/stats/drift_html.h"
#include "slipway/tabular/csv.h"

namespace slipway::training {
namespace {

using stats::Severity;
using stats::WindowOptions;
using tabular::Table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// Rows of a day each 100, with a score that is the probability of `late`.
Table Scored(int days, uint64_t seed, double low, double high, bool is_labelled = true) {
  SplitMix64 random(seed);
  std::string csv = is_labelled ? "day,amount,score,late\n" : "day,amount,score\n";
  for (int day = 1; day <= days; ++day)
    for (int row = 0; row < 100; ++row) {
      const double score = low + (high - low) * random.NextUnit();
      csv += "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "," +
             std::to_string(static_cast<int>(1000 * random.NextUnit() * high)) + "," + std::to_string(score);
      csv += is_labelled ? (random.NextUnit() < score ? ",yes\n" : ",no\n") : "\n";
    }
  return *tabular::ParseCsv(csv);
}

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

StudyOptions Everything() {
  StudyOptions options;
  options.drift.target = "late";
  options.together = DomainDriftOptions{.folds = 3, .trees = 20};
  options.windows = WindowOptions{};
  options.windows->time_column = "day";
  options.estimate = EstimateColumns{"score"};
  return options;
}

TEST(DriftStudyTest, HasEveryPartThatWasAskedFor) {
  const auto study = StudyDrift(Scored(20, 1, 0, 1), Scored(10, 2, 0.4, 0.6), Everything());
  ASSERT_TRUE(study) << study.error().ToString();
  EXPECT_EQ(study->together->verdict, stats::DomainVerdict::kDrifted);
  EXPECT_EQ(study->together->contributions[0].column, "amount");  // neither label nor score is looked at
  EXPECT_EQ(study->over_time->state, stats::DriftState::kAlarm);
  EXPECT_THAT(study->over_time->reason, HasSubstr("amount"));
  EXPECT_THAT(*study->performance->alarm, HasSubstr("roc_auc"));
  EXPECT_EQ(stats::WorstOf(*study), Severity::kError);
  const auto json = stats::StudyToJson(*study);
  EXPECT_EQ(json["domain_classifier"]["verdict"], "drifted");
  EXPECT_EQ(json["windows"]["verdict"], "alarm");
  EXPECT_EQ(json["windows"]["windows"].size(), 10U);
  EXPECT_EQ(json["performance"]["chunks"].size(), 10U);
  EXPECT_TRUE(json["performance"]["chunks"][0]["metrics"]["accuracy"]["realised"].is_number());
  const std::string page = stats::DriftPage(*study, Timestamp{});
  for (const char* part :
       {"Estimated performance", "All columns together", "Over time", "Performance alarm", "Lasting drift"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, Not(HasSubstr("http")));  // it stands alone
}

TEST(DriftStudyTest, IsQuietWithoutDrift) {
  const auto study = StudyDrift(Scored(20, 1, 0, 1), Scored(10, 2, 0, 1), Everything());
  ASSERT_TRUE(study) << study.error().ToString();
  EXPECT_EQ(study->together->verdict, stats::DomainVerdict::kSame);
  EXPECT_EQ(study->over_time->state, stats::DriftState::kQuiet);
  EXPECT_FALSE(study->performance->alarm) << *study->performance->alarm;
  EXPECT_THAT(study->findings, IsEmpty());
}

TEST(DriftStudyTest, LabelsMayBeMissingWherePerformanceIsEstimated) {
  StudyOptions options;
  options.drift.ignored = {"day"};
  options.drift.target = "late";
  options.estimate = EstimateColumns{"score"};
  const Table unlabelled = Scored(10, 2, 0, 1, false);
  auto columns = unlabelled.columns();
  columns.push_back(*tabular::ParseCsv("late,n\n" + Repeated(",1\n", unlabelled.rows()))->Find("late"));
  for (const Table& current : {unlabelled, *Table::Make(std::move(columns))}) {
    const auto study = StudyDrift(Scored(20, 1, 0, 1), current, options);
    ASSERT_TRUE(study) << study.error().ToString();
    for (const auto& finding : study->findings) ADD_FAILURE() << finding.what;  // nobody waits for the labels
    EXPECT_TRUE(stats::StudyToJson(*study)["performance"]["chunks"][0]["metrics"]["f1"]["realised"].is_null());
  }
}

TEST(DriftStudyTest, LabelsThatAreWrittenInAnotherWayAreRefused) {
  StudyOptions options;
  options.drift.ignored = {"day"};
  options.drift.target = "late";
  options.estimate = EstimateColumns{"score"};
  const Table current = *tabular::ParseCsv("day,amount,score,late\n2026-03-01,5,0.5,no\n2026-03-01,5,0.5,1\n");
  EXPECT_THAT(StudyDrift(Scored(20, 1, 0, 1), current, options).error().message(),
              HasSubstr("'late' holds the label '1'; in the reference there are 'no' and 'yes'"));
}

TEST(DriftStudyTest, ErrorsNameThePart) {
  const Table table = Scored(10, 1, 0, 1);
  const auto refusal = [&](const StudyOptions& options) {
    return StudyDrift(table, table, options).error().ToString();
  };
  StudyOptions options;
  options.estimate = EstimateColumns{"score"};
  EXPECT_THAT(refusal(options), HasSubstr("name their column as the target"));
  options.drift.target = "amount";
  EXPECT_THAT(refusal(options), HasSubstr("two classes; 'amount' has more"));
  options.drift.target = "late";
  options.estimate->score = "scre";
  EXPECT_THAT(refusal(options), HasSubstr("did you mean 'score'"));
  options.estimate->score = "late";
  EXPECT_THAT(refusal(options), HasSubstr("are no numbers"));
  options = {};
  options.windows = WindowOptions{};
  options.windows->time_column = "dy";
  EXPECT_THAT(refusal(options), HasSubstr("drift over time"));
}

TEST(DriftStudyTest, ReadsWindows) {
  WindowOptions windows;
  ASSERT_TRUE(SetWindow(windows, "7d"));
  EXPECT_EQ(windows.length, std::chrono::hours(7 * 24));
  ASSERT_TRUE(SetWindow(windows, "90m"));
  EXPECT_EQ(windows.length, std::chrono::minutes(90));
  ASSERT_TRUE(SetWindow(windows, "PT2H"));
  EXPECT_EQ(windows.length, std::chrono::hours(2));
  ASSERT_TRUE(SetWindow(windows, "500"));
  EXPECT_EQ(windows.rows, 500U);
  for (const char* bad : {"", "week", "0", "-1d", "1.5"}) EXPECT_FALSE(SetWindow(windows, bad)) << bad;
  ASSERT_TRUE(SetPersistence(windows, "2/7"));
  EXPECT_EQ(windows.bad_windows, 2U);
  EXPECT_EQ(windows.of_windows, 7U);
  for (const char* bad : {"", "3", "0/5", "6/5", "a/b", "1/2/3"}) EXPECT_FALSE(SetPersistence(windows, bad)) << bad;
}

TEST(DriftStudyTest, ReadsImportancesFromAModel) {
  const auto folder = TemporaryDirectory::Make();
  const auto put = [&](std::string_view text) { return WriteFileAtomic(folder->path() / "evaluation.json", text); };
  ASSERT_TRUE(put(R"({"permutation_importance": [{"column": "a", "value": 0.25}, {"column": "b", "value": null}]})"));
  EXPECT_THAT(ReadImportances(folder->path().string()).value(), ElementsAre(Pair("a", 0.25)));
  ASSERT_TRUE(put(R"({"permutation_importance": []})"));
  EXPECT_THAT(ReadImportances((folder->path() / "evaluation.json").string()).error().message(),
              HasSubstr("without them"));
  ASSERT_TRUE(put("[]"));
  EXPECT_THAT(ReadImportances(folder->path().string()).error().message(), HasSubstr("permutation_importance"));
  EXPECT_EQ(ReadImportances("/no/such/model").error().code(), Code::kNotFound);
}

TEST(DriftStudyTest, GatesGoByTheWorst) {
  stats::DriftStudy study;
  EXPECT_EQ(stats::WorstOf(study), Severity::kNote);
  study.report.drifted = 1;
  EXPECT_EQ(stats::WorstOf(study), Severity::kWarning);
  study.findings.push_back({.severity = Severity::kError});
  EXPECT_EQ(stats::WorstOf(study), Severity::kError);
  EXPECT_EQ(stats::ParseGate("error").value(), Severity::kError);
  EXPECT_FALSE(stats::ParseGate("none").value());
  EXPECT_FALSE(stats::ParseGate("always"));
}

}  // namespace
}  // namespace slipway::training
