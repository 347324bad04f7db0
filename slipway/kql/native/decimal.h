// Decimals as texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::kql {

// The one form of a decimal's text: plain digits, no zeros in front or at the end of the fraction; nullopt for what is
// no number.
std::optional<std::string> NormalizeDecimal(std::string_view text);

}  // namespace slipway::kql
