// What the logs say of a rollout's two sides: AmlOnlineEndpointTrafficLog for status classes and latencies, the
// OutputData lines of AmlOnlineEndpointConsoleLog for scores.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/rollout.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

// At most the latest 20,000 requests of a side count. Latencies are whole milliseconds, as the log has them.
Result<domain::RolloutEvidence> ReadRolloutEvidence(logstore::LogStore& logs, const domain::RolloutQuestion& question);

}  // namespace slipway::monitor
