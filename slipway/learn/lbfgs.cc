#include "slipway/learn/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace slipway::learn {
namespace {

using Vector = std::vector<double>;

constexpr size_t kPairs = 10;
constexpr int kHalvingsMax = 60;
constexpr double kSufficientDecrease = 1e-4;

double Dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// The last steps and changes of the gradient, and the direction they give.
class Memory {
 public:
  void Add(Vector step, Vector change) {
    const double product = Dot(step, change);
    if (!(product > 1e-300)) return;  // not convex enough here to learn from
    pairs_.push_back({std::move(step), std::move(change), 1 / product});
    if (pairs_.size() > kPairs) pairs_.pop_front();
  }
  void Clear() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

  // -(inverse Hessian) × gradient, by the two loops.
  Vector Direction(const Vector& gradient) const {
    Vector direction = gradient;
    Vector shares(pairs_.size());
    for (size_t i = pairs_.size(); i-- > 0;) {
      shares[i] = pairs_[i].inverse * Dot(pairs_[i].step, direction);
      AddScaled(-shares[i], pairs_[i].change, direction);
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double scale = 1 / (last.inverse * Dot(last.change, last.change));
      for (double& element : direction) element *= scale;
    }
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const double share = pairs_[i].inverse * Dot(pairs_[i].change, direction);
      AddScaled(shares[i] - share, pairs_[i].step, direction);
    }
    for (double& element : direction) element = -element;
    return direction;
  }

 private:
  struct Pair {
    Vector step, change;
    double inverse;
  };
  static void AddScaled(double factor, const Vector& from, Vector& to) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
  }
  std::deque<Pair> pairs_;
};

class Minimizer {
 public:
  Minimizer(const SmoothFunction& function, const LbfgsOptions& options, Vector& x)
      : function_(function), options_(options), x_(x), gradient_(x.size()) {}

  LbfgsOutcome Run() {
    LbfgsOutcome outcome;
    value_ = Evaluate(x_, gradient_);
    for (; outcome.iterations < options_.max_iterations; ++outcome.iterations) {
      const Vector slope = PseudoGradient();
      outcome.converged = Largest(slope) <= options_.tolerance;
      if (outcome.converged) break;
      if (Step(slope)) continue;
      if (memory_.empty()) break;  // not even along the gradient
      memory_.Clear();
    }
    outcome.value = value_;
    return outcome;
  }

 private:
  static double Largest(const Vector& vector) {
    double largest = 0;
    for (const double element : vector) largest = std::max(largest, std::abs(element));
    return largest;
  }

  double Evaluate(const Vector& x, Vector& gradient) const {
    double value = function_(x, gradient);
    for (size_t i = 0; i < options_.l1.size(); ++i) value += options_.l1[i] * std::abs(x[i]);
    return value;
  }

  // The gradient where there is one; at a kink the side that goes down, or 0.
  Vector PseudoGradient() const {
    Vector slope = gradient_;
    for (size_t i = 0; i < options_.l1.size(); ++i) {
      const double weight = options_.l1[i];
      if (x_[i] != 0) {
        slope[i] += x_[i] > 0 ? weight : -weight;
      } else if (slope[i] + weight < 0) {
        slope[i] += weight;
      } else if (slope[i] - weight > 0) {
        slope[i] -= weight;
      } else {
        slope[i] = 0;
      }
    }
    return slope;
  }

  bool Step(const Vector& slope) {
    Vector direction = memory_.Direction(slope);
    if (!options_.l1.empty())
      for (size_t i = 0; i < direction.size(); ++i)
        if (direction[i] * slope[i] >= 0) direction[i] = 0;
    if (!(Dot(direction, slope) < 0)) return false;
    double length = memory_.empty() ? 1 / std::max(1.0, std::sqrt(Dot(slope, slope))) : 1;
    Vector next, next_gradient(x_.size());
    for (int i = 0; i < kHalvingsMax; ++i, length /= 2) {
      next = Along(direction, slope, length);
      const double value = Evaluate(next, next_gradient);
      double expected = 0;
      for (size_t k = 0; k < next.size(); ++k) expected += slope[k] * (next[k] - x_[k]);
      if (!(value <= value_ + kSufficientDecrease * expected) || !(expected < 0)) continue;
      Accept(std::move(next), std::move(next_gradient), value);
      return true;
    }
    return false;
  }

  // With a penalty no element crosses 0.
  Vector Along(const Vector& direction, const Vector& slope, double length) const {
    Vector next = x_;
    for (size_t i = 0; i < next.size(); ++i) next[i] += length * direction[i];
    for (size_t i = 0; i < options_.l1.size(); ++i) {
      if (options_.l1[i] == 0) continue;
      const double side = x_[i] != 0 ? x_[i] : -slope[i];
      if (next[i] * side <= 0) next[i] = 0;
    }
    return next;
  }

  void Accept(Vector next, Vector next_gradient, double value) {
    Vector step(next.size()), change(next.size());
    for (size_t i = 0; i < next.size(); ++i) {
      step[i] = next[i] - x_[i];
      change[i] = next_gradient[i] - gradient_[i];
    }
    memory_.Add(std::move(step), std::move(change));
    x_ = std::move(next);
    gradient_ = std::move(next_gradient);
    value_ = value;
  }

  const SmoothFunction& function_;
  const LbfgsOptions& options_;
  Vector& x_;
  Vector gradient_;
  double value_ = 0;
  Memory memory_;
};

}  // namespace

LbfgsOutcome Minimize(const SmoothFunction& function, const LbfgsOptions& options, std::vector<double>& x) {
  return Minimizer(function, options, x).Run();
}

}  // namespace slipway::learn
