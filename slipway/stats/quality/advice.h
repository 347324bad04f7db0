// What to do about a broken condition. For this room's own files.
#pragma once

#include <string_view>

namespace slipway::stats {

struct CheckResult;

// One sentence or two; "" when no condition of the check is broken.
std::string_view AdviceFor(const CheckResult& check);

}  // namespace slipway::stats
