// A tabular model from training table to ONNX: transforms of columns, then an estimator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/boosting.h"
#include "slipway/learn/forest.h"
#include "slipway/learn/linear_models.h"
#include "slipway/learn/targets.h"
#include "slipway/learn/transforms.h"
#include "slipway/model/linear_graph.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/model/signature.h"
#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/tabular/table.h"

namespace slipway::learn {

enum class Algorithm { kRandomForest, kExtraTrees, kDecisionTree, kLinear, kGradientBoosting };
// random_forest, extra_trees, decision_tree, linear (with classes: logistic), gradient_boosting.
Result<Algorithm> ParseAlgorithm(std::string_view name);
std::string_view AlgorithmName(Algorithm algorithm);

enum class Task { kClassification, kRegression };

enum class ClassWeight { kNone, kBalanced, kBalancedBags };

struct FitOptions {
  Algorithm algorithm = Algorithm::kRandomForest;
  Task task = Task::kClassification;
  TransformOptions transforms;
  ForestOptions forest;  // of the three kinds of trees
  LinearOptions linear;
  BoostingOptions boosting;
  // kBalanced: every class weighs as much as the others; kBalancedBags: in every tree's bag (forests alone).
  ClassWeight class_weight = ClassWeight::kNone;
  std::map<std::string, double> class_weights;  // by label; others weigh 1. Instead of class_weight
  std::string weight_column;                    // of numbers from 0 on, which is then no feature; "": rows count alike
  bool oob_score = false;                       // of a forest under bootstrap
};

// What scikit-learn (XGBoost for boosting) takes when nothing is said. Of their own: linear models see standardised
// columns; boosted trees get missing values as they are.
FitOptions DefaultOptions(Algorithm algorithm, Task task);

// Immutable once fitted.
struct FittedModel {
  Task task = Task::kClassification;
  std::string target;
  std::vector<model::ColumnTransform> columns;
  std::variant<model::FlatForest, model::LinearModel, model::BoostedModel> estimator;
  std::vector<std::string> labels;  // of a classifier
  bool has_integer_labels = false;
  model::Signature signature;
  std::string input_example;        // the first rows, JSON in split form
  std::optional<double> oob_score;  // accuracy, or R² of a regressor, over the rows some tree did not see
  std::vector<std::string> notes;   // what its owner should know: "did not converge in 1000 iterations"

  size_t outputs() const { return task == Task::kClassification ? labels.size() : 1; }
};

// Every column of `train` but the target and the weights is a feature, unless options.transforms says otherwise. Takes
// a while. Errors name the column: kNotFound for one that is not there (with the nearest name), kInvalidArgument for
// what cannot be learnt from.
Result<FittedModel> FitModel(const tabular::Table& train, const std::string& target, const FitOptions& options);

// The same transforms and trees: every row reaches the same leaves.
Result<model::OnnxModel> ToOnnx(const FittedModel& model);

// By the model's definition, tree after tree and node by node: the second opinion beside `scoring`. A classifier's
// probabilities, rows × classes, or a regressor's values.
Result<std::vector<double>> Predict(const FittedModel& model, const tabular::Table& table);

// The index of the likeliest class of each row; the lower one of equals.
std::vector<uint32_t> LikeliestClasses(const std::vector<double>& probabilities, size_t classes);

}  // namespace slipway::learn
