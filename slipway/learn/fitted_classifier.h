// A tabular classifier from training table to ONNX model.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/forest.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/model/signature.h"
#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/tabular/table.h"

namespace slipway::learn {

// The classes of a target column.
struct ClassLabels {
  // Ascending: as numbers when they are whole numbers or booleans ("0", "1"), else as texts.
  std::vector<std::string> labels;
  bool are_integers = false;
  std::vector<uint32_t> codes;  // per row, index into `labels`
};

inline constexpr size_t kClassesMax = 1000;

// kInvalidArgument for missing values, fractions, dates, fewer than two or more than kClassesMax classes.
Result<ClassLabels> EncodeLabels(const tabular::Column& target);

// Immutable once fitted.
struct FittedClassifier {
  std::string target;
  std::vector<model::ColumnTransform> columns;
  model::FlatForest forest;
  std::vector<std::string> labels;
  bool has_integer_labels = false;
  model::Signature signature;
  std::string input_example;  // the first rows, JSON in split form
};

// Every column of `train` but `target` is a feature. Takes a while. Errors name the column: kNotFound for a target that
// is not there (with the nearest name), kInvalidArgument for what cannot be learnt from.
Result<FittedClassifier> FitClassifier(const tabular::Table& train, const std::string& target,
                                       const ForestOptions& options);

// The same transforms and trees: every row reaches the same leaves.
Result<model::OnnxModel> ToOnnx(const FittedClassifier& classifier);

// Probabilities, rows × classes, by walking each tree node by node; the second opinion beside `scoring`.
Result<std::vector<double>> PredictProbabilities(const FittedClassifier& classifier, const tabular::Table& table);

// The index of the likeliest class of each row; the lower one of equals.
std::vector<uint32_t> LikeliestClasses(const std::vector<double>& probabilities, size_t classes);

}  // namespace slipway::learn
