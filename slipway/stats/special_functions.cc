#include "slipway/stats/special_functions.h"

#include <cmath>
#include <limits>

#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace slipway::stats {
namespace {

using boost::math::policies::domain_error;
using boost::math::policies::errno_on_error;
using boost::math::policies::evaluation_error;
using boost::math::policies::overflow_error;
using boost::math::policies::pole_error;
using boost::math::policies::promote_double;

// No exceptions: what cannot be computed is NaN or infinite.
constexpr boost::math::policies::policy<domain_error<errno_on_error>, pole_error<errno_on_error>,
                                        overflow_error<errno_on_error>, evaluation_error<errno_on_error>,
                                        promote_double<false>>
    kPolicy;

}  // namespace

double ChiSquareUpperTail(double x, double degrees) {
  if (degrees <= 0 || std::isnan(x)) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(x)) return 0;
  if (x <= 0) return 1;
  return boost::math::gamma_q(degrees / 2, x / 2, kPolicy);
}

double NormalUpperTail(double z) {
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

double StudentTwoSided(double t, double degrees) {
  if (std::isnan(t) || degrees <= 0) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(t)) return 0;
  return boost::math::ibeta(degrees / 2, 0.5, degrees / (degrees + t * t), kPolicy);
}

double LogGamma(double x) {
  return boost::math::lgamma(x, kPolicy);
}

double LogChoose(double n, double k) {
  return LogGamma(n + 1) - LogGamma(k + 1) - LogGamma(n - k + 1);
}

double BesselKQuarter(double x) {
  return boost::math::cyl_bessel_k(0.25, x, kPolicy);
}

}  // namespace slipway::stats
