// The Python program that runs Python scoring scripts; it travels inside the gateway (python/worker_shim.py).
#pragma once

#include <string_view>

namespace slipway::gateway {

std::string_view WorkerShimSource();

}  // namespace slipway::gateway
