#include "slipway/sdk/trained_model.h"

#include <cmath>
#include <cstdlib>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/training/model_card.h"
#include "slipway/training/parameters.h"
#include "slipway/training/train.h"

namespace slipway::sdk {
namespace {

learn::Task TaskOf(const TrainSettings& settings, const tabular::Column& target) {
  if (settings.task.empty())
    return learn::LooksLikeClasses(target) ? learn::Task::kClassification : learn::Task::kRegression;
  if (settings.task == "classification") return learn::Task::kClassification;
  if (settings.task == "regression") return learn::Task::kRegression;
  throw Failure("the task '" + settings.task + "' is neither classification nor regression");
}

training::TrainOptions OptionsOf(const TrainSettings& settings, const tabular::Table& train,
                                 const std::string& target) {
  const learn::Algorithm algorithm = Unwrap(learn::ParseAlgorithm(settings.algorithm));
  training::TrainOptions options;
  options.seed = settings.random_state;
  options.fit = learn::DefaultOptions(algorithm, TaskOf(settings, *Unwrap(With(train.Get(target), "the target"))));
  options.fit.forest.seed = options.fit.boosting.seed = settings.random_state;
  options.fit.weight_column = settings.weights;
  options.fit.transforms.columns = settings.columns;
  options.fit.transforms.left_out = settings.exclude;
  for (const auto& [name, value] : settings.parameters) Unwrap(training::SetParameter(options.fit, name, value));
  options.segments = settings.segments;
  options.find_importances = settings.importances;
  return options;
}

}  // namespace

struct TrainedModel::Impl {
  training::Trained trained;
  Timestamp made = SystemClock().Now();
};

TrainedModel TrainedModel::Fit(const Table& data, const std::string& target, const TrainSettings& settings,
                               double test_share) {
  training::TrainOptions options = OptionsOf(settings, data.get(), target);
  options.test_share = test_share;
  return TrainedModel(std::make_shared<const Impl>(Impl{Unwrap(training::Train(data.get(), target, options))}));
}

TrainedModel TrainedModel::Fit(const Table& train, const Table& test, const std::string& target,
                               const TrainSettings& settings) {
  const training::TrainOptions options = OptionsOf(settings, train.get(), target);
  return TrainedModel(
      std::make_shared<const Impl>(Impl{Unwrap(training::Train(train.get(), test.get(), target, options))}));
}

std::map<std::string, double> TrainedModel::Metrics() const {
  std::map<std::string, double> metrics;
  for (const auto& metric : impl_->trained.evaluation.metrics)
    if (!std::isnan(metric.value)) metrics[metric.name] = metric.value;
  return metrics;
}

std::map<std::string, std::string> TrainedModel::Parameters() const {
  return impl_->trained.parameters;
}

std::vector<std::string> TrainedModel::Notes() const {
  return impl_->trained.model.notes;
}

FitCost TrainedModel::Cost() const {
  const training::FitCost& cost = impl_->trained.fit_cost;
  return {cost.seconds, cost.peak_bytes};
}

std::string TrainedModel::CostText() const {
  return training::FitCostText(impl_->trained.fit_cost);
}

std::string TrainedModel::EvaluationJson() const {
  return training::EvaluationJson(impl_->trained);
}

std::string TrainedModel::CardHtml() const {
  return training::ModelCard(impl_->trained, impl_->made);
}

void TrainedModel::Save(const std::string& folder) const {
  const char* run = std::getenv("MLFLOW_RUN_ID");
  Unwrap(training::Save(
      impl_->trained, folder,
      {.model_uuid = ReplaceAll(RandomUuid(), "-", ""), .run_id = run == nullptr ? "" : run, .now = impl_->made}));
}

}  // namespace slipway::sdk
