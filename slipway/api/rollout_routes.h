// Safe rollouts (docs/rest-extensions.md):
//   {W}/slipway/rollouts           GET: {"value":[…]}, with `endpoint=NAME` of that endpoint alone
//   {W}/slipway/rollouts/{name}    GET, PUT (starts one; a name is used once)
//   {W}/slipway/rollouts/{name}/pause | resume | promote | abort    POST
#pragma once

#include "slipway/domain/rollout_store.h"
#include "slipway/domain/stores.h"
#include "slipway/endpoints/rollout/rollouts.h"
#include "slipway/net/router.h"

namespace slipway::api {

// Borrowed; they outlive the router.
struct RolloutsDependencies {
  endpoints::Rollouts& service;
  domain::RolloutStore& rollouts;
  domain::WorkspaceStore& workspaces;
};

void MountRollouts(net::Router& router, const RolloutsDependencies& dependencies);

}  // namespace slipway::api
