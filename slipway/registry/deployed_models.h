// Which deployments of a workspace run which version of a model, and the traffic between them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

// A model as deployments name it: of the workspace itself, or of a registry that it went through.
struct ModelInUse {
  std::string name, registry;
};

struct DeployedVersion {
  std::string endpoint, deployment, version;
  int traffic = 0;        // percent of the endpoint's
  bool is_ready = false;  // provisioned: it can take traffic
  Timestamp created_at{};
};

// Live traffic of one deployment that went, or should have gone, to another of the same endpoint.
struct TrafficMove {
  std::string endpoint, from, to;  // deployments; `to` "" = there is none that could take it, so it stays
  int share = 0;                   // percent
};

nlohmann::json DeployedToJson(const std::vector<DeployedVersion>& deployed);
nlohmann::json MovesToJson(const std::vector<TrafficMove>& moves);

// Thread-safe. The store is borrowed.
class DeployedModels {
 public:
  // Sets an endpoint's traffic to `wanted`, provided that it is `expected` at that moment.
  using SetTraffic =
      std::function<Status(const domain::Scope&, const std::string& endpoint,
                           const std::map<std::string, int>& expected, const std::map<std::string, int>& wanted)>;

  DeployedModels(domain::EndpointStore& endpoints, SetTraffic set_traffic)
      : endpoints_(endpoints), set_traffic_(std::move(set_traffic)) {}

  // By endpoint and deployment.
  Result<std::vector<DeployedVersion>> Find(const domain::Scope& scope, const ModelInUse& model);

  // At every endpoint: the live traffic of deployments of the version `from` goes to a ready deployment of the version
  // `to`, the one with traffic or the newest. May be repeated: what was moved has no traffic left to move. kConflict
  // when somebody else changes the traffic meanwhile.
  Result<std::vector<TrafficMove>> MoveTraffic(const domain::Scope& scope, const ModelInUse& model,
                                               const std::string& from, const std::string& to);

 private:
  domain::EndpointStore& endpoints_;
  const SetTraffic set_traffic_;
};

}  // namespace slipway::registry
