#include "slipway/learn/tree_parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "slipway/base/hash.h"
#include "slipway/learn/normal_distribution.h"

namespace slipway::learn {
namespace {

constexpr double kGoodShare = 0.15;  // γ of the paper
constexpr size_t kGoodMax = 25;
constexpr int kCandidates = 24;

// A density over [0, 1].
class ParzenEstimator {
 public:
  explicit ParzenEstimator(std::vector<double> centres) : centres_(std::move(centres)) {
    std::sort(centres_.begin(), centres_.end());
    const double narrowest = 1.0 / static_cast<double>(std::min<size_t>(100, centres_.size() + 1));
    for (size_t i = 0; i < centres_.size(); ++i) {
      const double left = centres_[i] - (i == 0 ? 0 : centres_[i - 1]);
      const double right = (i + 1 == centres_.size() ? 1 : centres_[i + 1]) - centres_[i];
      widths_.push_back(std::clamp(std::max(left, right), narrowest, 1.0));
    }
  }

  double Draw(SplitMix64& random) const {
    const size_t component = random.NextBelow(centres_.size() + 1);
    const double unit = random.NextUnit();
    if (component == centres_.size()) return unit;  // the prior
    const double centre = centres_[component], width = widths_[component];
    const double low = NormalCdf(-centre / width), high = NormalCdf((1 - centre) / width);
    const double quantile = std::clamp(low + unit * (high - low), 1e-12, 1 - 1e-12);
    return std::clamp(centre + width * NormalQuantile(quantile), 0.0, std::nextafter(1.0, 0.0));
  }

  double Density(double unit) const {
    double sum = 1;  // the prior
    for (size_t i = 0; i < centres_.size(); ++i) {
      const double z = (unit - centres_[i]) / widths_[i];
      const double inside = NormalCdf((1 - centres_[i]) / widths_[i]) - NormalCdf(-centres_[i] / widths_[i]);
      sum += std::exp(-z * z / 2) / (widths_[i] * std::sqrt(2 * std::numbers::pi) * inside);
    }
    return sum / static_cast<double>(centres_.size() + 1);
  }

 private:
  std::vector<double> centres_, widths_;
};

// How likely each choice is.
class ChoiceEstimator {
 public:
  ChoiceEstimator(size_t choices, const std::vector<size_t>& taken) : counts_(choices, 1.0) {
    for (const size_t index : taken) {
      if (index < choices) ++counts_[index];
    }
    total_ = static_cast<double>(choices + taken.size());
  }

  size_t Draw(SplitMix64& random) const {
    double left = random.NextUnit() * total_;
    for (size_t i = 0; i + 1 < counts_.size(); ++i) {
      if (left < counts_[i]) return i;
      left -= counts_[i];
    }
    return counts_.size() - 1;
  }

  double Probability(size_t index) const { return counts_[index] / total_; }

 private:
  std::vector<double> counts_;
  double total_ = 0;
};

struct Split {
  std::vector<const Point*> good, rest;
};

Split SplitByValue(const std::vector<Observation>& seen, bool maximize) {
  std::vector<const Observation*> valued;
  Split split;
  for (const Observation& observation : seen) {
    if (observation.value && !std::isnan(*observation.value)) {
      valued.push_back(&observation);
    } else {
      split.rest.push_back(&observation.point);
    }
  }
  std::stable_sort(valued.begin(), valued.end(), [&](const Observation* a, const Observation* b) {
    return maximize ? *a->value > *b->value : *a->value < *b->value;
  });
  const auto share = static_cast<size_t>(std::ceil(kGoodShare * static_cast<double>(valued.size())));
  const size_t good_count = std::min(share, kGoodMax);
  for (size_t i = 0; i < valued.size(); ++i) (i < good_count ? split.good : split.rest).push_back(&valued[i]->point);
  return split;
}

std::vector<double> UnitsOf(const std::vector<const Point*>& points, const std::string& name,
                            const Distribution& distribution) {
  std::vector<double> units;
  for (const Point* point : points) {
    const auto found = point->find(name);
    if (found != point->end()) units.push_back(UnitOf(distribution, found->second));
  }
  return units;
}

std::vector<size_t> TakenOf(const std::vector<const Point*>& points, const std::string& name) {
  std::vector<size_t> taken;
  for (const Point* point : points) {
    const auto found = point->find(name);
    const auto* choice = found == point->end() ? nullptr : std::get_if<Choice>(&found->second);
    if (choice) taken.push_back(choice->index);
  }
  return taken;
}

// The candidate with the largest ratio of the two densities.
template <typename Draw, typename Ratio>
auto BestCandidate(Draw draw, Ratio ratio) {
  auto best = draw();
  double best_ratio = ratio(best);
  for (int i = 1; i < kCandidates; ++i) {
    const auto candidate = draw();
    const double its = ratio(candidate);
    if (its > best_ratio) {
      best = candidate;
      best_ratio = its;
    }
  }
  return best;
}

SampledValue SuggestValue(const std::string& name, const Distribution& distribution, const Split& split,
                          SplitMix64& random) {
  if (distribution.kind == Distribution::Kind::kChoice) {
    const ChoiceEstimator good(distribution.choices, TakenOf(split.good, name));
    const ChoiceEstimator rest(distribution.choices, TakenOf(split.rest, name));
    return Choice{BestCandidate([&] { return good.Draw(random); },
                                [&](size_t index) { return good.Probability(index) / rest.Probability(index); })};
  }
  const ParzenEstimator good(UnitsOf(split.good, name, distribution));
  const ParzenEstimator rest(UnitsOf(split.rest, name, distribution));
  return ValueAt(distribution, BestCandidate([&] { return good.Draw(random); },
                                             [&](double unit) { return good.Density(unit) / rest.Density(unit); }));
}

}  // namespace

Point SuggestPoint(const SearchSpace& space, bool maximize, uint64_t seed, uint64_t index,
                   const std::vector<Observation>& seen) {
  const auto has_value = [](const Observation& each) { return each.value && !std::isnan(*each.value); };
  if (static_cast<size_t>(std::count_if(seen.begin(), seen.end(), has_value)) < kParzenStartupTrials) {
    return *SamplePoint(space, SamplingRule::kRandom, seed, index);
  }
  const Split split = SplitByValue(seen, maximize);
  Point point;
  for (const auto& [name, distribution] : space) {
    if (!IsActive(distribution, point)) continue;
    SplitMix64 random(SplitMix64(seed).Next() ^ SplitMix64(index + 1).Next() ^ SeedOfText(name));
    point[name] = SuggestValue(name, distribution, split, random);
  }
  return point;
}

}  // namespace slipway::learn
