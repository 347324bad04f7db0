// Whole lines out of a byte stream, byte for byte; what is too long for one piece comes in several.
#pragma once

#include <string>
#include <string_view>

namespace slipway::gateway {

class LineSplitter {
 public:
  // A line longer than this is handed out in parts: a worker that never ends its line must not fill the memory.
  static constexpr size_t kWholeBytesMax = 1 << 20;

  // Calls on_line(line) for every line that `bytes` ends, without its line break; and on_part(part, is_last) for the
  // parts of one that is longer than kWholeBytesMax, the last of which may be empty.
  template <class OnLine, class OnPart>
  void Feed(std::string_view bytes, OnLine&& on_line, OnPart&& on_part) {
    for (size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
      Take(bytes.substr(0, end), on_part);
      End(on_line, on_part);
    }
    Take(bytes, on_part);
  }

  // What is left at the end of the stream: a line without a line break.
  template <class OnLine, class OnPart>
  void Flush(OnLine&& on_line, OnPart&& on_part) {
    if (!partial_.empty() || is_long_) End(on_line, on_part);
  }

 private:
  template <class OnPart>
  void Take(std::string_view bytes, OnPart&& on_part) {
    partial_.append(bytes);
    if (partial_.size() <= kWholeBytesMax) return;
    is_long_ = true;
    on_part(std::string_view(partial_), false);
    partial_.clear();
  }
  template <class OnLine, class OnPart>
  void End(OnLine&& on_line, OnPart&& on_part) {
    if (is_long_) {
      on_part(std::string_view(partial_), true);
    } else {
      on_line(std::string_view(partial_));
    }
    is_long_ = false;
    partial_.clear();
  }

  std::string partial_;
  bool is_long_ = false;
};

}  // namespace slipway::gateway
