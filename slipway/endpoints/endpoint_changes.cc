// What users ask of endpoints.
#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/impl.h"
#include "slipway/endpoints/plan/checks.h"
#include "slipway/endpoints/rollout/policy.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineEndpoint;
using domain::Scope;

constexpr int kKeyBytes = 32;

std::string MakeKey() {
  return RandomHex(kKeyBytes);
}

void DropZeros(std::map<std::string, int>& shares) {
  std::erase_if(shares, [](const auto& share) { return share.second == 0; });
}

// What a PUT cannot change.
void KeepFrom(const OnlineEndpoint& stored, OnlineEndpoint& wanted) {
  wanted.name = stored.name;
  wanted.primary_key = stored.primary_key;
  wanted.secondary_key = stored.secondary_key;
  wanted.traffic_was_set = stored.traffic_was_set || !wanted.traffic.empty();
  wanted.context = stored.context;
}

void FillNew(OnlineEndpoint& wanted, Timestamp now) {
  if (wanted.primary_key.empty()) wanted.primary_key = MakeKey();
  if (wanted.secondary_key.empty()) wanted.secondary_key = MakeKey();
  wanted.traffic_was_set = !wanted.traffic.empty();
  wanted.context = {};
  wanted.context.created_at = now;
}

}  // namespace

Result<Stored<OnlineEndpoint>> Endpoints::PutEndpoint(const Scope& scope, OnlineEndpoint wanted) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, impl_->dependencies.workspaces.GetWorkspace(scope));
  const std::lock_guard lock(impl_->mutex);
  const auto taken = impl_->endpoints.find(ToLower(wanted.name));
  const auto found = impl_->FindLocked(scope, wanted.name);
  if (!found && taken != impl_->endpoints.end())
    return AlreadyExists(
        fmt::format("the workspace '{}' has an endpoint '{}' already: endpoint names are unique in one "
                    "Slipway, as they are in one Azure region",
                    taken->second.scope().workspace, taken->second.stored.name));
  const Timestamp now = impl_->dependencies.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(CheckEndpoint(wanted, found ? (*found)->DeploymentNames() : std::vector<std::string>()));
  found ? KeepFrom((*found)->stored, wanted) : FillNew(wanted, now);
  DropZeros(wanted.mirror_traffic);
  wanted.context.last_modified_at = now;
  wanted.state = domain::ProvisioningState::kSucceeded;
  wanted.state_message.clear();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.PutEndpoint(workspace.scope, wanted));
  if (found) {
    (*found)->stored = wanted;
  } else {
    // A file of an earlier endpoint of this name tells which revisions are used up.
    SLIPWAY_ASSIGN_OR_RETURN(impl_->endpoints[ToLower(wanted.name)], impl_->Load(workspace, wanted));
  }
  impl_->Publish();
  return Stored<OnlineEndpoint>{std::move(wanted), !found};
}

Result<OnlineEndpoint> Endpoints::TagEndpoint(const Scope& scope, const std::string& name, const domain::Tags& tags) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * live, impl_->FindLocked(scope, name));
  OnlineEndpoint changed = live->stored;
  changed.tags = tags;
  changed.context.last_modified_at = impl_->dependencies.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.PutEndpoint(live->scope(), changed));
  live->stored = changed;
  return changed;
}

Status Endpoints::MoveTraffic(const Scope& scope, const std::string& name, const std::map<std::string, int>& expected,
                              const std::map<std::string, int>& wanted) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * live, impl_->FindLocked(scope, name));
  OnlineEndpoint changed = live->stored;
  if (IsSameTraffic(changed.traffic, wanted)) return {};
  if (!IsSameTraffic(changed.traffic, expected))
    return Error(Code::kConflict, fmt::format("the traffic of '{}' is {}, not {}", changed.name,
                                              TrafficText(changed.traffic), TrafficText(expected)));
  changed.traffic = wanted;
  changed.traffic_was_set = true;
  changed.context.last_modified_at = impl_->dependencies.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(CheckEndpoint(changed, live->DeploymentNames()));
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.PutEndpoint(live->scope(), changed));
  live->stored = std::move(changed);
  impl_->Publish();
  return {};
}

Status Endpoints::DeleteEndpoint(const Scope& scope, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * live, impl_->FindLocked(scope, name));
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.DeleteEndpoint(live->scope(), live->stored.name));
  for (const auto& [key, deployment] : live->deployments) {
    Placements& known = live->placements[key];
    known.serving.reset();
    known.candidate.reset();
    impl_->preparer.ForgetLog(live->stored.name, deployment.stored.name);
  }
  impl_->LogUnsaved(*live);
  (void)RemoveAll(impl_->options.gateway_logs_folder / live->stored.name);
  impl_->endpoints.erase(ToLower(name));
  impl_->Publish();
  impl_->changed.notify_all();
  return {};
}

Status Endpoints::RegenerateKey(const Scope& scope, const std::string& name, KeyKind kind, const std::string& value) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * live, impl_->FindLocked(scope, name));
  OnlineEndpoint changed = live->stored;
  std::string& key = kind == KeyKind::kPrimary ? changed.primary_key : changed.secondary_key;
  // Azure's Python client sends the present key along when it asks for a new one.
  key = value.empty() || EqualConstantTime(value, key) ? MakeKey() : value;
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.endpoints.PutEndpoint(live->scope(), changed));
  live->stored = std::move(changed);
  impl_->Publish();
  return {};
}

Result<EndpointToken> Endpoints::IssueToken(const Scope& scope, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(const LiveEndpoint* live, impl_->FindLocked(scope, name));
  if (live->stored.auth_mode != domain::AuthMode::kAmlToken)
    return FailedPrecondition(
        fmt::format("the endpoint '{}' takes keys, not tokens: its auth_mode is key", live->stored.name));
  const Timestamp now = impl_->dependencies.clock.Now();
  EndpointToken token;
  token.expiry = now + impl_->options.token_lifetime;
  token.refresh_after = now + impl_->options.token_lifetime * 3 / 4;
  token.token = MakeToken(live->stored, token.expiry);
  return token;
}

}  // namespace slipway::endpoints
