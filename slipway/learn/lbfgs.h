// Minimises smooth convex functions plus an L1 penalty: L-BFGS (Nocedal 1980), and for the penalty its orthant-wise
// form (Andrew and Gao 2007). Values; no randomness.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace slipway::learn {

// The function's value at `x`; writes its gradient. L1 is not part of it.
using SmoothFunction = std::function<double(std::span<const double> x, std::span<double> gradient)>;

struct LbfgsOptions {
  int max_iterations = 1000;
  double tolerance = 1e-6;          // of the largest element of the (pseudo-)gradient
  std::span<const double> l1 = {};  // a weight an element; empty: none
};

struct LbfgsOutcome {
  bool converged = false;
  int iterations = 0;
  double value = 0;  // with the penalty
};

// From the point in `x`, which becomes the minimum.
LbfgsOutcome Minimize(const SmoothFunction& function, const LbfgsOptions& options, std::vector<double>& x);

}  // namespace slipway::learn
