#include "slipway/net/client.h"

#include <fmt/format.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <atomic>
#include <chrono>

#include "slipway/base/text.h"
#include "slipway/net/exchange.h"
#include "slipway/net/url.h"

namespace slipway::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Deadline = std::chrono::steady_clock::time_point;
using Parser = http::response_parser<http::string_body>;

bool IsIdempotent(std::string_view method) {
  return method != "POST" && method != "PATCH";
}

std::string RequestHead(std::string_view method, const Url& url, const Headers& headers, size_t body_size) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\n", method, url.target);
  if (!headers.Find("Host")) AppendHeader(head, "Host", url.HostHeader());
  if (!headers.Find("User-Agent")) AppendHeader(head, "User-Agent", "slipway");
  for (const auto& [name, value] : headers) {
    if (!EqualsIgnoreCase(name, "Content-Length") && !EqualsIgnoreCase(name, "Transfer-Encoding")) {
      AppendHeader(head, name, value);
    }
  }
  const bool has_body = body_size > 0 || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) AppendHeader(head, "Content-Length", std::to_string(body_size));
  return head + "\r\n";
}

}  // namespace

// Asio's blocking calls know no time-outs: every step is an asynchronous one that the private loop runs until it is
// done or its deadline has passed.
class Client::Impl {
 public:
  explicit Impl(ClientOptions options) : options_(std::move(options)) {}

  Result<Response> Send(std::string_view method, std::string_view url_text, const Headers& headers,
                        std::string_view body) {
    SLIPWAY_ASSIGN_OR_RETURN(const Url url, ParseUrl(url_text));
    if (is_cancelled_) return Cancelled();
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.timeout_ms);
    const bool is_kept = stream_ && origin_.HasSameOrigin(url);
    if (!is_kept) SLIPWAY_RETURN_IF_ERROR(Connect(url, deadline));
    auto response = Exchange(method, url, headers, body, deadline);
    // The server may have closed a kept connection in the meantime; a request that changes nothing twice is sent again.
    const bool may_retry = is_kept && !response && response.error().code() == Code::kUnavailable &&
                           (IsIdempotent(method) || !was_written_);
    if (!may_retry) return response;
    SLIPWAY_RETURN_IF_ERROR(Connect(url, deadline));
    return Exchange(method, url, headers, body, deadline);
  }

  void Cancel() {
    is_cancelled_ = true;
    asio::post(context_, [] {});  // wakes the loop, which looks at the flag
  }

 private:
  static Error Cancelled() { return Error(Code::kCancelled, "the call was cancelled"); }

  struct Stream {
    explicit Stream(asio::io_context& context) : socket(context) {}
    tcp::socket socket;
    std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls;
    boost::beast::flat_buffer buffer;
  };

  // Runs the loop until `is_done`; past the deadline everything is cancelled and kDeadlineExceeded comes back.
  Status RunUntil(const bool& is_done, Deadline deadline, std::string_view what) {
    context_.restart();
    while (!is_done && !is_cancelled_) {
      if (context_.run_one_until(deadline) == 0) break;
    }
    if (is_done) return {};
    const std::string host = origin_.HostHeader();
    Abandon();
    if (is_cancelled_) return Cancelled();
    return Error(Code::kDeadlineExceeded, fmt::format("{} {} took too long", host, what));
  }

  // Closes, and lets the operations that are still out end: they hold references to their callers' variables.
  void Abandon() {
    Disconnect();
    context_.restart();
    context_.run();
    closed_.reset();
  }

  void Disconnect() {
    if (!stream_) return;
    error_code ignored;
    stream_->socket.close(ignored);
    closed_ = std::move(stream_);  // its buffers may be named by operations that are being cancelled
  }

  Status Connect(const Url& url, Deadline deadline) {
    Abandon();
    origin_ = url;
    deadline =
        std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.connect_timeout_ms));
    SLIPWAY_ASSIGN_OR_RETURN(const tcp::resolver::results_type addresses, Resolve(url));
    stream_ = std::make_unique<Stream>(context_);
    bool is_done = false;
    error_code failure;
    asio::async_connect(stream_->socket, addresses, [&](const error_code& ec, const tcp::endpoint&) {
      failure = ec;
      is_done = true;
    });
    SLIPWAY_RETURN_IF_ERROR(RunUntil(is_done, deadline, "did not take the connection: it"));
    if (failure) {
      Abandon();
      return Unavailable(fmt::format("cannot connect to {}: {}", url.HostHeader(), failure.message()));
    }
    stream_->socket.set_option(tcp::no_delay(true), failure);
    return url.is_secure ? Handshake(url, deadline) : Status();
  }

  Result<tcp::resolver::results_type> Resolve(const Url& url) {
    tcp::resolver resolver(context_);
    error_code ec;
    auto addresses = resolver.resolve(url.host, std::to_string(url.port), ec);
    if (ec) return Unavailable(fmt::format("the host name '{}' cannot be resolved: {}", url.host, ec.message()));
    return addresses;
  }

  Status MakeTlsContext() {
    if (tls_context_) return {};
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code ec;
    context->set_default_verify_paths(ec);
    if (!options_.ca_file.empty()) {
      context->load_verify_file(options_.ca_file, ec);
      if (ec)
        return FailedPrecondition(fmt::format("cannot read authorities from '{}': {}", options_.ca_file, ec.message()));
    }
    tls_context_ = std::move(context);
    return {};
  }

  Status Handshake(const Url& url, Deadline deadline) {
    SLIPWAY_RETURN_IF_ERROR(MakeTlsContext());
    stream_->tls = std::make_unique<asio::ssl::stream<tcp::socket&>>(stream_->socket, *tls_context_);
    if (options_.verify_peer) {
      stream_->tls->set_verify_mode(asio::ssl::verify_peer);
      stream_->tls->set_verify_callback(asio::ssl::host_name_verification(url.host));
    }
    SSL_set_tlsext_host_name(stream_->tls->native_handle(), url.host.c_str());
    bool is_done = false;
    error_code failure;
    stream_->tls->async_handshake(asio::ssl::stream_base::client, [&](const error_code& ec) {
      failure = ec;
      is_done = true;
    });
    SLIPWAY_RETURN_IF_ERROR(RunUntil(is_done, deadline, "did not finish the TLS handshake: it"));
    if (!failure) return {};
    const long verdict = SSL_get_verify_result(stream_->tls->native_handle());
    const bool is_cut_off = verdict == X509_V_OK && failure.category() != asio::error::get_ssl_category();
    const std::string why = verdict == X509_V_OK ? failure.message() : X509_verify_cert_error_string(verdict);
    Abandon();
    if (is_cut_off) return Unavailable(fmt::format("cannot connect to {}: {}", url.HostHeader(), why));
    return FailedPrecondition(fmt::format("no trusted TLS connection to {}: {}", url.HostHeader(), why));
  }

  Result<Response> Exchange(std::string_view method, const Url& url, const Headers& headers, std::string_view body,
                            Deadline deadline) {
    was_written_ = is_written_ = false;
    const std::string head = RequestHead(method, url, headers, body.size());
    Parser parser;
    parser.body_limit(options_.body_bytes_max);
    parser.header_limit(256 << 10);
    parser.skip(method == "HEAD");
    error_code write_failure, read_failure;
    bool is_done = false;
    const auto exchange = [&](auto& stream) {
      Write(stream, head, body, write_failure);
      // Read even when the write broke off: a server that refuses a body says why and closes.
      http::async_read(stream, stream_->buffer, parser, [&](const error_code& ec, size_t) {
        read_failure = ec;
        is_done = true;
      });
    };
    if (stream_->tls) {
      exchange(*stream_->tls);
    } else {
      exchange(stream_->socket);
    }
    SLIPWAY_RETURN_IF_ERROR(RunUntil(is_done, deadline, "did not answer in time: it"));
    if (read_failure || !is_written_ || !parser.keep_alive()) Abandon();
    if (read_failure) return ReadError(url, write_failure ? write_failure : read_failure);
    return ToResponse(parser.release());
  }

  // Reading and writing go on at once, so that neither side waits for the other with full buffers.
  template <class AsyncStream>
  void Write(AsyncStream& stream, const std::string& head, std::string_view body, error_code& failure) {
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(body.data(), body.size())};
    asio::async_write(stream, parts, [this, &failure](const error_code& ec, size_t size) {
      failure = ec;
      was_written_ = size > 0;
      is_written_ = !ec;
    });
  }

  static Error ReadError(const Url& url, const error_code& ec) {
    if (ec == http::error::body_limit) {
      return Error(Code::kResourceExhausted, fmt::format("the answer of {} is too large", url.HostHeader()));
    }
    return Unavailable(
        fmt::format("{} closed the connection without a whole answer: {}", url.HostHeader(), ec.message()));
  }

  static Response ToResponse(http::response<http::string_body> message) {
    Response response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      const auto name = field.name_string();
      const auto value = field.value();
      response.headers.Add({name.data(), name.size()}, std::string(value.data(), value.size()));
    }
    response.body = std::move(message.body());
    return response;
  }

  const ClientOptions options_;
  asio::io_context context_;
  std::atomic<bool> is_cancelled_{false};
  std::unique_ptr<asio::ssl::context> tls_context_;
  std::unique_ptr<Stream> closed_, stream_;
  Url origin_;
  bool was_written_ = false;  // some of the present request went out
  bool is_written_ = false;   // all of it
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Response> Client::Send(std::string_view method, std::string_view url, const Headers& headers,
                              std::string_view body) {
  return impl_->Send(method, url, headers, body);
}

void Client::Cancel() {
  impl_->Cancel();
}

}  // namespace slipway::net
