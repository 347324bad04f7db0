#include "slipway/base/shell.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway {

std::string ShellQuoted(std::string_view text) {
  return fmt::format("'{}'", ReplaceAll(std::string(text), "'", "'\\''"));
}

}  // namespace slipway
