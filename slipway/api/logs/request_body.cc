#include "slipway/api/logs/request_body.h"

#include <fmt/format.h>

#include "slipway/api/logs/gzip.h"
#include "slipway/base/json_nesting.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

constexpr int kDepthMax = 100;

}  // namespace

Result<std::string> DecodedBody(const net::Request& request, uint64_t bytes_max) {
  const std::string* encoding = request.headers.Find("Content-Encoding");
  const std::string_view name = encoding == nullptr ? "" : Trim(*encoding);
  if (name.empty() || EqualsIgnoreCase(name, "identity")) {
    if (request.body.size() <= bytes_max) return request.body;
    return Error(Code::kResourceExhausted, fmt::format("the body is larger than {} bytes", bytes_max));
  }
  if (EqualsIgnoreCase(name, "gzip") || EqualsIgnoreCase(name, "deflate")) return Decompress(request.body, bytes_max);
  return InvalidArgument(
      fmt::format("the content encoding '{}' is not supported; gzip, deflate and identity are", name));
}

Result<nlohmann::json> ParseTelemetryJson(std::string_view text) {
  if (IsNestedDeeperThan(text, kDepthMax))
    return InvalidArgument(fmt::format("the JSON is nested deeper than {} values", kDepthMax));
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return InvalidArgument("the body is not well-formed JSON");
  return value;
}

const nlohmann::json& Member(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNothing;
  if (!object.is_object()) return kNothing;
  const auto member = object.find(name);
  return member == object.end() ? kNothing : *member;
}

std::string Text(const nlohmann::json& object, const char* name) {
  const nlohmann::json& member = Member(object, name);
  return member.is_string() ? member.get<std::string>() : "";
}

}  // namespace slipway::api
