#include "slipway/gateway/console_log.h"

namespace slipway::gateway {
namespace {

constexpr size_t kTailLines = 20;
constexpr size_t kTailLineBytes = 500;

}  // namespace

ConsoleLog::ConsoleLog(LogSink& sink, LogIdentity identity, std::string deployment, bool sends_traces,
                       std::shared_ptr<ConsoleFile> file)
    : sink_(sink),
      identity_(std::move(identity)),
      deployment_(std::move(deployment)),
      sends_traces_(sends_traces),
      file_(std::move(file)) {}

void ConsoleLog::Line(std::string_view instance, std::string_view line) {
  const ConsoleRecord record{deployment_, instance, line};
  sink_.Console(identity_, record);
  if (sends_traces_) sink_.AppTrace(identity_, record);
  file_->Append(line);
  const std::lock_guard lock(mutex_);
  tail_.emplace_back(line.substr(0, kTailLineBytes));
  if (tail_.size() > kTailLines) tail_.pop_front();
}

void ConsoleLog::Event(std::string_view instance, std::string_view name, std::string_view message) {
  sink_.Event(identity_, {deployment_, instance, name, message});
}

std::string ConsoleLog::Tail() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : tail_) text.append("\n  ").append(line);
  return text;
}

}  // namespace slipway::gateway
