// Boosted trees as plain values: what the importers of other trainers' files read into, and the ONNX graph they become.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/column_transform.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::model {

struct BoostedNode {
  enum class Test { kLeaf, kLess, kLessEqual, kEqual };

  Test test = Test::kLeaf;
  bool missing_is_true = false;
  uint32_t feature = 0;
  float value = 0;  // what is compared with; of a leaf, what it adds
  uint32_t yes = 0, no = 0;
  float cover = 0;  // training weight
};

// The root comes first. Nodes may have several parents; no walk meets a node twice (the importers see to it).
struct BoostedTree {
  uint32_t output = 0;
  std::vector<BoostedNode> nodes;
};

struct BoostedModel {
  enum class Kind { kRegressor, kBinary, kClasses };  // kBinary: a logistic margin; kClasses: softmax over margins
  enum class Link { kIdentity, kExp, kSigmoid };      // of a regressor's sum

  Kind kind = Kind::kRegressor;
  Link link = Link::kIdentity;
  std::vector<float> base = {0};      // an output: what the sum starts from
  std::vector<std::string> features;  // names; empty: columns of one matrix
  size_t feature_count = 0;
  std::vector<BoostedTree> trees;
  bool has_covers = false;
};

// Makes one logistic margin of two classes' margins: softmax over two is the logistic function of their difference. The
// operator's rules for two classes want it so.
void MakeBinary(BoostedModel& model);

// Inputs: one float column [N,1] a feature, or the matrix `X`. Outputs: `label` (int64) and `probabilities`, or
// `prediction`. kInvalidArgument for names that are taken or stand twice.
Result<OnnxModel> BoostedGraph(const BoostedModel& model);

// The same trees on the features of tabular columns (model.features is ignored); inputs and outputs as in
// tabular_classifier_graph.h. `class_labels` is empty for a regressor.
Result<OnnxModel> BoostedTabularGraph(const std::vector<ColumnTransform>& columns, const BoostedModel& model,
                                      const std::vector<std::string>& class_labels, bool integer_labels);

// Models of other trainers in the form that scoring compiles. kDataLoss says what is wrong with a damaged file,
// kUnimplemented names what is legal there and not read here: objectives, boosters, categorical splits (XGBoost),
// linear leaves. Rows are float32 in both, as XGBoost has them; LightGBM's thresholds are rounded down to float32.
//
// XGBoost (version 1.3 and later): the model as JSON or as UBJSON, by its first bytes. Where the file says it was
// written by the scikit-learn interface, trees after `best_iteration` are left out, as that interface does.
Result<OnnxModel> ReadXgboostModel(std::string_view bytes);
Result<BoostedModel> ReadXgboostTrees(std::string_view bytes);
// LightGBM's text (version 3 and 4). A number that is no integer belongs to no category.
Result<OnnxModel> ReadLightgbmModel(std::string_view text);

}  // namespace slipway::model
