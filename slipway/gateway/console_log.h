// Where the lines of a deployment's workers go: the console file, the log tables, and a short memory for error
// messages.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "slipway/gateway/console_file.h"
#include "slipway/gateway/log_sink.h"

namespace slipway::gateway {

// Thread-safe. One a running deployment; several may share a file while one takes over from another.
class ConsoleLog {
 public:
  ConsoleLog(LogSink& sink, LogIdentity identity, std::string deployment, bool sends_traces,
             std::shared_ptr<ConsoleFile> file);

  void Line(std::string_view instance, std::string_view line);
  void Event(std::string_view instance, std::string_view name, std::string_view message);
  // The last lines, one below the other, indented by two blanks.
  std::string Tail() const;

 private:
  LogSink& sink_;
  const LogIdentity identity_;
  const std::string deployment_;
  const bool sends_traces_;
  const std::shared_ptr<ConsoleFile> file_;
  mutable std::mutex mutex_;
  std::deque<std::string> tail_;
};

}  // namespace slipway::gateway
