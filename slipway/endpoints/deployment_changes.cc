// What users ask of deployments.
#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/impl.h"
#include "slipway/endpoints/plan/checks.h"
#include "slipway/endpoints/rollout/rollouts.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineDeployment;
using domain::OnlineEndpoint;
using domain::ProvisioningState;
using domain::Scope;

// The state of a deployment that has just been changed.
ProvisioningState StateAfter(const LiveDeployment* live, ChangeNeed need) {
  if (!live || live->stored.state == ProvisioningState::kCreating) return ProvisioningState::kCreating;
  return need == ChangeNeed::kScale ? ProvisioningState::kScaling : ProvisioningState::kUpdating;
}

// Without the deployment's name in traffic and mirror traffic, where it may still stand with 0 %.
OnlineEndpoint Without(OnlineEndpoint endpoint, const std::string& deployment) {
  const auto is_it = [&](const auto& share) { return EqualsIgnoreCase(share.first, deployment); };
  std::erase_if(endpoint.traffic, is_it);
  std::erase_if(endpoint.mirror_traffic, is_it);
  return endpoint;
}

// What the service alone sets stays.
void KeepFrom(const OnlineDeployment& stored, OnlineDeployment& wanted) {
  wanted.name = stored.name;
  wanted.context = stored.context;
  wanted.revision = stored.revision;
  wanted.state = stored.state;
  wanted.state_message = stored.state_message;
}

}  // namespace

// A number once given to a deployment of this name is never given again, so that late reports of the gateway about an
// earlier one are told apart.
Status Endpoints::Impl::GiveRevisionLocked(LiveEndpoint& endpoint, const LiveDeployment* live, ChangeNeed need,
                                           OnlineDeployment& wanted) {
  Placements& known = endpoint.placements[ToLower(wanted.name)];
  wanted.revision = std::max(known.last_revision, live ? live->stored.revision : 0) + 1;
  wanted.state = StateAfter(live, need);
  wanted.state_message.clear();
  known.last_revision = wanted.revision;
  return SavePlacements(endpoint);
}

// Stores `wanted` over what `live` is (nullptr: new).
Result<Stored<OnlineDeployment>> Endpoints::Impl::PutDeploymentLocked(LiveEndpoint& endpoint, LiveDeployment* live,
                                                                      OnlineDeployment wanted, ChangeNeed need) {
  const Timestamp now = dependencies.clock.Now();
  const bool is_new = !live;
  wanted.endpoint_name = endpoint.stored.name;
  if (live) {
    KeepFrom(live->stored, wanted);
  } else {
    wanted.context = {};
    wanted.context.created_at = now;
  }
  wanted.context.last_modified_at = now;
  if (need != ChangeNeed::kNone) SLIPWAY_RETURN_IF_ERROR(GiveRevisionLocked(endpoint, live, need, wanted));
  SLIPWAY_RETURN_IF_ERROR(dependencies.endpoints.PutDeployment(endpoint.scope(), wanted));
  const std::string key = ToLower(wanted.name);
  LiveDeployment& entry = endpoint.deployments[key];
  entry.stored = wanted;
  // What is not ready yet makes way, and so does what an earlier deployment of this name left.
  Reconcile(endpoint.placements[key], is_new ? nullptr : &entry.stored);
  Advance(endpoint, entry);
  Publish();
  return Stored<OnlineDeployment>{std::move(wanted), is_new};
}

Result<Stored<OnlineDeployment>> Endpoints::PutDeployment(const Scope& scope, OnlineDeployment wanted) {
  {
    const std::lock_guard lock(impl_->mutex);
    SLIPWAY_RETURN_IF_ERROR(impl_->FindLocked(scope, wanted.endpoint_name));
  }
  SLIPWAY_RETURN_IF_ERROR(CheckDeployment(wanted));
  SLIPWAY_RETURN_IF_ERROR(impl_->preparer.Pin(scope, wanted));  // without the lock: it reads stores and asks dpkg
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, wanted.endpoint_name));
  const auto live = endpoint->deployments.find(ToLower(wanted.name));
  if (live == endpoint->deployments.end())
    return impl_->PutDeploymentLocked(*endpoint, nullptr, std::move(wanted), ChangeNeed::kUpdate);
  ChangeNeed need = NeedOf(live->second.stored, wanted);
  const bool is_retry = need == ChangeNeed::kNone && live->second.stored.state == ProvisioningState::kFailed;
  if (is_retry) need = ChangeNeed::kUpdate;
  return impl_->PutDeploymentLocked(*endpoint, &live->second, std::move(wanted), need);
}

Result<OnlineDeployment> Endpoints::ChangeDeployment(const Scope& scope, const std::string& endpoint_name,
                                                     const std::string& name, const DeploymentChanges& changes) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, endpoint_name));
  SLIPWAY_ASSIGN_OR_RETURN(LiveDeployment * live, impl_->FindLocked(*endpoint, name));
  OnlineDeployment wanted = live->stored;
  if (changes.tags) wanted.tags = *changes.tags;
  if (changes.instance_count) wanted.instance_count = *changes.instance_count;
  SLIPWAY_RETURN_IF_ERROR(CheckDeployment(wanted));
  const ChangeNeed need = NeedOf(live->stored, wanted);
  SLIPWAY_ASSIGN_OR_RETURN(auto stored, impl_->PutDeploymentLocked(*endpoint, live, std::move(wanted), need));
  return std::move(stored.value);
}

Status Endpoints::DeleteDeployment(const Scope& scope, const std::string& endpoint_name, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, endpoint_name));
  SLIPWAY_ASSIGN_OR_RETURN(const LiveDeployment* live, impl_->FindLocked(*endpoint, name));
  const std::string stored_name = live->stored.name;
  if (domain::RolloutStore* rollouts = impl_->dependencies.rollouts)
    SLIPWAY_RETURN_IF_ERROR(CheckNoRollout(*rollouts, scope, endpoint->stored.name, stored_name));
  SLIPWAY_RETURN_IF_ERROR(CheckNoTraffic(endpoint->stored, stored_name));
  // The traffic first: a server that dies in between leaves no share of a deployment that is gone.
  OnlineEndpoint rest = Without(endpoint->stored, stored_name);
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.PutEndpoint(endpoint->scope(), rest));
  endpoint->stored = std::move(rest);
  SLIPWAY_RETURN_IF_ERROR(
      impl_->dependencies.endpoints.DeleteDeployment(endpoint->scope(), endpoint->stored.name, stored_name));
  endpoint->deployments.erase(ToLower(stored_name));
  Placements& known = endpoint->placements[ToLower(stored_name)];
  known.serving.reset();
  known.candidate.reset();
  impl_->LogUnsaved(*endpoint);
  impl_->preparer.ForgetLog(endpoint->stored.name, stored_name);
  std::error_code ignored;
  std::filesystem::remove(impl_->ConsoleFile(endpoint->stored.name, stored_name), ignored);
  impl_->Publish();
  impl_->changed.notify_all();
  return {};
}

}  // namespace slipway::endpoints
