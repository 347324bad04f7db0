// Promotions: a model version taken from one workspace into another through a registry, after a gate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"

namespace slipway::domain {

enum class PromotionStatus {
  kWaiting,   // for a reviewer, or for the gate's timer
  kApproved,  // decided, not carried out to its end yet
  kPromoted,  // the version is the target's production version
  kRejected,
  kRolledBack,  // was promoted; the version before is the production version again
};
std::string_view PromotionStatusName(PromotionStatus status);  // "Waiting" …
std::optional<PromotionStatus> ParsePromotionStatus(std::string_view name);

struct Promotion {
  std::string name;  // "<model>-<version>-<time>", unique in the target
  std::string model, version;
  Scope from;
  std::string registry;
  std::string gate;  // name of the environment gate; "" = there is none
  PromotionStatus status = PromotionStatus::kWaiting;
  std::string requested_by, decided_by, comment;
  std::string previous_version;  // production version of the target before; "" = none
  std::string evidence;          // JSON, as it was when asked for
  Timestamp requested_at{};
  std::optional<Timestamp> decided_at, ended_at;
};

// By the target's scope. Thread-safe; every method is one transaction.
class PromotionStore {
 public:
  virtual ~PromotionStore() = default;
  virtual Status PutPromotion(const Scope& scope, const Promotion& promotion) = 0;
  virtual Result<Promotion> GetPromotion(const Scope& scope, const std::string& name) = 0;
  // Newest first.
  virtual Result<std::vector<Promotion>> ListPromotions(const Scope& scope) = 0;
};

}  // namespace slipway::domain
