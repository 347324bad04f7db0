// One connection of a core server: reads requests, hands them to the handler in order, writes the answers. Included by
// core_server.cc alone.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "slipway/base/assert.h"
#include "slipway/net/core.h"
#include "slipway/net/http.h"
#include "slipway/net/socket_stream.h"

namespace slipway::net {

template <class Stream>
class Connection final : public ConnectionBase,
                         private Exchange,
                         private EventLoop::Watcher,
                         public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <class... StreamArguments>
  Connection(std::shared_ptr<Core> core, std::string remote_address, StreamArguments&&... stream_arguments)
      : core_(std::move(core)),
        remote_address_(std::move(remote_address)),
        stream_(std::forward<StreamArguments>(stream_arguments)...),
        is_handshaken_(!Stream::kIsTls),
        last_progress_(std::chrono::steady_clock::now()) {}

  void Start() {
    core_->Add(this->shared_from_this());
    if (!core_->loop.WatchEdges(stream_.socket().get(), *this)) return Abort();
    Advance();  // the first request is mostly there already
  }

  bool IsLate(SteadyTime now) const override {
    if (is_pending_) return false;
    const std::chrono::milliseconds idle_max(core_->options.idle_timeout_ms);
    const std::chrono::milliseconds receive_max(core_->options.receive_timeout_ms);
    const bool is_trickling = receive_max.count() > 0 && HasStartedRequest() && request_started_ < now - receive_max;
    const bool is_lingering = is_discarding_ && last_progress_ < now - kLingerTime;
    return is_trickling || is_lingering || last_progress_ < now - idle_max;
  }

  void Drain() override {
    if (is_discarding_ || (!is_pending_ && output_.empty() && !HasStartedRequest())) Abort();
  }

  void Abort() override {
    stream_.socket().Close();
    core_->Remove(*this);
  }

  void SendAnswers() override {
    is_answer_due_ = false;
    if (!IsOpen() || !Send()) return;
    if (is_input_over_) return Abort();
    if (must_close_) return Close();
    Advance();
  }

 private:
  using Kind = IoResult::Kind;
  static constexpr size_t kOutputBatchBytes = 256 << 10;  // answers to pipelined requests are written at this size
  static constexpr int kReadsMax = 16;                    // in a row, before other connections have their turn
  // A client that was answered for the last time may still be sending; its bytes are dropped for so long, since closing
  // at once would reset the connection and lose the answer on its way.
  static constexpr std::chrono::seconds kLingerTime{30};

  // A promise to answer; holds the connection (and so the request's views) alive.
  class Promise final : public PendingReply {
   public:
    explicit Promise(std::shared_ptr<Connection> connection)
        : connection_(std::move(connection)), client_gone_(connection_->client_gone_.get_token()) {}
    ~Promise() override {
      if (connection_) Send(500, {}, {});
    }
    const RequestView& request() const override { return connection_->request_; }
    std::stop_token client_gone() const override { return client_gone_; }
    void Send(int status, std::string header_block, std::string body) override {
      SLIPWAY_ASSERT(connection_ != nullptr);
      EventLoop& loop = connection_->core_->loop;
      loop.Post([connection = std::move(connection_), status, header_block = std::move(header_block),
                 body = std::move(body)] { connection->FinishPending(status, header_block, body); });
    }

   private:
    std::shared_ptr<Connection> connection_;
    const std::stop_token client_gone_;
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
    client_gone_ = std::stop_source();
    return std::make_unique<Promise>(this->shared_from_this());
  }
  std::shared_ptr<void>& attachment() override { return attachment_; }

  void OnReady(uint32_t events) override {
    if ((events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) is_readable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      has_peer_ended_ = true;
      // It may still read an answer, so one is sent; but mostly nobody is there.
      if (is_pending_) client_gone_.request_stop();
    }
    core_->SendIfLate();
    Advance();
  }

  // Does all that can be done now: the handshake, sending what waits, reading and answering.
  void Advance() {
    if (!IsOpen() || (!is_handshaken_ && !FinishHandshake())) return;
    if (is_blocked_) {
      if (!Send()) return;
      if (is_input_over_) return Abort();
      if (must_close_) Close();
    }
    if (is_pending_ || !IsOpen()) return;
    if (!left_over_.empty() && !needs_more_ && !must_close_) Process({});
    Read();
  }

  bool IsOpen() { return stream_.socket().IsOpen(); }
  bool HasStartedRequest() const { return !left_over_.empty() || (parser_ && parser_->has_started()); }

  bool FinishHandshake() {
    const IoResult result = stream_.Handshake();
    if (result.kind == Kind::kEnded) Abort();
    is_handshaken_ = result.kind == Kind::kDone;
    return is_handshaken_;
  }

  void Read() {
    for (int reads = 0; is_readable_ && CanGoOn(); ++reads) {
      if (reads == kReadsMax) return core_->loop.Soon([self = this->shared_from_this()] { self->Advance(); });
      // What is discarded is no longer looked into.
      const IoResult result =
          is_discarding_ ? ReceiveFrom(stream_.socket().get(), core_->input) : stream_.Read(core_->input);
      if (result.kind == Kind::kEnded) return EndInput();
      // Of a peer's end there is no further event: it is to be read behind the last bytes.
      if (result.kind == Kind::kBlocked || (result.is_drained && !has_peer_ended_)) is_readable_ = false;
      if (result.kind == Kind::kDone && !is_discarding_) OnReceived({core_->input.data(), result.size});
    }
  }

  // Answers that stand are still sent.
  void EndInput() {
    is_input_over_ = true;
    if (output_.empty()) Abort();
  }

  void OnReceived(std::string_view received) {
    last_progress_ = std::chrono::steady_clock::now();
    if (!HasStartedRequest()) request_started_ = last_progress_;
    core_->counters.bytes_received.fetch_add(received.size(), std::memory_order_relaxed);
    Process(received);
  }

  // Handles every complete request of what was left over and what came. What cannot be handled now is left over: a
  // header's beginning (the parser wants a header's bytes in one piece), and requests behind one whose answer is
  // pending or behind many answers that are not sent yet.
  void Process(std::string_view received) {
    std::string joined;
    if (!left_over_.empty()) {
      joined = std::move(left_over_);
      left_over_.clear();
      joined.append(received);
      received = joined;
    }
    ParseAndHandle(received);
    if (!must_close_) left_over_.assign(received);
    if (parser_ && !is_pending_ && !parser_->has_started()) core_->ReturnParser(std::move(parser_));
    AnswerSoon();
  }

  void ParseAndHandle(std::string_view& received) {
    needs_more_ = false;
    while (!received.empty() && !must_close_ && CanGoOn()) {
      if (!parser_) parser_ = core_->TakeParser();
      size_t consumed = 0;
      const RequestParser::State state = parser_->Feed(received, consumed);
      received.remove_prefix(consumed);
      if (state == RequestParser::State::kFailed) return RefuseStream();
      if (state == RequestParser::State::kNeedMore) {
        needs_more_ = true;
        return InviteBody();
      }
      HandleRequest();
    }
  }

  // Whether a further request may be answered.
  bool CanGoOn() {
    return !is_pending_ && !is_blocked_ && !is_input_over_ && output_.size() < kOutputBatchBytes && IsOpen();
  }

  void InviteBody() {
    if (!parser_->wants_continue() || was_continue_sent_) return;
    was_continue_sent_ = true;
    TakeBuffer();
    output_.append("HTTP/1.1 100 Continue\r\n\r\n");
  }

  void HandleRequest() {
    request_ = parser_->request();
    request_.remote_address = remote_address_;
    request_.secure = Stream::kIsTls;
    request_.started = request_started_;
    request_.received = last_progress_;
    request_.ready = core_->loop.round_started();
    is_answered_ = false;
    core_->handler.Handle(*this);
    if (is_pending_) return;
    if (!is_answered_) AppendAnswer(500, {}, {});
    FinishRequest();
  }

  void FinishRequest() {
    parser_->Reset();
    was_continue_sent_ = false;
    request_started_ = last_progress_;
  }

  // The answer may come when the connection has long been closed.
  void FinishPending(int status, std::string_view header_block, std::string_view body) {
    is_pending_ = false;
    if (!IsOpen()) return;
    last_progress_ = std::chrono::steady_clock::now();
    AppendAnswer(status, header_block, body);
    FinishRequest();
    core_->ReturnParser(std::move(parser_));
    AnswerSoon();
  }

  void RefuseStream() {
    std::string headers;
    AppendHeader(headers, "Content-Type", "application/json");
    must_close_ = true;
    request_ = {};
    std::string why(parser_->error());
    if (parser_->error_status() == 413)
      why += fmt::format(": at most {} bytes are taken", core_->options.body_bytes_max);
    AppendAnswer(parser_->error_status(), headers, fmt::format("{{\"message\": \"{}\"}}", why));
    parser_->Reset();
  }

  void AppendAnswer(int status, std::string_view header_block, std::string_view body) {
    TakeBuffer();
    const bool is_open = !must_close_ && !core_->is_draining && parser_->keep_alive();
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

  void TakeBuffer() {
    if (output_.empty()) output_ = core_->TakeBuffer();
  }

  void AnswerSoon() {
    if (output_.empty() || is_blocked_ || is_answer_due_ || !IsOpen()) return;
    is_answer_due_ = true;
    core_->SendSoon(*this, last_progress_);
  }

  // Whether all of the output is out.
  bool Send() {
    size_t sent = 0;
    is_blocked_ = false;
    while (sent < output_.size() && !is_blocked_ && IsOpen()) {
      const IoResult result = stream_.Write(std::string_view(output_).substr(sent));
      if (result.kind == Kind::kEnded) Abort();
      is_blocked_ = result.kind == Kind::kBlocked;
      sent += result.size;
    }
    core_->counters.bytes_sent.fetch_add(sent, std::memory_order_relaxed);
    if (!IsOpen()) return false;
    if (sent > 0 && was_blocked_) last_progress_ = std::chrono::steady_clock::now();
    was_blocked_ = is_blocked_;
    if (is_blocked_) {
      output_.erase(0, sent);
    } else {
      core_->ReturnBuffer(std::exchange(output_, std::string()));
    }
    return !is_blocked_;
  }

  // Nothing more is sent; what still comes is dropped until the client closes too, or the linger time is over.
  void Close() {
    if (is_discarding_) return;
    is_discarding_ = true;
    stream_.SayGoodbye();
    shutdown(stream_.socket().get(), SHUT_WR);
    if (core_->is_draining) return Abort();
    left_over_.clear();
    parser_.reset();
    Read();
  }

  const std::shared_ptr<Core> core_;
  const std::string remote_address_;
  Stream stream_;
  std::unique_ptr<RequestParser> parser_;  // while a request is under way
  std::string left_over_;                  // received and not parsed yet
  std::string output_;                     // answered and not sent yet
  std::shared_ptr<void> attachment_;
  RequestView request_;
  bool is_handshaken_;
  bool is_readable_ = true;
  bool has_peer_ended_ = false;  // it sends nothing more; it may still read
  bool is_input_over_ = false;   // its end was read
  bool needs_more_ = false;
  bool is_answered_ = false;
  bool is_pending_ = false;                         // a Promise is out
  std::stop_source client_gone_{std::nostopstate};  // of that Promise
  bool is_answer_due_ = false;                      // at the end of the round
  bool is_blocked_ = false;                         // the socket takes no more; nothing is read meanwhile
  bool was_blocked_ = false;
  bool is_discarding_ = false;
  bool must_close_ = false;  // after the answers at hand
  bool was_continue_sent_ = false;
  SteadyTime last_progress_, request_started_;
};

}  // namespace slipway::net
