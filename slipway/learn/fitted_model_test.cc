#include "slipway/learn/fitted_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "slipway/base/hash.h"
#include "slipway/learn/transforms.h"

namespace slipway::learn {
namespace {

using tabular::Column;
using tabular::ColumnBuilder;
using tabular::ColumnType;
using tabular::Table;
using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Column Doubles(const std::string& name, const std::vector<double>& values) {
  ColumnBuilder builder(name, ColumnType::kFloat64);
  for (const double value : values) std::isnan(value) ? builder.AddNull() : builder.AddDouble(value);
  return std::move(builder).Build();
}

Column Ints(const std::string& name, const std::vector<int64_t>& values, ColumnType type = ColumnType::kInt64) {
  ColumnBuilder builder(name, type);
  for (const int64_t value : values) builder.AddInt(value);
  return std::move(builder).Build();
}

// "" is a missing value.
Column Texts(const std::string& name, const std::vector<std::string>& values) {
  ColumnBuilder builder(name, ColumnType::kString);
  for (const std::string& value : values) value.empty() ? builder.AddNull() : builder.AddString(value);
  return std::move(builder).Build();
}

Table MakeTable(std::vector<Column> columns) {
  return Table::Make(std::move(columns)).value();
}

Result<FittedModel> FitClassifier(const Table& table, const std::string& target, const ForestOptions& forest) {
  FitOptions options = DefaultOptions(Algorithm::kRandomForest, Task::kClassification);
  options.forest = forest;
  return FitModel(table, target, options);
}

const model::FlatForest& ForestOf(const FittedModel& fitted) {
  return std::get<model::FlatForest>(fitted.estimator);
}

std::string FailureOf(const Table& table, const std::string& target) {
  const auto fitted = FitClassifier(table, target, {.trees = 1});
  return fitted ? "fitted" : fitted.error().ToString();
}

// A table whose `risk` follows from income, job and debt, apart from some noise. Every seventh income is missing.
Table MakePeople(size_t rows, uint64_t seed, const std::function<Column(const std::vector<int>&)>& label_column) {
  SplitMix64 random(seed);
  static const std::string kJobs[] = {"clerk", "driver", "nurse", "pilot"};
  std::vector<double> income, debt;
  std::vector<std::string> job;
  std::vector<int64_t> age;
  std::vector<int> classes;
  for (size_t i = 0; i < rows; ++i) {
    const double true_income = 1'000 + 4'000 * random.NextUnit();
    debt.push_back(5'000 * random.NextUnit());
    job.push_back(kJobs[random.NextBelow(4)]);
    age.push_back(static_cast<int64_t>(18 + random.NextBelow(60)));
    income.push_back(random.NextBelow(7) == 0 ? kMissing : true_income);
    const bool is_bad = debt.back() + (job.back() == "pilot" ? 2'000 : 0) > true_income;
    classes.push_back(is_bad != (random.NextBelow(20) == 0) ? 1 : 0);
  }
  return MakeTable(
      {Doubles("income", income), Texts("job", job), Ints("age", age), Doubles("debt", debt), label_column(classes)});
}

Column RiskAsText(const std::vector<int>& classes) {
  std::vector<std::string> texts;
  for (const int c : classes) texts.push_back(c != 0 ? "good-bye" : "all-well");
  return Texts("risk", texts);
}

Column RiskAsInt(const std::vector<int>& classes) {
  return Ints("risk", {classes.begin(), classes.end()});
}

TEST(Transforms, ImputesTheMedian) {
  const Table table = MakeTable({Doubles("odd", {5, kMissing, 1, 9}), Doubles("even", {4, 1, 3, 2})});
  const auto transforms = FitTransforms(table).value();
  EXPECT_EQ(transforms[0].imputed_number, 5.0F);
  EXPECT_EQ(transforms[1].imputed_number, 2.5F);
  EXPECT_THAT(Transform(transforms, table).value()[0].numbers, ElementsAre(5, 5, 1, 9));
}

TEST(Transforms, SortsCategoriesAndImputesTheMostFrequent) {
  const Table table = MakeTable({Texts("job", {"nurse", "clerk", "nurse", "", "pilot", "clerk"})});
  const auto transforms = FitTransforms(table).value();
  EXPECT_THAT(transforms[0].categories, ElementsAre("clerk", "nurse", "pilot"));
  EXPECT_EQ(transforms[0].imputed_category, "clerk");  // as frequent as "nurse", and before it
  const auto features = Transform(transforms, MakeTable({Texts("job", {"pilot", "", "cook", "clerk"})})).value();
  EXPECT_EQ(features[0].category_count, 3u);
  EXPECT_THAT(features[0].categories, ElementsAre(2, 0, 3, 0));  // 3: none of them
}

TEST(Transforms, KeepBooleansAndTakeTheGraphsTypeFromTheColumn) {
  const Table table = MakeTable({Ints("flag", {0, 1}, ColumnType::kBool), Ints("count", {7, 8}), Doubles("x", {1, 2})});
  const auto transforms = FitTransforms(table).value();
  EXPECT_EQ(transforms[0].kind, model::ColumnTransform::Kind::kPassthrough);
  EXPECT_EQ(transforms[0].input_type, model::ElementType::kBool);
  EXPECT_EQ(transforms[1].input_type, model::ElementType::kInt64);
  EXPECT_EQ(transforms[2].input_type, model::ElementType::kFloat);
}

TEST(Transforms, ReadCodesThatWereReadAsNumbersAsTexts) {
  const auto transforms = FitTransforms(MakeTable({Texts("zone", {"1", "2", "a"})})).value();
  const auto features = Transform(transforms, MakeTable({Ints("zone", {2, 1, 3})})).value();
  EXPECT_THAT(features[0].categories, ElementsAre(1, 0, 3));
}

TEST(Transforms, RefuseWhatNobodyCanLearnFrom) {
  const Column target = Ints("y", {0, 1});
  EXPECT_THAT(FailureOf(MakeTable({Ints("day", {0, 1}, ColumnType::kDatetime), target}), "y"),
              HasSubstr("column 'day' holds dates"));
  EXPECT_THAT(FailureOf(MakeTable({Doubles("x", {kMissing, kMissing}), target}), "y"),
              HasSubstr("column 'x' has no values"));
  EXPECT_THAT(FailureOf(MakeTable({Texts("t", {"", ""}), target}), "y"), HasSubstr("column 't' has no values"));
  EXPECT_THAT(FailureOf(MakeTable({Doubles("x", {1, INFINITY}), target}), "y"), HasSubstr("in row 1"));
  EXPECT_THAT(FailureOf(MakeTable({Doubles("x", {1e300, 1}), target}), "y"), HasSubstr("beyond float32"));
}

TEST(Transforms, RefuseColumnsOfAnotherKindWhenScoring) {
  const auto transforms = FitTransforms(MakeTable({Doubles("x", {1, 2})})).value();
  EXPECT_THAT(Transform(transforms, MakeTable({Texts("x", {"one"})})).error().ToString(),
              HasSubstr("column 'x' holds string values; the model was trained on numbers"));
  EXPECT_THAT(Transform(transforms, MakeTable({Doubles("z", {1})})).error().ToString(), HasSubstr("x"));
}

TEST(Transforms, DescribeInputsAsMlflowInfersThem) {
  ColumnBuilder with_null("seen", ColumnType::kInt64);
  with_null.AddInt(1);
  with_null.AddNull();
  const Table table = MakeTable({Ints("count", {1, 2}), Doubles("x", {1, kMissing}), Texts("job", {"a", "b"}),
                                 Ints("flag", {0, 1}, ColumnType::kBool), std::move(with_null).Build()});
  EXPECT_EQ(
      model::PrintColumnSpecs(InputSpecs(FitTransforms(table).value(), table)),
      R"([{"type": "long", "name": "count", "required": true}, {"type": "double", "name": "x", "required": false}, )"
      R"({"type": "string", "name": "job", "required": true}, {"type": "boolean", "name": "flag", "required": true}, )"
      R"({"type": "double", "name": "seen", "required": false}])");
}

TEST(Labels, AreSortedAsNumbersOrTexts) {
  const ClassLabels numbers = EncodeLabels(Ints("y", {10, 9, 10, -1})).value();
  EXPECT_THAT(numbers.labels, ElementsAre("-1", "9", "10"));
  EXPECT_THAT(numbers.codes, ElementsAre(2, 1, 2, 0));
  EXPECT_TRUE(numbers.are_integers);
  const ClassLabels texts = EncodeLabels(Texts("y", {"b", "a", "b"})).value();
  EXPECT_THAT(texts.labels, ElementsAre("a", "b"));
  EXPECT_THAT(texts.codes, ElementsAre(1, 0, 1));
  EXPECT_FALSE(texts.are_integers);
}

TEST(Labels, OfBooleansAndWholeDoublesAreIntegers) {
  EXPECT_THAT(EncodeLabels(Ints("y", {1, 0}, ColumnType::kBool)).value().labels, ElementsAre("0", "1"));
  EXPECT_THAT(EncodeLabels(Doubles("y", {2.0, 1.0})).value().labels, ElementsAre("1", "2"));
}

TEST(Labels, SayWhyATargetCannotBeLearnt) {
  const Column x = Doubles("x", {1, 2, 3});
  EXPECT_THAT(FailureOf(MakeTable({x, Ints("default", {0, 1, 0})}), "defualt"), HasSubstr("did you mean 'default'"));
  EXPECT_THAT(FailureOf(MakeTable({x, Ints("y", {1, 1, 1})}), "y"), HasSubstr("'1' in every row"));
  EXPECT_THAT(FailureOf(MakeTable({x, Texts("y", {"a", "", "b"})}), "y"), HasSubstr("missing in 1 of 3 rows"));
  EXPECT_THAT(FailureOf(MakeTable({x, Doubles("y", {1, kMissing, 0})}), "y"), HasSubstr("missing in 1 of 3 rows"));
  EXPECT_THAT(FailureOf(MakeTable({x, Doubles("y", {0.5, 1, 0})}), "y"), HasSubstr("holds fractions"));
  EXPECT_THAT(FailureOf(MakeTable({x, Ints("y", {1, 2, 3}, ColumnType::kDatetime)}), "y"), HasSubstr("holds dates"));
  EXPECT_THAT(FailureOf(MakeTable({Ints("y", {0, 1})}), "y"), HasSubstr("no column beside the target"));
  EXPECT_THAT(FailureOf(MakeTable({x, Ints("y", {0, 1, 0})}).Head(0), "y"), HasSubstr("no rows"));
  std::vector<double> rows(1001);
  std::vector<int64_t> ids(1001);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i);
  EXPECT_THAT(FailureOf(MakeTable({Doubles("x", rows), Ints("id", ids)}), "id"), HasSubstr("1001 different values"));
}

double Accuracy(const FittedModel& fitted, const Table& table) {
  const auto predicted = LikeliestClasses(Predict(fitted, table).value(), fitted.labels.size());
  const ClassLabels truth = EncodeLabels(*table.Find(fitted.target)).value();
  size_t right = 0;
  for (size_t row = 0; row < predicted.size(); ++row) right += predicted[row] == truth.codes[row];
  return static_cast<double>(right) / static_cast<double>(predicted.size());
}

TEST(FittedModel, LearnsARuleThroughNoiseAndMissingValues) {
  const auto fitted = FitClassifier(MakePeople(3'000, 1, RiskAsInt), "risk", {.trees = 60, .seed = 3}).value();
  // 5 % of the labels are turned over, and a seventh of the incomes is unknown.
  const double accuracy = Accuracy(fitted, MakePeople(2'000, 2, RiskAsInt));
  EXPECT_GT(accuracy, 0.86);
  EXPECT_LT(accuracy, 0.95);
}

TEST(FittedModel, IsTheSameFileForAnyNumberOfThreads) {
  const Table train = MakePeople(500, 1, RiskAsText);
  const auto bytes = [&](int threads) {
    const auto fitted = FitClassifier(train, "risk", {.trees = 17, .seed = 8, .threads = threads}).value();
    return model::WriteOnnx(ToOnnx(fitted).value());
  };
  const std::string one = bytes(1);
  EXPECT_EQ(bytes(2), one);
  EXPECT_EQ(bytes(5), one);
}

TEST(FittedModel, DoesNotDependOnHowClassesAreWritten) {
  const auto as_int = FitClassifier(MakePeople(400, 1, RiskAsInt), "risk", {.trees = 5}).value();
  const auto as_text = FitClassifier(MakePeople(400, 1, RiskAsText), "risk", {.trees = 5}).value();
  EXPECT_EQ(ForestOf(as_int).fractions, ForestOf(as_text).fractions);
  EXPECT_TRUE(as_int.has_integer_labels);
  EXPECT_THAT(as_text.labels, ElementsAre("all-well", "good-bye"));
  EXPECT_EQ(model::PrintColumnSpecs(as_int.signature.outputs), R"([{"type": "long", "required": true}])");
  EXPECT_EQ(model::PrintColumnSpecs(as_text.signature.outputs), R"([{"type": "string", "required": true}])");
}

TEST(FittedModel, TellsSeveralClassesApart) {
  std::vector<double> x;
  std::vector<std::string> y;
  for (int i = 0; i < 300; ++i) {
    x.push_back(i % 3 * 10 + i % 7);
    y.push_back(std::string(1, static_cast<char>('a' + i % 3)));
  }
  const Table table = MakeTable({Doubles("x", x), Texts("y", y)});
  const auto fitted = FitClassifier(table, "y", {.trees = 10}).value();
  EXPECT_EQ(Accuracy(fitted, table), 1.0);
  const auto one_row = Predict(fitted, table.Head(1)).value();
  EXPECT_THAT(one_row, Pointwise(DoubleEq(), {1.0, 0.0, 0.0}));
}

TEST(FittedModel, TakesAnUnknownCategoryForNoneOfThem) {
  const Table train = MakeTable({Texts("job", {"clerk", "clerk", "nurse", "nurse"}), Ints("y", {0, 0, 1, 1})});
  const auto fitted = FitClassifier(train, "y", {.trees = 1, .max_features = 2, .bootstrap = false}).value();
  const auto probabilities = Predict(fitted, MakeTable({Texts("job", {"clerk", "nurse", "cook"})})).value();
  EXPECT_EQ(probabilities[1], 0.0);
  EXPECT_EQ(probabilities[3], 1.0);
  // All zeros: the "not that one" side of the feature that was picked.
  EXPECT_EQ(probabilities[5], ForestOf(fitted).feature[0] == 0 ? 1.0 : 0.0);
}

TEST(FittedModel, NotesColumnsThatNameTheRows) {
  std::vector<std::string> names, jobs;
  std::vector<int64_t> y;
  for (int i = 0; i < 60; ++i) {
    names.push_back("user-" + std::to_string(i));
    jobs.push_back("job-" + std::to_string(i % 50));
    y.push_back(i % 2);
  }
  const Table table = MakeTable({Texts("name", names), Texts("job", jobs), Ints("y", y)});
  EXPECT_THAT(FitClassifier(table, "y", {.trees = 1}).value().notes,
              ElementsAre("column 'name' holds 60 different texts in 60 rows; if they name the rows, leave it out"));
}

TEST(FittedModel, KeepsItsFirstRowsAsAnExample) {
  const Table train = MakeTable({Doubles("x", {1.5, kMissing, 3}), Texts("t", {"a", "b", ""}), Ints("y", {0, 1, 0})});
  EXPECT_EQ(FitClassifier(train, "y", {.trees = 1}).value().input_example,
            R"({"columns":["x","t"],"data":[[1.5,"a"],[null,"b"],[3.0,null]]})");
}

}  // namespace
}  // namespace slipway::learn
