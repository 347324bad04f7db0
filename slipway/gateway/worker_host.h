// The program of a C++ worker: loads a scoring script's shared object and answers the gateway's requests with it.
#pragma once

#include <string>

namespace slipway::gateway {

// Serves until the gateway closes the socket on descriptor 3; 0 then, 3 when the script cannot be loaded or initialised
// (as the inference server's workers exit).
int RunWorkerHost(const std::string& script);

}  // namespace slipway::gateway
