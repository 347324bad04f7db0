// One connection of a core server: reads requests, hands them to the handler in order, writes the answers. Included by
// core_server.cc alone (Asio with SSL costs seconds to compile).
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "slipway/base/assert.h"
#include "slipway/net/core.h"
#include "slipway/net/http.h"
#include "slipway/net/request_parser.h"
#include "slipway/net/tls_stream.h"

namespace slipway::net {

using PlainStream = CoreSocket;

template <class Stream>
class Connection final : public ConnectionBase,
                         private Exchange,
                         public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <class... StreamArguments>
  Connection(std::shared_ptr<Core> core, std::string remote_address, StreamArguments&&... stream_arguments)
      : core_(std::move(core)),
        remote_address_(std::move(remote_address)),
        stream_(std::forward<StreamArguments>(stream_arguments)...),
        parser_({core_->options.header_bytes_max, core_->options.body_bytes_max}),
        last_progress_(std::chrono::steady_clock::now()) {
    core_->connections.insert(this);
    ++core_->connection_count;
  }
  ~Connection() override {
    core_->connections.erase(this);
    --core_->connection_count;
  }

  void Start() {
    if constexpr (kIsTls) {
      stream_.async_handshake([self = this->shared_from_this()](const boost::system::error_code& ec) {
        if (!ec) self->Read();
      });
    } else {
      Read();
    }
  }

  void CloseIfLate(SteadyTime now) override {
    if (is_pending_) return;
    const std::chrono::milliseconds idle_max(core_->options.idle_timeout_ms);
    const std::chrono::milliseconds receive_max(core_->options.receive_timeout_ms);
    const bool is_trickling = receive_max.count() > 0 && parser_.has_started() && request_started_ < now - receive_max;
    if (is_trickling || last_progress_ < now - idle_max) Abort();
  }

  void Drain() override {
    if (!is_pending_ && !is_writing_ && !parser_.has_started()) Abort();
  }

  void Abort() override {
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  static constexpr size_t kOutputBatchBytes = 256 << 10;  // answers to pipelined requests are written at this size

  // A promise to answer; holds the connection (and so the request's views) alive.
  class Promise final : public PendingReply {
   public:
    explicit Promise(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
    ~Promise() override {
      if (connection_) Send(500, {}, {});
    }
    const RequestView& request() const override { return connection_->request_; }
    void Send(int status, std::string header_block, std::string body) override {
      SLIPWAY_ASSERT(connection_ != nullptr);
      const auto executor = connection_->core_->context.get_executor();
      boost::asio::post(executor, [connection = std::move(connection_), status, header_block = std::move(header_block),
                                   body = std::move(body)] { connection->FinishPending(status, header_block, body); });
    }

   private:
    std::shared_ptr<Connection> connection_;
  };

  // Exchange.
  const RequestView& request() const override { return request_; }
  int core() const override { return core_->index; }
  void Reply(int status, std::string_view header_block, std::string_view body) override {
    SLIPWAY_ASSERT(!is_answered_);
    is_answered_ = true;
    AppendAnswer(status, header_block, body);
  }
  std::unique_ptr<PendingReply> Defer() override {
    SLIPWAY_ASSERT(!is_answered_ && !is_pending_);
    is_pending_ = true;
    return std::make_unique<Promise>(this->shared_from_this());
  }

  void Read() {
    stream_.async_read_some(boost::asio::buffer(input_),
                            [self = this->shared_from_this()](const boost::system::error_code& ec, size_t size) {
                              self->OnRead(ec, size);
                            });
  }

  void OnRead(const boost::system::error_code& ec, size_t size) {
    if (ec) return Abort();
    if (is_discarding_) return Read();  // no progress: the idle sweep ends it
    last_progress_ = std::chrono::steady_clock::now();
    if (!parser_.has_started()) request_started_ = last_progress_;
    unread_ = AppendToUnread({input_.data(), size});
    Process();
  }

  // The header parser wants a header's bytes in one piece: what it left over waits in front of what comes.
  std::string_view AppendToUnread(std::string_view received) {
    if (left_over_.empty()) return received;
    left_over_.append(received);
    joined_.swap(left_over_);
    left_over_.clear();
    return joined_;
  }

  // Handles every complete request in unread_, then writes or reads.
  void Process() {
    while (!is_pending_ && !must_close_ && output_.size() < kOutputBatchBytes) {
      size_t consumed = 0;
      const RequestParser::State state = parser_.Feed(unread_, consumed);
      unread_.remove_prefix(consumed);
      if (state == RequestParser::State::kFailed) {
        RefuseStream();
        break;
      }
      if (state == RequestParser::State::kNeedMore) {
        left_over_.assign(unread_);
        unread_ = {};
        if (parser_.wants_continue() && !was_continue_sent_) {
          was_continue_sent_ = true;
          output_.append("HTTP/1.1 100 Continue\r\n\r\n");
        }
        break;
      }
      HandleRequest();
    }
    if (!output_.empty()) return Write();
    if (!is_pending_) Read();
  }

  void HandleRequest() {
    request_ = parser_.request();
    request_.remote_address = remote_address_;
    request_.secure = kIsTls;
    request_.started = request_started_;
    request_.received = last_progress_;
    is_answered_ = false;
    core_->handler.Handle(*this);
    if (is_pending_) return;
    if (!is_answered_) AppendAnswer(500, {}, {});
    FinishRequest();
  }

  void FinishRequest() {
    parser_.Reset();
    was_continue_sent_ = false;
    request_started_ = last_progress_;
  }

  void FinishPending(int status, std::string_view header_block, std::string_view body) {
    is_pending_ = false;
    last_progress_ = std::chrono::steady_clock::now();
    AppendAnswer(status, header_block, body);
    FinishRequest();
    if (!is_writing_) Process();
  }

  void RefuseStream() {
    std::string headers;
    AppendHeader(headers, "Content-Type", "application/json");
    must_close_ = true;
    is_discarding_ = true;
    request_ = {};
    std::string why(parser_.error());
    if (parser_.error_status() == 413)
      why += fmt::format(": at most {} bytes are taken", core_->options.body_bytes_max);
    AppendAnswer(parser_.error_status(), headers, fmt::format("{{\"message\": \"{}\"}}", why));
  }

  void AppendAnswer(int status, std::string_view header_block, std::string_view body) {
    const bool is_open = !must_close_ && !core_->is_draining && parser_.keep_alive();
    must_close_ = !is_open;
    output_.append("HTTP/1.1 ");
    AppendNumber(static_cast<uint64_t>(status));
    output_.append(" ").append(ReasonPhrase(status)).append("\r\n").append(core_->CommonHeaders());
    output_.append(header_block);
    if (status != 204 && status != 304) {
      output_.append("Content-Length: ");
      AppendNumber(body.size());
      output_.append("\r\n");
    }
    if (!is_open) {
      output_.append("Connection: close\r\n");
    } else if (request_.minor_version == 0) {
      output_.append("Connection: keep-alive\r\n");
    }
    output_.append("\r\n");
    if (request_.method != "HEAD" && status != 204 && status != 304) output_.append(body);
  }

  void AppendNumber(uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    output_.append(digits.data(), end);
  }

  void Write() {
    is_writing_ = true;
    writing_.swap(output_);
    output_.clear();
    auto on_written = [self = this->shared_from_this()](const boost::system::error_code& ec, size_t) {
      self->OnWritten(ec);
    };
    if constexpr (kIsTls) {
      stream_.async_write_all(boost::asio::buffer(writing_), std::move(on_written));
    } else {
      boost::asio::async_write(stream_, boost::asio::buffer(writing_), std::move(on_written));
    }
  }

  void OnWritten(const boost::system::error_code& ec) {
    is_writing_ = false;
    if (writing_.capacity() > kOutputBatchBytes) std::string().swap(writing_);
    if (ec) return Abort();
    last_progress_ = std::chrono::steady_clock::now();
    if (is_pending_) return;
    if (must_close_ && output_.empty()) return Close();
    Process();
  }

  // After a refusal the client may still be sending: its bytes are read and dropped (until the idle sweep), since
  // closing at once would reset the connection and lose the answer on its way.
  void Close() {
    boost::system::error_code ignored;
    if (is_discarding_) {
      stream_.lowest_layer().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
      return Read();
    }
    if constexpr (kIsTls) {
      stream_.async_shutdown([self = this->shared_from_this()](const boost::system::error_code&) { self->Abort(); });
    } else {
      stream_.lowest_layer().shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
      Abort();
    }
  }

  const std::shared_ptr<Core> core_;
  const std::string remote_address_;
  Stream stream_;
  RequestParser parser_;
  std::array<char, 16 << 10> input_;
  std::string left_over_, joined_;
  std::string_view unread_;  // received and not parsed yet; in input_ or joined_
  std::string output_, writing_;
  RequestView request_;
  SteadyTime last_progress_, request_started_;
  bool is_answered_ = false;
  bool is_pending_ = false;  // a Promise is out
  bool is_writing_ = false;
  bool is_discarding_ = false;
  bool must_close_ = false;
  bool was_continue_sent_ = false;
};

}  // namespace slipway::net
