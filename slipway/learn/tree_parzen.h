// Bayesian search of hyperparameters by the tree-structured Parzen estimator (TPE): J. Bergstra, R. Bardenet, Y. Bengio
// and B. Kégl, "Algorithms for Hyper-Parameter Optimization", NIPS 2011, section 4.
//
// The trials seen so far are split into the best share and the rest. For each hyperparameter two densities are
// estimated, l(x) of the good and g(x) of the others; of some candidates drawn from l the one with the largest l/g is
// taken, which maximizes the expected improvement under that model. What is nested in a choice is estimated from the
// trials that made the choice.
//
// Numbers are compared in the unit interval that their distribution is the inversion of, so that one estimator (a
// mixture of normals cut off at 0 and 1, one around each trial, as wide as the distance to its neighbours, and the
// uniform prior) serves all distributions: a logarithmic one is searched by its exponent, a normal one by its
// quantiles. Choices are counted, with one count of the prior for each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "slipway/learn/search.h"

namespace slipway::learn {

// A trial that was made before.
struct Observation {
  Point point;
  std::optional<double> value;  // none: it still runs, or ended without one; new trials keep away from it
};

// Before that many trials have a value, points are those of SamplingRule::kRandom.
inline constexpr size_t kParzenStartupTrials = 10;

// The point of trial `index`: a function of its arguments alone. The space has passed CheckSpace.
Point SuggestPoint(const SearchSpace& space, bool maximize, uint64_t seed, uint64_t index,
                   const std::vector<Observation>& seen);

}  // namespace slipway::learn
