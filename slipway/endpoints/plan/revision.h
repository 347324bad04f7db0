// Where a deployment's wanted revision stands, and what follows: pure, a function of the snapshot and the time.
//
// A revision goes  wanted → prepared (a *candidate* in the routing snapshot) → reported ready (*serving*).  While a
// candidate is under way the gateway goes on with the serving revision; a candidate that fails is dropped for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slipway/base/time.h"
#include "slipway/domain/endpoint.h"

namespace slipway::endpoints {

// What the gateway says of a deployment (POST /slipway/gateway/status).
struct GatewayReport {
  std::string endpoint, deployment;
  int64_t revision = 0;
  std::string state;  // Creating, Updating, Succeeded, Failed
  std::string message;
};

// How a preparation ended.
struct PreparationEnd {
  int revision = 0;
  std::string failure;  // "" = it succeeded, and the placement is the candidate
};

struct RevisionProgress {
  domain::ProvisioningState state = domain::ProvisioningState::kCreating;
  int revision = 1;                           // wanted
  std::optional<int> preparing;               // revision that a preparing thread works on
  std::optional<int> candidate;               // revision handed to the gateway, not ready yet
  std::optional<int> serving;                 // revision that was ready once
  Timestamp candidate_since{};                // when the candidate was handed over
  Duration ready_timeout{};                   // after which a candidate has failed
  std::optional<PreparationEnd> preparation;  // not looked at yet
  std::optional<GatewayReport> report;        // the newest
};

struct Decision {
  enum class Action {
    kNone,
    kPrepare,  // find model, code and environment of the wanted revision
    kConfirm,  // the candidate (or serving revision) works: it serves, the state is Succeeded
    kReject,   // drop the candidate, the state is Failed with `message`
  };
  Action action = Action::kNone;
  std::string message;
};

Decision Decide(const RevisionProgress& progress, Timestamp now);

// True for Creating, Updating and Scaling: something is still to happen.
bool IsUnderWay(domain::ProvisioningState state);

}  // namespace slipway::endpoints
