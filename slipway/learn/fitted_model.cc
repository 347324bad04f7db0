#include "slipway/learn/fitted_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/learn/feature_rows.h"
#include "slipway/model/input_example.h"

namespace slipway::learn {
namespace {

using tabular::Column;
using tabular::Table;

constexpr size_t kExampleRows = 5;

struct NamedAlgorithm {
  std::string_view name;
  Algorithm algorithm;
};
constexpr NamedAlgorithm kAlgorithms[] = {{"random_forest", Algorithm::kRandomForest},
                                          {"extra_trees", Algorithm::kExtraTrees},
                                          {"decision_tree", Algorithm::kDecisionTree},
                                          {"linear", Algorithm::kLinear},
                                          {"gradient_boosting", Algorithm::kGradientBoosting}};

bool IsForest(Algorithm algorithm) {
  return algorithm == Algorithm::kRandomForest || algorithm == Algorithm::kExtraTrees ||
         algorithm == Algorithm::kDecisionTree;
}

// --- targets and weights ---

// What the rows say, with the lists that Targets looks at.
struct TargetData {
  ClassLabels classes;
  std::vector<double> values, weights;

  Targets targets() const {
    return {.classes = classes.codes, .class_count = classes.labels.size(), .values = values, .weights = weights};
  }
};

Result<std::vector<double>> RowWeights(const Table& train, const std::string& name) {
  std::vector<double> weights;
  if (name.empty()) return weights;
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, With(train.Get(name), "the weights"));
  if (!column->is_numeric()) return InvalidArgument(fmt::format("the weights '{}' are no numbers", name));
  for (size_t row = 0; row < column->size(); ++row) {
    weights.push_back(column->number(row));
    if (weights.back() >= 0 && std::isfinite(weights.back())) continue;
    return InvalidArgument(fmt::format("the weight '{}' of row {} is {}; it has to be a number from 0 on", name, row,
                                       column->is_null(row) ? "missing" : FormatDouble(weights.back())));
  }
  return weights;
}

// scikit-learn's "balanced": rows / (classes × rows of the class), whatever the rows' own weights are.
std::vector<double> BalancedFactors(const ClassLabels& classes) {
  std::vector<double> counts(classes.labels.size(), 0);
  for (const uint32_t code : classes.codes) counts[code] += 1;
  for (double& count : counts)
    count = static_cast<double>(classes.codes.size()) / (static_cast<double>(counts.size()) * count);
  return counts;
}

Result<std::vector<double>> ClassFactors(const FitOptions& options, const ClassLabels& classes) {
  if (options.class_weight == ClassWeight::kBalanced) return BalancedFactors(classes);
  std::vector<double> factors;
  if (options.class_weights.empty()) return factors;
  factors.assign(classes.labels.size(), 1);
  for (const auto& [label, weight] : options.class_weights) {
    const auto found = std::find(classes.labels.begin(), classes.labels.end(), label);
    if (found == classes.labels.end())
      return InvalidArgument(
          fmt::format("there is no class '{}' to weigh; the classes are {}", label, Join(classes.labels, ", ")));
    if (!(weight >= 0 && std::isfinite(weight)))
      return InvalidArgument(fmt::format("the class '{}' cannot weigh {}", label, FormatDouble(weight)));
    factors[static_cast<size_t>(found - classes.labels.begin())] = weight;
  }
  return factors;
}

Result<TargetData> ReadTargets(const Table& train, const Column& target, const FitOptions& options) {
  TargetData data;
  SLIPWAY_ASSIGN_OR_RETURN(data.weights, RowWeights(train, options.weight_column));
  if (options.task == Task::kRegression) {
    SLIPWAY_ASSIGN_OR_RETURN(data.values, TargetValues(target));
    if (options.class_weight != ClassWeight::kNone || !options.class_weights.empty())
      return InvalidArgument("class weights are for classes; these are values");
    return data;
  }
  SLIPWAY_ASSIGN_OR_RETURN(data.classes, EncodeLabels(target));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> factors, ClassFactors(options, data.classes));
  if (factors.empty()) return data;
  if (data.weights.empty()) data.weights.assign(target.size(), 1);
  for (size_t row = 0; row < target.size(); ++row) data.weights[row] *= factors[data.classes.codes[row]];
  return data;
}

// --- estimators ---

Status CheckOptionsOf(const FitOptions& options) {
  if (options.class_weight == ClassWeight::kBalancedBags && !IsForest(options.algorithm))
    return InvalidArgument("balanced_subsample weighs the bags of a forest; use balanced here");
  if (options.oob_score && !(IsForest(options.algorithm) && options.forest.bootstrap))
    return InvalidArgument("the out-of-bag score is that of a forest whose trees see a bootstrap of the rows");
  if (options.algorithm == Algorithm::kLinear) return CheckOptions(options.linear);
  if (options.algorithm == Algorithm::kGradientBoosting) return CheckOptions(options.boosting);
  return CheckOptions(options.forest);
}

double OutOfBagAccuracy(const std::vector<double>& means, const TargetData& data) {
  const size_t classes = data.classes.labels.size(), outputs = classes == 2 ? 1 : classes;
  double right = 0, judged = 0;
  for (size_t row = 0; row < data.classes.codes.size(); ++row) {
    const double* first = &means[row * outputs];
    if (std::isnan(*first)) continue;
    const auto likeliest = outputs == 1 ? (*first > 0.5 ? 1 : 0) : std::max_element(first, first + outputs) - first;
    right += static_cast<uint32_t>(likeliest) == data.classes.codes[row] ? 1 : 0;
    judged += 1;
  }
  return judged == 0 ? 0 : right / judged;
}

double OutOfBagR2(const std::vector<double>& means, const std::vector<double>& values) {
  double sum = 0, judged = 0, errors = 0, distances = 0;
  for (size_t row = 0; row < values.size(); ++row)
    if (!std::isnan(means[row])) sum += values[row], judged += 1;
  for (size_t row = 0; row < values.size(); ++row) {
    if (std::isnan(means[row])) continue;
    errors += (values[row] - means[row]) * (values[row] - means[row]);
    distances += (values[row] - sum / judged) * (values[row] - sum / judged);
  }
  return distances > 0 ? 1 - errors / distances : 0;
}

Status FitForest(const std::vector<FeatureColumn>& columns, const TargetData& data, const FitOptions& options,
                 FittedModel& model) {
  ForestOptions forest = options.forest;
  forest.balanced_bags = options.class_weight == ClassWeight::kBalancedBags;
  const Targets targets = data.targets();
  SLIPWAY_ASSIGN_OR_RETURN(model::FlatForest grown, GrowForest(columns, targets, forest));
  if (options.oob_score) {
    const std::vector<double> means = OutOfBagMeans(grown, columns, targets, forest);
    model.oob_score =
        options.task == Task::kRegression ? OutOfBagR2(means, data.values) : OutOfBagAccuracy(means, data);
  }
  model.estimator = std::move(grown);
  return {};
}

Status FitEstimator(const std::vector<FeatureColumn>& columns, const TargetData& data, const FitOptions& options,
                    FittedModel& model) {
  if (IsForest(options.algorithm)) return FitForest(columns, data, options, model);
  if (options.algorithm == Algorithm::kLinear) {
    SLIPWAY_ASSIGN_OR_RETURN(FittedLinear linear, FitLinear(columns, data.targets(), options.linear));
    if (!linear.converged)
      model.notes.push_back(
          fmt::format("the coefficients did not settle in {} iterations; allow more (max_iter) or "
                      "penalise more",
                      linear.iterations));
    model.estimator = std::move(linear.model);
    return {};
  }
  SLIPWAY_ASSIGN_OR_RETURN(FittedBoosting boosting, FitBoosting(columns, data.targets(), options.boosting));
  if (options.boosting.early_stopping_rounds > 0)
    model.notes.push_back(fmt::format("boosting stopped early: the trees of {} of {} rounds were kept", boosting.rounds,
                                      options.boosting.rounds));
  model.estimator = std::move(boosting.model);
  return {};
}

// Texts that hardly ever repeat name the rows, and teach nothing that holds for others.
void NoteNames(size_t rows, FittedModel& model) {
  constexpr size_t kRowsMin = 50;
  constexpr double kDifferentShare = 0.9;
  if (rows < kRowsMin) return;
  for (const model::ColumnTransform& column : model.columns) {
    const size_t texts = column.categories.size() + column.infrequent.size();
    if (static_cast<double>(texts) < kDifferentShare * static_cast<double>(rows)) continue;
    model.notes.push_back(
        fmt::format("column '{}' holds {} different texts in {} rows; if they name the rows, leave it out", column.name,
                    texts, rows));
  }
}

Status CheckNoMissing(const std::vector<model::ColumnTransform>& transforms,
                      const std::vector<FeatureColumn>& columns) {
  size_t place = 0;
  for (const model::ColumnTransform& transform : transforms) {
    const std::vector<float>& numbers = columns[place].numbers;
    place += transform.has_indicator ? 2 : 1;
    if (std::none_of(numbers.begin(), numbers.end(), [](float x) { return std::isnan(x); })) continue;
    return InvalidArgument(fmt::format(
        "column '{}' has missing values, which only boosted trees take as they are; impute them", transform.name));
  }
  return {};
}

model::Signature MakeSignature(const FittedModel& model, const Table& train) {
  model::ColumnSpec output{.name = "", .type = model::DataType::kFloat};
  if (model.task == Task::kClassification)
    output.type = model.has_integer_labels ? model::DataType::kLong : model::DataType::kString;
  return {InputSpecs(model.columns, train), {output}};
}

Result<std::string> Example(const std::vector<model::ColumnTransform>& columns, const Table& train) {
  std::vector<std::string> names;
  for (const model::ColumnTransform& column : columns) names.push_back(column.name);
  SLIPWAY_ASSIGN_OR_RETURN(const Table example, train.Head(kExampleRows).Select(names));
  return model::SplitJson(example);
}

// --- the second opinion ---

using Row = std::vector<float>;

// Features of neighbouring rows, so that a tree stays in the cache while they walk down.
constexpr size_t kRowsPerBlock = 512;

// Adds the leaves' fractions of every tree, tree by tree, to the sums of a block of rows.
void AddFractions(const model::FlatForest& forest, size_t classes, const std::vector<Row>& rows, double* sums) {
  const size_t outputs = classes == 2 ? 1 : classes;
  for (const uint32_t root : forest.tree_begin) {
    for (size_t row = 0; row < rows.size(); ++row) {
      const double* fractions = &forest.fractions[LeafOf(forest, root, rows[row]) * outputs];
      double* row_sums = sums + row * classes + (classes == 2 ? 1 : 0);
      for (size_t k = 0; k < outputs; ++k) row_sums[k] += fractions[k];
    }
  }
}

// Sums become means; class 0 of two is the complement of class 1.
void FinishRow(double* sums, size_t classes, size_t trees) {
  for (size_t k = 0; k < classes; ++k) sums[k] /= static_cast<double>(trees);
  if (classes == 2) sums[0] = 1 - sums[1];
}

void PredictBlock(const model::FlatForest& forest, size_t outputs, const std::vector<Row>& rows, double* out) {
  AddFractions(forest, outputs, rows, out);
  for (size_t row = 0; row < rows.size(); ++row) FinishRow(out + row * outputs, outputs, forest.tree_count());
}

void PredictBlock(const model::LinearModel& linear, size_t outputs, const std::vector<Row>& rows, double* out) {
  std::vector<float> sums(outputs);
  for (size_t row = 0; row < rows.size(); ++row) {
    linear.Sums(rows[row], sums);
    linear.Finish(sums);
    std::copy(sums.begin(), sums.end(), out + row * outputs);
  }
}

float LeafValue(const model::BoostedTree& tree, const Row& row) {
  const model::BoostedNode* node = &tree.nodes[0];
  while (node->test != model::BoostedNode::Test::kLeaf) {
    const float value = row[node->feature];
    const bool is_yes = std::isnan(value) ? node->missing_is_true : value < node->value;
    node = &tree.nodes[is_yes ? node->yes : node->no];
  }
  return node->value;
}

void PredictBlock(const model::BoostedModel& boosted, size_t outputs, const std::vector<Row>& rows, double* out) {
  for (size_t row = 0; row < rows.size(); ++row) {
    std::vector<float> sums(boosted.base.size(), 0);
    for (const model::BoostedTree& tree : boosted.trees) sums[tree.output] += LeafValue(tree, rows[row]);
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += boosted.base[k];
    model::LinearModel link;
    if (boosted.kind == model::BoostedModel::Kind::kBinary) {
      sums = {-sums[0], sums[0]};
      link.link = model::LinearModel::Link::kLogistic;
    } else if (boosted.kind == model::BoostedModel::Kind::kClasses) {
      link.link = model::LinearModel::Link::kSoftmax;
    }
    link.Finish(sums);
    std::copy(sums.begin(), sums.end(), out + row * outputs);
  }
}

}  // namespace

Result<Algorithm> ParseAlgorithm(std::string_view name) {
  std::vector<std::string> names;
  for (const NamedAlgorithm& known : kAlgorithms) {
    if (known.name == name) return known.algorithm;
    names.emplace_back(known.name);
  }
  return InvalidArgument(
      fmt::format("the algorithm '{}' is none of {}{}", name, Join(names, ", "), DidYouMean(name, names)));
}

std::string_view AlgorithmName(Algorithm algorithm) {
  return std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                      [&](const NamedAlgorithm& known) { return known.algorithm == algorithm; })
      ->name;
}

FitOptions DefaultOptions(Algorithm algorithm, Task task) {
  FitOptions options;
  options.algorithm = algorithm;
  options.task = task;
  const bool is_tree = algorithm == Algorithm::kDecisionTree;
  if (task == Task::kRegression) options.forest.criterion = Criterion::kSquaredError;
  if (task == Task::kRegression || is_tree) options.forest.max_features_rule = ForestOptions::MaxFeatures::kShare;
  options.forest.bootstrap = algorithm == Algorithm::kRandomForest;
  options.forest.random_splits = algorithm == Algorithm::kExtraTrees;
  if (is_tree) options.forest.trees = 1;
  if (algorithm == Algorithm::kLinear) options.transforms.numeric.scaling = Scaling::kStandard;
  if (algorithm == Algorithm::kLinear && task == Task::kRegression) options.linear.penalty = Penalty::kNone;
  if (algorithm == Algorithm::kGradientBoosting) {
    options.transforms.numeric.impute = Impute::kNone;
    options.transforms.categorical.impute = Impute::kNone;
  }
  return options;
}

Result<FittedModel> FitModel(const Table& train, const std::string& target, const FitOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptionsOf(options));
  SLIPWAY_ASSIGN_OR_RETURN(const Column* target_column, With(train.Get(target), "the target"));
  if (train.rows() == 0) return InvalidArgument("the training table has no rows");
  if (options.weight_column == target)
    return InvalidArgument(fmt::format("'{}' is the target and the weights", target));
  SLIPWAY_ASSIGN_OR_RETURN(TargetData data, ReadTargets(train, *target_column, options));
  FittedModel fitted;
  fitted.task = options.task;
  fitted.target = target;
  TransformOptions transforms = options.transforms;
  transforms.left_out.push_back(target);
  if (!options.weight_column.empty()) transforms.left_out.push_back(options.weight_column);
  SLIPWAY_ASSIGN_OR_RETURN(fitted.columns, FitTransforms(train, transforms));
  if (fitted.columns.empty())
    return InvalidArgument(fmt::format("the training table has no column beside the target '{}'", target));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, Transform(fitted.columns, train));
  if (options.algorithm != Algorithm::kGradientBoosting)
    SLIPWAY_RETURN_IF_ERROR(CheckNoMissing(fitted.columns, columns));
  NoteNames(train.rows(), fitted);
  SLIPWAY_RETURN_IF_ERROR(FitEstimator(columns, data, options, fitted));
  fitted.labels = std::move(data.classes.labels);
  fitted.has_integer_labels = data.classes.are_integers;
  fitted.signature = MakeSignature(fitted, train);
  SLIPWAY_ASSIGN_OR_RETURN(fitted.input_example, Example(fitted.columns, train));
  return fitted;
}

Result<model::OnnxModel> ToOnnx(const FittedModel& model) {
  const bool is_classifier = model.task == Task::kClassification;
  if (const auto* forest = std::get_if<model::FlatForest>(&model.estimator))
    return is_classifier ? model::TabularClassifierGraph(model.columns, *forest, model.labels, model.has_integer_labels)
                         : model::TabularRegressorGraph(model.columns, *forest);
  if (const auto* linear = std::get_if<model::LinearModel>(&model.estimator))
    return is_classifier ? model::LinearClassifierGraph(model.columns, *linear, model.labels, model.has_integer_labels)
                         : model::LinearRegressorGraph(model.columns, *linear);
  return model::BoostedTabularGraph(model.columns, std::get<model::BoostedModel>(model.estimator), model.labels,
                                    model.has_integer_labels);
}

Result<std::vector<double>> Predict(const FittedModel& model, const Table& table) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, Transform(model.columns, table));
  const size_t outputs = model.outputs();
  std::vector<double> predictions(table.rows() * outputs, 0.0);
  std::vector<Row> block;
  for (size_t begin = 0; begin < table.rows(); begin += kRowsPerBlock) {
    block.resize(std::min(kRowsPerBlock, table.rows() - begin));
    for (size_t i = 0; i < block.size(); ++i) FillRow(columns, begin + i, block[i]);
    std::visit([&](const auto& estimator) { PredictBlock(estimator, outputs, block, &predictions[begin * outputs]); },
               model.estimator);
  }
  return predictions;
}

std::vector<uint32_t> LikeliestClasses(const std::vector<double>& probabilities, size_t classes) {
  std::vector<uint32_t> likeliest;
  for (size_t begin = 0; begin < probabilities.size(); begin += classes) {
    const auto first = probabilities.begin() + static_cast<ptrdiff_t>(begin);
    const auto best = std::max_element(first, first + static_cast<ptrdiff_t>(classes));
    likeliest.push_back(static_cast<uint32_t>(best - first));
  }
  return likeliest;
}

}  // namespace slipway::learn
