// The Python program that runs Python scoring scripts; it travels inside the gateway (python/worker_shim.py).
#pragma once

#include <string_view>

namespace slipway::gateway {

std::string_view WorkerShimSource();
// What scripts import as azureml.ai.monitoring (python/monitoring.py); the program loads it from its own folder.
std::string_view MonitoringSource();
// What they import as inference_schema (python/request_schemas.py), likewise.
std::string_view RequestSchemasSource();

}  // namespace slipway::gateway
