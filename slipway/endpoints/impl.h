// The endpoint service's state and its one lock. For this room's own files: endpoints.cc (life, gateway, logs),
// endpoint_changes.cc and deployment_changes.cc (what users ask for), progress.cc (applies what plan/ decides).
//
// What is in memory mirrors the stores: every change is written there first. Functions that end in Locked, and all of
// progress.cc but the tasks of the pool, want `mutex` held.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "slipway/base/thread_pool.h"
#include "slipway/endpoints/endpoints.h"
#include "slipway/endpoints/plan/checks.h"
#include "slipway/endpoints/plan/placement.h"
#include "slipway/endpoints/prepare/preparer.h"

namespace slipway::endpoints {

struct LiveDeployment {
  domain::OnlineDeployment stored;
  std::optional<int> preparing;
  std::optional<PreparationEnd> preparation;
  std::optional<GatewayReport> report;
  Timestamp candidate_since{};
};

struct LiveEndpoint {
  domain::Workspace workspace;
  domain::OnlineEndpoint stored;
  std::map<std::string, LiveDeployment> deployments;  // by lower-case name, as are the placements
  EndpointPlacements placements;                      // of deleted deployments too

  const domain::Scope& scope() const { return workspace.scope; }
  std::vector<std::string> DeploymentNames() const;
};

struct Endpoints::Impl {
  Impl(Options wanted_options, Dependencies wanted_dependencies);
  ~Impl() { Stop(); }

  // endpoints.cc
  Status Start();
  void Stop();
  Result<LiveEndpoint> Load(const domain::Workspace& workspace, domain::OnlineEndpoint endpoint);
  void RunDeadlines(std::stop_token stop);
  Result<LiveEndpoint*> FindLocked(const domain::Scope& scope, const std::string& endpoint);
  Result<LiveDeployment*> FindLocked(LiveEndpoint& endpoint, const std::string& deployment);

  // deployment_changes.cc
  Result<Stored<domain::OnlineDeployment>> PutDeploymentLocked(LiveEndpoint& endpoint, LiveDeployment* live,
                                                               domain::OnlineDeployment wanted, ChangeNeed need);
  Status GiveRevisionLocked(LiveEndpoint& endpoint, const LiveDeployment* live, ChangeNeed need,
                            domain::OnlineDeployment& wanted);

  // progress.cc
  RevisionProgress ProgressOf(const LiveEndpoint& endpoint, const LiveDeployment& deployment) const;
  void Advance(LiveEndpoint& endpoint, LiveDeployment& deployment);
  void AdvanceAll();
  void StartPreparing(LiveEndpoint& endpoint, LiveDeployment& deployment);
  void Prepare(const domain::Scope& scope, const domain::OnlineDeployment& deployment);
  bool IsWantedLocked(const domain::OnlineDeployment& deployment);
  void TakePreparation(const domain::OnlineDeployment& deployment, Result<Placement> placement);
  void Confirm(LiveEndpoint& endpoint, LiveDeployment& deployment);
  void Reject(LiveEndpoint& endpoint, LiveDeployment& deployment, const std::string& message);
  Status StoreState(LiveEndpoint& endpoint, LiveDeployment& deployment, domain::ProvisioningState state,
                    std::string message);
  Status SavePlacements(const LiveEndpoint& endpoint) const;
  void LogUnsaved(const LiveEndpoint& endpoint) const;
  void Publish();
  bool IsRestoring() const;

  std::filesystem::path PlacementsFile(const std::string& endpoint) const;
  std::filesystem::path ConsoleFile(const std::string& endpoint, const std::string& deployment) const;
  std::string UrlOf(const LiveEndpoint& endpoint) const;  // without a path
  std::string LocalUrlOf(const std::string& endpoint) const;

  const Options options;
  const Dependencies dependencies;
  Preparer preparer;

  std::mutex mutex;                               // guards all below
  std::map<std::string, LiveEndpoint> endpoints;  // by lower-case name: unique in one Slipway
  std::optional<Routing> routing;                 // none until everything stored has been taken up
  std::condition_variable_any changed;            // routing, states, stopping
  bool is_stopping = false;
  bool has_been_polled = false;
  int waiting_polls = 0;
  std::string handed_out, acknowledged;  // etags: last given to a gateway, last that one came with
  std::string gateway_host = "127.0.0.1";
  uint16_t gateway_port = 7443;

  std::unique_ptr<ThreadPool> pool;
  std::jthread deadlines;
};

}  // namespace slipway::endpoints
