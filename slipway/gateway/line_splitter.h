// Whole lines out of a byte stream.
#pragma once

#include <string>
#include <string_view>

namespace slipway::gateway {

class LineSplitter {
 public:
  // A line longer than this is handed out in pieces: a worker that never ends its line must not fill the memory.
  static constexpr size_t kLineBytesMax = 8 << 20;

  // Calls sink(line) for every line that `bytes` ends, without its line break.
  template <class Sink>
  void Feed(std::string_view bytes, Sink&& sink) {
    for (size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
      Emit(bytes.substr(0, end), sink);
    }
    partial_.append(bytes);
    if (partial_.size() >= kLineBytesMax) Flush(sink);
  }

  // What is left, at the end of the stream.
  template <class Sink>
  void Flush(Sink&& sink) {
    if (!partial_.empty()) Emit({}, sink);
  }

 private:
  template <class Sink>
  void Emit(std::string_view end_of_line, Sink&& sink) {
    partial_.append(end_of_line);
    if (partial_.ends_with('\r')) partial_.pop_back();
    sink(std::string_view(partial_));
    partial_.clear();
  }

  std::string partial_;
};

}  // namespace slipway::gateway
