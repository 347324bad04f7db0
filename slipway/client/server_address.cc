#include "slipway/client/server_address.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::client {
namespace {

using nlohmann::json;

// The file as JSON; null when it is missing or something else.
json ReadJson(const std::filesystem::path& file) {
  auto text = ReadFile(file);
  return text ? json::parse(*text, nullptr, false) : json(nullptr);
}

std::string Member(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

}  // namespace

std::string TokenIn(const std::filesystem::path& file) {
  auto text = ReadFile(file);
  if (!text) return {};
  const json parsed = json::parse(*text, nullptr, false);
  return parsed.is_object() ? Member(parsed, "token") : std::string(Trim(*text));
}

Result<ServerAddress> FindServer(const std::filesystem::path& home, std::optional<std::string> url,
                                 std::optional<std::string> token) {
  ServerAddress address;
  address.url = url.value_or("");
  if (address.url.empty()) address.url = Member(ReadJson(home / "server.json"), "url");
  if (address.url.empty()) address.url = kDefaultUrl;
  while (address.url.ends_with('/')) address.url.pop_back();
  if (!address.url.starts_with("http://") && !address.url.starts_with("https://"))
    return InvalidArgument(fmt::format("'{}' is not the address of a server: http://… or https://… is", address.url));
  address.token = token.value_or("");
  if (address.token.empty()) address.token = TokenIn(home / "credentials");
  std::error_code ignored;
  if (std::filesystem::exists(home / "tls" / "ca.pem", ignored)) address.ca_file = (home / "tls" / "ca.pem").string();
  return address;
}

}  // namespace slipway::client
