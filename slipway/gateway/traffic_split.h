// Which deployment a request goes to: a weighted random choice.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace slipway::gateway {

// Immutable.
class TrafficSplit {
 public:
  TrafficSplit() = default;
  // `percents[i]` is choice i's weight; they sum to 0 or 100 for live traffic, to at most 100 for mirroring.
  explicit TrafficSplit(std::span<const int> percents);

  // The choice for a number drawn evenly from [0, 1); nothing when it falls beyond the weights' sum.
  std::optional<size_t> Pick(double unit) const;
  bool IsEmpty() const { return bounds_.empty() || bounds_.back() == 0; }

 private:
  std::vector<int> bounds_;  // running sums of the percents
};

}  // namespace slipway::gateway
