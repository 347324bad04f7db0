// Bodies of telemetry: possibly compressed, JSON of a stranger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/net/http.h"

namespace slipway::api {

inline constexpr uint64_t kTelemetryBytesMax = 64ULL << 20;

// The body as Content-Encoding says it is: gzip, deflate or identity.
Result<std::string> DecodedBody(const net::Request& request, uint64_t bytes_max = kTelemetryBytesMax);

// kInvalidArgument for what is not JSON, or nested deeper than 100 values: code that walks over it is recursive.
Result<nlohmann::json> ParseTelemetryJson(std::string_view text);

// A member of what may be no object, null where it is not there; borrowed from `object`.
const nlohmann::json& Member(const nlohmann::json& object, const char* name);
// The same as text, "" where it is none.
std::string Text(const nlohmann::json& object, const char* name);

}  // namespace slipway::api
