#include "slipway/stats/quality/quality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/stats/quality/domain_classifier.h"
#include "slipway/stats/quality/fingerprints.h"
#include "slipway/stats/quality/outlier_scores.h"
#include "slipway/stats/quality/predictive_power.h"
#include "slipway/stats/quality/quality_html.h"
#include "slipway/stats/quality/quality_json.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/quality/sampling.h"
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

QualityReport Integrity(const Table& table, const QualityOptions& options = {}) {
  return RunDataIntegrity(table, options).value();
}

QualityReport Validation(const Table& train, const Table& test, const QualityOptions& options = {}) {
  return RunTrainTestValidation(train, test, options).value();
}

QualityOptions WithLabel(const std::string& label) {
  QualityOptions options;
  options.label = label;
  return options;
}

std::string VerdictOf(const QualityReport& report, const std::string& check) {
  const CheckResult* result = report.Find(check);
  if (result == nullptr) return "no such check";
  return result->ran() ? std::string(VerdictName(result->verdict())) : result->did_not_run;
}

std::string DetailsOf(const QualityReport& report, const std::string& check) {
  return report.Find(check)->conditions.at(0).details;
}

// `rows` times the texts of `values`, one after another.
tabular::Column Cycle(const std::string& name, size_t rows, const std::vector<std::string>& values) {
  std::vector<std::optional<std::string>> texts;
  for (size_t i = 0; i < rows; ++i) texts.push_back(values[i % values.size()]);
  return Texts(name, texts);
}

// numpy.random.RandomState(42).permutation(10).
TEST(Sampling, DrawsAsNumpyDoes) {
  EXPECT_THAT(SampleRows(10, 10), ElementsAre(8, 1, 5, 0, 7, 2, 9, 4, 3, 6));
  EXPECT_THAT(SampleRows(10, 3), ElementsAre(8, 1, 5));
  EXPECT_TRUE(SampleRows(0, 5).empty());
}

TEST(QualityText, Percentages) {
  EXPECT_EQ(FormatPercent(0.30123), "30.12%");
  EXPECT_EQ(FormatPercent(0.99995), "99.99%");
  EXPECT_EQ(FormatPercent(5e-05), "0.005%");
  EXPECT_EQ(FormatPercent(5e-07), "5.00E-5%");
  EXPECT_EQ(FormatPercent(1), "100%");
  EXPECT_EQ(FormatPercent(-0.5), "-50%");
}

TEST(QualityText, Numbers) {
  EXPECT_EQ(FormatNumber(1234567.891), "1,234,567.89");
  EXPECT_EQ(FormatNumber(-1234), "-1,234");
  EXPECT_EQ(FormatNumber(0.006223), "6.22E-3");
  EXPECT_EQ(FormatNumber(0.009999), "1.00E-2");
  EXPECT_EQ(FormatNumber(1.999999), "2");
  EXPECT_EQ(FormatNumber(0.5), "0.5");
}

TEST(QualityText, BaseForms) {
  EXPECT_EQ(BaseForm("Pro. "), "pro");
  EXPECT_EQ(BaseForm("A-1 b"), "a1b");
  EXPECT_EQ(BaseForm("!!!"), "!!!");
  EXPECT_EQ(BaseForm("ÉTÉ-ЖУК"), "étéжук");
  EXPECT_TRUE(HasLetterOrDigit("…é"));
  EXPECT_FALSE(HasLetterOrDigit("… – «»"));
}

TEST(Fingerprints, EqualRowsHaveEqualOnes) {
  const auto a = Csv("x,s\n1,a\n2,b\n1,a\n,a\n,a\n").columns();
  const auto prints = RowFingerprints({&a[0], &a[1]});
  EXPECT_EQ(prints[0], prints[2]);
  EXPECT_EQ(prints[3], prints[4]);
  EXPECT_NE(prints[0], prints[1]);
  EXPECT_NE(prints[0], prints[3]);
  // Of another table, whose numbers are floats and whose dictionary has another order.
  const auto b = Csv("x,s\n2.0,b\n1.0,a\n0.5,a\n").columns();
  EXPECT_EQ(RowFingerprints({&b[0], &b[1]})[1], prints[0]);
  EXPECT_THAT(EqualRows(prints), ElementsAre(ElementsAre(0, 2), ElementsAre(3, 4)));
}

TEST(PredictivePower, IsOneForACopyAndZeroForNoise) {
  std::vector<std::optional<std::string>> label, copy;
  std::vector<std::optional<double>> number, noise;
  for (int i = 0; i < 400; ++i) {
    const bool yes = i * 7 % 10 < 3;
    label.emplace_back(yes ? "yes" : "no");
    copy.emplace_back(yes ? "A" : "B");
    number.emplace_back(yes ? 2.0 : 1.0);
    noise.emplace_back((i * 7919) % 400);
  }
  const auto rows = SampleRows(400, 400);
  const auto target = Texts("label", label);
  EXPECT_DOUBLE_EQ(PredictivePower(Texts("copy", copy), target, rows), 1);
  EXPECT_DOUBLE_EQ(PredictivePower(Numbers("number", number), target, rows), 1);
  EXPECT_LT(PredictivePower(Numbers("noise", noise), target, rows), 0.3);
  EXPECT_EQ(PredictivePower(Cycle("constant", 400, {"k"}), target, rows), 0);
  // Numbers as labels are regressed.
  EXPECT_DOUBLE_EQ(PredictivePower(Texts("copy", copy), Numbers("number", number), rows), 1);
}

TEST(PredictivePower, AnIdForetellsNothing) {
  std::vector<std::optional<std::string>> ids;
  for (int i = 0; i < 60; ++i) ids.emplace_back("id" + std::to_string(i));
  EXPECT_EQ(PredictivePower(Texts("id", ids), Cycle("label", 60, {"a", "b"}), SampleRows(60, 60)), 0);
}

TEST(OutlierScores, SeparatesARowFarFromTheOthers) {
  GowerFeature x;
  for (int i = 0; i < 200; ++i) x.values.push_back(static_cast<float>(i % 20) / 100);
  x.values[77] = 1;
  for (int threads : {1, 3}) {
    const auto scores = OutlierScores({x}, 200, 5, threads);
    EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 77);
    EXPECT_GT(scores[77], 0.75);
  }
}

TEST(OutlierScores, ANumberMissingInBothMakesNoNeighbours) {
  GowerFeature x{std::vector<float>(120, 0.5F), false};
  x.values[3] = x.values[4] = NAN;
  for (double score : OutlierScores({x}, 120, 5, 1)) EXPECT_TRUE(score >= 0 && score <= 1) << score;
}

TEST(DomainClassifier, TellsShiftedRowsFromOthers) {
  BinnedFeature shifted{"shifted", false, {}}, noise{"noise", true, {}};
  std::vector<uint8_t> labels;
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < 1000; ++i) {
    labels.push_back(i % 2);
    shifted.bins.push_back(static_cast<uint8_t>(i * 37 % 100 + (i % 2) * 60));
    noise.bins.push_back(static_cast<uint8_t>(i * 13 % 7));
    rows.push_back(i);
  }
  const std::vector<BinnedFeature> features = {shifted, noise};
  const auto model = DomainClassifier::Fit(features, labels, rows);
  std::vector<double> scores;
  for (uint32_t row : rows) scores.push_back(model.Score(features, row));
  EXPECT_GT(AreaUnderCurve(scores, labels), 0.9);
  EXPECT_TRUE(model.Uses(0));
}

TEST(DomainClassifier, AreaUnderCurve) {
  EXPECT_EQ(AreaUnderCurve({1, 2, 3, 4}, {0, 0, 1, 1}), 1);
  EXPECT_EQ(AreaUnderCurve({4, 3, 2, 1}, {0, 0, 1, 1}), 0);
  EXPECT_EQ(AreaUnderCurve({1, 1, 1, 1}, {0, 1, 0, 1}), 0.5);
  EXPECT_EQ(AreaUnderCurve({1, 2, 2, 3}, {0, 1, 0, 1}), 0.875);
}

TEST(DataIntegrity, CleanDataPass) {
  std::vector<std::optional<double>> x, y;
  for (int i = 0; i < 300; ++i) {
    x.push_back(i);
    y.push_back((i * 7919) % 300);
  }
  const auto report = Integrity(TableOf({Numbers("x", x), Numbers("y", y), Cycle("c", 300, {"a", "b", "c"}),
                                         Cycle("label", 300, {"no", "no", "no", "yes", "no", "no", "yes"})}),
                                WithLabel("label"));
  EXPECT_EQ(report.checks.size(), 12u);
  EXPECT_TRUE(report.passed()) << QualityJson(report).dump(1);
  EXPECT_EQ(VerdictOf(report, "IdentifierLabelCorrelation"), "the data have neither an index nor a datetime column");
  EXPECT_EQ(report.checks.back().name, "IdentifierLabelCorrelation");  // did not run: last
}

// What can be said without a label is said.
TEST(DataIntegrity, ALabelOfOneValueLeavesTheRest) {
  std::vector<std::optional<double>> x, sevens, nothing;
  for (int i = 0; i < 300; ++i) {
    x.push_back((i * 7919) % 300);
    sevens.push_back(7.5);
    nothing.push_back(std::nullopt);
  }
  struct Case {
    tabular::Column label;
    std::string why;
  };
  const std::vector<Case> cases = {{Cycle("t", 300, {"no"}), "the label 't' has one value only: no"},
                                   {Numbers("t", sevens), "the label 't' has one value only: 7.5"},
                                   {Numbers("t", nothing), "the label 't' has no value"}};
  for (const auto& [label, why] : cases) {
    const Table table = TableOf({Numbers("x", x), Cycle("c", 300, {"a", "b"}), label});
    const auto integrity = Integrity(table, WithLabel("t"));
    EXPECT_EQ(integrity.checks.size(), 12u);
    EXPECT_EQ(integrity.not_run(), 3u);
    for (const char* check : {"ConflictingLabels", "FeatureLabelCorrelation", "IdentifierLabelCorrelation"})
      EXPECT_EQ(VerdictOf(integrity, check), why);
    EXPECT_EQ(VerdictOf(integrity, "DataDuplicates"), "pass");
    const auto validation = Validation(table, table, WithLabel("t"));
    for (const char* check : {"NewLabelTrainTest", "FeatureLabelCorrelationChange", "TrainTestLabelDrift"})
      EXPECT_EQ(VerdictOf(validation, check), why);
    EXPECT_EQ(VerdictOf(validation, "TrainTestFeatureDrift"), "pass");
  }
}

// The label varies where both tables are looked at.
TEST(TrainTestValidation, ALabelOfOneValueInTrainAloneIsANewLabelInTest) {
  const Table train = TableOf({Cycle("c", 300, {"a", "b"}), Cycle("t", 300, {"no"})});
  const Table test = TableOf({Cycle("c", 300, {"a", "b"}), Cycle("t", 300, {"no", "yes"})});
  const auto report = Validation(train, test, WithLabel("t"));
  EXPECT_EQ(VerdictOf(report, "NewLabelTrainTest"), "fail");
  EXPECT_EQ(VerdictOf(report, "TrainTestLabelDrift"), "fail");
}

TEST(DataIntegrity, FindsDirtInColumns) {
  const Table table =
      Csv("constant,note,code,plan\n"
          "7,ok,1,pro\n7,none,a,Pro\n7,,b,basic\n7,!!!,c,basic\n7,Null,d,pro\n7,ok,e,basic\n");
  const auto report = Integrity(table);
  EXPECT_EQ(VerdictOf(report, "IsSingleValue"), "fail");
  EXPECT_EQ(DetailsOf(report, "IsSingleValue"), "Found 1 out of 4 columns with a single value: ['constant']");
  EXPECT_EQ(DetailsOf(report, "MixedNulls"),
            "Found 1 out of 4 columns with amount of null types above threshold: ['note']");
  EXPECT_EQ(VerdictOf(report, "SpecialCharacters"), "warning");
  EXPECT_EQ(DetailsOf(report, "StringMismatch"),
            "Found 1 out of 3 columns with amount of variants above threshold: {'plan': ['pro']}");
  EXPECT_EQ(VerdictOf(report, "MixedDataTypes"), "pass");  // a sixth is not rare
  EXPECT_EQ(report.Find("MixedDataTypes")->value["code"]["numbers_examples"][0], "1");
  EXPECT_EQ(VerdictOf(report, "ConflictingLabels"), "the data have no label column");
  EXPECT_FALSE(report.passed());
}

TEST(DataIntegrity, FindsRepeatedAndContradictingRows) {
  const auto report = Integrity(Csv("x,y,label\n1,2,a\n1,2,a\n3,4,a\n3,4,b\n5,6,b\n"), WithLabel("label"));
  EXPECT_EQ(DetailsOf(report, "DataDuplicates"), "Found 20% duplicate data");
  EXPECT_EQ(VerdictOf(report, "DataDuplicates"), "warning");
  EXPECT_EQ(DetailsOf(report, "ConflictingLabels"), "Ratio of samples with conflicting labels: 40%");
  EXPECT_EQ(VerdictOf(report, "OutlierSampleDetection"), "needs 100 rows; there are 5");
}

TEST(DataIntegrity, CorrelationIsSigned) {
  std::vector<std::optional<double>> up, down;
  for (int i = 0; i < 200; ++i) {
    up.push_back(i);
    down.push_back(-i);
  }
  EXPECT_EQ(VerdictOf(Integrity(TableOf({Numbers("a", up), Numbers("b", down)})), "FeatureFeatureCorrelation"), "pass");
  EXPECT_EQ(DetailsOf(Integrity(TableOf({Numbers("b", up), Numbers("a", up)})), "FeatureFeatureCorrelation"),
            "Correlation is greater than 0.9 for pairs [('a', 'b')]");
}

TEST(TrainTestValidation, FindsWhatTrainHasNotSeen) {
  QualityOptions options = WithLabel("label");
  options.index = "id";
  options.datetime = "day";
  options.categorical = {"plan"};
  const Table train =
      Csv("id,day,plan,label\n1,2026-01-01,basic,a\n2,2026-01-02,pro,b\n3,2026-01-03,pro,a\n4,2026-01-04,basic,b\n");
  const Table test = Csv("id,day,plan,label\n4,2026-01-04,Pro,a\n5,2026-01-05,team,c\n6,2026-01-06,pro,b\n");
  const auto report = Validation(train, test, options);
  EXPECT_EQ(DetailsOf(report, "NewLabelTrainTest"), "Found 1 new labels in test data: ['c']");
  EXPECT_EQ(DetailsOf(report, "CategoryMismatchTrainTest"),
            "Found 1 columns with ratio of new categories above threshold: \n{'plan': '66.67%'}");
  EXPECT_EQ(DetailsOf(report, "StringMismatchComparison"),
            "Found 1 out of 2 relevant columns with ratio of variants above threshold: {'plan': '33.33%'}");
  EXPECT_EQ(DetailsOf(report, "DateTrainTestLeakageDuplicates"), "Found 33.33% leaked dates");
  EXPECT_EQ(DetailsOf(report, "DateTrainTestLeakageOverlap"),
            "No leaked dates found");  // the same day is not before it
  EXPECT_EQ(DetailsOf(report, "IndexTrainTestLeakage"), "Found 33.33% of index leakage");
  EXPECT_EQ(VerdictOf(report, "TrainTestLabelDrift"), "the label has fewer than 10 values in one of the tables");
}

TEST(TrainTestValidation, FindsShiftedFeatures) {
  std::vector<std::optional<double>> low, high;
  for (int i = 0; i < 400; ++i) {
    low.push_back(i % 100);
    high.push_back(i % 100 + 50);
  }
  const Table train = TableOf({Numbers("x", low), Cycle("c", 400, {"a", "b"})});
  const auto report = Validation(train, TableOf({Numbers("x", high), Cycle("c", 400, {"a", "b"})}));
  EXPECT_THAT(DetailsOf(report, "TrainTestFeatureDrift"),
              HasSubstr("Found 1 numeric columns with Earth Mover's Distance"));
  EXPECT_EQ(report.Find("TrainTestFeatureDrift")->value["c"]["Drift score"], 0);
  EXPECT_EQ(VerdictOf(report, "MultivariateDrift"), "fail");
  EXPECT_EQ(VerdictOf(Validation(train, train), "MultivariateDrift"), "pass");
}

TEST(TrainTestValidation, ColumnsMustGoTogether) {
  const auto error = [](const Table& train, const Table& test, const QualityOptions& options = {}) {
    const auto report = RunTrainTestValidation(train, test, options);
    return report ? "no error" : report.error().ToString();
  };
  const Table table = Csv("x,y\n1,a\n2,b\n");
  EXPECT_THAT(error(table, Csv("x\n1\n")), HasSubstr("the test data lack a column of the train data: y"));
  EXPECT_THAT(error(table, Csv("x,y\nq,a\n")), HasSubstr("'x' is of type long in the train data, but of type string"));
  EXPECT_THAT(error(table, table, WithLabel("z")), HasSubstr("'z'"));
  EXPECT_THAT(error(table, table.Head(0)), HasSubstr("the test data have no rows"));
  // No value at all fits everything; another order of columns does not matter.
  EXPECT_EQ(error(table, Csv("y,x\n,1\n,2\n")), "no error");
}

TEST(Quality, OptionsAreChecked) {
  const auto error = [](const QualityOptions& options) {
    const auto report = RunDataIntegrity(Csv("age,job,day\n1,a,soon\n2,b,later\n"), options);
    return report ? "no error" : report.error().ToString();
  };
  EXPECT_THAT(error(WithLabel("jbo")), HasSubstr("did you mean 'job'"));
  QualityOptions options = WithLabel("job");
  options.index = "job";
  EXPECT_THAT(error(options), HasSubstr("column 'job' has two roles"));
  options.index = "";
  options.datetime = "day";
  EXPECT_THAT(error(options), HasSubstr("column 'day' is to hold dates, but row 1 has 'soon'"));
  EXPECT_EQ(RunDataIntegrity(Table(), {}).error().message(), "the table has no rows");
}

TEST(Quality, ThreadsDoNotChangeTheReport) {
  const Table table = TableOf({Cycle("a", 500, {"x", "y", "z"}), Cycle("label", 500, {"p", "q"})});
  QualityOptions options = WithLabel("label");
  const auto one = QualityJson(Integrity(table, options)).dump();
  options.threads = 4;
  EXPECT_EQ(one, QualityJson(Integrity(table, options)).dump());
}

TEST(QualityPage, StandsAloneAndEscapesTheData) {
  const Table table = Csv("<i>x</i>,label\n<script>1</script>,a\n<SCRIPT>1</script>,b\n7,a\n");
  const auto report = Integrity(table, WithLabel("label"));
  const std::string page = QualityPage(report, Timestamp{});
  EXPECT_THAT(page, Not(HasSubstr("<i>x")));
  EXPECT_THAT(page, Not(HasSubstr("<script>1")));
  EXPECT_THAT(page, HasSubstr("&lt;SCRIPT&gt;1"));
  for (const char* outside : {"http://", "https://", "src=", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  for (const CheckResult& check : report.checks) EXPECT_THAT(page, HasSubstr(check.title));
}

TEST(QualityJson, HasCountsChecksAndValues) {
  const auto json = QualityJson(Integrity(Csv("x\n1\n1\n2\n")));
  EXPECT_EQ(json["suite"], "Data Integrity Suite");
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["passed_if_warnings_ignored"], true);
  EXPECT_EQ(json["counts"]["warned"], 1);
  EXPECT_EQ(json["checks"][0]["check"], "DataDuplicates");
  EXPECT_EQ(json["checks"][0]["verdict"], "warning");
}

}  // namespace
}  // namespace slipway::stats
