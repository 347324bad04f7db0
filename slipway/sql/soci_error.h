// What SOCI throws, as Errors. For this room's own files.
#pragma once

#include "slipway/base/result.h"

namespace slipway::sql {

// The exception being handled; to be called inside a catch clause only. Statements and their values, which SOCI appends
// to its messages, are left out: they may hold secrets and megabytes.
Error CurrentError();

// Runs `action`, which may throw what SOCI throws.
template <typename Action>
auto CatchErrors(const Action& action) -> decltype(action()) {
  try {
    return action();
  } catch (...) {
    return CurrentError();
  }
}

}  // namespace slipway::sql
