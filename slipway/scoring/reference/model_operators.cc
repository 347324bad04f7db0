// ai.onnx.ml operators that predict: tree ensembles, linear models, support vectors.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/scoring/reference/model_tools.h"

namespace slipway::scoring::reference {
namespace {

// --- trees ---

bool TakesTrueBranch(const TreeNode& node, double value) {
  if (node.missing_is_true && std::isnan(value)) return true;
  switch (node.mode) {
    case TreeNode::Mode::kLessEqual:
      return value <= node.value;
    case TreeNode::Mode::kLess:
      return value < node.value;
    case TreeNode::Mode::kGreaterEqual:
      return value >= node.value;
    case TreeNode::Mode::kGreater:
      return value > node.value;
    case TreeNode::Mode::kEqual:
      return value == node.value;
    case TreeNode::Mode::kNotEqual:
      return value != node.value;
    case TreeNode::Mode::kLeaf:
      break;
  }
  return false;
}

const TreeNode& LeafOf(const TreeEnsemble& ensemble, uint32_t root, const double* row) {
  const TreeNode* node = &ensemble.nodes[root];
  while (node->mode != TreeNode::Mode::kLeaf)
    node = &ensemble.nodes[TakesTrueBranch(*node, row[node->feature]) ? node->true_child : node->false_child];
  return *node;
}

// One row's totals per class or target, tree after tree in float32.
struct Totals {
  std::vector<float> sums;
  std::vector<uint8_t> voted;
};

Totals AddTrees(const TreeEnsemble& ensemble, const double* row) {
  using Aggregate = TreeEnsemble::Aggregate;
  Totals totals{std::vector<float>(ensemble.targets), std::vector<uint8_t>(ensemble.targets)};
  for (const uint32_t root : ensemble.roots) {
    const TreeNode& leaf = LeafOf(ensemble, root, row);
    for (uint32_t i = leaf.first_vote; i < leaf.first_vote + leaf.vote_count; ++i) {
      const Vote& vote = ensemble.votes[i];
      float& sum = totals.sums[vote.target];
      const bool is_first = totals.voted[vote.target] == 0;
      if (ensemble.aggregate == Aggregate::kMin)
        sum = is_first ? vote.weight : std::min(sum, vote.weight);
      else if (ensemble.aggregate == Aggregate::kMax)
        sum = is_first ? vote.weight : std::max(sum, vote.weight);
      else
        sum += vote.weight;
      totals.voted[vote.target] = 1;
    }
  }
  if (ensemble.aggregate == Aggregate::kAverage)
    for (float& sum : totals.sums) sum /= static_cast<float>(ensemble.roots.size());
  return totals;
}

Result<Values> ClassifyByTrees(const TreeEnsemble& ensemble, const ClassifierRule& rule, const Tensor& input) {
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, ensemble.features));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> cells, AsDoubles(input));
  const size_t classes = ensemble.targets;
  std::vector<float> scores(shape.rows * classes);
  std::vector<uint32_t> labels;
  for (size_t row = 0; row < shape.rows; ++row) {
    Totals totals = AddTrees(ensemble, cells.data() + row * shape.width);
    // The binary form has votes for one class alone.
    if (rule.is_binary()) totals.sums = {totals.sums[0] + totals.sums[1]};
    labels.push_back(rule.Finish(totals.sums, totals.voted, {scores.data() + row * classes, classes}));
  }
  Tensor label = LabelTensor(ensemble.labels, labels);
  if (rule.has_literal_labels() && ensemble.labels.strings.empty()) label.ints.assign(labels.begin(), labels.end());
  return LabelsAndScores(std::move(label), shape.rows, classes, std::move(scores));
}

Result<Values> RegressByTrees(const TreeEnsemble& ensemble, const Tensor& input) {
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, ensemble.features));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<double> cells, AsDoubles(input));
  const size_t targets = ensemble.targets;
  std::vector<float> scores;
  for (size_t row = 0; row < shape.rows; ++row) {
    std::vector<float> sums = AddTrees(ensemble, cells.data() + row * shape.width).sums;
    for (size_t i = 0; i < ensemble.base_values.size(); ++i) sums[i] += ensemble.base_values[i];
    // With one target only PROBIT applies.
    if (targets > 1 || ensemble.post_transform == PostTransform::kProbit)
      ApplyPostTransform(ensemble.post_transform, sums);
    scores.insert(scores.end(), sums.begin(), sums.end());
  }
  return One(FloatTensor({static_cast<int64_t>(shape.rows), static_cast<int64_t>(targets)}, std::move(scores)));
}

Result<Operator> MakeTrees(std::shared_ptr<const Context> context) {
  SLIPWAY_ASSIGN_OR_RETURN(TreeEnsemble read, TreeEnsemble::Read(context->node));
  const auto ensemble = std::make_shared<const TreeEnsemble>(std::move(read));
  const ClassifierRule rule(*ensemble);
  return Operator([context, ensemble, rule](Inputs inputs) -> Result<Values> {
    SLIPWAY_RETURN_IF_ERROR(OneInput(*context, inputs));
    return With(ensemble->is_classifier ? ClassifyByTrees(*ensemble, rule, inputs[0].tensor)
                                        : RegressByTrees(*ensemble, inputs[0].tensor),
                context->node.Describe());
  });
}

// --- linear models ---

// Rows × outputs: X · coefficientsᵀ + intercepts.
Result<std::vector<float>> LinearScores(const Context& context, const Tensor& input, size_t outputs) {
  const std::vector<float>&weights = FloatsAttribute(context, "coefficients"),
        &intercepts = FloatsAttribute(context, "intercepts");
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, 0));
  if (outputs == 0 || weights.size() != outputs * shape.width || (!intercepts.empty() && intercepts.size() != outputs))
    return InvalidArgument(fmt::format("{} coefficients and {} intercepts for {} outputs of {} columns", weights.size(),
                                       intercepts.size(), outputs, shape.width));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> cells, AsFloats(input));
  std::vector<float> scores;
  for (size_t row = 0; row < shape.rows; ++row)
    for (size_t output = 0; output < outputs; ++output)
      scores.push_back(Dot({cells.data() + row * shape.width, shape.width}, weights.data() + output * shape.width) +
                       (intercepts.empty() ? 0 : intercepts[output]));
  return scores;
}

Result<Values> LinearRegressor(const Context& context, Inputs inputs) {
  const auto targets = static_cast<size_t>(IntAttribute(context, "targets", 1));
  SLIPWAY_ASSIGN_OR_RETURN(const PostTransform transform, ParsePostTransform(context.node));
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<float> scores, LinearScores(context, inputs[0].tensor, targets));
  const size_t rows = scores.size() / targets;
  for (size_t row = 0; row < rows && (targets > 1 || transform == PostTransform::kProbit); ++row)
    ApplyPostTransform(transform, {scores.data() + row * targets, targets});
  return One(FloatTensor({static_cast<int64_t>(rows), static_cast<int64_t>(targets)}, std::move(scores)));
}

// One row of weights for two labels: [1-s, s], or the two logistic values; the border is at 0.
Values ClassifyBySign(const ClassLabels& labels, PostTransform transform, const std::vector<float>& margins) {
  std::vector<float> scores;
  std::vector<uint32_t> chosen;
  for (const float s : margins) {
    chosen.push_back(s > 0 ? 1 : 0);
    const bool is_logistic = transform == PostTransform::kLogistic;
    scores.push_back(is_logistic ? Logistic(-s) : 1 - s);
    scores.push_back(is_logistic ? Logistic(s) : s);
  }
  return LabelsAndScores(LabelTensor(labels, chosen), margins.size(), 2, std::move(scores));
}

Result<Values> LinearClassifier(const Context& context, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(const ClassLabels labels, ParseClassLabels(context.node));
  SLIPWAY_ASSIGN_OR_RETURN(const PostTransform transform, ParsePostTransform(context.node));
  const size_t width = MatrixOf(inputs[0].tensor).width, classes = labels.size();
  const size_t outputs = width == 0 ? 0 : FloatsAttribute(context, "coefficients").size() / width;
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<float> scores, LinearScores(context, inputs[0].tensor, outputs));
  if (outputs == 1 && classes == 2) return ClassifyBySign(labels, transform, scores);
  if (outputs != classes || classes < 2)
    return InvalidArgument(fmt::format("{} rows of coefficients for {} labels", outputs, classes));
  std::vector<uint32_t> chosen;
  for (size_t row = 0; row * classes < scores.size(); ++row) {
    const std::span<float> line(scores.data() + row * classes, classes);
    chosen.push_back(FirstBest(line));
    ApplyPostTransform(transform, line);
  }
  return LabelsAndScores(LabelTensor(labels, chosen), chosen.size(), classes, std::move(scores));
}

}  // namespace

void AddModelOperators(Registry& registry) {
  registry.Add(kMlDomain, "TreeEnsembleClassifier", MakeTrees);
  registry.Add(kMlDomain, "TreeEnsembleRegressor", MakeTrees);
  registry.Add(kMlDomain, "TreeEnsemble", MakeTrees);
  registry.Add(kMlDomain, "LinearRegressor", 1, LinearRegressor);
  registry.Add(kMlDomain, "LinearClassifier", 1, LinearClassifier);
}

}  // namespace slipway::scoring::reference
