// What the logs say of a rollout's two sides: AmlOnlineEndpointTrafficLog for status classes and latencies, the
// OutputData lines of AmlOnlineEndpointConsoleLog, or collected outputs, for scores.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/rollout.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

// The scores that a deployment of the question's endpoint collected in a stretch of time, the latest `most`; none when
// it does not collect its outputs.
using CollectedScores =
    std::function<Result<std::vector<double>>(const domain::RolloutQuestion& question, const std::string& deployment,
                                              const logstore::TimeRange& range, size_t most)>;

// At most the latest 20,000 requests of a side count. Latencies are whole milliseconds, as the log has them. Scores
// come from the logs, and where those hold none from `collected`.
Result<domain::RolloutEvidence> ReadRolloutEvidence(logstore::LogStore& logs, const domain::RolloutQuestion& question,
                                                    const CollectedScores& collected = {});

}  // namespace slipway::monitor
