// ai.onnx.ml operators of support vectors, after libsvm.
#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "slipway/scoring/reference/model_tools.h"

namespace slipway::scoring::reference {
namespace {

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

// --- SVMRegressor ---

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
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> cells, AsFloats(inputs[0].tensor));
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

// --- SVMClassifier ---

// Its attributes, in the two forms: support vectors with a machine a pair of classes, or linear with one a class.
struct Machines {
  ClassLabels labels;
  PostTransform transform = PostTransform::kNone;
  Kernel kernel;
  std::vector<size_t> first_vector;  // per class, and one more; empty: linear
  std::vector<float> coefficients, vectors, rho, prob_a, prob_b;
  bool all_positive = true;  // coefficients

  size_t classes() const { return labels.size(); }
  size_t pairs() const { return classes() * (classes() - 1) / 2; }
  size_t vector_count() const { return first_vector.back(); }
};

Status CheckSizes(const Machines& machines) {
  if (machines.classes() == 0 || machines.classes() > 0xFFFF) return InvalidArgument("there are no class labels");
  if (machines.prob_a.size() != machines.prob_b.size()) return InvalidArgument("prob_a and prob_b differ in length");
  if (machines.first_vector.empty()) return machines.rho.empty() ? InvalidArgument("rho is missing") : Status();
  const size_t pairs = machines.pairs();
  const bool fits = machines.first_vector.size() == machines.classes() + 1 && machines.classes() > 1 &&
                    machines.coefficients.size() >= (machines.classes() - 1) * machines.vector_count() &&
                    machines.rho.size() >= pairs && (machines.prob_a.empty() || machines.prob_a.size() >= pairs);
  if (!fits || machines.vectors.size() % machines.vector_count() != 0)
    return InvalidArgument("vectors_per_class, coefficients, rho and prob_a do not fit together");
  if (machines.classes() == 2 && machines.prob_a.empty() && machines.transform == PostTransform::kProbit)
    return Unimplemented("post_transform 'PROBIT' of one margin is not supported");
  return {};
}

Result<Machines> MachinesOf(const Context& context) {
  Machines machines;
  SLIPWAY_ASSIGN_OR_RETURN(machines.labels, ParseClassLabels(context.node));
  SLIPWAY_ASSIGN_OR_RETURN(machines.transform, ParsePostTransform(context.node));
  SLIPWAY_ASSIGN_OR_RETURN(machines.kernel, KernelOf(context));
  machines.coefficients = FloatsAttribute(context, "coefficients");
  machines.vectors = FloatsAttribute(context, "support_vectors");
  machines.rho = FloatsAttribute(context, "rho");
  machines.prob_a = FloatsAttribute(context, "prob_a");
  machines.prob_b = FloatsAttribute(context, "prob_b");
  size_t count = 0;
  for (const int64_t size : IntsAttribute(context, "vectors_per_class")) {
    if (size < 0 || size > 0x7FFF'FFFF) return InvalidArgument("vectors_per_class holds no counts");
    machines.first_vector.push_back(count);
    count += static_cast<size_t>(size);
  }
  if (count > 0) machines.first_vector.push_back(count);
  if (count == 0) machines.first_vector.clear();
  for (const float weight : machines.coefficients) machines.all_positive = machines.all_positive && weight >= 0;
  SLIPWAY_RETURN_IF_ERROR(CheckSizes(machines));
  return machines;
}

// The margin of each pair of classes, in the order (0,1), (0,2) … (1,2) …
std::vector<float> PairMargins(const Machines& machines, std::span<const float> x) {
  std::vector<float> kernels;
  for (size_t i = 0; i < machines.vector_count(); ++i)
    kernels.push_back(machines.kernel.Of(x, machines.vectors.data() + i * x.size()));
  std::vector<float> margins;
  const auto add = [&](size_t row, size_t of, double& sum) {
    for (size_t i = machines.first_vector[of]; i < machines.first_vector[of + 1]; ++i)
      sum += static_cast<double>(machines.coefficients[row * machines.vector_count() + i] * kernels[i]);
  };
  for (size_t a = 0; a + 1 < machines.classes(); ++a) {
    for (size_t b = a + 1; b < machines.classes(); ++b) {
      double sum = 0;
      add(b - 1, a, sum);
      add(a, b, sum);
      margins.push_back(static_cast<float>(sum + static_cast<double>(machines.rho[margins.size()])));
    }
  }
  return margins;
}

uint32_t MostVotes(const Machines& machines, std::span<const float> margins) {
  std::vector<uint32_t> votes(machines.classes());
  size_t pair = 0;
  for (size_t a = 0; a + 1 < machines.classes(); ++a)
    for (size_t b = a + 1; b < machines.classes(); ++b) ++votes[margins[pair++] > 0 ? a : b];
  return static_cast<uint32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

// Probabilities of classes from those of pairs: the second method of Wu, Lin and Weng (2004), as libsvm iterates it.
std::vector<float> CoupledProbabilities(const std::vector<float>& pairs, size_t classes) {
  constexpr double kPrecision = 0.005;
  constexpr size_t kRoundsLeast = 100;
  std::vector<double> q(classes * classes), qp(classes), p(classes, 1.0 / static_cast<double>(classes));
  const auto r = [&](size_t a, size_t b) { return static_cast<double>(pairs[a * classes + b]); };
  for (size_t a = 0; a < classes; ++a) {
    for (size_t b = 0; b < classes; ++b) {
      if (a == b) continue;
      q[a * classes + a] += r(b, a) * r(b, a);
      q[a * classes + b] = -r(b, a) * r(a, b);
    }
  }
  for (size_t round = 0; round < std::max(kRoundsLeast, classes); ++round) {
    double pqp = 0, worst = 0;
    for (size_t a = 0; a < classes; ++a) {
      qp[a] = 0;
      for (size_t b = 0; b < classes; ++b) qp[a] += q[a * classes + b] * p[b];
      pqp += p[a] * qp[a];
    }
    for (const double value : qp) worst = std::max(worst, std::abs(value - pqp));
    if (worst < kPrecision / static_cast<double>(classes)) break;
    for (size_t a = 0; a < classes; ++a) {
      const double step = (pqp - qp[a]) / q[a * classes + a];
      p[a] += step;
      pqp = (pqp + step * (step * q[a * classes + a] + 2 * qp[a])) / (1 + step) / (1 + step);
      for (size_t b = 0; b < classes; ++b) {
        qp[b] = (qp[b] + step * q[a * classes + b]) / (1 + step);
        p[b] /= 1 + step;
      }
    }
  }
  return {p.begin(), p.end()};
}

std::vector<float> Probabilities(const Machines& machines, std::span<const float> margins) {
  constexpr float kLeast = 1e-7f;
  const size_t classes = machines.classes();
  std::vector<float> pairs(classes * classes);
  size_t pair = 0;
  for (size_t a = 0; a + 1 < classes; ++a) {
    for (size_t b = a + 1; b < classes; ++b, ++pair) {
      const float p = 1 - Logistic(margins[pair] * machines.prob_a[pair] + machines.prob_b[pair]);
      pairs[a * classes + b] = std::clamp(p, kLeast, 1 - kLeast);
      pairs[b * classes + a] = 1 - pairs[a * classes + b];
    }
  }
  return CoupledProbabilities(pairs, classes);
}

// A lone margin counts for the first class, and stands in the second place.
std::vector<float> BothMargins(PostTransform transform, float margin) {
  if (transform == PostTransform::kLogistic) return {Logistic(-margin), Logistic(margin)};
  return {transform == PostTransform::kNone ? -margin : 1 - margin, margin};
}

struct Scored {
  uint32_t label = 0;
  std::vector<float> scores;
};

Scored ScoreByVectors(const Machines& machines, std::span<const float> x) {
  std::vector<float> margins = PairMargins(machines, x);
  Scored scored{MostVotes(machines, margins), {}};
  const bool is_lone = machines.classes() == 2 && machines.prob_a.empty();
  if (is_lone) {
    scored.scores = BothMargins(machines.transform, margins[0]);
    return scored;
  }
  scored.scores = machines.prob_a.empty() ? std::move(margins) : Probabilities(machines, margins);
  ApplyPostTransform(machines.transform, scored.scores);
  return scored;
}

Scored ScoreLinearly(const Machines& machines, std::span<const float> x) {
  Scored scored;
  for (size_t c = 0; c < machines.classes(); ++c)
    scored.scores.push_back(Dot(x, machines.coefficients.data() + c * x.size()) + machines.rho[0]);
  scored.label = FirstBest(scored.scores);
  const float top = scored.scores[scored.label];
  const bool is_second = machines.all_positive ? top >= 0.5f : top > 0;
  if (machines.classes() == 2 && machines.prob_a.empty() && is_second) scored.label = 1;
  ApplyPostTransform(machines.transform, scored.scores);
  return scored;
}

Result<Values> ClassifyByMachines(const Machines& machines, const Tensor& input) {
  SLIPWAY_ASSIGN_OR_RETURN(const MatrixShape shape, CheckFeatures(input, 0));
  const bool is_linear = machines.first_vector.empty();
  const bool fits = is_linear ? machines.coefficients.size() == machines.classes() * shape.width
                              : machines.vectors.size() == machines.vector_count() * shape.width;
  if (!fits) return InvalidArgument(fmt::format("the coefficients do not fit {} columns", shape.width));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> cells, AsFloats(input));
  std::vector<uint32_t> labels;
  std::vector<float> scores;
  for (size_t row = 0; row < shape.rows; ++row) {
    const std::span<const float> x(cells.data() + row * shape.width, shape.width);
    const Scored scored = is_linear ? ScoreLinearly(machines, x) : ScoreByVectors(machines, x);
    labels.push_back(scored.label);
    scores.insert(scores.end(), scored.scores.begin(), scored.scores.end());
  }
  const size_t width =
      !is_linear && machines.prob_a.empty() && machines.classes() > 2 ? machines.pairs() : machines.classes();
  return LabelsAndScores(LabelTensor(machines.labels, labels), shape.rows, width, std::move(scores));
}

Result<Operator> MakeSvmClassifier(std::shared_ptr<const Context> context) {
  SLIPWAY_ASSIGN_OR_RETURN(Machines read, With(MachinesOf(*context), context->node.Describe()));
  const auto machines = std::make_shared<const Machines>(std::move(read));
  return Operator([context, machines](Inputs inputs) -> Result<Values> {
    SLIPWAY_RETURN_IF_ERROR(OneInput(*context, inputs));
    return With(ClassifyByMachines(*machines, inputs[0].tensor), context->node.Describe());
  });
}

}  // namespace

void AddSvmOperators(Registry& registry) {
  registry.Add(kMlDomain, "SVMRegressor", 1, SvmRegressor);
  registry.Add(kMlDomain, "SVMClassifier", MakeSvmClassifier);
}

}  // namespace slipway::scoring::reference
