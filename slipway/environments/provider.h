// Which provider an environment wants.
#pragma once

#include <string_view>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"

namespace slipway::environments {

enum class Provider { kNative, kVenv, kConda };

// From the environment's `slipway.provider`, else from what it has: a build command means native, a conda file venv.
// Containers are refused with what to do instead.
Result<Provider> ChooseProvider(const domain::EnvironmentBody& environment);

}  // namespace slipway::environments
