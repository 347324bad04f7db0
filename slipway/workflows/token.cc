#include "slipway/workflows/token.h"

#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

using nlohmann::json;

constexpr std::string_view kPrefix = "slwj_";

json ScopeJson(const domain::Scope& scope) {
  return json::array({scope.subscription, scope.resource_group, scope.workspace});
}

std::string Signature(std::string_view body, const std::string& server_token) {
  return HmacSha256Hex("workflow job token " + server_token, body);
}

std::string UrlSafe(std::string base64) {
  for (char& c : base64) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (base64.ends_with('=')) base64.pop_back();
  return base64;
}

std::string FromUrlSafe(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  return text;
}

Error NotOurs() {
  return Error(Code::kUnauthenticated, "the token is not valid, or its time is over");
}

}  // namespace

std::string MakeJobToken(const JobToken& token, const std::string& server_token) {
  const json body = {{"scope", ScopeJson(token.scope)},
                     {"runScope", ScopeJson(token.run_scope)},
                     {"run", token.run},
                     {"attempt", token.attempt},
                     {"job", token.job},
                     {"until", token.expires_at.time_since_epoch().count()}};
  const std::string text = UrlSafe(Base64Encode(body.dump()));
  return std::string(kPrefix) + text + "." + Signature(text, server_token);
}

Result<JobToken> ReadJobToken(std::string_view text, const std::string& server_token, Timestamp now) {
  const size_t dot = text.find('.');
  if (!text.starts_with(kPrefix) || dot == std::string_view::npos) return NotOurs();
  const std::string_view body = text.substr(kPrefix.size(), dot - kPrefix.size());
  if (!EqualConstantTime(text.substr(dot + 1), Signature(body, server_token))) return NotOurs();
  const auto bytes = Base64Decode(FromUrlSafe(std::string(body)));
  if (!bytes) return NotOurs();
  try {
    const json read = json::parse(*bytes);
    const auto scope_of = [&](const char* key) {
      return domain::Scope{read.at(key).at(0), read.at(key).at(1), read.at(key).at(2)};
    };
    JobToken token{scope_of("scope"), read.at("run"),       read.at("attempt"),
                   read.at("job"),    scope_of("runScope"), Timestamp(Duration(read.at("until").get<int64_t>()))};
    if (token.expires_at <= now) return NotOurs();
    return token;
  } catch (const json::exception&) {
    return NotOurs();
  }
}

}  // namespace slipway::workflows
