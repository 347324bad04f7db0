#include "slipway/sdk/classifier.h"

#include <cstdlib>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/model/model_directory.h"
#include "slipway/sdk/evaluation.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/training/baseline.h"

namespace slipway::sdk {
namespace {

learn::FitOptions OptionsOf(const RandomForest& forest) {
  learn::FitOptions fit = learn::DefaultOptions(learn::Algorithm::kRandomForest, learn::Task::kClassification);
  learn::ForestOptions& options = fit.forest;
  options.trees = forest.n_estimators;
  options.max_depth = forest.max_depth;
  options.criterion = Unwrap(learn::ParseCriterion(forest.criterion));
  options.min_samples_split = forest.min_samples_split;
  options.min_samples_leaf = forest.min_samples_leaf;
  options.seed = forest.random_state;
  options.threads = forest.n_jobs;
  return fit;
}

scoring::Predictions PredictionsOf(const learn::FittedModel& fitted, const tabular::Table& table) {
  const std::vector<double> probabilities = Unwrap(learn::Predict(fitted, table));
  scoring::Predictions predictions;
  predictions.classes = fitted.labels;
  predictions.labels = learn::LikeliestClasses(probabilities, fitted.labels.size());
  predictions.scores.assign(probabilities.begin(), probabilities.end());
  predictions.rows = table.rows();
  return predictions;
}

// The run of the job this process belongs to; "" outside of one.
std::string CurrentRun() {
  const char* run = std::getenv("MLFLOW_RUN_ID");
  return run == nullptr ? "" : run;
}

}  // namespace

struct Classifier::Impl {
  learn::FittedModel fitted;
  stats::Baseline baseline;
};

Classifier Classifier::Fit(const Table& train, const std::string& target, const RandomForest& options) {
  learn::FittedModel fitted = Unwrap(learn::FitModel(train.get(), target, OptionsOf(options)));
  stats::Baseline baseline = Unwrap(training::DescribeFeatures(train.get(), fitted));
  return Classifier(std::make_shared<Impl>(Impl{std::move(fitted), std::move(baseline)}));
}

std::map<std::string, double> Classifier::Evaluate(const Table& labelled) const {
  const learn::FittedModel& fitted = impl_->fitted;
  const scoring::Predictions predictions = PredictionsOf(fitted, labelled.get());
  impl_->baseline.score = training::DescribePredictions(predictions);
  return Unwrap(EvaluatePredictions(predictions, labelled.get(), fitted.target));
}

void Classifier::Save(const std::string& folder) const {
  const learn::FittedModel& fitted = impl_->fitted;
  const model::OnnxModel onnx = Unwrap(learn::ToOnnx(fitted));
  Unwrap(model::WriteModelDirectory(
      folder, {.onnx = onnx,
               .signature = fitted.signature,
               .input_example = fitted.input_example,
               .model_uuid = ReplaceAll(RandomUuid(), "-", ""),
               .run_id = CurrentRun(),
               .created = SystemClock().Now(),
               .more_files = {{std::string(stats::kBaselineFile), training::BaselineText(impl_->baseline)}}}));
}

}  // namespace slipway::sdk
