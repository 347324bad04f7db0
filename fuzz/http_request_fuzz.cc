// A byte stream as HTTP requests, in one piece and byte by byte: no crash, and both readings give the same requests.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "slipway/net/request_parser.h"

namespace {

using slipway::net::RequestParser;

// What the stream means, as text: one line a request, then how it ended.
std::string Reading(std::string_view stream, size_t piece) {
  RequestParser parser({4096, 1 << 16});
  std::string reading;
  std::string pending;
  size_t next = 0;
  while (next < stream.size()) {
    pending += stream.substr(next, piece);
    next += std::min(piece, stream.size() - next);
    while (!pending.empty()) {
      size_t consumed = 0;
      const auto state = parser.Feed(pending, consumed);
      pending.erase(0, consumed);
      if (state == RequestParser::State::kFailed) return reading + "failed";
      if (state == RequestParser::State::kNeedMore) break;
      const auto& request = parser.request();
      reading +=
          std::string(request.method) + " " + std::string(request.target) + " " + std::string(request.body) + "\n";
      parser.Reset();
    }
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Of a head without its end one reading may know already that it is bad, where the other waits for more.
  const std::string stream = std::string(reinterpret_cast<const char*>(data), size) + "\r\n\r\n";
  if (Reading(stream, stream.size()) != Reading(stream, 1)) {
    std::fprintf(stderr, "the stream is read differently byte by byte\n");
    std::abort();
  }
  return 0;
}
