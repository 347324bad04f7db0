#include "slipway/training/train.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/model/model_directory.h"
#include "slipway/stats/json_number.h"
#include "slipway/tabular/split.h"
#include "slipway/training/baseline.h"
#include "slipway/training/model_card.h"

namespace slipway::training {
namespace {

using learn::Algorithm;
using model::ColumnTransform;
using nlohmann::ordered_json;
using stats::NumberOrNull;
using tabular::Table;

constexpr size_t kSampledValues = 600;

Result<std::pair<Table, Table>> Split(Table table, const TrainOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::RowSplit split,
                           tabular::SplitRows(table.rows(), options.test_share, options.seed));
  if (split.train.empty() || split.test.empty())
    return InvalidArgument(fmt::format("{} rows are too few to hold {:.0f} % out for the judgement", table.rows(),
                                       100 * options.test_share));
  std::pair<Table, Table> parts = {table.TakeRows(split.train), table.TakeRows(split.test)};
  table = {};
  return parts;
}

// --- what the card says of the columns ---

std::string MissingText(const ColumnTransform& column) {
  if (column.takes_text())
    return column.imputed_category.empty() ? "missing: a category of its own"
                                           : fmt::format("missing: '{}'", column.imputed_category);
  if (column.kind == ColumnTransform::Kind::kPassthrough) return "as it is";
  return fmt::format("missing: {}", column.imputed_number);
}

std::string Treatment(const ColumnTransform& column) {
  std::vector<std::string> parts = {MissingText(column)};
  if (column.kind == ColumnTransform::Kind::kCategorical)
    parts.push_back(fmt::format("one-hot, {} categories", column.categories.size()));
  if (!column.infrequent.empty()) parts.push_back(fmt::format("{} infrequent ones together", column.infrequent.size()));
  if (column.kind == ColumnTransform::Kind::kOrdinal)
    parts.push_back(fmt::format("ordinal, {} categories", column.categories.size()));
  if (column.is_scaled()) parts.push_back(fmt::format("(x - {}) × {}", column.offset, column.factor));
  if (column.has_indicator) parts.push_back("was it missing?");
  return Join(parts, "; ");
}

std::vector<InputDescription> DescribeInputs(const learn::FittedModel& model) {
  std::vector<InputDescription> inputs;
  for (size_t i = 0; i < model.columns.size(); ++i)
    inputs.push_back({model.columns[i].name, std::string(model::DataTypeName(model.signature.inputs[i].type)),
                      Treatment(model.columns[i]), model.columns[i].feature_count()});
  return inputs;
}

// --- judging ---

Status FindSegments(const Judged& judged, const Table& test, const std::string& target, const TrainOptions& options,
                    Trained& trained) {
  const std::vector<std::string> columns = options.segments.empty() ? FairnessColumns(test) : options.segments;
  for (const std::string& column : columns) {
    if (column == target) continue;
    SLIPWAY_ASSIGN_OR_RETURN(SegmentedColumn segmented, EvaluateSegments(judged, test, column));
    trained.segments.push_back(std::move(segmented));
  }
  return {};
}

Status FindImportances(const scoring::CompiledModel& model, const Table& test, const std::string& target,
                       const TrainOptions& options, Trained& trained) {
  SLIPWAY_ASSIGN_OR_RETURN(trained.permutation, PermutationImportance(model, test, target, {.seed = options.seed}));
  auto shap = ShapImportance(model, test.Without(target), options.shap_rows);
  if (shap)
    trained.shap = std::move(*shap);
  else
    trained.why_no_shap = shap.error().message();
  return {};
}

void SampleValues(const Judged& judged, Trained& trained) {
  const size_t step = std::max<size_t>(1, judged.true_values.size() / kSampledValues);
  for (size_t row = 0; row < judged.true_values.size(); row += step)
    trained.sample.emplace_back(judged.true_values[row], judged.predicted_values[row]);
}

Status JudgeModel(const Table& test, const std::string& target, const TrainOptions& options, Trained& trained) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto compiled,
                           scoring::CompiledModel::Make(trained.onnx, trained.model.signature, false));
  trained.plan = compiled->plan_description();
  SLIPWAY_ASSIGN_OR_RETURN(const auto predictions, compiled->ScoreTable(test));
  SLIPWAY_ASSIGN_OR_RETURN(const Judged judged,
                           With(Judge(predictions, *test.Find(target)), "the held-out rows (another seed may help)"));
  trained.baseline.score = DescribePredictions(predictions);
  SLIPWAY_ASSIGN_OR_RETURN(trained.evaluation, Evaluate(judged, {.seed = options.seed}));
  SampleValues(judged, trained);
  SLIPWAY_RETURN_IF_ERROR(FindSegments(judged, test, target, options, trained));
  if (!options.find_importances) return {};
  return FindImportances(*compiled, test, target, options, trained);
}

// --- JSON ---

ordered_json ImportanceJson(const std::vector<ColumnImportance>& importances) {
  ordered_json list = ordered_json::array();
  for (const ColumnImportance& importance : importances)
    list.push_back({{"column", importance.column}, {"value", NumberOrNull(importance.value)}});
  return list;
}

ordered_json SegmentJson(const Segment& segment, const Evaluation& evaluation) {
  ordered_json json = {{"segment", segment.label}, {"rows", segment.rows}};
  if (evaluation.classes.empty()) {
    json.update({{"mean_truth", NumberOrNull(segment.mean_truth)},
                 {"mean_prediction", NumberOrNull(segment.mean_prediction)},
                 {"rmse", NumberOrNull(segment.rmse)},
                 {"mae", NumberOrNull(segment.mae)}});
    return json;
  }
  json["accuracy"] = NumberOrNull(segment.accuracy);
  json["roc_auc"] = NumberOrNull(segment.score);
  if (evaluation.classes.size() != 2) return json;
  json.update({{"share_positive", NumberOrNull(segment.share_positive)},
               {"share_predicted_positive", NumberOrNull(segment.share_said_positive)},
               {"recall", NumberOrNull(segment.recall)},
               {"false_positive_rate", NumberOrNull(segment.false_positive_rate)},
               {"precision", NumberOrNull(segment.precision)}});
  return json;
}

}  // namespace

std::map<std::string, std::string> ParametersOf(const learn::FitOptions& options) {
  std::map<std::string, std::string> parameters = {{"algorithm", std::string(learn::AlgorithmName(options.algorithm))}};
  if (options.algorithm == Algorithm::kLinear) {
    const learn::LinearOptions& linear = options.linear;
    constexpr std::string_view kPenalties[] = {"none", "l1", "l2", "elasticnet"};
    parameters["penalty"] = kPenalties[static_cast<size_t>(linear.penalty)];
    if (options.task == learn::Task::kClassification)
      parameters["C"] = FormatDouble(linear.c);
    else
      parameters["alpha"] = FormatDouble(linear.alpha);
    return parameters;
  }
  if (options.algorithm == Algorithm::kGradientBoosting) {
    const learn::BoostingOptions& boosting = options.boosting;
    parameters["n_estimators"] = std::to_string(boosting.rounds);
    parameters["learning_rate"] = FormatDouble(boosting.learning_rate);
    parameters["max_depth"] = std::to_string(boosting.max_depth);
    parameters["early_stopping_rounds"] = std::to_string(boosting.early_stopping_rounds);
    parameters["random_state"] = std::to_string(boosting.seed);
    return parameters;
  }
  const learn::ForestOptions& forest = options.forest;
  constexpr std::string_view kCriteria[] = {"gini", "entropy", "squared_error", "absolute_error"};
  parameters["n_estimators"] = std::to_string(forest.trees);
  parameters["max_depth"] = forest.max_depth == 0 ? "none" : std::to_string(forest.max_depth);
  parameters["criterion"] = kCriteria[static_cast<size_t>(forest.criterion)];
  parameters["min_samples_split"] = std::to_string(forest.min_samples_split);
  parameters["min_samples_leaf"] = std::to_string(forest.min_samples_leaf);
  parameters["bootstrap"] = forest.bootstrap ? "true" : "false";
  parameters["random_state"] = std::to_string(forest.seed);
  return parameters;
}

Result<Trained> Train(Table table, const std::string& target, const TrainOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(With(table.Get(target), "the target"));
  SLIPWAY_ASSIGN_OR_RETURN(auto parts, Split(std::move(table), options));
  return Train(std::move(parts.first), parts.second, target, options);
}

Result<Trained> Train(Table train, const Table& test, const std::string& target, const TrainOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(With(test.Get(target), "the target"));
  for (const std::string& column : options.segments) SLIPWAY_RETURN_IF_ERROR(With(test.Get(column), "the segments"));
  Trained trained;
  trained.train_rows = train.rows();
  const FitMeter meter;
  SLIPWAY_ASSIGN_OR_RETURN(trained.model, learn::FitModel(train, target, options.fit));
  trained.fit_cost = meter.Read();
  SLIPWAY_ASSIGN_OR_RETURN(trained.baseline, DescribeFeatures(train, trained.model));
  train = {};
  trained.parameters = ParametersOf(options.fit);
  trained.inputs = DescribeInputs(trained.model);
  SLIPWAY_ASSIGN_OR_RETURN(trained.onnx, learn::ToOnnx(trained.model));
  trained.model.estimator = model::LinearModel();  // the ONNX form holds it from here on
  SLIPWAY_RETURN_IF_ERROR(JudgeModel(test, target, options, trained));
  return trained;
}

std::string EvaluationJson(const Trained& trained) {
  ordered_json json = {
      {"target", trained.model.target}, {"train_rows", trained.train_rows}, {"test_rows", trained.evaluation.rows}};
  for (const auto& [name, value] : trained.parameters) json["parameters"][name] = value;
  for (const metrics::Measured& metric : trained.evaluation.metrics)
    json["metrics"][metric.name] = {
        {"value", NumberOrNull(metric.value)}, {"low", NumberOrNull(metric.low)}, {"high", NumberOrNull(metric.high)}};
  if (trained.model.oob_score) json["oob_score"] = *trained.model.oob_score;
  if (!trained.evaluation.classes.empty()) {
    json["classes"] = trained.evaluation.classes;
    json["confusion"] = trained.evaluation.confusion;
  }
  json["permutation_importance"] = ImportanceJson(trained.permutation);
  json["shap_importance"] = ImportanceJson(trained.shap);
  for (const SegmentedColumn& column : trained.segments) {
    ordered_json list = ordered_json::array();
    for (const Segment& segment : column.segments) list.push_back(SegmentJson(segment, trained.evaluation));
    json["segments"][column.column] = std::move(list);
  }
  return json.dump(2) + "\n";
}

Status Save(const Trained& trained, const std::string& folder, const SaveOptions& options) {
  return model::WriteModelDirectory(folder,
                                    {.onnx = trained.onnx,
                                     .signature = trained.model.signature,
                                     .input_example = trained.model.input_example,
                                     .model_uuid = options.model_uuid,
                                     .run_id = options.run_id,
                                     .created = options.now,
                                     .more_files = {{"evaluation.json", EvaluationJson(trained)},
                                                    {std::string(stats::kBaselineFile), BaselineText(trained.baseline)},
                                                    {"model_card.html", ModelCard(trained, options.now)}}});
}

}  // namespace slipway::training
