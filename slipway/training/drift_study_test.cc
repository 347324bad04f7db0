#include "slipway/training/drift_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/metrics/measured.h"
#include "slipway/stats/drift_html.h"
#include "slipway/tabular/csv.h"
#include "slipway/training/true_classes.h"

namespace slipway::training {
namespace {

using stats::Severity;
using stats::WindowOptions;
using tabular::Table;
using ::testing::AllOf;
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

// --- several classes ---

// A kind of three with the probability of each: the larger `sharpness`, the surer.
Table Kinds(size_t rows, uint64_t seed, double sharpness, bool is_labelled = true) {
  SplitMix64 random(seed);
  std::string csv = "p_ash,p_elm,p_oak,said" + std::string(is_labelled ? ",kind\n" : "\n");
  const char* kinds[] = {"ash", "elm", "oak"};
  for (size_t row = 0; row < rows; ++row) {
    double p[3], sum = 0;
    for (double& each : p) sum += each = std::exp(sharpness * random.NextUnit());
    for (double& each : p) each /= sum;
    const double drawn = random.NextUnit();
    csv += fmt::format("{},{},{},{}", p[0], p[1], p[2], kinds[std::max_element(p, p + 3) - p]);
    csv += is_labelled ? fmt::format(",{}\n", kinds[drawn < p[0] ? 0 : drawn < p[0] + p[1] ? 1 : 2]) : "\n";
  }
  return *tabular::ParseCsv(csv);
}

StudyOptions OfKinds(std::string_view scores = "ash=p_ash, elm=p_elm, oak=p_oak") {
  StudyOptions options;
  options.drift.target = "kind";
  options.drift.ignored = {"said"};
  options.estimation.chunks = 2;
  options.estimate = EstimateColumns{};
  EXPECT_TRUE(SetScores(*options.estimate, scores));
  return options;
}

TEST(DriftStudyTest, ScoresOfClassesAreNoFeatures) {
  StudyOptions options = OfKinds();
  options.together = DomainDriftOptions{.folds = 3, .trees = 20};
  options.windows = WindowOptions{.rows = 500};
  const auto study = StudyDrift(Kinds(2000, 1, 8), Kinds(1000, 2, 8), options);
  EXPECT_THAT(study.error().ToString(), HasSubstr("no column in common"));
}

TEST(DriftStudyTest, EstimatesSeveralClasses) {
  const auto study = StudyDrift(Kinds(4000, 1, 8), Kinds(2000, 2, 2), OfKinds());
  ASSERT_TRUE(study) << study.error().ToString();
  EXPECT_EQ(stats::WorstOf(*study), Severity::kError);
  EXPECT_THAT(*study->performance->alarm, HasSubstr("of the newest 1000 rows is"));
  const auto performance = stats::StudyToJson(*study)["performance"];
  EXPECT_EQ(performance["mean_over_classes"], nlohmann::json({"ash", "elm", "oak"}));
  for (const auto& chunk : performance["chunks"])
    for (const auto& [name, metric] : chunk["metrics"].items())
      EXPECT_NEAR(metric["estimated"].get<double>(), metric["realised"].get<double>(), 0.06) << name;
  EXPECT_THAT(stats::DriftPage(*study, Timestamp{}), HasSubstr("means over the 3 classes"));
}

// What was realised is what judging a model says of the same rows.
TEST(DriftStudyTest, RealisedPerformanceOfClassesIsThatOfAnEvaluation) {
  const Table current = Kinds(1000, 2, 2);
  StudyOptions options = OfKinds();
  options.estimation.chunks = 1;
  const auto metrics = stats::StudyToJson(
      StudyDrift(Kinds(2000, 1, 8), current, options).value())["performance"]["chunks"][0]["metrics"];
  const std::vector<std::string> classes = {"ash", "elm", "oak"};
  std::vector<double> probabilities;
  for (size_t row = 0; row < current.rows(); ++row)
    for (const std::string& name : classes) probabilities.push_back(current.Find("p_" + name)->number(row));
  const auto measured =
      metrics::ResampleClasses(TrueClasses(*current.Find("kind"), classes).value(), probabilities,
                               TrueClasses(*current.Find("said"), classes).value(), 3, {.resamples = 0})
          .value();
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{"accuracy", "accuracy"},
                                                                       {"precision", "precision"},
                                                                       {"recall", "recall"},
                                                                       {"f1", "f1_score"},
                                                                       {"roc_auc", "roc_auc"}}) {
    const auto found =
        std::find_if(measured.begin(), measured.end(), [&](const auto& each) { return each.name == theirs; });
    ASSERT_NE(found, measured.end()) << theirs;
    EXPECT_NEAR(metrics[ours]["realised"].get<double>(), found->value, 1e-12) << ours;
  }
}

TEST(DriftStudyTest, PredictionsOfClassesAreTakenWhereTheyAreNamed) {
  const Table reference = Kinds(1000, 1, 8), current = Kinds(500, 2, 8, false);
  auto columns = current.columns();
  const auto said = std::find_if(columns.begin(), columns.end(), [](const auto& one) { return one.name == "said"; });
  *said = *tabular::ParseCsv("said\n" + Repeated("ash\n", current.rows()))->Find("said");
  const Table always_ash = *Table::Make(std::move(columns));
  const auto accuracy = [&](std::string_view prediction) {
    StudyOptions options = OfKinds();
    options.drift.ignored = prediction.empty() ? std::vector<std::string>{"said"} : std::vector<std::string>{};
    options.drift.prediction = prediction;
    return StudyDrift(reference, always_ash, options).value().performance->chunks[0].metrics[0].estimated;
  };
  EXPECT_GT(accuracy(""), 0.7);
  EXPECT_NEAR(accuracy("said"), 1.0 / 3, 0.06);
}

// One column more says no more.
TEST(DriftStudyTest, TwoClassesWithAColumnEachAreTheBinaryProblem) {
  const auto with_both = [](Table table) {
    tabular::ColumnBuilder other("other", tabular::ColumnType::kFloat64);
    for (size_t row = 0; row < table.rows(); ++row) other.AddDouble(1 - table.Find("score")->number(row));
    EXPECT_TRUE(table.Add(std::move(other).Build()));
    return table;
  };
  const Table reference = with_both(Scored(20, 1, 0, 1)), current = with_both(Scored(10, 2, 0.4, 0.6));
  const auto performance = [&](std::string_view scores) {
    StudyOptions options;
    options.drift.target = "late";
    options.drift.ignored = {"day"};
    options.estimate = EstimateColumns{};
    EXPECT_TRUE(SetScores(*options.estimate, scores));
    return stats::StudyToJson(StudyDrift(reference, current, options).value())["performance"];
  };
  EXPECT_EQ(performance("no=other,yes=score"), performance("score"));
  EXPECT_EQ(performance("yes=score,no=other"), performance("score"));
}

TEST(DriftStudyTest, ErrorsOfClassesSayWhatIsMissing) {
  const Table table = Kinds(300, 1, 4);
  const auto refusal = [&](const StudyOptions& options) {
    const auto study = StudyDrift(table, table, options);
    return study ? "none" : study.error().ToString();
  };
  EXPECT_THAT(refusal(OfKinds("ash=p_ash,elm=p_elm,oak=p_oka")),
              AllOf(HasSubstr("the scores of class 'oak'"), HasSubstr("did you mean 'p_oak'")));
  EXPECT_THAT(refusal(OfKinds("ash=p_ash,elm=p_elm,fir=p_oak")),
              HasSubstr("'kind' holds the class 'oak', which has no scores: they are of ash, elm, fir"));
  EXPECT_THAT(refusal(OfKinds("ash=p_ash,elm=p_elm")),
              HasSubstr("'kind' holds the class 'oak', which has no scores: they are of ash, elm"));
  EXPECT_THAT(refusal(OfKinds("ash=p_ash,elm=p_elm,oak=said")), HasSubstr("'said' are no numbers"));
  EXPECT_THAT(refusal(OfKinds("ash=p_ash,elm=p_elm,oak=p_oak,fir=p_oak")),
              HasSubstr("no reference row has the label 'fir'"));
  EXPECT_THAT(refusal(OfKinds("p_ash")), HasSubstr("'kind' has more: name one a class, as CLASS=COLUMN"));
  StudyOptions options = OfKinds();
  options.estimate->threshold = 0.7;
  EXPECT_THAT(refusal(options), HasSubstr("a threshold is for two classes"));
  EstimateColumns columns;
  EXPECT_THAT(SetScores(columns, "a=x,b").error().message(), HasSubstr("not 'b'"));
  EXPECT_THAT(SetScores(columns, "c=x,c=y").error().message(), HasSubstr("'c' has two columns"));
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
