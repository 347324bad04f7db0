// What the machine behind scan can compute. Private to this room.
#pragma once

#include <optional>
#include <string_view>

#include "slipway/kql/native/native.h"

namespace slipway::kql::native {

struct WalkOperation {
  Value (*code)(Arguments arguments) = nullptr;
  bool takes_nulls = false;  // otherwise any null gives null
};

// An operation for arguments of these type letters (native/walk.h); nullopt when there is none.
std::optional<WalkOperation> FindWalkOperation(std::string_view operation, std::string_view types);

}  // namespace slipway::kql::native
