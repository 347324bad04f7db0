// Tails of distributions, by Boost.Math.
#pragma once

namespace slipway::stats {

// P(X >= x) of the chi-square distribution. NaN for 0 degrees; 0 for infinite x.
double ChiSquareUpperTail(double x, double degrees);
double NormalUpperTail(double z);
// P(|T| >= |t|) of Student's distribution.
double StudentTwoSided(double t, double degrees);
double LogGamma(double x);
double LogChoose(double n, double k);
// The modified Bessel function of the second kind of order 1/4.
double BesselKQuarter(double x);

}  // namespace slipway::stats
