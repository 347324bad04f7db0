// The two-sided two-sample Kolmogorov-Smirnov test, as scipy.stats.ks_2samp chooses its methods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slipway::stats {

// The largest distance of the two empirical distribution functions. Both sorted and not empty.
double KolmogorovSmirnovDistance(std::span<const double> a, std::span<const double> b);

// P(distance >= d) for samples of n and m from one continuous distribution: exact up to 10,000 a side, beyond that by
// KolmogorovUpperTail of round(n m / (n + m)).
double KolmogorovSmirnovPValue(double d, size_t n, size_t m);

// P(D_n >= d) of the one-sample statistic. Methods are chosen as in Simard and L'Ecuyer, "Computing the two-sided
// Kolmogorov-Smirnov distribution" (J. Stat. Software 39, 2011): Durbin's matrix as Marsaglia, Tsang and Wang compute
// it (2003), twice Smirnov's one-sided tail, or the expansion of Pelz and Good (1976).
double KolmogorovUpperTail(int64_t n, double d);

}  // namespace slipway::stats
