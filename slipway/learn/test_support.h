// Distributions for tests of the search.
#pragma once

#include "slipway/learn/search.h"

namespace slipway::learn::testing {

inline Distribution Range(Distribution::Kind kind, double min, double max, double q = 1) {
  Distribution distribution;
  distribution.kind = kind;
  distribution.min = min;
  distribution.max = max;
  distribution.q = q;
  return distribution;
}

inline Distribution Normal(Distribution::Kind kind, double mu, double sigma) {
  Distribution distribution;
  distribution.kind = kind;
  distribution.mu = mu;
  distribution.sigma = sigma;
  return distribution;
}

inline Distribution Randint(int64_t upper) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::kRandint;
  distribution.upper = upper;
  return distribution;
}

inline Distribution Choices(size_t count) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::kChoice;
  distribution.choices = count;
  return distribution;
}

}  // namespace slipway::learn::testing
