// The time range of a query as the Logs query API writes it.
#pragma once

#include <string_view>

#include "slipway/base/result.h"
#include "slipway/logstore/log_store.h"

namespace slipway::api {

// "P1D" (until now), "<from>/<to>", "<from>/<duration>", "<duration>/<to>", or "" for no limit.
Result<logstore::TimeRange> ParseTimespan(std::string_view text, Timestamp now);

}  // namespace slipway::api
