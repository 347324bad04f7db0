// Promotes a model from one workspace into another: shows the evidence, passes the target's environment gate, shares
// the version through a registry, registers it in the target and makes it the target's production version, the one
// whose stage is "Production". The promotions stay as history; rolling back gives the stage, and the traffic of the
// target's endpoints, to the version before.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/promotion.h"
#include "slipway/domain/stores.h"
#include "slipway/domain/workflow_store.h"
#include "slipway/registry/deployed_models.h"
#include "slipway/registry/sharing.h"

namespace slipway::registry {

// Borrowed; they outlive the service.
struct PromotionsDependencies {
  domain::PromotionStore& store;
  domain::WorkspaceStore& workspaces;
  domain::AssetStore& assets;
  domain::JobStore& jobs;
  domain::RunStore& runs;
  domain::WorkflowStore& gates;
  Registry& registry;
  Registries& registries;
  SharedAssets& shared;
  Sharing& sharing;
  DeployedModels& deployed;
  domain::AuditLog& audit;
  const Clock& clock;
};

struct PromotionRequest {
  std::string model, version;  // in the workspace `from`; "latest" is a version
  domain::Scope from;
  std::string registry;     // "" = the only one there is
  std::string environment;  // the gate; "" = the one with the name of the target, if there is one
  std::string by, reason;
};

struct RolledBack {
  domain::Promotion promotion;
  std::vector<TrafficMove> moves;
};

// Thread-safe.
class Promotions {
 public:
  explicit Promotions(PromotionsDependencies dependencies) : dependencies_(dependencies) {}

  // What Request would make, with its evidence; nothing is stored. The gate is that of the target, or of the source
  // with the target as its workspace.
  Result<domain::Promotion> Preview(const domain::Scope& target, const PromotionRequest& request);
  // Who has to approve; empty = nobody.
  Result<std::vector<std::string>> ReviewersOf(const domain::Scope& target, const domain::Promotion& promotion);

  // Waits for a reviewer where the gate has reviewers or a timer; is carried out at once otherwise.
  Result<domain::Promotion> Request(const domain::Scope& target, const PromotionRequest& request);
  // Carries it out, or ends it. kPermissionDenied for somebody who is no reviewer; kFailedPrecondition before the
  // gate's timer has run, and for a promotion that was decided. An approved one that a crash cut short goes on.
  Result<domain::Promotion> Review(const domain::Scope& target, const std::string& name, bool approves,
                                   const std::string& by, const std::string& comment);
  // The last promotion of the model: its version gives the stage back to the one before, and its traffic where a
  // deployment of that one stands beside it. One that fails on the way may be repeated.
  Result<RolledBack> RollBack(const domain::Scope& target, const std::string& model, const std::string& by,
                              const std::string& reason);

 private:
  Result<std::optional<domain::EnvironmentGate>> FindGate(const domain::Scope& target, const domain::Scope& from,
                                                          const std::string& name);
  Result<std::string> RegistryFor(const std::string& asked);
  // `besides`: a version that does not count.
  Result<std::optional<domain::AssetVersion>> ProductionVersion(const domain::Scope& target, const std::string& model,
                                                                const std::string& besides = "");
  Result<nlohmann::json> EvidenceOf(const domain::Scope& target, const domain::Promotion& promotion,
                                    const domain::AssetVersion& candidate,
                                    const std::optional<domain::AssetVersion>& production);
  nlohmann::json ProvenanceIn(const domain::Scope& scope, const domain::AssetVersion& version);
  Status NoteVersionBefore(const domain::Scope& target, domain::Promotion& promotion);
  Result<domain::Promotion> LastCarriedOut(const domain::Scope& target, const std::string& model);
  Result<domain::Promotion> CarryOut(const domain::Scope& target, domain::Promotion promotion);
  Status SetStage(const domain::Scope& target, const std::string& model, const std::string& version,
                  const std::string& stage);
  Status Record(const domain::Scope& target, const domain::Promotion& promotion, std::string action,
                const std::string& by, const std::string& reason, const std::vector<TrafficMove>& moves = {});

  const PromotionsDependencies dependencies_;
  std::mutex deciding_;
};

}  // namespace slipway::registry
