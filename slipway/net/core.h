// One event loop of a core server and what its connections share. Everything here is touched on the loop's own thread,
// unless said otherwise.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "slipway/net/core_server.h"
#include "slipway/net/exchange.h"

namespace slipway::net {

// The concrete executor spares the type-erased one's indirection on every operation.
using CoreSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using SteadyTime = std::chrono::steady_clock::time_point;

class ConnectionBase {
 public:
  virtual ~ConnectionBase() = default;
  // Closes when it has been idle, or receiving one request, for too long (and no answer is pending).
  virtual void CloseIfLate(SteadyTime now) = 0;
  // Closes at once when between requests, else after the answer in flight.
  virtual void Drain() = 0;
  virtual void Abort() = 0;
};

struct Core {
  Core(int core_index, ExchangeHandler& exchange_handler, const CoreServerOptions& server_options)
      : index(core_index), handler(exchange_handler), options(server_options), sweep_timer_(context) {}

  const int index;
  ExchangeHandler& handler;
  const CoreServerOptions& options;
  boost::asio::io_context context{1};
  std::unordered_set<ConnectionBase*> connections;
  std::atomic<uint64_t> connection_count{0};  // readable from any thread
  bool is_draining = false;

  // "Date: …\r\nServer: …\r\n", made anew every second.
  std::string_view CommonHeaders();
  // Closes idle connections now and every second after; keeps `self` alive while it goes on.
  static void Sweep(const std::shared_ptr<Core>& self);
  void CancelSweep() { sweep_timer_.cancel(); }

 private:
  boost::asio::steady_timer sweep_timer_;
  std::string common_headers_;
  std::time_t common_headers_second_ = 0;
};

}  // namespace slipway::net
