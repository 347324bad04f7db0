// OTLP's protobuf bodies as the JSON that OTLP/HTTP sends otherwise, so that one mapping serves both.
//
// Hand-written: OTLP needs some twenty messages, of which this table lists the fields that are read. Generated code
// would bring a compiler into the build, the .proto files into the tree, and ten times as many lines; and it would
// still have to be mapped. The wire format is protobuf's (varints, 32 and 64 bits, lengths); the field numbers are
// OTLP's 1.x.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::api::otlp {

enum class Signal { kTraces, kMetrics, kLogs };

// An Export…ServiceRequest. Names are lowerCamelCase, ids hex, 64-bit integers numbers; absent fields are absent,
// unknown ones are passed over. kInvalidArgument for what is not well-formed, or nested deeper than 32 messages.
Result<nlohmann::json> DecodeRequest(Signal signal, std::string_view bytes);

// The answer for a request of which `rejected` records were not taken: an Export…ServiceResponse.
std::string EncodeResponse(uint64_t rejected, std::string_view message);

}  // namespace slipway::api::otlp
