// Can a model tell test rows from train rows? Gradient-boosted trees on histograms (Ke et al., 2017), as small as the
// question needs: logistic loss, depth 2.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::stats {

constexpr size_t kDomainBins = 256;

// One feature of all rows: the bin (numbers) or the code (categories) of each.
struct BinnedFeature {
  std::string name;
  bool is_category = false;
  std::vector<uint8_t> bins;
};

class DomainClassifier {
 public:
  // 10 rounds, learning rate 0.1, at least 20 rows a leaf, on `rows` of the features; labels are 0 and 1.
  static DomainClassifier Fit(const std::vector<BinnedFeature>& features, const std::vector<uint8_t>& labels,
                              const std::vector<uint32_t>& rows);

  // The log odds of label 1.
  double Score(const std::vector<BinnedFeature>& features, uint32_t row) const;
  // As if `feature` had `bin` in that row.
  double ScoreWith(const std::vector<BinnedFeature>& features, uint32_t row, size_t feature, uint8_t bin) const;
  bool Uses(size_t feature) const;

 private:
  struct Node {
    int feature = -1;  // -1: a leaf
    std::bitset<kDomainBins> goes_left;
    int left = 0, right = 0;
    double value = 0;
  };
  using Tree = std::vector<Node>;
  class Grower;

  template <typename BinOf>
  double Walk(const BinOf& bin_of) const;

  double base_ = 0;
  std::vector<Tree> trees_;
};

// The share of pairs (one of each label) that the scores put in the right order; ties count half.
double AreaUnderCurve(const std::vector<double>& scores, const std::vector<uint8_t>& labels);

}  // namespace slipway::stats
