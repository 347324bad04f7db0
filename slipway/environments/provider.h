// Which provider an environment wants.
#pragma once

#include <string_view>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"

namespace slipway::environments {

enum class Provider { kNative, kVenv, kConda, kContainer };

// From the environment's `slipway.provider`, else from what it has: a build command means native, a conda file venv, an
// image alone or what one is built of a container.
Result<Provider> ChooseProvider(const domain::EnvironmentBody& environment);

}  // namespace slipway::environments
