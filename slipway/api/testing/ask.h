// A request to a router without a socket.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "slipway/net/router.h"

namespace slipway::api::testing {

// The handler's answer; 404 "no route" where there is none. `target` may hold a query.
inline net::Response Ask(const net::Router& router, const std::string& method, const std::string& target,
                         std::string body = "", net::Headers headers = {}, bool is_secure = false) {
  net::Request request;
  request.method = method;
  request.target = target;
  request.body = std::move(body);
  request.headers = std::move(headers);
  request.secure = is_secure;
  EXPECT_TRUE(net::ParseTarget(target, request)) << target;
  const auto match = router.Find(method, request.path);
  if (match.handler == nullptr) return {404, {}, "no route for " + method + " " + target};
  return (*match.handler)(request, match.parameters);
}

}  // namespace slipway::api::testing
