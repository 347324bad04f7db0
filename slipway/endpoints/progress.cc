// Applies what plan/ decides: prepares, confirms, rejects, publishes.
#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/impl.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineDeployment;
using domain::ProvisioningState;

std::optional<int> RevisionOf(const std::optional<Placement>& placement) {
  return placement ? std::optional(placement->revision) : std::nullopt;
}

// Until a probe that is never answered gives up.
int64_t PatienceMs(const domain::Probe& probe) {
  return probe.initial_delay_ms + probe.failure_threshold * (probe.period_ms + probe.timeout_ms);
}

int64_t StartPatienceMs(const OnlineDeployment& deployment) {
  const int64_t readiness = PatienceMs(deployment.readiness_probe);
  return deployment.startup_probe ? PatienceMs(*deployment.startup_probe) + readiness : readiness;
}

}  // namespace

RevisionProgress Endpoints::Impl::ProgressOf(const LiveEndpoint& endpoint, const LiveDeployment& deployment) const {
  RevisionProgress progress;
  progress.state = deployment.stored.state;
  progress.revision = deployment.stored.revision;
  progress.preparing = deployment.preparing;
  progress.preparation = deployment.preparation;
  progress.report = deployment.report;
  progress.candidate_since = deployment.candidate_since;
  progress.ready_timeout = std::chrono::milliseconds(StartPatienceMs(deployment.stored)) + options.report_grace;
  if (const auto known = endpoint.placements.find(ToLower(deployment.stored.name));
      known != endpoint.placements.end()) {
    progress.candidate = RevisionOf(known->second.candidate);
    progress.serving = RevisionOf(known->second.serving);
  }
  return progress;
}

void Endpoints::Impl::Advance(LiveEndpoint& endpoint, LiveDeployment& deployment) {
  const Decision decision = Decide(ProgressOf(endpoint, deployment), dependencies.clock.Now());
  switch (decision.action) {
    case Decision::Action::kNone:
      return;
    case Decision::Action::kPrepare:
      return StartPreparing(endpoint, deployment);
    case Decision::Action::kConfirm:
      return Confirm(endpoint, deployment);
    case Decision::Action::kReject:
      return Reject(endpoint, deployment, decision.message);
  }
}

void Endpoints::Impl::AdvanceAll() {
  for (auto& [endpoint_name, endpoint] : endpoints) {
    for (auto& [name, deployment] : endpoint.deployments) Advance(endpoint, deployment);
  }
  Publish();
}

// Preparing.

void Endpoints::Impl::StartPreparing(LiveEndpoint& endpoint, LiveDeployment& deployment) {
  if (!pool || is_stopping) return;
  deployment.preparing = deployment.stored.revision;
  deployment.preparation.reset();
  pool->Submit([this, scope = endpoint.scope(), wanted = deployment.stored] { Prepare(scope, wanted); });
}

// Runs on a thread of the pool, without the lock.
void Endpoints::Impl::Prepare(const domain::Scope& scope, const OnlineDeployment& deployment) {
  {
    const std::lock_guard lock(mutex);
    if (is_stopping || !IsWantedLocked(deployment)) return;
  }
  TakePreparation(deployment, preparer.Prepare(scope, deployment));
}

// Whether nothing newer took the place of what a task prepares.
bool Endpoints::Impl::IsWantedLocked(const OnlineDeployment& deployment) {
  const auto endpoint = endpoints.find(ToLower(deployment.endpoint_name));
  if (endpoint == endpoints.end()) return false;
  const auto live = endpoint->second.deployments.find(ToLower(deployment.name));
  return live != endpoint->second.deployments.end() && live->second.preparing == deployment.revision;
}

void Endpoints::Impl::TakePreparation(const OnlineDeployment& prepared, Result<Placement> placement) {
  const std::lock_guard lock(mutex);
  if (is_stopping || !IsWantedLocked(prepared)) return;
  LiveEndpoint& endpoint = endpoints.at(ToLower(prepared.endpoint_name));
  LiveDeployment& deployment = endpoint.deployments.at(ToLower(prepared.name));
  deployment.preparing.reset();
  deployment.preparation = PreparationEnd{prepared.revision, placement ? "" : placement.error().ToString()};
  if (placement) {
    Placements& known = endpoint.placements[ToLower(prepared.name)];
    known.candidate = std::move(*placement);
    known.prepared_revision = prepared.revision;
    deployment.candidate_since = dependencies.clock.Now();
    LogUnsaved(endpoint);
  }
  Advance(endpoint, deployment);
  Publish();
}

// Settling.

// The placements come first: a server that dies in between finds the revision serving and waits for the report again.
void Endpoints::Impl::Confirm(LiveEndpoint& endpoint, LiveDeployment& deployment) {
  Placements& known = endpoint.placements[ToLower(deployment.stored.name)];
  if (known.candidate && known.candidate->revision == deployment.stored.revision) {
    known.serving = std::exchange(known.candidate, std::nullopt);
    LogUnsaved(endpoint);
  }
  if (StoreState(endpoint, deployment, ProvisioningState::kSucceeded, ""))
    LogInfo("deployment {}/{} serves revision {}", endpoint.stored.name, deployment.stored.name,
            deployment.stored.revision);
}

// The state comes first: else a server that dies in between would prepare the same failure again.
void Endpoints::Impl::Reject(LiveEndpoint& endpoint, LiveDeployment& deployment, const std::string& message) {
  if (!StoreState(endpoint, deployment, ProvisioningState::kFailed, message)) return;
  LogWarning("deployment {}/{} failed: {}", endpoint.stored.name, deployment.stored.name, message);
  Placements& known = endpoint.placements[ToLower(deployment.stored.name)];
  if (!known.candidate) return;
  known.candidate.reset();
  LogUnsaved(endpoint);
}

// When it cannot be stored (full disk) nothing changes, and the deadline thread comes back to it.
Status Endpoints::Impl::StoreState(LiveEndpoint& endpoint, LiveDeployment& deployment, ProvisioningState state,
                                   std::string message) {
  OnlineDeployment settled = deployment.stored;
  settled.state = state;
  settled.state_message = std::move(message);
  if (Status stored = dependencies.endpoints.PutDeployment(endpoint.scope(), settled); !stored) {
    LogError("the state of deployment {}/{} is not stored: {}", endpoint.stored.name, settled.name,
             stored.error().ToString());
    return stored;
  }
  deployment.stored = std::move(settled);
  changed.notify_all();
  return {};
}

// Placements.

std::filesystem::path Endpoints::Impl::PlacementsFile(const std::string& endpoint) const {
  return options.state_folder / "placements" / (ToLower(endpoint) + ".json");
}

Status Endpoints::Impl::SavePlacements(const LiveEndpoint& endpoint) const {
  // Environment variables of deployments may hold secrets.
  return WriteFileAtomic(PlacementsFile(endpoint.stored.name),
                         PlacementsToText(endpoint.stored.name, endpoint.placements), 0600);
}

// Without the file the deployments are prepared again at the next start, which is slower and no worse.
void Endpoints::Impl::LogUnsaved(const LiveEndpoint& endpoint) const {
  if (const Status saved = SavePlacements(endpoint); !saved)
    LogWarning("the placements of endpoint {} are not kept: {}", endpoint.stored.name, saved.error().ToString());
}

// Publishing.

// A deployment that worked and whose placement was lost: publishing now would take it from a gateway that serves it.
bool Endpoints::Impl::IsRestoring() const {
  for (const auto& [endpoint_name, endpoint] : endpoints) {
    for (const auto& [name, deployment] : endpoint.deployments) {
      const auto known = endpoint.placements.find(name);
      const bool is_routed = known != endpoint.placements.end() && known->second.Routed();
      if (deployment.stored.state == ProvisioningState::kSucceeded && deployment.preparing && !is_routed) return true;
    }
  }
  return false;
}

void Endpoints::Impl::Publish() {
  if (!pool || IsRestoring()) return;
  std::vector<RoutedEndpoint> routed;
  for (const auto& [endpoint_name, endpoint] : endpoints) {
    RoutedEndpoint& entry = routed.emplace_back(RoutedEndpoint{&endpoint.workspace, &endpoint.stored, {}});
    for (const auto& [name, deployment] : endpoint.deployments) {
      const auto known = endpoint.placements.find(name);
      if (known == endpoint.placements.end()) continue;
      if (const Placement* placement = known->second.Routed()) entry.placements.push_back(placement);
    }
  }
  Routing made = MakeRouting(routed);
  if (routing && routing->etag == made.etag) return;
  routing = std::move(made);
  changed.notify_all();
}

}  // namespace slipway::endpoints
