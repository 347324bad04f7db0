// Application Insights telemetry items as rows of the log tables.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/logstore/log_store.h"

namespace slipway::api {

struct TelemetryRow {
  std::string table;
  nlohmann::json row;  // without the columns that tell whose it is
};

// The row as one of that workspace's, with an item id of its own.
logstore::LogRow ToLogRow(TelemetryRow row, const domain::Workspace& workspace);

// "<250ms" … ">=5min"; "" for what is no number.
std::string PerformanceBucket(const nlohmann::json& milliseconds);

// One envelope (name, time, iKey, tags, data). kInvalidArgument saying which field is wrong; kUnimplemented for a base
// type that has no table yet.
Result<TelemetryRow> ToRow(const nlohmann::json& envelope);

// The instrumentation key of an envelope; "" when it has none.
std::string InstrumentationKeyOf(const nlohmann::json& envelope);

}  // namespace slipway::api
