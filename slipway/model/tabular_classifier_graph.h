// The ONNX graph of a tabular forest: per-column preprocessing into one feature row, then a tree ensemble. The graph
// has the form that skl2onnx writes for ColumnTransformer(SimpleImputer, OneHotEncoder) + RandomForestClassifier with
// zipmap=False: one input a column of shape [N,1], outputs `label` [N] and `probabilities` [N, classes]; or
// + RandomForestRegressor: output `variable` [N,1].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/column_transform.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::model {

// Trees as flat arrays, one entry a node, one tree after another, the root first in its tree.
struct FlatForest {
  std::vector<uint32_t> tree_begin;  // index of each tree's root; ascending
  std::vector<int32_t> left;         // child's index counted from the tree's root; -1 for a leaf
  std::vector<int32_t> right;
  std::vector<uint32_t> feature;  // ignored for a leaf
  std::vector<float> threshold;   // feature <= threshold goes left, in float32
  // Per node `outputs` class fractions (0 to 1); ignored for inner nodes. outputs = 1 for two classes (the fraction of
  // class 1), else the number of classes; of a regressor 1, the value.
  std::vector<double> fractions;
  // Per node the weight of the training rows that reached it, more than 0; a parent's is the sum of its children's.
  // Empty where it is not known: explanations need it (attribute nodes_hitrates).
  std::vector<float> cover = {};

  size_t tree_count() const { return tree_begin.size(); }
  size_t node_count() const { return left.size(); }
};

// The float32 threshold w with (x <= threshold) == (x <= w) for every float32 x: the largest float not above it.
float FloatThreshold(double threshold);

// `class_labels`: at least two, in the order of the fractions. Labels that are all integers are written as
// int64 labels when `integer_labels`, else as strings. A row's probabilities are the mean of the fractions of the
// leaves it reaches. kInvalidArgument when lengths do not fit together, a child or feature is out of range, or names
// repeat.
Result<OnnxModel> TabularClassifierGraph(const std::vector<ColumnTransform>& columns, const FlatForest& forest,
                                         const std::vector<std::string>& class_labels, bool integer_labels = false);
// A row's value is the mean of the values of the leaves it reaches. Errors as above.
Result<OnnxModel> TabularRegressorGraph(const std::vector<ColumnTransform>& columns, const FlatForest& forest);

}  // namespace slipway::model
