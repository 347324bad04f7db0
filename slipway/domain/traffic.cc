#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/endpoint.h"

namespace slipway::domain {

Status CheckTraffic(const std::map<std::string, int>& traffic, const std::vector<std::string>& deployments) {
  int sum = 0;
  for (const auto& [name, weight] : traffic) {
    if (weight < 0 || weight > 100)
      return InvalidArgument(fmt::format("the traffic of '{}' is {} %: it has to be from 0 to 100", name, weight));
    if (std::find(deployments.begin(), deployments.end(), name) == deployments.end())
      return InvalidArgument(fmt::format("the endpoint has no deployment '{}'{}", name, DidYouMean(name, deployments)));
    sum += weight;
  }
  if (sum != 0 && sum != 100)
    return InvalidArgument(fmt::format("the traffic sums to {} %: it has to be 0 or 100", sum));
  return {};
}

}  // namespace slipway::domain
