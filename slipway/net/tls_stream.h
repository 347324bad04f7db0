// TLS over a core's socket: OpenSSL reads and writes the socket itself, and only waiting for the socket goes through
// Asio. An idle connection so holds no record buffers (Asio's own stream keeps 34 KB and two BIO buffers each).
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "slipway/base/assert.h"
#include "slipway/net/core.h"

namespace slipway::net {

// The server's end of one TLS connection. One operation at a time; handlers take (error_code) or (error_code, size_t)
// and run on the socket's event loop, never within the call that started them. Closing the socket ends the operation
// under way. What handlers hold has to keep the stream alive.
class TlsStream {
 public:
  using ErrorCode = boost::system::error_code;

  TlsStream(CoreSocket socket, boost::asio::ssl::context& context)
      : socket_(std::move(socket)), ssl_(SSL_new(context.native_handle())) {
    SLIPWAY_ASSERT(ssl_ != nullptr);
    ErrorCode ignored;
    socket_.non_blocking(true, ignored);
    BIO* bio = BIO_new(SocketMethod());
    SLIPWAY_ASSERT(bio != nullptr);
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(ssl_.get(), 1);  // a record's head and body in one call
    SSL_set_accept_state(ssl_.get());
  }

  CoreSocket& lowest_layer() { return socket_; }

  template <class Handler>
  void async_handshake(Handler handler) {
    Run([ssl = ssl_.get()](size_t&) { return SSL_do_handshake(ssl); },
        [handler = std::move(handler)](const ErrorCode& ec, size_t) mutable { handler(ec); });
  }

  template <class Handler>
  void async_read_some(boost::asio::mutable_buffer buffer, Handler handler) {
    Run([ssl = ssl_.get(), buffer](size_t& size) { return SSL_read_ex(ssl, buffer.data(), buffer.size(), &size); },
        std::move(handler));
  }

  // All of `buffer`, which stays where it is until then.
  template <class Handler>
  void async_write_all(boost::asio::const_buffer buffer, Handler handler) {
    Run(
        [ssl = ssl_.get(), buffer](size_t& written) {
          while (written < buffer.size()) {
            size_t size = 0;
            const auto* from = static_cast<const char*>(buffer.data()) + written;
            const int result = SSL_write_ex(ssl, from, buffer.size() - written, &size);
            if (result <= 0) return result;
            written += size;
          }
          return 1;
        },
        std::move(handler));
  }

  // Tells the peer that nothing more comes, and waits for its word.
  template <class Handler>
  void async_shutdown(Handler handler) {
    Run(
        [ssl = ssl_.get()](size_t&) {
          const int result = SSL_shutdown(ssl);
          return result == 0 ? SSL_shutdown(ssl) : result;  // 0: ours is sent, the peer's has not come
        },
        [handler = std::move(handler)](const ErrorCode& ec, size_t) mutable { handler(ec); });
  }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // `operation` adds to the size it is given, and is called again whenever the socket is ready for what it lacked.
  template <class Operation, class Handler>
  void Run(Operation operation, Handler handler, size_t size = 0, bool may_complete = false) {
    ERR_clear_error();
    const int result = operation(size);
    const int why = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
      const auto wait = why == SSL_ERROR_WANT_READ ? CoreSocket::wait_read : CoreSocket::wait_write;
      return socket_.async_wait(wait, [this, operation = std::move(operation), handler = std::move(handler),
                                       size](const ErrorCode& ec) mutable {
        if (ec) return handler(ec, size);
        Run(std::move(operation), std::move(handler), size, true);
      });
    }
    const ErrorCode ec = ErrorOf(why);
    if (may_complete) return handler(ec, size);
    boost::asio::post(socket_.get_executor(),
                      [handler = std::move(handler), ec, size]() mutable { handler(ec, size); });
  }

  static ErrorCode ErrorOf(int why) {
    if (why == SSL_ERROR_NONE) return {};
    if (why == SSL_ERROR_ZERO_RETURN) return boost::asio::error::eof;
    const unsigned long code = ERR_get_error();
    if (code != 0) return {static_cast<int>(code), boost::asio::error::get_ssl_category()};
    return boost::asio::error::connection_reset;
  }

  // --- the socket as OpenSSL sees it: never through a stale descriptor, and without SIGPIPE ---

  static int Descriptor(BIO* bio) { return static_cast<CoreSocket*>(BIO_get_data(bio))->native_handle(); }

  static int Finish(BIO* bio, ssize_t result, void (*retry)(BIO*)) {
    BIO_clear_retry_flags(bio);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) retry(bio);
    return static_cast<int>(result);
  }
  static int Write(BIO* bio, const char* data, int size) {
    return Finish(bio, send(Descriptor(bio), data, static_cast<size_t>(size), MSG_NOSIGNAL),
                  [](BIO* b) { BIO_set_retry_write(b); });
  }
  static int Read(BIO* bio, char* data, int size) {
    return Finish(bio, recv(Descriptor(bio), data, static_cast<size_t>(size), 0),
                  [](BIO* b) { BIO_set_retry_read(b); });
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

  CoreSocket socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace slipway::net
