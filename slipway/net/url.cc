#include "slipway/net/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "slipway/base/text.h"

namespace slipway::net {
namespace {

Error BadUrl(std::string_view text, std::string_view why) {
  return InvalidArgument(fmt::format("'{}' is not a URL that can be called: {}", text, why));
}

}  // namespace

std::string Url::HostHeader() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (is_secure ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

bool Url::HasSameOrigin(const Url& other) const {
  return is_secure == other.is_secure && port == other.port && EqualsIgnoreCase(host, other.host);
}

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (StartsWithIgnoreCase(text, "https://")) {
    url.is_secure = true;
    rest.remove_prefix(8);
  } else if (StartsWithIgnoreCase(text, "http://")) {
    rest.remove_prefix(7);
  } else {
    return BadUrl(text, "it must begin with http:// or https://");
  }
  rest = rest.substr(0, rest.find('#'));
  if (std::any_of(rest.begin(), rest.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; })) {
    return BadUrl(text, "blanks and control characters must be percent-encoded");
  }
  const size_t target = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, target);
  if (target != std::string_view::npos) {
    url.target = rest.substr(target);
    if (url.target.starts_with('?')) url.target.insert(0, "/");
  }
  if (authority.find('@') != std::string_view::npos) return BadUrl(text, "user names in URLs are not supported");
  url.port = url.is_secure ? 443 : 80;
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const auto port = ParseInt(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return BadUrl(text, "the port is not a number from 1 to 65535");
    url.port = static_cast<uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return BadUrl(text, "the host is missing");
  url.host = authority;
  return url;
}

}  // namespace slipway::net
