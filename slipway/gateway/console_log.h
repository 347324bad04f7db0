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
#include "slipway/gateway/long_line.h"

namespace slipway::gateway {

struct ConsoleLogOptions {
  std::string deployment;
  std::string image = "slipway-worker";  // as records name what runs: the environment
  bool sends_traces = false;             // to Application Insights' table as well
  WantedFolder long_lines;               // for lines that no record takes
};

// Thread-safe. One a running deployment; several may share a file while one takes over from another.
class ConsoleLog {
 public:
  ConsoleLog(LogSink& sink, const Clock& clock, LogIdentity identity, ConsoleLogOptions options,
             std::shared_ptr<ConsoleFile> file);

  // One record a line, which may hold any bytes.
  void Line(std::string_view instance, std::string_view line) { Write(instance, line, {}); }
  // For a line that is too long for a record.
  std::unique_ptr<LongLine> StartLongLine(std::string_view instance) const;
  // The record that stands for it.
  void LongLineEnded(std::string_view instance, LongLine& line);
  void Event(std::string_view instance, std::string_view name, std::string_view message);
  // The last lines, one below the other, indented by two blanks.
  std::string Tail() const;

 private:
  void Write(std::string_view instance, std::string_view line, std::string_view blob_uri);

  LogSink& sink_;
  const Clock& clock_;
  const LogIdentity identity_;
  const ConsoleLogOptions options_;
  const std::shared_ptr<ConsoleFile> file_;
  mutable std::mutex mutex_;
  std::deque<std::string> tail_;
};

}  // namespace slipway::gateway
