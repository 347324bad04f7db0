// One stream of a worker, standard output or error, on its way into the console log.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "slipway/gateway/console_log.h"
#include "slipway/gateway/line_splitter.h"
#include "slipway/gateway/long_line.h"

namespace slipway::gateway {

// Not thread-safe. `log` must outlive it.
class ConsoleStream {
 public:
  ConsoleStream(ConsoleLog& log, std::string instance) : log_(log), instance_(std::move(instance)) {}

  void Feed(std::string_view bytes);
  // At the end of the stream: what is left is a line, too.
  void Flush();

 private:
  void TakePart(std::string_view part, bool is_last);

  ConsoleLog& log_;
  const std::string instance_;
  LineSplitter splitter_;
  std::unique_ptr<LongLine> long_line_;
};

}  // namespace slipway::gateway
