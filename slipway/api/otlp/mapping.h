// OpenTelemetry's signals as rows of Azure Monitor's tables, as Azure Monitor's own exporters map them:
//
//   span of kind server or consumer          AppRequests
//   span of another kind                     AppDependencies
//   event of a span                          AppTraces; AppExceptions when it is named "exception"
//   log record                               AppTraces; AppExceptions with exception.type or exception.message;
//                                            AppEvents with microsoft.custom_event.name
//   data point of a metric                   AppMetrics: Sum, ItemCount, Min, Max
//
// Of the resource, service.namespace and service.name become AppRoleName, service.instance.id AppRoleInstance,
// service.version AppVersion. Trace and span ids become OperationId, Id and ParentId.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/api/logs/telemetry_row.h"
#include "slipway/api/otlp/wire_format.h"

namespace slipway::api::otlp {

struct MappedRows {
  std::vector<TelemetryRow> rows;
  uint64_t rejected = 0;  // spans, data points or log records that cannot be rows
  std::string complaint;  // about the first of them
};

// `request` has the shape of OTLP/JSON.
MappedRows MapRequest(Signal signal, const nlohmann::json& request);

}  // namespace slipway::api::otlp
