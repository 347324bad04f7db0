// What became of long-running operations on endpoints: one part of MountEndpoints. All is read from the stored state.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/online_shapes.h"
#include "slipway/api/routes.h"

namespace slipway::api {
namespace {

using domain::OnlineDeployment;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::string_view kPattern =
    "/subscriptions/{sub}/providers/Microsoft.MachineLearningServices/locations/{location}";

struct Outcome {
  std::string status;                     // InProgress, Succeeded, Failed, Canceled
  std::string error_code, error_message;  // of the last two
};

Outcome Canceled(std::string message) {
  return {"Canceled", "OperationCanceled", std::move(message)};
}

// State messages begin with the dialect's name of the error: "ImageBuildFailure: …".
Outcome Failed(const std::string& state_message) {
  const size_t colon = state_message.find(": ");
  if (colon == std::string::npos) return {"Failed", "DeploymentFailed", state_message};
  return {"Failed", state_message.substr(0, colon), state_message.substr(colon + 2)};
}

Outcome OutcomeOf(const Operation& operation, const OnlineDeployment& deployment) {
  if (deployment.revision != operation.revision)
    return Canceled(fmt::format("a newer change of the deployment '{}' took its place", deployment.name));
  if (endpoints::IsUnderWay(deployment.state)) return {"InProgress", "", ""};
  if (deployment.state == domain::ProvisioningState::kSucceeded) return {"Succeeded", "", ""};
  return Failed(deployment.state_message);
}

class Operations {
 public:
  explicit Operations(EndpointsDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  Result<Response> GetStatus(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Operation operation, Find(parameters));
    const Outcome outcome = Look(operation);
    json body = {{"name", parameters.at("id")}, {"status", outcome.status}};
    if (!outcome.error_code.empty()) body["error"] = {{"code", outcome.error_code}, {"message", outcome.error_message}};
    Response response = JsonAnswer(200, body);
    if (outcome.status == "InProgress") response.headers.Set("Retry-After", "1");
    return response;
  }

  Result<Response> GetResult(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Operation operation, Find(parameters));
    const Outcome outcome = Look(operation);
    if (outcome.status == "InProgress") {
      Response response{202, {}, ""};
      response.headers.Set("Location", ResultUrl(Server(request), operation));
      response.headers.Set("Retry-After", "1");
      return response;
    }
    if (outcome.status == "Succeeded") return ResultOf(request, operation);
    return FailedPrecondition(fmt::format("{}: {}", outcome.error_code, outcome.error_message));
  }

 private:
  Result<Operation> Find(const PathParameters& parameters) const {
    const auto operation = ParseOperationId(parameters.at("sub"), parameters.at("id"));
    if (operation) return *operation;
    return NotFound(fmt::format("there is no operation '{}'", parameters.at("id")));
  }

  Outcome Look(const Operation& operation) const {
    if (operation.kind == Operation::Kind::kPutEndpoint) {
      if (dependencies_.endpoints.GetEndpoint(operation.scope, operation.endpoint)) return {"Succeeded", "", ""};
      return Canceled(fmt::format("the endpoint '{}' was deleted", operation.endpoint));
    }
    if (operation.kind != Operation::Kind::kPutDeployment) return {"Succeeded", "", ""};
    const auto deployment =
        dependencies_.endpoints.GetDeployment(operation.scope, operation.endpoint, operation.deployment);
    if (deployment) return OutcomeOf(operation, *deployment);
    return Canceled(fmt::format("the deployment '{}' was deleted", operation.deployment));
  }

  Result<Response> ResultOf(const Request& request, const Operation& operation) const {
    auto& service = dependencies_.endpoints;
    switch (operation.kind) {
      case Operation::Kind::kPutEndpoint: {
        SLIPWAY_ASSIGN_OR_RETURN(const auto endpoint, service.GetEndpoint(operation.scope, operation.endpoint));
        return JsonAnswer(200, EndpointShape(dependencies_, Server(request), operation.scope, endpoint));
      }
      case Operation::Kind::kPutDeployment: {
        SLIPWAY_ASSIGN_OR_RETURN(const auto deployment,
                                 service.GetDeployment(operation.scope, operation.endpoint, operation.deployment));
        return JsonAnswer(200, DeploymentShape(Server(request), operation.scope, deployment));
      }
      case Operation::Kind::kRegenerateKey:
        return Response{200, {}, ""};
      case Operation::Kind::kDelete:
        break;
    }
    return Response{204, {}, ""};
  }

  std::string Server(const Request& request) const { return ServerOf(dependencies_, request); }

  const EndpointsDependencies dependencies_;
};

}  // namespace

void MountOperations(net::Router& router, const EndpointsDependencies& dependencies) {
  Routes<Operations> routes(router, std::make_shared<const Operations>(dependencies));
  routes.Add("GET", fmt::format("{}/mfeOperationsStatus/{{id}}", kPattern), &Operations::GetStatus);
  routes.Add("GET", fmt::format("{}/mfeOperationResults/{{id}}", kPattern), &Operations::GetResult);
}

}  // namespace slipway::api
