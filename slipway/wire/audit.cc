#include "slipway/wire/audit.h"

#include "slipway/wire/job_parts.h"
#include "slipway/wire/json_view.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {

using nlohmann::json;

json AuditEntryToJson(const domain::AuditEntry& entry) {
  json result = {{"sequence", entry.sequence}, {"time", FormatTimestamp(entry.time)},
                 {"action", entry.action},     {"actor", entry.actor},
                 {"subject", entry.subject},   {"evidence", entry.evidence},
                 {"hash", entry.hash}};
  PutText(result, "scope", entry.scope);
  PutText(result, "reason", entry.reason);
  PutText(result, "previousHash", entry.previous_hash);
  return result;
}

Result<domain::AuditEntry> AuditEntryFromJson(const json& document) {
  std::vector<Error> errors;
  const JsonView view(document, "", errors);
  domain::AuditEntry entry;
  entry.sequence = view.Integer("sequence", 0);
  entry.time = ReadTime(view, "time").value_or(Timestamp{});
  entry.action = view.Text("action");
  entry.actor = view.Text("actor");
  entry.scope = view.Text("scope");
  entry.subject = view.Text("subject");
  entry.reason = view.Text("reason");
  entry.evidence = view.TextMap("evidence");
  entry.previous_hash = view.Text("previousHash");
  entry.hash = view.Text("hash");
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return entry;
}

}  // namespace slipway::wire
