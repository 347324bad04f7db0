// What every request to the control plane passes before a dialect sees it: is it meant for this server, is it from a
// page of somebody else's, does it carry the token.
//
// A browser can be made to send requests to loopback (DNS rebinding, forms of other sites), so Host has to be a name of
// this server and Origin, when there is one, the same name, on every method.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/net/http.h"
#include "slipway/net/router.h"

namespace slipway::api {

struct FrontDoorOptions {
  std::string token;                    // that "Authorization: Bearer …" has to carry
  std::vector<std::string> host_names;  // of this server, besides localhost, 127.0.0.1 and [::1]
  // The workspace that another token opens, and nothing beside it: a workflow job's.
  std::function<Result<domain::Scope>(std::string_view token)> scope_of_token = {};
};

// Immutable, thread-safe. `router` is borrowed.
class FrontDoor {
 public:
  FrontDoor(const net::Router& router, FrontDoorOptions options);

  // Answers 400 (Host), 401 (token), 403 (Origin), 404 and 405 by itself, in ARM's shape.
  net::Response Handle(const net::Request& request) const;

 private:
  bool IsOwnHost(std::string_view host) const;
  bool CarriesToken(const net::Request& request) const;
  bool CarriesTokenOfWorkspace(const net::Request& request) const;
  net::Response Route(const net::Request& request) const;

  const net::Router& router_;
  const FrontDoorOptions options_;
};

}  // namespace slipway::api
