// Requests out of a byte stream, one after another. Beast's parser does the grammar; what it lets pass and two servers
// might read differently (request smuggling) is refused on top.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "slipway/net/exchange.h"

namespace slipway::net {

struct ParserLimits {
  uint32_t header_bytes_max = 16 << 10;
  uint64_t body_bytes_max = 64ULL << 20;
};

// Not thread-safe. Buffers are reused from request to request.
class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits);
  ~RequestParser();

  enum class State { kNeedMore, kComplete, kFailed };
  // Reads from `input`, adds to `consumed` what it took. After kComplete the request is valid until Reset; after
  // kFailed error_status() and error() say why, and the stream cannot go on.
  State Feed(std::string_view input, size_t& consumed);
  // Ready for the next request.
  void Reset();

  // Fields of the complete request; remote_address, secure and the times are left to the caller.
  const RequestView& request() const;
  bool keep_alive() const;
  // The header is in and the client waits for "100 Continue" before it sends the body.
  bool wants_continue() const;
  bool has_started() const;  // some byte of the present request was taken

  int error_status() const;  // 400, 413, 431, 501 or 505
  std::string_view error() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
