// Cuts a stream of bytes into lines.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace slipway::process {

// Emits lines without their "\n" or "\r\n". A line longer than kMaxLine is emitted in pieces of that size, so that a
// program that never ends its line cannot grow the buffer.
class LineBuffer {
 public:
  static constexpr size_t kMaxLine = 64 * 1024;

  template <typename Emit>
  void Append(std::string_view bytes, const Emit& emit) {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      const size_t room = kMaxLine - pending_.size();
      const size_t take = std::min({end == std::string_view::npos ? bytes.size() : end, room, bytes.size()});
      pending_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      const bool line_ended = !bytes.empty() && bytes.front() == '\n';
      if (line_ended) bytes.remove_prefix(1);
      if (line_ended || pending_.size() == kMaxLine) Flush(emit);
    }
  }

  // The end of the stream: what is left is a line too.
  template <typename Emit>
  void Finish(const Emit& emit) {
    if (!pending_.empty()) Flush(emit);
  }

 private:
  template <typename Emit>
  void Flush(const Emit& emit) {
    std::string line;
    line.swap(pending_);
    if (line.ends_with('\r')) line.pop_back();
    emit(std::string_view(line));
  }

  std::string pending_;
};

}  // namespace slipway::process
