#include "slipway/api/promotion_routes.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/arm_workspace_parts.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/api/routes.h"
#include "slipway/wire/promotion.h"

namespace slipway::api {
namespace {

using domain::Promotion;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

Result<registry::PromotionRequest> ReadRequest(const json& body, const Scope& target, const std::string& by) {
  registry::PromotionRequest request;
  request.model = Text(body, "model");
  request.version = Text(body, "version");
  request.from = target;
  request.from.workspace = Text(body, "from");
  if (const std::string group = Text(body, "fromResourceGroup"); !group.empty()) request.from.resource_group = group;
  request.registry = Text(body, "registry");
  request.environment = Text(body, "environment");
  request.reason = Text(body, "reason");
  request.by = by;
  if (request.model.empty() || request.version.empty() || request.from.workspace.empty())
    return InvalidArgument("a promotion needs 'model', 'version' and 'from', the workspace it comes from");
  return request;
}

class PromotionFace {
 public:
  explicit PromotionFace(const PromotionsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const auto promotions, dependencies_.store.ListPromotions(scope));
    json values = json::array();
    for (const Promotion& promotion : promotions) values.push_back(wire::PromotionToJson(promotion));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    return Shape(scope, dependencies_.store.GetPromotion(scope, parameters.at("name")));
  }

  Result<Response> Create(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_ASSIGN_OR_RETURN(const auto wish, ReadRequest(body, scope, ActorOf(request)));
    const auto preview = body.find("preview");
    const bool is_preview = preview != body.end() && preview->is_boolean() && preview->get<bool>();
    return Shape(scope, is_preview ? dependencies_.promotions.Preview(scope, wish)
                                   : dependencies_.promotions.Request(scope, wish));
  }

  Result<Response> Approve(const Request& request, const PathParameters& parameters) const {
    return Review(request, parameters, true);
  }
  Result<Response> Reject(const Request& request, const PathParameters& parameters) const {
    return Review(request, parameters, false);
  }

  Result<Response> RollBack(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    if (Text(body, "model").empty()) return InvalidArgument("the body needs 'model', a text");
    SLIPWAY_ASSIGN_OR_RETURN(const auto done, dependencies_.promotions.RollBack(
                                                  scope, Text(body, "model"), ActorOf(request), Text(body, "reason")));
    SLIPWAY_ASSIGN_OR_RETURN(json shape, ShapeOf(scope, done.promotion));
    shape["traffic"] = registry::MovesToJson(done.moves);
    return JsonAnswer(200, shape);
  }

 private:
  Result<Response> Review(const Request& request, const PathParameters& parameters, bool approves) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Scope scope, ExistingScope(dependencies_.workspaces, parameters));
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    return Shape(scope, dependencies_.promotions.Review(scope, parameters.at("name"), approves, ActorOf(request),
                                                        Text(body, "comment")));
  }

  Result<Response> Shape(const Scope& scope, const Result<Promotion>& promotion) const {
    if (!promotion) return promotion.error();
    SLIPWAY_ASSIGN_OR_RETURN(const json shape, ShapeOf(scope, *promotion));
    return JsonAnswer(200, shape);
  }

  Result<json> ShapeOf(const Scope& scope, const Promotion& promotion) const {
    json shape = wire::PromotionToJson(promotion);
    SLIPWAY_ASSIGN_OR_RETURN(shape["reviewers"], dependencies_.promotions.ReviewersOf(scope, promotion));
    return shape;
  }

  const PromotionsDependencies dependencies_;
};

}  // namespace

void MountPromotions(net::Router& router, const PromotionsDependencies& dependencies) {
  Routes<PromotionFace> routes(router, std::make_shared<const PromotionFace>(dependencies));
  const std::string all = fmt::format("{}/slipway/promotions", kWorkspacePattern);
  routes.Add("GET", all, &PromotionFace::List);
  routes.Add("POST", all, &PromotionFace::Create);
  routes.Add("POST", all + "/rollback", &PromotionFace::RollBack);
  routes.Add("GET", all + "/{name}", &PromotionFace::Get);
  routes.Add("POST", all + "/{name}/approve", &PromotionFace::Approve);
  routes.Add("POST", all + "/{name}/reject", &PromotionFace::Reject);
}

}  // namespace slipway::api
