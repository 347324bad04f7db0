#include "slipway/stats/domain_drift.h"

#include <algorithm>
#include <cmath>

namespace slipway::stats {

std::string_view DomainVerdictName(DomainVerdict verdict) {
  constexpr std::string_view kNames[] = {"not enough data", "same", "drifted"};
  return kNames[static_cast<size_t>(verdict)];
}

double RocAucStandardError(double auc, size_t positives, size_t negatives) {
  const double p = static_cast<double>(positives), n = static_cast<double>(negatives);
  const double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  const double variance = auc * (1 - auc) + (p - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc);
  return std::sqrt(std::max(0.0, variance) / (p * n));
}

DomainVerdict JudgeDomainAuc(double auc, double standard_error, double auc_from) {
  const bool is_beyond_chance = auc - 0.5 > 3 * standard_error;
  return auc >= auc_from && is_beyond_chance ? DomainVerdict::kDrifted : DomainVerdict::kSame;
}

}  // namespace slipway::stats
