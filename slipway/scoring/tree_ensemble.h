// A tree ensemble as plain values, read from the attributes of a TreeEnsembleClassifier, TreeEnsembleRegressor or
// (since ai.onnx.ml 5) TreeEnsemble node: what the reference operator walks and what the packed forest is compiled
// from. Facts: Operators-ml of ONNX; where that is silent, what ONNX Runtime 1.30 does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::scoring {

enum class PostTransform { kNone, kSoftmax, kLogistic, kSoftmaxZero, kProbit };
Result<PostTransform> ParsePostTransform(const model::Node& node);
// What explanations call it: identity, logit, softmax, softmax_zero, probit.
std::string LinkName(PostTransform transform);

// In place over one row. kProbit by Winitzki's approximation of erf's inverse, as ONNX Runtime has it.
void ApplyPostTransform(PostTransform transform, std::span<float> scores) noexcept;
float Logistic(float value) noexcept;

struct TreeNode {
  enum class Mode : uint8_t { kLeaf, kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual };

  Mode mode = Mode::kLeaf;
  bool missing_is_true = false;
  uint32_t feature = 0;
  double value = 0;
  uint32_t true_child = 0;  // indices into TreeEnsemble::nodes
  uint32_t false_child = 0;
  uint32_t first_vote = 0;  // of a leaf, into TreeEnsemble::votes
  uint32_t vote_count = 0;
};

struct Vote {
  uint32_t target = 0;  // class or output
  float weight = 0;
};

// Class labels: one list is filled.
struct ClassLabels {
  std::vector<int64_t> ints;
  std::vector<std::string> strings;

  size_t size() const { return ints.size() + strings.size(); }
  std::vector<std::string> texts() const;
};
// classlabels_int64s, classlabels_ints or classlabels_strings.
Result<ClassLabels> ParseClassLabels(const model::Node& node);

// Children lie inside their ensemble and every walk ends: checked when read. Nodes may have several parents.
struct TreeEnsemble {
  enum class Aggregate { kSum, kAverage, kMin, kMax };

  std::vector<TreeNode> nodes;
  std::vector<uint32_t> roots;   // one a tree, in the order of the file
  std::vector<uint32_t> depths;  // per tree, edges of its longest path
  std::vector<Vote> votes;
  std::vector<float> covers;  // nodes_hitrates, per node; empty where there are none. Not checked.
  size_t targets = 1;
  size_t features = 0;  // 1 + the largest feature id
  PostTransform post_transform = PostTransform::kNone;
  Aggregate aggregate = Aggregate::kSum;
  std::vector<float> base_values;
  bool is_classifier = false;
  ClassLabels labels;  // of a classifier

  // kInvalidArgument says which rule the attributes break.
  static Result<TreeEnsemble> Read(const model::Node& node);

 private:
  static Result<TreeEnsemble> ReadUnified(const model::Node& node);  // TreeEnsemble; unified_tree_ensemble.cc
};

// Fills `depths`; kInvalidArgument for a walk that does not end. Children lie inside.
Status MeasureDepths(TreeEnsemble& ensemble);

// How a classifier's sums become scores and a label.
class ClassifierRule {
 public:
  explicit ClassifierRule(const TreeEnsemble& ensemble);

  // Sums that trees add to: 1 for the binary form, where only one class has votes; else one a class.
  size_t sums() const { return binary_ ? 1 : classes_; }
  size_t classes() const { return classes_; }
  bool is_binary() const { return binary_; }
  // Two classes that both have votes: labels are 0 and 1, whatever the list says.
  bool has_literal_labels() const { return classes_ == 2 && !one_voted_; }
  // `voted`: per class, whether it got a vote; empty when all did that any leaf votes for. `scores` has classes()
  // places. Returns the label's index.
  uint32_t Finish(std::span<const float> sums, std::span<const uint8_t> voted, std::span<float> scores) const noexcept;

 private:
  uint32_t FinishBinary(float sum, std::span<float> scores) const noexcept;
  uint32_t FinishTwo(std::span<const float> sums, std::span<const uint8_t> voted,
                     std::span<float> scores) const noexcept;
  uint32_t BinaryLabel(float sum) const noexcept;

  size_t classes_;
  bool binary_ = false;
  bool one_voted_ = false;           // all votes carry the same class id
  bool votes_for_second_ = false;    // binary_, and all votes carry class id 1
  std::vector<uint8_t> ever_voted_;  // per class
  bool all_weights_positive_ = true;
  PostTransform post_transform_;
  std::vector<float> base_values_;
};

}  // namespace slipway::scoring
