// Promotions of models into a workspace; Slipway's own routes (docs/rest-extensions.md):
//   {W}/slipway/promotions                         GET; POST {model, version, from, registry, environment, reason,
//                                                  preview: true to see what it would be}
//   {W}/slipway/promotions/{name}                  GET
//   {W}/slipway/promotions/{name}/approve, reject  POST {comment}
//   {W}/slipway/promotions/rollback                POST {model, reason}
// {W} is the target; who asks and decides is x-slipway-actor.
#pragma once

#include "slipway/domain/promotion.h"
#include "slipway/net/router.h"
#include "slipway/registry/promotions.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct PromotionsDependencies {
  registry::Promotions& promotions;
  domain::PromotionStore& store;
  domain::WorkspaceStore& workspaces;
};
void MountPromotions(net::Router& router, const PromotionsDependencies& dependencies);

}  // namespace slipway::api
