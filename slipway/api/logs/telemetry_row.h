// Application Insights telemetry items as rows of the log tables.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::api {

struct TelemetryRow {
  std::string table;
  nlohmann::json row;  // without the columns that tell whose it is
};

// One envelope (name, time, iKey, tags, data). kInvalidArgument saying which field is wrong; kUnimplemented for a base
// type that has no table yet.
Result<TelemetryRow> ToRow(const nlohmann::json& envelope);

// The instrumentation key of an envelope; "" when it has none.
std::string InstrumentationKeyOf(const nlohmann::json& envelope);

}  // namespace slipway::api
