#include "slipway/gateway/routes.h"

#include <utility>

namespace slipway::gateway {
namespace {

constexpr std::string_view kModels = "/v2/models/";
constexpr std::string_view kVersions = "versions";

constexpr std::pair<std::string_view, Route> kFixed[] = {
    {"/", Route::kHealth},
    {"/score", Route::kScore},
    {"/swagger.json", Route::kSwagger},
    {"/ping", Route::kPing},
    {"/health", Route::kPing},
    {"/version", Route::kVersion},
    {"/invocations", Route::kInvocations},
    {"/v2", Route::kServer},
    {"/v2/health/live", Route::kLive},
    {"/v2/health/ready", Route::kReady},
};

// Takes the first segment off `path`, and the slash after it.
std::string_view TakeSegment(std::string_view& path) {
  const size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return segment;
}

RouteMatch MatchModel(std::string_view rest) {
  RouteMatch match;
  match.model = TakeSegment(rest);
  std::string_view verb = TakeSegment(rest);
  if (verb == kVersions) {
    match.version = TakeSegment(rest);
    if (match.version.empty()) return {};
    verb = TakeSegment(rest);
  }
  if (match.model.empty() || !rest.empty()) return {};
  if (verb.empty()) match.route = Route::kModel;
  if (verb == "ready") match.route = Route::kModelReady;
  if (verb == "infer") match.route = Route::kInfer;
  return match.route == Route::kUnknown ? RouteMatch() : match;
}

}  // namespace

RouteMatch MatchRoute(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const auto& [fixed, route] : kFixed)
    if (path == fixed) return {route, {}, {}};
  return path.starts_with(kModels) ? MatchModel(path.substr(kModels.size())) : RouteMatch();
}

std::optional<std::string_view> QueryValue(std::string_view target, std::string_view name) {
  size_t at = target.find('?');
  while (at != std::string_view::npos) {
    target.remove_prefix(at + 1);
    at = target.find('&');
    const std::string_view pair = target.substr(0, at);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace slipway::gateway
