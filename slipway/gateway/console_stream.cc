#include "slipway/gateway/console_stream.h"

namespace slipway::gateway {

void ConsoleStream::Feed(std::string_view bytes) {
  splitter_.Feed(
      bytes, [this](std::string_view line) { log_.Line(instance_, line); },
      [this](std::string_view part, bool is_last) { TakePart(part, is_last); });
}

void ConsoleStream::Flush() {
  splitter_.Flush([this](std::string_view line) { log_.Line(instance_, line); },
                  [this](std::string_view part, bool is_last) { TakePart(part, is_last); });
}

void ConsoleStream::TakePart(std::string_view part, bool is_last) {
  if (!long_line_) long_line_ = log_.StartLongLine(instance_);
  long_line_->Append(part);
  if (!is_last) return;
  log_.LongLineEnded(instance_, *long_line_);
  long_line_.reset();
}

}  // namespace slipway::gateway
