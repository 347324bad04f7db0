// Absolute http and https URLs, cut into what a connection and a request need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::net {

struct Url {
  bool is_secure = false;
  std::string host;  // without the brackets of an IPv6 address
  uint16_t port = 0;
  std::string target = "/";  // path and query, as written
  // "host:port", IPv6 in brackets; the port only when it is not the scheme's own.
  std::string HostHeader() const;
  // Same scheme, host and port: a kept connection can be used.
  bool HasSameOrigin(const Url& other) const;
};

Result<Url> ParseUrl(std::string_view text);

}  // namespace slipway::net
