// What a core's connections read from and write to without ever blocking: a socket, or TLS over one. OpenSSL reads and
// writes the socket itself; an idle connection so holds no record buffers.
#pragma once

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "slipway/base/assert.h"
#include "slipway/net/event_loop.h"

namespace slipway::net {

struct IoResult {
  enum class Kind { kDone, kBlocked, kEnded };  // kEnded: by the peer or by an error
  Kind kind = Kind::kDone;
  size_t size = 0;
  bool is_drained = false;  // of a read: more comes with a new event only
};

// recv and send on a non-blocking socket, as IoResults.
inline IoResult ReceiveFrom(int descriptor, std::span<char> buffer) {
  ssize_t size = 0;
  do {
    size = recv(descriptor, buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size > 0) return {IoResult::Kind::kDone, static_cast<size_t>(size), static_cast<size_t>(size) < buffer.size()};
  const bool is_blocked = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return {is_blocked ? IoResult::Kind::kBlocked : IoResult::Kind::kEnded};
}

inline IoResult SendTo(int descriptor, std::string_view bytes) {
  ssize_t size = 0;
  do {
    size = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  if (size >= 0) return {IoResult::Kind::kDone, static_cast<size_t>(size)};
  const bool is_blocked = errno == EAGAIN || errno == EWOULDBLOCK;
  return {is_blocked ? IoResult::Kind::kBlocked : IoResult::Kind::kEnded};
}

class PlainStream {
 public:
  static constexpr bool kIsTls = false;
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() { return socket_; }
  IoResult Handshake() { return {}; }
  IoResult Read(std::span<char> buffer) { return ReceiveFrom(socket_.get(), buffer); }
  IoResult Write(std::string_view bytes) { return SendTo(socket_.get(), bytes); }
  void SayGoodbye() {}

 private:
  Socket socket_;
};

// The server's end of one TLS connection. A call that is blocked is made again, with the same bytes first, after any
// event of the socket.
class TlsStream {
 public:
  static constexpr bool kIsTls = true;

  TlsStream(Socket socket, SSL_CTX* context)
      : state_(std::make_unique<State>(std::move(socket))), ssl_(SSL_new(context)) {
    BIO* bio = BIO_new(SocketMethod());
    SLIPWAY_ASSERT(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, state_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(ssl_.get(), 1);  // a record's head and body in one call
    SSL_set_accept_state(ssl_.get());
  }

  Socket& socket() { return state_->socket; }

  IoResult Handshake() {
    ERR_clear_error();
    return ResultOf(SSL_do_handshake(ssl_.get()), 0);
  }

  IoResult Read(std::span<char> buffer) {
    ERR_clear_error();
    state_->is_drained = false;  // what OpenSSL had already says nothing about the socket
    size_t size = 0;
    const int is_read = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
    IoResult result = ResultOf(is_read, size);
    result.is_drained = state_->is_drained && !SSL_has_pending(ssl_.get());
    return result;
  }

  IoResult Write(std::string_view bytes) {
    ERR_clear_error();
    size_t written = 0;
    while (written < bytes.size()) {
      size_t size = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data() + written, bytes.size() - written, &size);
      if (result <= 0 && written > 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE) break;
      if (result <= 0) return ResultOf(result, 0);
      written += size;
    }
    return {IoResult::Kind::kDone, written};
  }

  // Tells the peer that nothing more comes, as far as the socket takes it.
  void SayGoodbye() {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  struct State {  // stays where it is when the stream moves
    explicit State(Socket s) : socket(std::move(s)) {}
    Socket socket;
    bool is_drained = false;  // the last read took all there was
  };

  IoResult ResultOf(int result, size_t size) const {
    if (result > 0) return {IoResult::Kind::kDone, size};
    const int why = SSL_get_error(ssl_.get(), result);
    const bool is_blocked = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    return {is_blocked ? IoResult::Kind::kBlocked : IoResult::Kind::kEnded};
  }

  // --- the socket as OpenSSL sees it ---

  static State& StateOf(BIO* bio) { return *static_cast<State*>(BIO_get_data(bio)); }

  static int Write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const IoResult result = SendTo(StateOf(bio).socket.get(), {data, static_cast<size_t>(size)});
    if (result.kind == IoResult::Kind::kDone) return static_cast<int>(result.size);
    if (result.kind == IoResult::Kind::kBlocked) BIO_set_retry_write(bio);
    return -1;
  }
  static int Read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const IoResult result = ReceiveFrom(StateOf(bio).socket.get(), {data, static_cast<size_t>(size)});
    StateOf(bio).is_drained = result.kind == IoResult::Kind::kBlocked || result.is_drained;
    if (result.kind == IoResult::Kind::kDone) return static_cast<int>(result.size);
    if (result.kind == IoResult::Kind::kBlocked) BIO_set_retry_read(bio);
    return result.kind == IoResult::Kind::kBlocked ? -1 : 0;
  }
  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* SocketMethod() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "core socket");
      SLIPWAY_ASSERT(made != nullptr);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_read(made, Read);
      BIO_meth_set_ctrl(made, Control);
      return made;
    }();
    return method;
  }

  std::unique_ptr<State> state_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace slipway::net
