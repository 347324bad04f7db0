#include "slipway/training/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/model/model_directory.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/read.h"
#include "slipway/training/model_card.h"
#include "slipway/training/parameters.h"
#include "slipway/training/schema.h"

namespace slipway::training {
namespace {

using learn::Algorithm;
using learn::Task;
using nlohmann::json;
using tabular::Table;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Table People() {
  return tabular::ReadTable(std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests/parity/forests.csv").value();
}

TrainOptions Options(Algorithm algorithm, Task task) {
  TrainOptions options;
  options.fit = learn::DefaultOptions(algorithm, task);
  options.fit.forest.trees = 30;
  options.fit.boosting.rounds = 20;
  options.fit.transforms.left_out = {"weight", "late", "grade", "loss", "town"};
  options.shap_rows = 20;
  return options;
}

// Other targets are no features.
Result<Trained> TrainOn(const std::string& target, TrainOptions options) {
  std::erase(options.fit.transforms.left_out, target);
  return Train(People(), target, options);
}

TEST(Train, TwoClassesAreJudgedFromEverySide) {
  const Trained trained = TrainOn("late", Options(Algorithm::kRandomForest, Task::kClassification)).value();
  EXPECT_EQ(trained.train_rows, 960u);
  EXPECT_EQ(trained.evaluation.rows, 240u);
  const metrics::Measured& auc = *trained.evaluation.Find("roc_auc");
  EXPECT_GT(auc.value, 0.8);
  EXPECT_LT(auc.low, auc.value);
  EXPECT_GT(auc.high, auc.value);
  EXPECT_FALSE(trained.evaluation.curve.empty());
  EXPECT_THAT(trained.plan, HasSubstr("fused"));
  ASSERT_EQ(trained.segments.size(), 1u);  // age, of the columns that are asked about
  EXPECT_EQ(trained.segments[0].column, "age");
  EXPECT_EQ(trained.segments[0].segments[0].label, "below 25");
  uint64_t rows = 0;
  for (const Segment& segment : trained.segments[0].segments) rows += segment.rows;
  EXPECT_EQ(rows, trained.evaluation.rows);
  EXPECT_EQ(trained.permutation.size(), 4u);
  EXPECT_GT(trained.permutation[0].value, 0.02);
  EXPECT_EQ(trained.shap.size(), 4u);
}

TEST(Train, ValuesAndSeveralClasses) {
  const Trained values = TrainOn("loss", Options(Algorithm::kGradientBoosting, Task::kRegression)).value();
  EXPECT_GT(values.evaluation.Find("r2_score")->value, 0.5);
  EXPECT_THAT(values.evaluation.confusion, IsEmpty());
  EXPECT_FALSE(values.sample.empty());
  const Trained classes = TrainOn("grade", Options(Algorithm::kLinear, Task::kClassification)).value();
  EXPECT_THAT(classes.evaluation.classes, ElementsAre("fair", "good", "poor"));
  EXPECT_EQ(classes.evaluation.confusion.size(), 3u);
  EXPECT_THAT(classes.evaluation.curve, IsEmpty());
}

TEST(Train, TheSameSeedGivesTheSameModelAndJudgement) {
  const auto json = [](uint64_t seed) {
    TrainOptions options = Options(Algorithm::kRandomForest, Task::kClassification);
    options.seed = seed;
    return EvaluationJson(TrainOn("late", options).value());
  };
  EXPECT_EQ(json(4), json(4));
  EXPECT_NE(json(4), json(5));
}

TEST(Train, SavesADirectoryThatScores) {
  const Result<TemporaryDirectory> folder = TemporaryDirectory::Make();
  const std::string path = (folder->path() / "model").string();
  const Trained trained = TrainOn("late", Options(Algorithm::kRandomForest, Task::kClassification)).value();
  ASSERT_TRUE(Save(trained, path, {.model_uuid = std::string(32, 'a')}));
  const auto model = scoring::CompiledModel::Load(path).value();
  EXPECT_EQ(model->ScoreTable(People().Head(10)).value().rows, 10u);
  const auto evaluation = json::parse(ReadFile(path + "/evaluation.json").value());
  EXPECT_EQ(evaluation["test_rows"], 240);
  EXPECT_EQ(evaluation["parameters"]["n_estimators"], "30");
  EXPECT_NEAR(evaluation["metrics"]["roc_auc"]["value"].get<double>(), trained.evaluation.Find("roc_auc")->value,
              1e-12);
  const std::string card = ReadFile(path + "/model_card.html").value();
  EXPECT_THAT(card, AllOf(HasSubstr("Model card: late"), HasSubstr("Calibration"), HasSubstr("below 25"),
                          HasSubstr("one-hot, 5 categories"), Not(HasSubstr("http"))));
}

TEST(ModelCard, EscapesWhatTheDataSays) {
  tabular::CsvOptions csv;
  std::string text = "x,<b>\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + (i % 2 == 0 ? ",<script>a\n" : ",\"b & c\"\n");
  const Table table = tabular::ParseCsv(text, csv).value();
  TrainOptions options;
  options.fit = learn::DefaultOptions(Algorithm::kDecisionTree, Task::kClassification);
  const std::string card = ModelCard(Train(table, "<b>", options).value(), Timestamp{});
  EXPECT_THAT(card, AllOf(HasSubstr("&lt;script&gt;a"), Not(HasSubstr("<script>a")), Not(HasSubstr("<b></h1>"))));
}

TEST(Train, SaysWhatCannotBeLearnt) {
  const auto why = [](const std::string& target, const TrainOptions& options) {
    const auto trained = Train(People(), target, options);
    return trained ? "trained" : trained.error().ToString();
  };
  TrainOptions options;
  options.fit = learn::DefaultOptions(Algorithm::kRandomForest, Task::kClassification);
  EXPECT_THAT(why("lat", options), HasSubstr("did you mean 'late'"));
  EXPECT_THAT(why("loss", options), HasSubstr("holds fractions"));
  options.segments = {"agee"};
  EXPECT_THAT(why("late", options), HasSubstr("did you mean 'age'"));
  options.segments = {};
  options.fit.transforms.columns = {"income", "jbo"};
  EXPECT_THAT(why("late", options), HasSubstr("did you mean 'job'"));
  options.fit.transforms = {};
  options.fit.weight_column = "job";
  EXPECT_THAT(why("late", options), HasSubstr("the weights 'job' are no numbers"));
  options.fit = learn::DefaultOptions(Algorithm::kLinear, Task::kRegression);
  EXPECT_THAT(why("grade", options), HasSubstr("a regressor learns numbers"));
}

// --- parameters ---

std::string Setting(Algorithm algorithm, const std::string& name, const std::string& value) {
  learn::FitOptions options = learn::DefaultOptions(algorithm, Task::kClassification);
  const Status status = SetParameter(options, name, value);
  return status ? "set" : status.error().message();
}

TEST(Parameters, HaveScikitLearnsNames) {
  learn::FitOptions options = learn::DefaultOptions(Algorithm::kRandomForest, Task::kClassification);
  for (const auto& [name, value] : {std::pair("n_estimators", "7"),
                                    {"max_depth", "None"},
                                    {"criterion", "entropy"},
                                    {"max_features", "0.5"},
                                    {"bootstrap", "True"},
                                    {"oob_score", "true"},
                                    {"class_weight", "yes=3,no=0.5"},
                                    {"numeric_impute", "mean"},
                                    {"categorical_max_categories", "12"}})
    ASSERT_TRUE(SetParameter(options, name, value)) << name;
  EXPECT_EQ(options.forest.trees, 7);
  EXPECT_EQ(options.forest.max_depth, 0);
  EXPECT_EQ(options.forest.criterion, learn::Criterion::kEntropy);
  EXPECT_EQ(options.forest.max_features_share, 0.5);
  EXPECT_TRUE(options.oob_score);
  EXPECT_EQ(options.class_weights.at("no"), 0.5);
  EXPECT_EQ(options.transforms.numeric.impute, learn::Impute::kMean);
  EXPECT_EQ(options.transforms.categorical.max_categories, 12u);
}

TEST(Parameters, SayWhatThereIs) {
  EXPECT_THAT(Setting(Algorithm::kRandomForest, "n_estimator", "7"), HasSubstr("did you mean 'n_estimators'"));
  EXPECT_THAT(Setting(Algorithm::kLinear, "max_depth", "7"), HasSubstr("linear has no parameter 'max_depth'"));
  EXPECT_THAT(Setting(Algorithm::kRandomForest, "n_estimators", "-7"), HasSubstr("'-7' is no whole number"));
  EXPECT_THAT(Setting(Algorithm::kRandomForest, "max_features", "many"), HasSubstr("sqrt, log2, all"));
  EXPECT_THAT(Setting(Algorithm::kGradientBoosting, "learning_rate", "fast"), HasSubstr("'fast' is no number"));
  EXPECT_THAT(Setting(Algorithm::kRandomForest, "class_weight", "equal"), HasSubstr("balanced_subsample"));
  EXPECT_THAT(Setting(Algorithm::kLinear, "numeric_scaling", "standrad"), HasSubstr("did you mean 'standard'"));
}

// --- schema ---

TEST(SchemaFile, SaysHowColumnsAreReadAndTreated) {
  const Schema schema = ParseSchema(
                            "columns:\n"
                            "  zip: {type: text, encoding: ordinal}\n"
                            "  income: {type: number, impute: mean, scaling: standard}\n"
                            "  id: ignore\n",
                            "schema.yml")
                            .value();
  EXPECT_EQ(schema.types.at("zip"), tabular::ColumnType::kString);
  EXPECT_THAT(schema.ignored, ElementsAre("id"));
  tabular::CsvOptions csv;
  csv.types = schema.types;
  const Table table = tabular::ParseCsv("zip,income,id\n01,2,3\n", csv).value();
  learn::FitOptions options;
  ASSERT_TRUE(ApplySchema(schema, table, options));
  EXPECT_THAT(options.transforms.left_out, ElementsAre("id"));
  EXPECT_EQ(options.transforms.categorical_by_column.at("zip").encoding, learn::Encoding::kOrdinal);
  EXPECT_EQ(options.transforms.numeric_by_column.at("income").scaling, learn::Scaling::kStandard);
  EXPECT_THAT(ApplySchema(schema, table.Without("id"), options).error().ToString(), HasSubstr("id"));
}

TEST(SchemaFile, ErrorsSayWhere) {
  const auto why = [](const std::string& yaml) { return ParseSchema(yaml, "s.yml").error().ToString(); };
  EXPECT_THAT(why("columns:\n  a: {type: txt}\n"), AllOf(HasSubstr("s.yml:2:13"), HasSubstr("did you mean 'text'")));
  EXPECT_THAT(why("columns:\n  a: {impute: mean}\n"), HasSubstr("column 'a' has no type"));
  EXPECT_THAT(why("columns:\n  a: {type: number, scalng: robust}\n"),
              AllOf(HasSubstr("s.yml:2:21"), HasSubstr("did you mean 'scaling'")));
  EXPECT_THAT(why("columns:\n  a: {type: text, impute: mean, min_frequency: x}\n"),
              HasSubstr("'x' is no whole number"));
  EXPECT_THAT(why("colums: {}\n"), HasSubstr("did you mean 'columns'"));
  EXPECT_THAT(why("columns:\n  a: {type: ignore, impute: mean}\n"), HasSubstr("is ignored; it takes no 'impute'"));
}

}  // namespace
}  // namespace slipway::training
