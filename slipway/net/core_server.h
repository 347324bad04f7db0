// A thread-per-core HTTP/1.1 server (keep-alive, pipelining, TLS): every connection lives on one of `threads` event
// loops, which calls the handler itself. The gateway's data plane runs on it; Server puts a pool of blocking threads
// behind it.
//
// What is not strictly HTTP/1.1 is refused with 400 and a close: bad framing (both Content-Length and
// Transfer-Encoding, a repeated Content-Length, any coding but "chunked"), folded header lines, a missing or repeated
// Host. 413 and 431 for what is too large. A connection without progress for the idle time-out is closed, be it that
// nothing comes or that its client does not read, and so is one whose request takes too long to arrive, however
// steadily it trickles in. A connection holds one request and one batch of answers at most: while a client does not
// read its answers, nothing further is read from it. An idle one holds neither buffer nor parser.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/net/exchange.h"
#include "slipway/net/tls.h"

namespace slipway::net {

struct ListenAddress {
  std::string address = "127.0.0.1";
  uint16_t port = 0;            // 0: the system picks one
  std::optional<TlsFiles> tls;  // none: plain HTTP
};

struct CoreServerOptions {
  std::vector<ListenAddress> listen;
  int threads = 1;
  uint32_t header_bytes_max = 16 << 10;
  uint64_t body_bytes_max = 64ULL << 20;
  int idle_timeout_ms = 60'000;
  int receive_timeout_ms = 0;           // from a request's first byte to its last; 0: as long as there is progress
  std::string server_name = "slipway";  // the Server header; "" leaves it out
};

class CoreServer {
 public:
  // `handler` must outlive the server. kFailedPrecondition when a port is taken; the message names address and port.
  static Result<std::unique_ptr<CoreServer>> Start(CoreServerOptions options, ExchangeHandler& handler);
  virtual ~CoreServer() = default;  // Stop()s
  // In the order of options.listen.
  virtual std::vector<uint16_t> ports() const = 0;
  virtual uint64_t open_connections() const = 0;
  struct Totals {  // since the start
    uint64_t connections = 0;
    uint64_t bytes_received = 0, bytes_sent = 0;  // without TLS' own
  };
  virtual Totals totals() const = 0;
  // Reads the certificate files again, for connections that come from now on; those that are open go on, and sessions
  // made before can be resumed. On failure the certificates in use stay. Thread-safe.
  virtual Status ReloadTls() = 0;
  // Stops accepting, closes idle connections, lets answers in flight go out (two seconds at most), joins. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace slipway::net
