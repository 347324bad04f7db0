#include "slipway/gateway/credentials.h"

#include <fmt/format.h>

#include <algorithm>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kTokenVersion = "slp1";

int64_t SecondsOf(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// What a credential is good for, and how long.
struct Verdict {
  Access access;
  Timestamp until = Timestamp::max();
};

Verdict CheckKey(const WantedEndpoint& endpoint, std::string_view key) {
  const std::string digest = Sha256Hex(key);
  bool is_known = false;  // every key is compared, whichever matches
  for (const std::string& known : endpoint.key_sha256) is_known |= EqualConstantTime(digest, known);
  return {is_known ? Access::kGranted : Access::kDenied};
}

Verdict CheckToken(const WantedEndpoint& endpoint, std::string_view token, Timestamp now) {
  const size_t last_dot = token.rfind('.');
  if (last_dot == std::string_view::npos || endpoint.token_secret.empty()) return {Access::kDenied};
  const std::string_view signed_part = token.substr(0, last_dot);
  const std::string wanted = HmacSha256Hex(endpoint.token_secret, signed_part);
  if (!EqualConstantTime(wanted, token.substr(last_dot + 1))) return {Access::kDenied};
  const auto parts = Split(signed_part, '.');
  if (parts.size() != 3 || parts[0] != kTokenVersion || parts[1] != ToLower(endpoint.name)) return {Access::kDenied};
  const auto expiry = ParseInt(parts[2]);
  if (!expiry) return {Access::kDenied};
  if (SecondsOf(now) >= *expiry) return {Access::kExpired};
  constexpr int64_t kFarAway = 250'000'000'000;  // the year 9892: what a timestamp can hold
  return {Access::kGranted, Timestamp(std::chrono::seconds(std::min<int64_t>(*expiry, kFarAway)))};
}

Verdict CheckHeader(const WantedEndpoint& endpoint, std::string_view authorization, Timestamp now) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!StartsWithIgnoreCase(authorization, kScheme)) return {Access::kBadHeader};
  const std::string_view credential = Trim(authorization.substr(kScheme.size()));
  if (credential.empty()) return {Access::kBadHeader};
  switch (endpoint.auth_mode) {
    case domain::AuthMode::kKey:
      return CheckKey(endpoint, credential);
    case domain::AuthMode::kAmlToken:
      return CheckToken(endpoint, credential, now);
    case domain::AuthMode::kAadToken:
      return {Access::kUnsupported};
  }
  return {Access::kDenied};
}

}  // namespace

Access CheckAuthorization(const WantedEndpoint& endpoint, std::string_view authorization, Timestamp now) {
  return CheckHeader(endpoint, authorization, now).access;
}

Access CredentialMemory::Check(const WantedEndpoint& endpoint, uint64_t version, std::string_view authorization,
                               Timestamp now) {
  const bool is_known = endpoint_ == &endpoint && version_ == version && now < good_until_ &&
                        EqualConstantTime(authorization, authorization_);
  if (is_known) return Access::kGranted;
  const Verdict verdict = CheckHeader(endpoint, authorization, now);
  if (verdict.access != Access::kGranted) return verdict.access;
  endpoint_ = &endpoint;
  version_ = version;
  authorization_ = authorization;
  good_until_ = verdict.until;
  return verdict.access;
}

std::string MakeEndpointToken(std::string_view endpoint, std::string_view secret, Timestamp expiry) {
  const std::string signed_part = fmt::format("{}.{}.{}", kTokenVersion, ToLower(endpoint), SecondsOf(expiry));
  return signed_part + "." + HmacSha256Hex(secret, signed_part);
}

}  // namespace slipway::gateway
