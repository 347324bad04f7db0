// The routes below an endpoint: the inference server's own, MLflow's scoring server's and the Open Inference
// Protocol's.
#pragma once

#include <optional>
#include <string_view>

namespace slipway::gateway {

enum class Route {
  kUnknown,
  kHealth,       // /
  kScore,        // /score
  kSwagger,      // /swagger.json
  kPing,         // /ping, /health: MLflow
  kVersion,      // /version: MLflow
  kInvocations,  // /invocations: MLflow
  kServer,       // /v2
  kLive,         // /v2/health/live
  kReady,        // /v2/health/ready
  kModel,        // /v2/models/{model}[/versions/{version}]
  kModelReady,   // …/ready
  kInfer,        // …/infer
};

// The views are parts of the path.
struct RouteMatch {
  Route route = Route::kUnknown;
  std::string_view model, version;  // kModel, kModelReady, kInfer; version may be empty
};

// `path`: what follows the endpoint, from its slash on. One slash at the end does not count.
RouteMatch MatchRoute(std::string_view path);

// The value of a query parameter of a request's target, as sent; nullopt when it is not there.
std::optional<std::string_view> QueryValue(std::string_view target, std::string_view name);

}  // namespace slipway::gateway
