// Who may score: "Authorization: Bearer <credential>", checked from the routing snapshot alone.
#pragma once

#include <cstdint>
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

// A connection's memory of the credential that opened an endpoint last: the next request with the same one costs a
// comparison (in constant time) in place of a digest. Of one thread.
class CredentialMemory {
 public:
  // As CheckAuthorization. `version` is one of routing (RoutingTableHolder): what was good under another one is checked
  // anew, so that a key made anew or an endpoint gone shows at the next request.
  Access Check(const WantedEndpoint& endpoint, uint64_t version, std::string_view authorization, Timestamp now);

 private:
  const WantedEndpoint* endpoint_ = nullptr;  // of that version; compared, never looked into
  uint64_t version_ = 0;
  std::string authorization_;
  Timestamp good_until_;
};

// The token of docs/formats/aml-token.md, good for `endpoint` until `expiry` (whole seconds count).
std::string MakeEndpointToken(std::string_view endpoint, std::string_view secret, Timestamp expiry);

}  // namespace slipway::gateway
