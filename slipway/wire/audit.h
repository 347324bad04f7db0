// Entries of the audit log as JSON, both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/audit.h"

namespace slipway::wire {

nlohmann::json AuditEntryToJson(const domain::AuditEntry& entry);
Result<domain::AuditEntry> AuditEntryFromJson(const nlohmann::json& entry);

}  // namespace slipway::wire
