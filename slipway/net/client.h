// A blocking HTTP/1.1 client with keep-alive, over TCP or TLS.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/net/http.h"

namespace slipway::net {

struct ClientOptions {
  int connect_timeout_ms = 5'000;
  int timeout_ms = 100'000;  // of one whole exchange
  std::string ca_file{};     // PEM; trusted besides the system's authorities
  bool verify_peer = true;
  uint64_t body_bytes_max = 4ULL << 30;
};

// Not thread-safe: one Client a thread. Keeps one connection open per origin and retries once, for idempotent methods,
// when a kept connection turns out closed.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // `url` is absolute (http or https). A response of any status is a good result; kUnavailable when nobody listens,
  // kDeadlineExceeded past the timeout.
  Result<Response> Send(std::string_view method, std::string_view url, const Headers& headers = {},
                        std::string_view body = {});

  // Ends the call under way, if any, and every later one with kCancelled. The one method that other threads may call.
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
