#include "slipway/monitor/rollout_evidence.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/monitor/score_shift.h"

namespace slipway::monitor {
namespace {

using domain::RolloutEvidence;
using domain::RolloutQuestion;
using domain::RolloutSide;
using nlohmann::json;

constexpr int64_t kSampleMax = 20'000;
const logstore::QuerySettings kLimits = {.timeout_ms = 60'000, .rows_max = kSampleMax};

// One deployment's latest requests (or lines) of a stretch of time.
struct Sample {
  std::string deployment;
  logstore::TimeRange range;
  int64_t size = kSampleMax;
};

// Names of endpoints and deployments hold no character that has a meaning in a KQL text.
std::string TrafficQuery(const RolloutQuestion& question, const Sample& sample) {
  return fmt::format(
      "AmlOnlineEndpointTrafficLog\n"
      "| where EndpointName == '{}' and DeploymentName == '{}'\n"
      "| top {} by TimeGenerated desc\n"
      "| extend fails = ResponseCode >= 500 or ResponseCode == 408\n"
      "    or (ResponseCode == 424 and coalesce(ModelStatusCode, 500) >= 500)\n"
      "| summarize requests = count(), errors = countif(ResponseCode >= 400), failures = countif(fails),\n"
      "    p50 = percentile(TotalDurationMs, 50), p95 = percentile(TotalDurationMs, 95),\n"
      "    p99 = percentile(TotalDurationMs, 99)",
      question.endpoint, sample.deployment, sample.size);
}

std::string ScoresQuery(const RolloutQuestion& question, const Sample& sample) {
  return fmt::format(
      "AmlOnlineEndpointConsoleLog\n"
      "| where DeploymentName == '{}' and _ResourceId endswith '/onlineEndpoints/{}'\n"
      "| where Message contains 'OutputData'\n"
      "| top {} by TimeGenerated desc\n"
      "| project Message",
      sample.deployment, question.endpoint, sample.size);
}

double NumberIn(const std::vector<std::string>& row, size_t column) {
  return ParseDouble(row.at(column)).value_or(0);  // null where there are no requests
}

Result<RolloutSide> ReadSide(logstore::LogStore& logs, const RolloutQuestion& question, const Sample& sample) {
  RolloutSide side;
  if (sample.size == 0) return side;
  SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                           logs.Query(TrafficQuery(question, sample), sample.range, question.workspace_id, kLimits));
  if (result.rows.empty() || result.rows[0].size() != 6) return Internal("the traffic query gave no row of six");
  const auto& row = result.rows[0];
  const double requests = NumberIn(row, 0);
  if (requests == 0) return side;
  side.requests = static_cast<int64_t>(requests);
  side.error_rate = NumberIn(row, 1) / requests;
  side.rate_5xx = NumberIn(row, 2) / requests;
  side.p50_ms = NumberIn(row, 3);
  side.p95_ms = NumberIn(row, 4);
  side.p99_ms = NumberIn(row, 5);
  return side;
}

Result<std::vector<double>> ReadScores(logstore::LogStore& logs, const RolloutQuestion& question, const Sample& sample,
                                       const CollectedScores& collected) {
  std::vector<double> scores;
  if (sample.size == 0) return scores;
  SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                           logs.Query(ScoresQuery(question, sample), sample.range, question.workspace_id, kLimits));
  for (const auto& row : result.rows) {
    const json message = row.empty() ? json() : json::parse(row[0], nullptr, /*allow_exceptions=*/false);
    if (!message.is_string()) continue;
    const auto found = ScoresOfLine(message.get_ref<const std::string&>());
    scores.insert(scores.end(), found.begin(), found.end());
  }
  if (scores.empty() && collected)
    return collected(question, sample.deployment, sample.range, static_cast<size_t>(sample.size));
  return scores;
}

std::string NoScoresOf(const std::string& deployment) {
  return fmt::format(
      "there are no scores of '{}': its scoring script has to print lines 'OutputData | <JSON>', or the "
      "deployment to collect model_outputs",
      deployment);
}

// As many of the control's scores as there are of the canary, the latest.
Status ReadShift(logstore::LogStore& logs, const RolloutQuestion& question, const Sample& canary, const Sample& control,
                 const CollectedScores& collected, RolloutEvidence& evidence) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto actual, ReadScores(logs, question, canary, collected));
  SLIPWAY_ASSIGN_OR_RETURN(auto expected, ReadScores(logs, question, control, collected));
  if (expected.size() > actual.size() && !actual.empty()) expected.resize(actual.size());
  evidence.canary.scores = static_cast<int64_t>(actual.size());
  evidence.control.scores = static_cast<int64_t>(expected.size());
  if (actual.empty() || expected.empty())
    evidence.score_note = NoScoresOf(actual.empty() ? question.to : question.from);
  else
    evidence.score_psi = PopulationStabilityIndex(expected, actual);
  return {};
}

}  // namespace

Result<RolloutEvidence> ReadRolloutEvidence(logstore::LogStore& logs, const RolloutQuestion& question,
                                            const CollectedScores& collected) {
  RolloutEvidence evidence;
  evidence.since = question.since;
  evidence.until = question.until;
  const Sample canary{question.to, {question.since, question.until}, kSampleMax};
  SLIPWAY_ASSIGN_OR_RETURN(evidence.canary, ReadSide(logs, question, canary));
  const Sample control{question.from, {question.control_since, question.until}, evidence.canary.requests};
  SLIPWAY_ASSIGN_OR_RETURN(evidence.control, ReadSide(logs, question, control));
  if (question.wants_scores) SLIPWAY_RETURN_IF_ERROR(ReadShift(logs, question, canary, control, collected, evidence));
  return evidence;
}

}  // namespace slipway::monitor
