// The command line: everything a user types.
#include <cstdlib>

#include "slipway/base/time.h"
#include "slipway/cli/console.h"
#include "slipway/cli/run.h"

int main(int argc, char** argv) {
  const slipway::SystemClock clock;
  slipway::cli::StandardConsole console;
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  const int status = slipway::cli::Run({argv + 1, argv + argc}, console, environment, clock);
  console.Flush();
  return status;
}
