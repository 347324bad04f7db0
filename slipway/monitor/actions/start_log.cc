#include "slipway/monitor/actions/start_log.h"

#include <algorithm>
#include <map>

#include "slipway/base/text.h"
#include "slipway/base/time.h"

namespace slipway::monitor {
namespace {

constexpr size_t kNewestEntries = 1000;  // without a filter the log is read no further than that

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
  // A start that an earlier life of the server made is tried again before anything else happens.
  SLIPWAY_ASSIGN_OR_RETURN(const auto newest, audit_->List({"", "", "", kNewestEntries}));
  const auto is_same = [&](const domain::AuditEntry& known) {
    return known.action == entry.action && known.subject == entry.subject && known.actor == entry.actor &&
           known.scope == entry.scope;
  };
  if (std::any_of(newest.begin(), newest.end(), is_same)) return {};
  SLIPWAY_RETURN_IF_ERROR(audit_->Record(std::move(entry)));
  return {};
}

}  // namespace slipway::monitor
