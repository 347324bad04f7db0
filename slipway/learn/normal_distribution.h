// The standard normal distribution, for samplers.
#pragma once

namespace slipway::learn {

double NormalCdf(double x);
// Its inverse by Acklam's rational approximation (relative error below 1.2e-9); `p` in (0, 1).
double NormalQuantile(double p);

}  // namespace slipway::learn
