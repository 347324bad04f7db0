#include "slipway/learn/linear_models.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/learn/design_matrix.h"
#include "slipway/learn/feature_rows.h"
#include "slipway/learn/lbfgs.h"
#include "slipway/learn/symmetric_solver.h"

// Both kinds are solved for standardised features (mean 0, deviation 1), whose penalties are rescaled so that the
// objective stays the one of the features as they are: the number of iterations then hardly depends on their units.

namespace slipway::learn {
namespace {

using Link = model::LinearModel::Link;
using Vector = std::vector<double>;

int ThreadsOf(const LinearOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

double L1Share(const LinearOptions& options) {
  if (options.penalty == Penalty::kL1) return 1;
  return options.penalty == Penalty::kElasticNet ? options.l1_ratio : 0;
}

// Weights for standardised features and an intercept for centred ones, as features have them.
void AppendRow(const DesignMatrix& design, std::span<const double> weights, double intercept,
               model::LinearModel& model) {
  for (size_t k = 0; k < design.features(); ++k) {
    const double weight = weights[k] / design.deviations()[k];
    intercept -= weight * design.means()[k];
    model.coefficients.push_back(static_cast<float>(weight));
  }
  model.intercepts.push_back(static_cast<float>(intercept));
}

// --- classes ---

double LogOnePlusExp(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

// The mean loss of the rows plus the smooth part of the penalty, over weights and intercept of each output.
class LogisticLoss {
 public:
  LogisticLoss(const DesignMatrix& design, const Targets& targets, const LinearOptions& options)
      : design_(design), targets_(targets), outputs_(targets.class_count == 2 ? 1 : targets.class_count) {
    if (options.penalty == Penalty::kNone) return;
    const double strength = 1 / (options.c * design.total_weight());
    l1_ = strength * L1Share(options);
    l2_ = strength * (1 - L1Share(options));
  }

  size_t size() const { return outputs_ * stride(); }
  size_t outputs() const { return outputs_; }
  size_t stride() const { return design_.features() + 1; }

  Vector L1Weights() const {
    Vector weights;
    if (l1_ == 0) return weights;
    for (size_t output = 0; output < outputs_; ++output) {
      for (const double deviation : design_.deviations()) weights.push_back(l1_ / deviation);
      weights.push_back(0);
    }
    return weights;
  }

  double operator()(std::span<const double> x, std::span<double> gradient) {
    Vector sums(outputs_ * design_.rows());
    for (size_t output = 0; output < outputs_; ++output) {
      const std::span<double> of_output(&sums[output * design_.rows()], design_.rows());
      design_.Multiply(x.subspan(output * stride(), design_.features()), of_output);
      const double intercept = x[(output + 1) * stride() - 1];
      for (double& sum : of_output) sum += intercept;
    }
    const double loss = outputs_ == 1 ? BinaryResiduals(sums) : SoftmaxResiduals(sums);
    return loss / design_.total_weight() + Gradient(x, sums, gradient);
  }

 private:
  // The rows' weighted loss; sums become weighted residuals.
  double BinaryResiduals(Vector& sums) const {
    double loss = 0;
    for (size_t row = 0; row < sums.size(); ++row) {
      const double weight = design_.weight(row), sum = sums[row];
      const double truth = targets_.classes[row] != 0 ? 1 : 0;
      loss += weight * (LogOnePlusExp(sum) - truth * sum);
      sums[row] = weight * (1 / (1 + std::exp(-sum)) - truth);
    }
    return loss;
  }

  double SoftmaxResiduals(Vector& sums) const {
    const size_t rows = design_.rows();
    double loss = 0;
    for (size_t row = 0; row < rows; ++row) {
      double top = sums[row], total = 0;
      for (size_t k = 1; k < outputs_; ++k) top = std::max(top, sums[k * rows + row]);
      for (size_t k = 0; k < outputs_; ++k) total += std::exp(sums[k * rows + row] - top);
      const double weight = design_.weight(row);
      loss += weight * (std::log(total) + top - sums[targets_.classes[row] * rows + row]);
      for (size_t k = 0; k < outputs_; ++k) {
        double& sum = sums[k * rows + row];
        sum = weight * (std::exp(sum - top) / total - (targets_.classes[row] == k ? 1 : 0));
      }
    }
    return loss;
  }

  // Returns the smooth penalty.
  double Gradient(std::span<const double> x, const Vector& residuals, std::span<double> gradient) const {
    double penalty = 0;
    const size_t rows = design_.rows();
    for (size_t output = 0; output < outputs_; ++output) {
      const std::span<const double> of_output(&residuals[output * rows], rows);
      const std::span<double> part = gradient.subspan(output * stride(), stride());
      design_.MultiplyTransposed(of_output, part.first(design_.features()));
      part.back() = 0;
      for (const double residual : of_output) part.back() += residual;
      for (double& element : part) element /= design_.total_weight();
      for (size_t k = 0; k < design_.features(); ++k) {
        const double deviation = design_.deviations()[k], weight = x[output * stride() + k] / deviation;
        penalty += 0.5 * l2_ * weight * weight;
        part[k] += l2_ * weight / deviation;
      }
    }
    return penalty;
  }

  const DesignMatrix& design_;
  const Targets& targets_;
  const size_t outputs_;
  double l1_ = 0, l2_ = 0;
};

FittedLinear FitClasses(const DesignMatrix& design, const Targets& targets, const LinearOptions& options) {
  LogisticLoss loss(design, targets, options);
  const Vector l1 = loss.L1Weights();
  Vector x(loss.size(), 0);
  const LbfgsOutcome outcome =
      Minimize([&](std::span<const double> at, std::span<double> gradient) { return loss(at, gradient); },
               {options.max_iterations, options.tolerance, l1}, x);
  FittedLinear fitted{{}, outcome.converged, outcome.iterations};
  fitted.model.link = loss.outputs() == 1 ? Link::kLogistic : Link::kSoftmax;
  const auto of_output = [&](size_t output) { return std::span<const double>(x).subspan(output * loss.stride()); };
  if (loss.outputs() == 1) {
    Vector negative(x);
    for (double& weight : negative) weight = -weight;
    AppendRow(design, negative, negative.back(), fitted.model);
  }
  for (size_t output = 0; output < loss.outputs(); ++output)
    AppendRow(design, of_output(output), of_output(output)[design.features()], fitted.model);
  return fitted;
}

// --- values ---

// What least squares needs to know of the rows, in standardised features and centred values, as weighted means.
struct Moments {
  size_t features;
  Vector gram, products;
  double mean_value = 0;
};

Moments FindMoments(const DesignMatrix& design, const Targets& targets) {
  Moments moments{design.features(), design.Gram(), Vector(design.features()), 0};
  Vector numbers(design.rows());
  for (size_t row = 0; row < design.rows(); ++row) moments.mean_value += design.weight(row) * targets.values[row];
  moments.mean_value /= design.total_weight();
  for (size_t row = 0; row < design.rows(); ++row)
    numbers[row] = design.weight(row) * (targets.values[row] - moments.mean_value);
  design.MultiplyTransposed(numbers, moments.products);
  for (double& element : moments.gram) element /= design.total_weight();
  for (double& element : moments.products) element /= design.total_weight();
  return moments;
}

double SoftThreshold(double value, double by) {
  if (value > by) return value - by;
  return value < -by ? value + by : 0;
}

// Coordinate descent on (1/2W) Σ w (y - xβ)² + Σ l1_k |β_k| + ½ Σ l2_k β_k² (Friedman, Hastie, Tibshirani 2010).
Vector Descend(const Moments& moments, const Vector& l1, const Vector& l2, const LinearOptions& options,
               FittedLinear& fitted) {
  const size_t width = moments.features;
  Vector weights(width, 0), rest = moments.products;  // rest = products - gram × weights
  fitted.converged = false;
  const int sweeps = 10 * options.max_iterations;
  for (fitted.iterations = 0; fitted.iterations < sweeps && !fitted.converged; ++fitted.iterations) {
    double largest = 0;
    for (size_t k = 0; k < width; ++k) {
      const double own = moments.gram[k * width + k];
      if (!(own > 0)) continue;
      const double next = SoftThreshold(rest[k] + own * weights[k], l1[k]) / (own + l2[k]);
      const double change = next - weights[k];
      if (change == 0) continue;
      for (size_t i = 0; i < width; ++i) rest[i] -= change * moments.gram[k * width + i];
      weights[k] = next;
      largest = std::max(largest, std::abs(change));
    }
    const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
    fitted.converged = largest <= options.tolerance * std::max(1e-300, std::max(std::abs(*low), std::abs(*high)));
  }
  return weights;
}

Result<FittedLinear> FitValues(const DesignMatrix& design, const Targets& targets, const LinearOptions& options) {
  const Moments moments = FindMoments(design, targets);
  const size_t width = design.features();
  FittedLinear fitted;
  Vector weights;
  const double share = L1Share(options);
  // Ridge's penalty is on the sum of squares, the others' on half their mean.
  double strength = options.penalty == Penalty::kNone ? 0 : options.alpha;
  if (options.penalty == Penalty::kL2) strength /= design.total_weight();
  Vector l1, l2;
  for (const double deviation : design.deviations()) {
    l1.push_back(strength * share / deviation);
    l2.push_back(strength * (1 - share) / (deviation * deviation));
  }
  if (share > 0) {
    weights = Descend(moments, l1, l2, options, fitted);
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(weights, SolveSymmetric(moments.gram, l2, moments.products));
  }
  weights.resize(width);
  AppendRow(design, weights, moments.mean_value, fitted.model);
  return fitted;
}

Status CheckData(std::span<const FeatureColumn> columns, const Targets& targets) {
  if (columns.empty() || FeatureCount(columns) == 0) return InvalidArgument("the columns give no features");
  if (targets.size() == 0) return InvalidArgument("there are no rows");
  if (!targets.weights.empty() && targets.weights.size() != targets.size())
    return InvalidArgument(fmt::format("there are {} rows and {} weights", targets.size(), targets.weights.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].size() != targets.size())
      return InvalidArgument(
          fmt::format("column {} has {} rows, there are {} targets", i, columns[i].size(), targets.size()));
    if (std::any_of(columns[i].numbers.begin(), columns[i].numbers.end(), [](float x) { return std::isnan(x); }))
      return InvalidArgument(fmt::format("column {} has a missing value", i));
  }
  return {};
}

}  // namespace

Result<Penalty> ParsePenalty(std::string_view name) {
  if (name == "none") return Penalty::kNone;
  if (name == "l1") return Penalty::kL1;
  if (name == "l2") return Penalty::kL2;
  if (name == "elasticnet") return Penalty::kElasticNet;
  const std::string known[] = {"none", "l1", "l2", "elasticnet"};
  return InvalidArgument(
      fmt::format("the penalty '{}' is none of {}{}", name, Join(known, ", "), DidYouMean(name, known)));
}

Status CheckOptions(const LinearOptions& options) {
  const auto refuse = [](std::string_view name, double value, std::string_view rule) {
    return InvalidArgument(fmt::format("{} is {}; it has to be {}", name, FormatDouble(value), rule));
  };
  if (!(options.c > 0 && std::isfinite(options.c))) return refuse("C", options.c, "above 0");
  if (!(options.alpha >= 0 && std::isfinite(options.alpha))) return refuse("alpha", options.alpha, "at least 0");
  if (!(options.l1_ratio >= 0 && options.l1_ratio <= 1)) return refuse("l1_ratio", options.l1_ratio, "between 0 and 1");
  if (options.max_iterations < 1) return refuse("max_iter", options.max_iterations, "at least 1");
  if (!(options.tolerance > 0)) return refuse("tol", options.tolerance, "above 0");
  if (options.threads < 0) return refuse("n_jobs", options.threads, "at least 0");
  return {};
}

Result<FittedLinear> FitLinear(std::span<const FeatureColumn> columns, const Targets& targets,
                               const LinearOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(options));
  SLIPWAY_RETURN_IF_ERROR(CheckData(columns, targets));
  ThreadPool pool(ThreadsOf(options) - 1);
  const DesignMatrix design(columns, targets.weights, pool);
  if (!(design.total_weight() > 0)) return InvalidArgument("all weights are 0");
  if (targets.class_count == 0 && design.features() > kLinearFeaturesMax)
    return Error(Code::kResourceExhausted, fmt::format("linear regression takes at most {} features; there are {}",
                                                       kLinearFeaturesMax, design.features()));
  SLIPWAY_ASSIGN_OR_RETURN(FittedLinear fitted, targets.class_count > 0 ? FitClasses(design, targets, options)
                                                                        : FitValues(design, targets, options));
  for (const double mean : design.means()) fitted.model.feature_means.push_back(static_cast<float>(mean));
  return fitted;
}

}  // namespace slipway::learn
