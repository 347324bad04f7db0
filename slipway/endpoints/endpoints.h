// The endpoint service: keeps what users want of online endpoints and deployments, makes it ready, and tells the
// gateway.
//
// A change is stored first (EndpointStore), then a preparing thread finds the deployment's model, builds its
// environment with its code, and what came out, its *placement*, enters the routing snapshot
// (docs/formats/routing-snapshot.md). The gateway loads it and reports back; the report settles the provisioning state.
// What follows from where a deployment stands is decided in plan/ alone. The last placement that worked stays until a
// newer one works, also over restarts (docs/formats/placements.md): a failed update leaves the old revision serving.
//
// After a start the unfinished deployments are prepared again by the same rules; there is no second recovery path.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/rollout_store.h"
#include "slipway/domain/stores.h"
#include "slipway/endpoints/plan/revision.h"
#include "slipway/endpoints/plan/routing.h"
#include "slipway/wire/endpoint.h"

namespace slipway::environments {
class Environments;
}

namespace slipway::endpoints {

struct Options {
  std::filesystem::path state_folder;         // $SLIPWAY_HOME/endpoints: placements, logs of preparations
  std::filesystem::path gateway_logs_folder;  // $SLIPWAY_HOME/gateway/logs: what the gateway keeps of consoles
  std::string domain;                         // scoring URIs get <endpoint>.<region>.inference.<domain>; "" = none
  int preparing_threads = 2;
  // A deployment fails when the gateway has not reported it ready this long after its readiness probe gave up.
  std::chrono::milliseconds report_grace = std::chrono::seconds(60);
  std::chrono::seconds token_lifetime = std::chrono::hours(1);  // of aml_token credentials
};

// The folder AZUREML_MODEL_DIR for a model: below it the registered file or folder under its own name. May take a
// while (copies); called on preparing threads.
using ModelFolder =
    std::function<Result<std::filesystem::path>(const domain::Scope&, const domain::AssetVersion& model)>;

// All are borrowed and must outlive the service.
struct Dependencies {
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  domain::JobStore& jobs;
  domain::EndpointStore& endpoints;
  environments::Environments& environments;
  const Clock& clock;
  ModelFolder model_folder;
  // May be left out: where it is given, a deployment that a rollout works with is not deleted.
  domain::RolloutStore* rollouts = nullptr;
  domain::RegistryAssets* registries = nullptr;  // what references into registries lead to
};

// What a PUT made of its wish.
template <class T>
struct Stored {
  T value;
  bool is_new = false;
};

struct EndpointToken {
  std::string token;
  Timestamp expiry{}, refresh_after{};
};

enum class KeyKind { kPrimary, kSecondary };
enum class LogKind { kConsole, kPreparation };

// What a PATCH may change of a deployment.
struct DeploymentChanges {
  std::optional<domain::Tags> tags;
  std::optional<int> instance_count;
};

// Thread-safe. Calls about things that are not there fail with kNotFound.
class Endpoints {
 public:
  Endpoints(Options options, Dependencies dependencies);
  ~Endpoints();  // Stop()
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  // Takes up the stored endpoints of every workspace. Until then nothing is routed and nothing else may be called.
  Status Start();
  // Answers the waiting polls and ends the threads; an environment being built is built to its end first.
  void Stop();

  // Where the gateway listens with TLS; to be called whenever that changes. Default: 127.0.0.1:7443.
  void SetGatewayAddress(const std::string& listen_address, uint16_t tls_port);

  // As they are now; the message of kNotFound names the nearest name.
  Result<domain::OnlineEndpoint> GetEndpoint(const domain::Scope& scope, const std::string& name);
  Result<domain::OnlineDeployment> GetDeployment(const domain::Scope& scope, const std::string& endpoint,
                                                 const std::string& name);

  // Endpoints. A PUT replaces what users may set; keys are taken at creation only, made when there are none.
  // kAlreadyExists when another workspace has an endpoint of that name; kInvalidArgument for traffic that does not fit.
  Result<Stored<domain::OnlineEndpoint>> PutEndpoint(const domain::Scope& scope, domain::OnlineEndpoint wanted);
  Result<domain::OnlineEndpoint> TagEndpoint(const domain::Scope& scope, const std::string& name,
                                             const domain::Tags& tags);
  Status DeleteEndpoint(const domain::Scope& scope, const std::string& name);  // with its deployments
  // Sets the traffic to `wanted`, provided that it is `expected`, or `wanted` already, at that moment; kConflict, which
  // tells what it is, otherwise.
  Status MoveTraffic(const domain::Scope& scope, const std::string& name, const std::map<std::string, int>& expected,
                     const std::map<std::string, int>& wanted);

  // Replaces one key by `value`, or by a new one when that is "" or the present key; the other goes on working. Ends
  // the endpoint's tokens.
  Status RegenerateKey(const domain::Scope& scope, const std::string& name, KeyKind kind, const std::string& value);
  // kFailedPrecondition unless the endpoint's auth mode is aml_token.
  Result<EndpointToken> IssueToken(const domain::Scope& scope, const std::string& name);

  // Addresses for callers: by host name where Options::domain is set. The local one works on this machine always.
  Result<wire::EndpointLinks> LinksOf(const domain::Scope& scope, const std::string& endpoint);
  Result<std::string> LocalScoringUri(const domain::Scope& scope, const std::string& endpoint);

  // Deployments. A PUT pins references to versions and checks what can be checked at once; a change that needs the
  // gateway counts the revision up and leaves the deployment Creating or Updating. An unchanged PUT changes nothing,
  // but tries a failed deployment again.
  Result<Stored<domain::OnlineDeployment>> PutDeployment(const domain::Scope& scope, domain::OnlineDeployment wanted);
  Result<domain::OnlineDeployment> ChangeDeployment(const domain::Scope& scope, const std::string& endpoint,
                                                    const std::string& name, const DeploymentChanges& changes);
  // kFailedPrecondition while it gets live or mirrored traffic, or a rollout works with it.
  Status DeleteDeployment(const domain::Scope& scope, const std::string& endpoint, const std::string& name);

  // The last `lines` lines: of the console; or, while there is none, of the preparation (the environment's build).
  Result<std::string> ReadLogs(const domain::Scope& scope, const std::string& endpoint, const std::string& name,
                               LogKind kind, size_t lines);

  // The gateway's side. Returns once the routing differs from `etag`, nothing after `timeout`. At most kWaitingPollsMax
  // calls wait at once, since each holds a thread of the server: kUnavailable beyond. The first call after Start does
  // not wait, which tells a gateway that outlived the server to report again.
  static constexpr int kWaitingPollsMax = 4;
  Result<std::optional<Routing>> WaitForRouting(const std::string& etag, std::chrono::milliseconds timeout);
  // Returns once the gateway asks for what is newer than the present routing, which tells that it has applied it; at
  // once when no gateway listens, and after `timeout`. So a change that was answered is a change in force, as a rule.
  void WaitUntilRouted(std::chrono::milliseconds timeout);
  // Reports about deployments and revisions that are not wanted are ignored.
  void TakeReports(const std::vector<GatewayReport>& reports);

  // Fails what is overdue by the clock. The service does so by itself every second; tests call it.
  void CheckDeadlines();

  // Blocks until the deployment is neither Creating, Updating nor Scaling; kDeadlineExceeded. For tests and tools.
  Result<domain::OnlineDeployment> WaitUntilSettled(const domain::Scope& scope, const std::string& endpoint,
                                                    const std::string& name, std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::endpoints
