#include "slipway/api/operations.h"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::api {
namespace {

constexpr std::string_view kApiVersion = "2022-10-01";
constexpr std::array<std::string_view, 4> kKindNames = {"endpoint", "deployment", "delete", "regenerate"};
constexpr size_t kParts = 6;

std::string Url(const std::string& server, std::string_view what, const Operation& operation) {
  return fmt::format(
      "{}/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/local/{}/{}?api-version={}", server,
      UrlEncode(operation.scope.subscription), what, OperationId(operation), kApiVersion);
}

}  // namespace

std::string OperationId(const Operation& operation) {
  return fmt::format("{}:{}:{}:{}:{}:{}", kKindNames[static_cast<size_t>(operation.kind)],
                     UrlEncode(operation.scope.resource_group), UrlEncode(operation.scope.workspace),
                     UrlEncode(operation.endpoint), UrlEncode(operation.deployment), operation.revision);
}

std::optional<Operation> ParseOperationId(std::string_view subscription, std::string_view id) {
  const auto parts = Split(id, ':');
  if (parts.size() != kParts) return std::nullopt;
  const auto revision = ParseInt(parts[5]);
  if (!revision) return std::nullopt;
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    if (parts[0] != kKindNames[i]) continue;
    return Operation{static_cast<Operation::Kind>(i),
                     {std::string(subscription), std::string(parts[1]), std::string(parts[2])},
                     std::string(parts[3]),
                     std::string(parts[4]),
                     static_cast<int>(*revision)};
  }
  return std::nullopt;
}

std::string StatusUrl(const std::string& server, const Operation& operation) {
  return Url(server, "mfeOperationsStatus", operation);
}

std::string ResultUrl(const std::string& server, const Operation& operation) {
  return Url(server, "mfeOperationResults", operation);
}

void SetOperationHeaders(net::Response& response, const std::string& server, const Operation& operation, ResultAt at) {
  response.headers.Set("Azure-AsyncOperation", StatusUrl(server, operation));
  if (at == ResultAt::kLocation) response.headers.Set("Location", ResultUrl(server, operation));
}

}  // namespace slipway::api
