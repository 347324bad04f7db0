// Who may score: "Authorization: Bearer <credential>", checked from the routing snapshot alone.
#pragma once

#include <string>
#include <string_view>

#include "slipway/base/time.h"
#include "slipway/gateway/routing_snapshot.h"

namespace slipway::gateway {

enum class Access {
  kGranted,
  kBadHeader,    // missing, or not "Bearer <credential>"
  kDenied,       // not a credential of this endpoint
  kExpired,      // a token past its time
  kUnsupported,  // the endpoint's mode cannot be checked here (aad_token)
};

Access CheckAuthorization(const WantedEndpoint& endpoint, std::string_view authorization, Timestamp now);

// The token of docs/formats/aml-token.md, good for `endpoint` until `expiry` (whole seconds count).
std::string MakeEndpointToken(std::string_view endpoint, std::string_view secret, Timestamp expiry);

}  // namespace slipway::gateway
