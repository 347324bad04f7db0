// How deep a JSON text is nested: what is parsed may be printed and destroyed by recursion, which has to have a bound.
#pragma once

#include <string_view>

namespace slipway {

// Looks at the brackets outside of texts alone; `json` need not be well-formed.
bool IsNestedDeeperThan(std::string_view json, int levels);

}  // namespace slipway
