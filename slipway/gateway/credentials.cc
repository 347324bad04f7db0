#include "slipway/gateway/credentials.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kTokenVersion = "slp1";

int64_t SecondsOf(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Access CheckKey(const WantedEndpoint& endpoint, std::string_view key) {
  const std::string digest = Sha256Hex(key);
  bool is_known = false;  // every key is compared, whichever matches
  for (const std::string& known : endpoint.key_sha256) is_known |= EqualConstantTime(digest, known);
  return is_known ? Access::kGranted : Access::kDenied;
}

Access CheckToken(const WantedEndpoint& endpoint, std::string_view token, Timestamp now) {
  const size_t last_dot = token.rfind('.');
  if (last_dot == std::string_view::npos || endpoint.token_secret.empty()) return Access::kDenied;
  const std::string_view signed_part = token.substr(0, last_dot);
  const std::string wanted = HmacSha256Hex(endpoint.token_secret, signed_part);
  if (!EqualConstantTime(wanted, token.substr(last_dot + 1))) return Access::kDenied;
  const auto parts = Split(signed_part, '.');
  if (parts.size() != 3 || parts[0] != kTokenVersion || parts[1] != ToLower(endpoint.name)) return Access::kDenied;
  const auto expiry = ParseInt(parts[2]);
  if (!expiry) return Access::kDenied;
  return SecondsOf(now) < *expiry ? Access::kGranted : Access::kExpired;
}

}  // namespace

Access CheckAuthorization(const WantedEndpoint& endpoint, std::string_view authorization, Timestamp now) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!StartsWithIgnoreCase(authorization, kScheme)) return Access::kBadHeader;
  const std::string_view credential = Trim(authorization.substr(kScheme.size()));
  if (credential.empty()) return Access::kBadHeader;
  switch (endpoint.auth_mode) {
    case domain::AuthMode::kKey:
      return CheckKey(endpoint, credential);
    case domain::AuthMode::kAmlToken:
      return CheckToken(endpoint, credential, now);
    case domain::AuthMode::kAadToken:
      return Access::kUnsupported;
  }
  return Access::kDenied;
}

std::string MakeEndpointToken(std::string_view endpoint, std::string_view secret, Timestamp expiry) {
  const std::string signed_part = fmt::format("{}.{}.{}", kTokenVersion, ToLower(endpoint), SecondsOf(expiry));
  return signed_part + "." + HmacSha256Hex(secret, signed_part);
}

}  // namespace slipway::gateway
