#include "slipway/gateway/console_log.h"

namespace slipway::gateway {
namespace {

constexpr size_t kTailLines = 20;
constexpr size_t kTailLineBytes = 500;

}  // namespace

ConsoleLog::ConsoleLog(LogSink& sink, const Clock& clock, LogIdentity identity, ConsoleLogOptions options,
                       std::shared_ptr<ConsoleFile> file)
    : sink_(sink),
      clock_(clock),
      identity_(std::move(identity)),
      options_(std::move(options)),
      file_(std::move(file)) {}

std::unique_ptr<LongLine> ConsoleLog::StartLongLine(std::string_view instance) const {
  return std::make_unique<LongLine>(options_.long_lines, instance, clock_.Now());
}

void ConsoleLog::LongLineEnded(std::string_view instance, LongLine& line) {
  const std::string text = line.Finish();
  Write(instance, text, line.uri());
}

void ConsoleLog::Write(std::string_view instance, std::string_view line, std::string_view blob_uri) {
  const ConsoleRecord record{options_.deployment, instance, line, blob_uri, options_.image};
  sink_.Console(identity_, record);
  if (options_.sends_traces) sink_.AppTrace(identity_, record);
  file_->Append(line);
  const std::lock_guard lock(mutex_);
  tail_.emplace_back(line.substr(0, kTailLineBytes));
  if (tail_.size() > kTailLines) tail_.pop_front();
}

void ConsoleLog::Event(std::string_view instance, std::string_view name, std::string_view message) {
  sink_.Event(identity_, {options_.deployment, instance, name, message});
}

std::string ConsoleLog::Tail() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : tail_) text.append("\n  ").append(line);
  return text;
}

}  // namespace slipway::gateway
