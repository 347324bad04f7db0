// One request being answered on a core server: the request as views into the connection's buffers, and two ways to
// answer, at once on the connection's thread or later from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace slipway::net {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// Valid until the request is answered.
struct RequestView {
  std::string_view method;
  std::string_view target;  // as sent
  std::span<const HeaderView> headers;
  std::string_view body;
  std::string_view remote_address;
  int minor_version = 1;                           // of HTTP/1.x
  bool secure = false;                             // came over TLS
  std::chrono::steady_clock::time_point started;   // its first byte was there
  std::chrono::steady_clock::time_point received;  // its last byte was there
  // The server learned that there is something to read here, and has since been busy with what came before.
  std::chrono::steady_clock::time_point ready;

  // The first value of that header (names compare without case); nothing when absent.
  std::string_view Find(std::string_view name) const;
  std::string_view path() const { return target.substr(0, target.find('?')); }
};

// Appends "name: value\r\n"; bytes that would end a header line become blanks.
void AppendHeader(std::string& block, std::string_view name, std::string_view value);

// An answer given later, from any thread. Dropped without Send, the client gets a 500.
class PendingReply {
 public:
  virtual ~PendingReply() = default;
  // The views stay valid until Send.
  virtual const RequestView& request() const = 0;
  // Asks to stop once the client has closed the connection.
  virtual std::stop_token client_gone() const = 0;
  // `header_block`: lines made by AppendHeader. Call once.
  virtual void Send(int status, std::string header_block, std::string body) = 0;
};

class Exchange {
 public:
  virtual const RequestView& request() const = 0;
  // The number of the thread that runs this, 0 … threads-1: for per-thread state without locks.
  virtual int core() const = 0;
  // What the handler keeps on the connection from request to request; empty at first. Of the thread that runs this;
  // gone with the connection, on any thread.
  virtual std::shared_ptr<void>& attachment() = 0;
  // Answers at once; the texts are copied.
  virtual void Reply(int status, std::string_view header_block, std::string_view body) = 0;
  // Promises an answer; the connection reads nothing further until it comes.
  virtual std::unique_ptr<PendingReply> Defer() = 0;

 protected:
  ~Exchange() = default;
};

// Called on the server's threads, one call a thread at a time; must Reply or Defer, and must not block.
class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  virtual void Handle(Exchange& exchange) = 0;
};

}  // namespace slipway::net
