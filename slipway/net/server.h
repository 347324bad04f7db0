// An HTTP/1.1 server for the control plane: connections on event loops (net/core_server.h, which the gateway's data
// plane uses directly), requests handled on a pool of blocking threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/net/http.h"
#include "slipway/net/tls.h"

namespace slipway::net {

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: the system picks one
  std::optional<TlsFiles> tls;
  int io_threads = 1;
  int handler_threads = 16;              // requests being handled at once; more wait in their connection
  uint64_t body_bytes_max = 2ULL << 30;  // larger: 413
  int idle_timeout_ms = 60'000;
};

// Called on a handler thread; must be thread-safe. What it throws becomes a 500 (and a log line).
using RequestHandler = std::function<Response(const Request&)>;

class Server {
 public:
  // kFailedPrecondition when the port is taken; the message names address and port.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, RequestHandler handler);
  virtual ~Server() = default;  // Stop()s
  virtual uint16_t port() const = 0;
  // Stops accepting, lets requests in flight end (bounded by a second or two), joins.
  virtual void Stop() = 0;
};

}  // namespace slipway::net
