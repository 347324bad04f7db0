#include "slipway/api/rollout_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/routes.h"
#include "slipway/base/text.h"
#include "slipway/wire/rollout.h"

namespace slipway::api {
namespace {

using domain::Rollout;
using domain::Scope;
using endpoints::Rollouts;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

class RolloutFace {
 public:
  explicit RolloutFace(const RolloutsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(const auto rollouts, dependencies_.rollouts.ListRollouts(scope));
    const auto endpoint = request.Parameter("endpoint");
    json values = json::array();
    for (const Rollout& rollout : rollouts)
      if (!endpoint || EqualsIgnoreCase(*endpoint, rollout.endpoint))
        values.push_back(wire::RolloutToJson(scope, rollout));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    return Answer(200, scope, dependencies_.rollouts.GetRollout(scope, parameters.at("name")));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, wire::RolloutFromJson(body));
    rollout.name = parameters.at("name");
    return Answer(201, scope, dependencies_.service.Create(scope, std::move(rollout), ActorOf(request)));
  }

  Result<Response> Pause(const Request& request, const PathParameters& parameters) const {
    return Steer(request, parameters, &Rollouts::Pause);
  }
  Result<Response> Resume(const Request& request, const PathParameters& parameters) const {
    return Steer(request, parameters, &Rollouts::Resume);
  }
  Result<Response> Promote(const Request& request, const PathParameters& parameters) const {
    return Steer(request, parameters, &Rollouts::Promote);
  }
  Result<Response> Abort(const Request& request, const PathParameters& parameters) const {
    return Steer(request, parameters, &Rollouts::Abort);
  }

 private:
  using Verb = Result<Rollout> (Rollouts::*)(const Scope&, const std::string&, const std::string&);

  Result<Response> Steer(const Request& request, const PathParameters& parameters, Verb verb) const {
    const Scope scope = ScopeOf(parameters);
    return Answer(200, scope, (dependencies_.service.*verb)(scope, parameters.at("name"), ActorOf(request)));
  }
  static Result<Response> Answer(int status, const Scope& scope, Result<Rollout> rollout) {
    SLIPWAY_RETURN_IF_ERROR(rollout);
    return JsonAnswer(status, wire::RolloutToJson(scope, *rollout));
  }

  const RolloutsDependencies dependencies_;
};

}  // namespace

void MountRollouts(net::Router& router, const RolloutsDependencies& dependencies) {
  Routes<RolloutFace> routes(router, std::make_shared<const RolloutFace>(dependencies));
  const std::string all = std::string(kWorkspacePattern) + "/slipway/rollouts", one = all + "/{name}";
  routes.Add("GET", all, &RolloutFace::List);
  routes.Add("GET", one, &RolloutFace::Get);
  routes.Add("PUT", one, &RolloutFace::Put);
  routes.Add("POST", one + "/pause", &RolloutFace::Pause);
  routes.Add("POST", one + "/resume", &RolloutFace::Resume);
  routes.Add("POST", one + "/promote", &RolloutFace::Promote);
  routes.Add("POST", one + "/abort", &RolloutFace::Abort);
}

}  // namespace slipway::api
