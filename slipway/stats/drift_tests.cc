#include "slipway/stats/drift_tests.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/category_statistics.h"
#include "slipway/stats/distances.h"
#include "slipway/stats/kolmogorov_smirnov.h"
#include "slipway/stats/rank_statistics.h"

namespace slipway::stats {
namespace {

using When = DriftTest::DriftWhen;
using ScoreResult = Result<double>;

constexpr DriftTest kTests[] = {
    {"ks", "K-S p_value", true, false, 0.05, When::kAtMost,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult {
       return KolmogorovSmirnovPValue(KolmogorovSmirnovDistance(pair.reference, pair.current), pair.reference_rows,
                                      pair.current_rows);
     }},
    {"chisquare", "chi-square p_value", false, true, 0.05, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return ChiSquareGoodnessOfFit(CountsByValue(pair)); }},
    {"z", "Z-test p_value", false, true, 0.05, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return ProportionZTest(CountsByValue(pair)); }},
    {"wasserstein", "Wasserstein distance (normed)", true, false, 0.1, When::kAtLeast,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult {
       return WassersteinDistance(pair.reference, pair.current) / std::max(PopulationDeviation(pair.reference), 0.001);
     }},
    {"jensenshannon", "Jensen-Shannon distance", true, true, 0.1, When::kAtLeast,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return JensenShannonDistance(BinnedShares(pair)); }},
    {"psi", "PSI", true, true, 0.1, When::kAtLeast,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return PopulationStabilityIndex(BinnedShares(pair)); }},
    {"kl_div", "Kullback-Leibler divergence", true, true, 0.1, When::kAtLeast,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return KullbackLeiblerDivergence(BinnedShares(pair)); }},
    {"hellinger", "Hellinger distance", true, true, 0.1, When::kAtLeast,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return HellingerDistance(pair); }},
    {"ed", "Energy-distance", true, false, 0.1, When::kAbove,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return EnergyDistance(pair.reference, pair.current); }},
    {"anderson", "Anderson-Darling", true, false, 0.1, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return AndersonDarlingTest(pair.reference, pair.current); }},
    {"cramer_von_mises", "Cramer-Von-mises", true, false, 0.1, When::kAtMost,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return CramerVonMisesTest(pair.reference, pair.current); }},
    {"mannw", "Mann-Whitney U-rank test", true, false, 0.05, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return MannWhitneyUTest(pair.reference, pair.current); }},
    {"t_test", "t_test", true, false, 0.05, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return StudentTTest(pair.reference, pair.current); }},
    {"es", "Epps-Singleton", true, false, 0.05, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return EppsSingletonTest(pair.reference, pair.current); }},
    {"emperical_mmd", "emperical_mmd", true, false, 0.1, When::kBelow,
     [](const ColumnPair& pair, uint64_t seed) -> ScoreResult {
       return MaximumMeanDiscrepancyTest(pair.reference, pair.current, seed);
     }},
    {"fisher_exact", "Fisher's Exact test", false, true, 0.1, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return FisherExact(CountsByValue(pair)); }},
    {"g_test", "g_test", false, true, 0.1, When::kBelow,
     [](const ColumnPair& pair, uint64_t) -> ScoreResult { return GTest(CountsByValue(pair)); }},
    {"TVD", "Total-Variation-Distance", false, true, 0.1, When::kBelow,
     [](const ColumnPair& pair, uint64_t seed) -> ScoreResult {
       return TotalVariationPValue(CountsByValue(pair), seed);
     }},
};

const DriftTest& Named(std::string_view name) {
  return *std::find_if(std::begin(kTests), std::end(kTests), [&](const DriftTest& test) { return test.name == name; });
}

}  // namespace

bool DriftTest::IsDrift(double score, double limit) const {
  switch (drift_when) {
    case When::kBelow:
      return score < limit;
    case When::kAtMost:
      return score <= limit;
    case When::kAbove:
      return score > limit;
    case When::kAtLeast:
      return score >= limit;
  }
  return false;
}

std::vector<std::string> DriftTestNames() {
  std::vector<std::string> names;
  for (const DriftTest& test : kTests) names.emplace_back(test.name);
  return names;
}

Result<const DriftTest*> FindDriftTest(std::string_view name) {
  for (const DriftTest& test : kTests)
    if (test.name == name) return &test;
  for (std::string_view known : {"perc_text_content_drift", "abs_text_content_drift"})
    if (name == known) return Unimplemented(fmt::format("the drift test '{}' is not supported yet", name));
  const auto names = DriftTestNames();
  return InvalidArgument(
      fmt::format("there is no drift test '{}'{} (known: {})", name, DidYouMean(name, names), Join(names, ", ")));
}

const DriftTest& DefaultDriftTest(const ColumnPair& pair) {
  constexpr size_t kSmallReference = 1000;
  const bool is_numeric = pair.kind == FeatureKind::kNumeric;
  if (pair.reference_rows > kSmallReference)
    return Named(is_numeric && pair.distinct > ColumnPair::kDistinctMax ? "wasserstein" : "jensenshannon");
  if (pair.distinct <= 2) return Named("z");
  return Named(is_numeric && pair.distinct > ColumnPair::kDistinctMax ? "ks" : "chisquare");
}

}  // namespace slipway::stats
