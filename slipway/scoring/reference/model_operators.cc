// ai.onnx.ml operators that predict: tree ensembles, linear models, support vectors.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/scoring/reference/tensor_tools.h"

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

Result<MatrixShape> CheckFeatures(const Tensor& input, size_t features) {
  const MatrixShape shape = MatrixOf(input);
  if (input.type == ElementType::kString) return InvalidArgument("the input holds texts");
  if (shape.width < features) return InvalidArgument(fmt::format("{} columns instead of {}", shape.width, features));
  return shape;
}

// The labels of rows, by their index in the list.
Tensor LabelTensor(const ClassLabels& labels, const std::vector<uint32_t>& rows) {
  const Dims dims = {static_cast<int64_t>(rows.size())};
  Tensor tensor = MakeTensor(labels.strings.empty() ? ElementType::kInt64 : ElementType::kString, dims);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (labels.strings.empty())
      tensor.ints[i] = labels.ints[rows[i]];
    else
      tensor.strings[i] = labels.strings[rows[i]];
  }
  return tensor;
}

Values LabelsAndScores(Tensor labels, size_t rows, size_t width, std::vector<float> scores) {
  Values outputs = One(std::move(labels));
  outputs.push_back({FloatTensor({static_cast<int64_t>(rows), static_cast<int64_t>(width)}, std::move(scores))});
  return outputs;
}

Result<Values> ClassifyByTrees(const TreeEnsemble& ensemble, const ClassifierRule& rule, const Tensor& input) {
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, ensemble.features));
  const std::vector<double> cells = AsDoubles(input);
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
  // Two classes that both have votes: the runtime gives 0 and 1, whatever the labels are.
  if (!rule.is_binary() && classes == 2 && ensemble.labels.strings.empty())
    label.ints.assign(labels.begin(), labels.end());
  return LabelsAndScores(std::move(label), shape.rows, classes, std::move(scores));
}

Result<Values> RegressByTrees(const TreeEnsemble& ensemble, const Tensor& input) {
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, ensemble.features));
  const std::vector<double> cells = AsDoubles(input);
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

Status OneInput(const Context& context, Inputs inputs) {
  if (inputs.empty() || !inputs[0].is_present)
    return InvalidArgument(fmt::format("{}: input 0 is missing", context.node.Describe()));
  return {};
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

float Dot(std::span<const float> a, const float* b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Rows × outputs: X · coefficientsᵀ + intercepts.
Result<std::vector<float>> LinearScores(const Context& context, const Tensor& input, size_t outputs) {
  const std::vector<float>&weights = FloatsAttribute(context, "coefficients"),
        &intercepts = FloatsAttribute(context, "intercepts");
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, 0));
  if (outputs == 0 || weights.size() != outputs * shape.width || (!intercepts.empty() && intercepts.size() != outputs))
    return InvalidArgument(fmt::format("{} coefficients and {} intercepts for {} outputs of {} columns", weights.size(),
                                       intercepts.size(), outputs, shape.width));
  const std::vector<float> cells = AsFloats(input);
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

uint32_t FirstBest(std::span<const float> scores) {
  return static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
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

// --- support vectors ---

struct Kernel {
  std::string type;
  float gamma = 0, coef0 = 0, degree = 0;

  float Of(std::span<const float> x, const float* v) const {
    if (type == "LINEAR") return Dot(x, v);
    if (type == "POLY") return std::pow(gamma * Dot(x, v) + coef0, degree);
    if (type == "SIGMOID") return std::tanh(gamma * Dot(x, v) + coef0);
    float distance = 0;
    for (size_t i = 0; i < x.size(); ++i) distance += (x[i] - v[i]) * (x[i] - v[i]);
    return std::exp(-gamma * distance);
  }
};

Result<Kernel> KernelOf(const Context& context) {
  Kernel kernel;
  kernel.type = TextAttribute(context, "kernel_type", "LINEAR");
  if (kernel.type != "LINEAR" && kernel.type != "POLY" && kernel.type != "RBF" && kernel.type != "SIGMOID")
    return Unimplemented(fmt::format("kernel_type '{}' is not supported", kernel.type));
  const auto& parameters = FloatsAttribute(context, "kernel_params");
  if (parameters.size() >= 3) kernel.gamma = parameters[0], kernel.coef0 = parameters[1], kernel.degree = parameters[2];
  return kernel;
}

// y = Σ c · K(x, v) + rho; without support vectors the coefficients are the weights.
Result<Values> SvmRegressor(const Context& context, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(const Kernel kernel, KernelOf(context));
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(inputs[0].tensor, 0));
  const auto &weights = FloatsAttribute(context, "coefficients"), &rho = FloatsAttribute(context, "rho");
  const auto& vectors = FloatsAttribute(context, "support_vectors");
  const auto supports = static_cast<size_t>(IntAttribute(context, "n_supports", 0));
  const bool fits = supports == 0 ? weights.size() == shape.width
                                  : weights.size() == supports && vectors.size() == supports * shape.width;
  if (!fits || rho.empty()) return InvalidArgument("coefficients, support_vectors and rho do not fit the columns");
  const std::vector<float> cells = AsFloats(inputs[0].tensor);
  std::vector<float> results;
  for (size_t row = 0; row < shape.rows; ++row) {
    const std::span<const float> x(cells.data() + row * shape.width, shape.width);
    float sum = 0;
    if (supports == 0) sum = kernel.Of(x, weights.data());
    for (size_t i = 0; i < supports; ++i) sum += weights[i] * kernel.Of(x, vectors.data() + i * shape.width);
    sum += rho[0];
    if (IntAttribute(context, "one_class", 0) != 0) sum = sum > 0 ? 1.0f : -1.0f;
    results.push_back(sum);
  }
  return One(FloatTensor({static_cast<int64_t>(shape.rows), 1}, std::move(results)));
}

// A linear machine a class, without support vectors.
Result<Values> LinearSvmClassifier(const Context& context, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(const ClassLabels labels, ParseClassLabels(context.node));
  SLIPWAY_ASSIGN_OR_RETURN(const PostTransform transform, ParsePostTransform(context.node));
  const auto &weights = FloatsAttribute(context, "coefficients"), &rho = FloatsAttribute(context, "rho");
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(inputs[0].tensor, 0));
  const size_t classes = labels.size();
  if (classes == 0 || weights.size() != classes * shape.width || rho.empty())
    return InvalidArgument("coefficients, labels and rho do not fit the columns");
  SLIPWAY_ASSIGN_OR_RETURN(const Kernel kernel, KernelOf(context));
  const std::vector<float> cells = AsFloats(inputs[0].tensor);
  std::vector<float> scores(shape.rows * classes);
  std::vector<uint32_t> chosen;
  for (size_t row = 0; row < shape.rows; ++row) {
    const std::span<float> line(scores.data() + row * classes, classes);
    for (size_t c = 0; c < classes; ++c)
      line[c] = kernel.Of({cells.data() + row * shape.width, shape.width}, weights.data() + c * shape.width) + rho[0];
    chosen.push_back(FirstBest(line));
    ApplyPostTransform(transform, line);
  }
  return LabelsAndScores(LabelTensor(labels, chosen), shape.rows, classes, std::move(scores));
}

// Probabilities and votes of pairs are not done: refused when the model is loaded.
Result<Operator> MakeSvmClassifier(std::shared_ptr<const Context> context) {
  if (!IntsAttribute(*context, "vectors_per_class").empty())
    return Unimplemented(
        fmt::format("{}: support vectors (vectors_per_class) are not supported yet", context->node.Describe()));
  return Operator([context](Inputs inputs) -> Result<Values> {
    SLIPWAY_RETURN_IF_ERROR(OneInput(*context, inputs));
    return With(LinearSvmClassifier(*context, inputs), context->node.Describe());
  });
}

}  // namespace

void AddModelOperators(Registry& registry) {
  registry.Add(kMlDomain, "TreeEnsembleClassifier", MakeTrees);
  registry.Add(kMlDomain, "TreeEnsembleRegressor", MakeTrees);
  registry.Add(kMlDomain, "LinearRegressor", 1, LinearRegressor);
  registry.Add(kMlDomain, "LinearClassifier", 1, LinearClassifier);
  registry.Add(kMlDomain, "SVMRegressor", 1, SvmRegressor);
  registry.Add(kMlDomain, "SVMClassifier", MakeSvmClassifier);
}

}  // namespace slipway::scoring::reference
