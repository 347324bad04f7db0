// For the SDK's own .cc files: a Result becomes its value or a thrown Failure.
#pragma once

#include <utility>

#include "slipway/base/result.h"
#include "slipway/sdk/program.h"

namespace slipway::sdk {

template <typename T>
T Unwrap(Result<T> result) {
  if (!result) throw Failure(result.error().ToString());
  return std::move(*result);
}

inline void Unwrap(const Status& status) {
  if (!status) throw Failure(status.error().ToString());
}

}  // namespace slipway::sdk
