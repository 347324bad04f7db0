// Whether a document may hold keys and passwords: stored ones do, answers do not.
#pragma once

namespace slipway::wire {

enum class Secrets { kOmit, kInclude };

}  // namespace slipway::wire
