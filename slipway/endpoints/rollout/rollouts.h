// The service that rolls new deployments out: gives them their traffic step by step, compares them with the old one by
// what the logs say, and goes on, waits or takes the traffic back.
//
// What is decided (policy.h) is stored first and then done, so a server that dies in between does it at its next start,
// and doing it twice changes nothing. Traffic is moved only from what the rollout itself has set: who changes it by
// hand pauses the rollout.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/rollout.h"
#include "slipway/domain/rollout_store.h"
#include "slipway/domain/stores.h"
#include "slipway/endpoints/endpoints.h"

namespace slipway::endpoints {

// Asks the logs; may take a while.
using EvidenceSource = std::function<Result<domain::RolloutEvidence>(const domain::RolloutQuestion&)>;

struct RolloutDependencies {
  domain::RolloutStore& rollouts;
  domain::WorkspaceStore& workspaces;
  Endpoints& endpoints;
  EvidenceSource evidence;
  const Clock& clock;
  domain::AuditLog* audit = nullptr;  // may be left out: where decisions are recorded
};

// Thread-safe. All are borrowed and must outlive the service; `endpoints` is started before it.
class Rollouts {
 public:
  explicit Rollouts(RolloutDependencies dependencies);
  ~Rollouts();  // Stop()

  // Starts the thread that decides. Tests leave it out and call Tick().
  void Start();
  void Stop();

  // Checks, stores and takes the first step. `from` "" is the one other deployment that has traffic. kAlreadyExists for
  // a name that was used before, kFailedPrecondition while the endpoint has a rollout that is not over.
  // `by`, here and below: who asks, for the audit log.
  Result<domain::Rollout> Create(const domain::Scope& scope, domain::Rollout wanted, const std::string& by);

  // By hand; all fail with kFailedPrecondition when the rollout is over.
  Result<domain::Rollout> Pause(const domain::Scope& scope, const std::string& name, const std::string& by);
  // Takes the present step anew, also where the traffic was changed meanwhile.
  Result<domain::Rollout> Resume(const domain::Scope& scope, const std::string& name, const std::string& by);
  // All traffic to the new one.
  Result<domain::Rollout> Promote(const domain::Scope& scope, const std::string& name, const std::string& by);
  // All to the old one.
  Result<domain::Rollout> Abort(const domain::Scope& scope, const std::string& name, const std::string& by);

  // Looks at every rollout that is not over. The next time at which one wants to be looked at; nullopt when none.
  std::optional<Timestamp> Tick(Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// kFailedPrecondition, with advice, while a rollout that is not over works with the deployment.
Status CheckNoRollout(domain::RolloutStore& rollouts, const domain::Scope& scope, const std::string& endpoint,
                      const std::string& deployment);

}  // namespace slipway::endpoints
