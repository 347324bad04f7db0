// Words of command lines as /bin/sh reads them.
#pragma once

#include <string>
#include <string_view>

namespace slipway {

// The text as one word, whatever is in it.
std::string ShellQuoted(std::string_view text);

}  // namespace slipway
