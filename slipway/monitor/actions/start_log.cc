#include "slipway/monitor/actions/start_log.h"

#include <algorithm>
#include <limits>
#include <map>

#include "slipway/base/text.h"
#include "slipway/base/time.h"

namespace slipway::monitor {
namespace {

std::map<std::string, std::string> EvidenceOf(const domain::AlertEvent& event) {
  std::map<std::string, std::string> evidence = {{"fired_at", FormatTimestamp(event.fired_at)},
                                                 {"value", FormatDouble(event.value)},
                                                 {"threshold", FormatDouble(event.threshold)}};
  for (const auto& [dimension, value] : event.dimensions) evidence["dimension " + dimension] = value;
  return evidence;
}

}  // namespace

Status StartLog::Record(const domain::Scope& scope, const domain::AlertEvent& event, const StartDecision& decision,
                        Timestamp now) const {
  if (audit_ == nullptr) return {};
  domain::AuditEntry entry;
  entry.time = now;
  entry.action = decision.action;
  entry.actor = "alert:" + event.rule;
  entry.scope = scope.ArmId();
  entry.subject = decision.subject;
  entry.reason = decision.reason;
  entry.evidence = EvidenceOf(event);
  // The filter also takes what only begins with the action, or holds the subject.
  SLIPWAY_ASSIGN_OR_RETURN(const auto similar,
                           audit_->List({entry.action, entry.subject, entry.scope, std::numeric_limits<int>::max()}));
  const auto is_same = [&](const domain::AuditEntry& known) {
    return known.action == entry.action && known.subject == entry.subject && known.actor == entry.actor;
  };
  if (std::any_of(similar.begin(), similar.end(), is_same)) return {};
  SLIPWAY_RETURN_IF_ERROR(audit_->Record(std::move(entry)));
  return {};
}

}  // namespace slipway::monitor
