// What becomes of a rollout: pure, functions of what is stored, what the world looks like and the time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/endpoint.h"
#include "slipway/domain/rollout.h"
#include "slipway/endpoints/rollout/guard.h"

namespace slipway::endpoints {

using Traffic = std::map<std::string, int>;  // deployment → percent

// Shares of 0 and the case of names make no difference.
bool IsSameTraffic(const Traffic& a, const Traffic& b);
// `share` percent to the new deployment, the rest to the old one.
Traffic TrafficOf(const domain::Rollout& rollout, int share);
std::string TrafficText(const Traffic& traffic);  // "blue=95 green=5"

// The endpoint and the new deployment as they are now.
struct RolloutWorld {
  std::optional<domain::OnlineEndpoint> endpoint;  // nullopt: deleted
  std::optional<domain::OnlineDeployment> to;
  bool has_from = false;
};

struct RolloutAction {
  enum class Kind {
    kWait,      // the step's time is not over
    kHold,      // it is over, and not all guards are known to hold
    kAdvance,   // to the next step
    kComplete,  // the last step is over
    kRollBack,  // all traffic to the old deployment
    kPause,     // somebody else has changed what the rollout works on
    kAbort,     // there is nothing left to work on
  };
  Kind kind = Kind::kWait;
  std::string reason;
  std::vector<domain::GuardOutcome> guards;
};
std::string_view ActionName(RolloutAction::Kind kind);

// A running rollout whose traffic has been moved, looked at without evidence: kWait when nothing stands in its way.
RolloutAction CheckWorld(const domain::Rollout& rollout, const RolloutWorld& world);

// What the evidence says. A breached guard rolls back at once, before the step's time is over; a guard that is unknown
// (too few samples, no scores) holds once it is over, as does a new deployment with too few requests.
RolloutAction DecideRollout(const domain::Rollout& rollout, const std::vector<Guard>& guards,
                            const domain::RolloutEvidence& evidence, Timestamp now);

// Writes what was decided into the rollout: its status, step and wanted share, and the decision, merged with the last
// one where both hold. Nothing for kWait.
void ApplyAction(const RolloutAction& action, const std::optional<domain::RolloutEvidence>& evidence, Timestamp now,
                 domain::Rollout& rollout);

// The traffic is to be `share` from now on; the step's time begins when it has been moved.
void WantShare(domain::Rollout& rollout, int share);
void Record(domain::RolloutDecision decision, domain::Rollout& rollout);

}  // namespace slipway::endpoints
