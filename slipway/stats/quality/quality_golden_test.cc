// Every check of both suites against what deepchecks itself reported; skipped where the shared data are not.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/stats/quality/advice.h"
#include "slipway/stats/quality/dataset.h"
#include "slipway/stats/quality/quality.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/test_support.h"

namespace slipway::stats {
namespace {

using nlohmann::json;
using tabular::Table;
using testing::SharedTable;

constexpr const char* kGolden = "golden/quality_golden.json";
constexpr const char* kCurated = "credit-card-default/curated/01.csv";
constexpr const char* kTarget = "default_payment_next_month";

struct Tables {
  Table train, test;
  QualityOptions options;
};

Tables CreditTables() {
  const Table curated = SharedTable(kCurated);
  std::vector<uint32_t> train, test;
  for (uint32_t row = 0; row < curated.rows(); ++row) (row % 5 == 4 ? test : train).push_back(row);
  return {curated.TakeRows(train),
          curated.TakeRows(test),
          {.label = kTarget, .index = "", .datetime = "", .categorical = {}}};
}

Tables TablesOf(const json& run) {
  Tables tables;
  if (run.at("name") == "credit_24k_6k") {
    tables = CreditTables();
  } else if (run.at("name") == "dirty") {
    tables = {SharedTable("quality-dirty/train.csv"), SharedTable("quality-dirty/test.csv"), {}};
  } else {
    tables = {SharedTable(kCurated).Without(kTarget), SharedTable("credit-card-default/inference/drifted/01.csv"), {}};
  }
  const json& dataset = run.at("dataset");
  tables.options.label = dataset.value("label", "");
  tables.options.index = dataset.value("index_name", "");
  tables.options.datetime = dataset.value("datetime_name", "");
  for (const json& name : dataset.at("cat_features")) tables.options.categorical.push_back(name);
  return tables;
}

using Reports = std::pair<QualityReport, QualityReport>;

// Both suites of a run; computed once for all tests.
const Reports& ReportsOf(const json& run) {
  static std::map<std::string, Reports> known;
  const std::string name = run.at("name");
  if (const auto found = known.find(name); found != known.end()) return found->second;
  Tables tables = TablesOf(run);
  tables.options.threads = 2;
  Reports reports = {RunDataIntegrity(tables.train, tables.options).value(),
                     RunTrainTestValidation(tables.train, tables.test, tables.options).value()};
  return known.emplace(name, std::move(reports)).first->second;
}

class QualityGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::Shared(kGolden)) GTEST_SKIP() << "no shared data beside the checkout";
    golden_ = testing::SharedJson(kGolden);
  }

  // Calls visit(report, golden suite) for each suite of each run.
  template <typename Visit>
  void ForEachSuite(const Visit& visit) {
    for (const json& run : golden_.at("runs")) {
      SCOPED_TRACE(run.at("name"));
      const auto& [integrity, validation] = ReportsOf(run);
      visit(integrity, run.at("data_integrity"));
      visit(validation, run.at("train_test_validation"));
    }
  }

  json golden_;
};

std::string_view VerdictOf(const json& category) {
  if (category == "PASS") return "pass";
  return category == "WARN" ? "warning" : category == "FAIL" ? "fail" : "error";
}

// The texts that hold an order which the original leaves to chance, or that random models decide.
bool HasComparableDetails(const std::string& check) {
  static const std::set<std::string> kArbitrary = {"CategoryMismatchTrainTest", "MultivariateDrift", "StringMismatch"};
  return !kArbitrary.contains(check);
}

TEST_F(QualityGolden, WhatIsBrokenHasAdvice) {
  ForEachSuite([](const QualityReport& report, const json&) {
    for (const CheckResult& check : report.checks) {
      const bool is_broken = check.ran() && check.verdict() != Verdict::kPass;
      EXPECT_EQ(!AdviceFor(check).empty(), is_broken) << check.name;
    }
  });
}

TEST_F(QualityGolden, VerdictsAndTexts) {
  ForEachSuite([](const QualityReport& report, const json& suite) {
    EXPECT_EQ(report.suite, suite.at("suite"));
    EXPECT_EQ(report.passed(), suite.at("passed"));
    EXPECT_EQ(report.passed(true), suite.at("passed_if_warnings_ignored"));
    ASSERT_EQ(report.checks.size(), suite.at("checks").size());
    for (size_t i = 0; i < report.checks.size(); ++i) {
      const CheckResult& check = report.checks[i];
      const json& expected = suite.at("checks")[i];
      ASSERT_EQ(check.name, expected.at("check")) << "at place " << i;
      EXPECT_EQ(check.ran(), expected.at("status") == "ran") << check.name << ": " << check.did_not_run;
      if (!check.ran()) continue;
      EXPECT_EQ(!check.exhibits.empty(), expected.at("has_display").get<bool>()) << check.name;
      ASSERT_EQ(check.conditions.size(), expected.at("conditions").size()) << check.name;
      for (size_t c = 0; c < check.conditions.size(); ++c) {
        const Condition& condition = check.conditions[c];
        const json& wanted = expected.at("conditions")[c];
        EXPECT_EQ(condition.name, wanted.at("name"));
        EXPECT_EQ(VerdictName(condition.verdict), VerdictOf(wanted.at("category"))) << check.name;
        if (HasComparableDetails(check.name)) {
          EXPECT_EQ(condition.details, wanted.at("details")) << check.name;
        }
      }
    }
  });
}

void ExpectSameValue(const json& actual, const json& expected, double tolerance, const std::string& path) {
  if (expected.is_number()) {
    ASSERT_TRUE(actual.is_number()) << path << ": " << actual;
    EXPECT_NEAR(actual.get<double>(), expected.get<double>(), tolerance) << path;
  } else if (expected.is_object()) {
    ASSERT_EQ(actual.size(), expected.size()) << path << ": " << actual;
    for (const auto& [key, value] : expected.items()) {
      ASSERT_TRUE(actual.contains(key)) << path << "." << key;
      ExpectSameValue(actual.at(key), value, tolerance, path + "." + key);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(actual.size(), expected.size()) << path;
    for (size_t i = 0; i < expected.size(); ++i) ExpectSameValue(actual[i], expected[i], tolerance, path + "[]");
  } else {
    EXPECT_EQ(actual, expected) << path;
  }
}

// Values in one form: what the original leaves to chance is sorted or dropped, frames become objects.
json Comparable(const std::string& check, json value) {
  if (check == "MixedNulls") {
    for (auto& [column, kinds] : value.items())
      for (const char* name : {"math.nan", "numpy.nan"})
        if (kinds.contains(name)) {
          kinds["missing"] = kinds[name];
          kinds.erase(name);
        }
  } else if (check == "MixedDataTypes") {
    for (auto& [column, mix] : value.items()) {
      mix.erase("strings_examples");
      mix.erase("numbers_examples");
    }
  } else if (check == "CategoryMismatchTrainTest" && value.contains("index")) {
    json columns = json::object();
    for (size_t row = 0; row < value["index"].size(); ++row)
      for (size_t i = 0; i < value["columns"].size(); ++i)
        columns[value["index"][row].get<std::string>()][value["columns"][i].get<std::string>()] = value["data"][row][i];
    value = columns;
  } else if (check == "StringMismatch") {
    for (auto& [column, bases] : value.items())
      for (auto& [base, variants] : bases.items())
        std::sort(variants.begin(), variants.end(),
                  [](const json& a, const json& b) { return a["variant"] < b["variant"]; });
  }
  return value;
}

double ToleranceOf(const std::string& check) {
  if (check == "OutlierSampleDetection") return 1e-3;
  if (check.starts_with("FeatureLabelCorrelation") || check == "IdentifierLabelCorrelation") return 1e-6;
  return 1e-9;
}

TEST_F(QualityGolden, Values) {
  ForEachSuite([](const QualityReport& report, const json& suite) {
    for (const json& expected : suite.at("checks")) {
      const std::string name = expected.at("check");
      if (expected.at("status") != "ran" || name == "MultivariateDrift") continue;
      SCOPED_TRACE(name);
      const CheckResult* check = report.Find(name);
      ASSERT_NE(check, nullptr);
      ExpectSameValue(Comparable(name, json(check->value)), Comparable(name, expected.at("value")), ToleranceOf(name),
                      "");
    }
  });
}

// Other trees on another split of the rows: near, not equal.
TEST_F(QualityGolden, DomainClassifier) {
  constexpr double kTolerance = 0.04;
  ForEachSuite([](const QualityReport& report, const json& suite) {
    const CheckResult* check = report.Find("MultivariateDrift");
    if (check == nullptr) return;
    for (const json& expected : suite.at("checks")) {
      if (expected.at("check") != "MultivariateDrift") continue;
      EXPECT_NEAR(check->value.at("domain_classifier_auc").get<double>(),
                  expected.at("value").at("domain_classifier_auc").get<double>(), kTolerance);
    }
  });
}

TEST_F(QualityGolden, InferredRoles) {
  const auto expect = [&](const Table& table, const QualityOptions& options, const json& expected) {
    const auto roles = FindRoles(table, {}, options);
    ASSERT_TRUE(roles) << roles.error().ToString();
    const Dataset dataset = MakeDataset(table, *roles);
    json numeric = json::array();
    for (const tabular::Column* column : dataset.numeric) numeric.push_back(column->name);
    EXPECT_EQ(numeric, expected.at("num"));
    EXPECT_EQ(json(roles->categorical), expected.at("cat"));
  };
  const json& inferred = golden_.at("type_inference_without_cat_features");
  QualityOptions credit;
  credit.label = kTarget;
  expect(SharedTable(kCurated), credit, inferred.at("credit_curated_label_given"));
  QualityOptions dirty;
  dirty.label = "churn";
  dirty.index = "row_id";
  dirty.datetime = "signup_date";
  expect(SharedTable("quality-dirty/train.csv"), dirty, inferred.at("dirty_train"));
}

TEST_F(QualityGolden, NumberTexts) {
  for (const auto& [ratio, text] : golden_.at("format_percent").items())
    EXPECT_EQ(FormatPercent(std::stod(ratio)), text) << ratio;
  for (const auto& [number, text] : golden_.at("format_number").items())
    EXPECT_EQ(FormatNumber(std::stod(number)), text) << number;
}

}  // namespace
}  // namespace slipway::stats
