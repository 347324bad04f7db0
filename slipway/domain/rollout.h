// Safe rollouts: a new deployment of an endpoint gets its traffic step by step, while guards compare it with the old
// one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/common.h"

namespace slipway::domain {

enum class RolloutStatus { kRunning, kPaused, kCompleted, kRolledBack, kAborted };
std::string_view RolloutStatusName(RolloutStatus status);
std::optional<RolloutStatus> ParseRolloutStatus(std::string_view name);

// Requests to one deployment. Rates are shares, 0 to 1; without requests everything is 0.
struct RolloutSide {
  int64_t requests = 0;
  double error_rate = 0;  // answered 400 or above
  double rate_5xx = 0;    // failed by the server or the model
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  int64_t scores = 0;
};

// What the logs say of both sides. The canary's requests are those since the step began; the control is as many
// requests of the old deployment, the latest since the rollout began.
struct RolloutEvidence {
  Timestamp since{}, until{};
  RolloutSide canary, control;
  std::optional<double> score_psi;  // population stability index of the canary's scores against the control's
  std::string score_note;           // why there is none; "" when nobody asked
};

// What is asked of the logs.
struct RolloutQuestion {
  std::string workspace_id;  // Workspace::id
  std::string endpoint, from, to;
  Timestamp since{}, control_since{}, until{};
  int64_t samples_min = 0;
  bool wants_scores = false;
};

struct GuardOutcome {
  enum class Verdict { kHolds, kBreached, kUnknown };
  std::string guard;  // as written
  Verdict verdict = Verdict::kUnknown;
  std::optional<double> value, limit;
  std::string note;  // why it is unknown
};
std::string_view VerdictName(GuardOutcome::Verdict verdict);
std::optional<GuardOutcome::Verdict> ParseVerdict(std::string_view name);

struct RolloutDecision {
  Timestamp at{}, last_at{};  // first and last time, where the same was decided several times in a row
  int64_t times = 1;
  std::string action;  // start, hold, advance, complete, roll back, pause, resume, promote, abort, leave
  int share = 0;       // percent of `to` from then on
  std::string reason;
  std::optional<RolloutEvidence> evidence;
  std::vector<GuardOutcome> guards;
};

struct Rollout {
  std::string name;
  std::string endpoint, from, to;
  std::vector<int> steps;  // percent of `to`; rising
  int64_t every_ms = 120'000;
  std::vector<std::string> guards;  // as written
  int64_t samples_min = 100;        // fewer requests of a side decide nothing

  RolloutStatus status = RolloutStatus::kRunning;
  std::string reason;  // of the last change of the status
  size_t step = 0;     // index in `steps`
  // The traffic that the last decision wants. It is stored before the traffic is moved, so a server that dies in
  // between finds it here: `share_before` is what the traffic still is then.
  int share = 0, share_before = 0;
  bool is_moved = false;
  std::optional<Timestamp> step_started_at;
  int revision = 0;  // of the deployment `to`
  std::vector<RolloutDecision> decisions;
  CreationContext context;
};

inline bool IsOver(RolloutStatus status) {
  return status != RolloutStatus::kRunning && status != RolloutStatus::kPaused;
}

}  // namespace slipway::domain
