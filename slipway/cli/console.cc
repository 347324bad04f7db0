#include "slipway/cli/console.h"

#include <unistd.h>

#include <cstdio>

namespace slipway::cli {

void StandardConsole::Out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void StandardConsole::Err(std::string_view text) {
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void StandardConsole::Flush() {
  std::fflush(stdout);
}
bool StandardConsole::OutIsTerminal() const {
  return isatty(STDOUT_FILENO) == 1;
}
bool StandardConsole::ErrIsTerminal() const {
  return isatty(STDERR_FILENO) == 1;
}
bool StandardConsole::CanAsk() const {
  return isatty(STDIN_FILENO) == 1;
}

std::string StandardConsole::Ask(std::string_view question) {
  Err(question);
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) answer += static_cast<char>(c);
  return answer;
}

}  // namespace slipway::cli
