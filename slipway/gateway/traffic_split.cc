#include "slipway/gateway/traffic_split.h"

#include <algorithm>

namespace slipway::gateway {

TrafficSplit::TrafficSplit(std::span<const int> percents) {
  int sum = 0;
  for (const int percent : percents) bounds_.push_back(sum += percent);
}

std::optional<size_t> TrafficSplit::Pick(double unit) const {
  const double point = unit * 100;
  const auto found = std::upper_bound(bounds_.begin(), bounds_.end(), point);
  if (found == bounds_.end()) return std::nullopt;
  return static_cast<size_t>(found - bounds_.begin());
}

}  // namespace slipway::gateway
