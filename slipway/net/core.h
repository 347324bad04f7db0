// One event loop of a core server and what its connections share. Everything here is touched on the loop's own thread,
// unless said otherwise.
#pragma once

#include <atomic>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "slipway/net/core_server.h"
#include "slipway/net/event_loop.h"
#include "slipway/net/exchange.h"
#include "slipway/net/request_parser.h"

namespace slipway::net {

class ConnectionBase {
 public:
  virtual ~ConnectionBase() = default;
  // Whether it has been idle, receiving one request or sending one answer, for too long (and no answer is pending).
  virtual bool IsLate(SteadyTime now) const = 0;
  // Sends the answers that stand, and goes on with what waited for that.
  virtual void SendAnswers() = 0;
  // Closes at once when between requests, else after the answer in flight.
  virtual void Drain() = 0;
  virtual void Abort() = 0;
};

class Core {
 public:
  Core(int core_index, ExchangeHandler& exchange_handler, const CoreServerOptions& server_options);

  const int index;
  ExchangeHandler& handler;
  const CoreServerOptions& options;
  EventLoop loop;
  bool is_draining = false;
  std::vector<char> input;  // what a connection just received; nobody keeps it beyond an event

  void Add(std::shared_ptr<ConnectionBase> connection);
  // Destroyed after the events at hand, unless a pending answer still holds on to it.
  void Remove(ConnectionBase& connection);
  std::vector<std::shared_ptr<ConnectionBase>> connections() const;
  // Of the loop that has ended: closes all connections, drops what was to be done.
  void Finish();

  // The answers of a round are sent together at its end: a client that waits for several is woken once, which costs the
  // sender less than waking it for each. Those of a long round do not wait for its end: SendIfLate is called before
  // each connection's turn. `received`: when the request was there.
  void SendSoon(ConnectionBase& connection, SteadyTime received);
  void SendIfLate();

  // Parsers and buffers are lent to connections for the time of a request, so that idle ones cost nothing.
  std::unique_ptr<RequestParser> TakeParser();
  void ReturnParser(std::unique_ptr<RequestParser> parser);
  std::string TakeBuffer();
  void ReturnBuffer(std::string buffer);

  // "Date: …\r\nServer: …\r\n", made anew every second.
  std::string_view CommonHeaders();
  // Closes idle connections now and every second after.
  void Sweep();

  // Readable from any thread.
  struct Counters {
    std::atomic<uint64_t> open{0}, accepted{0}, bytes_received{0}, bytes_sent{0};
  };
  Counters counters;

 private:
  void SendAnswers();

  std::vector<ConnectionBase*> answered_, sending_;
  SteadyTime answered_since_;
  bool is_sending_ = false;
  std::vector<std::string> buffers_;
  std::unordered_map<ConnectionBase*, std::shared_ptr<ConnectionBase>> connections_;
  std::vector<std::shared_ptr<ConnectionBase>> removed_;
  std::vector<std::unique_ptr<RequestParser>> parsers_;
  std::string common_headers_;
  std::time_t common_headers_second_ = 0;
};

}  // namespace slipway::net
