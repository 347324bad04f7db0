// The routing snapshot (docs/formats/routing-snapshot.md) of all endpoints: pure.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/common.h"
#include "slipway/domain/endpoint.h"
#include "slipway/endpoints/plan/placement.h"

namespace slipway::endpoints {

// The snapshot as the gateway gets it.
struct Routing {
  std::string etag;
  std::string text;
};

// Borrows all it points to.
struct RoutedEndpoint {
  const domain::Workspace* workspace = nullptr;
  const domain::OnlineEndpoint* endpoint = nullptr;
  std::vector<const Placement*> placements;
};

// Equal endpoints, equal text. Keys appear as hashes only.
Routing MakeRouting(const std::vector<RoutedEndpoint>& endpoints);

// What signs an endpoint's aml_tokens: new whenever one of its keys is.
std::string TokenSecretOf(const domain::OnlineEndpoint& endpoint);
// docs/formats/aml-token.md.
std::string MakeToken(const domain::OnlineEndpoint& endpoint, Timestamp expiry);

}  // namespace slipway::endpoints
