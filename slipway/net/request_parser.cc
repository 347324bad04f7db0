#include "slipway/net/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "slipway/base/text.h"

namespace slipway::net {
namespace http = boost::beast::http;
using BeastString = boost::beast::string_view;
using boost::beast::error_code;

namespace {

// Capacity that a connection keeps between requests; what a large body needed beyond it is given back.
constexpr size_t kKeptBodyBytes = 256 << 10;

struct Failure {
  int status = 0;
  std::string_view text;
};

// Where a piece of the head lies in RequestSink::text_.
struct Piece {
  size_t begin = 0, size = 0;
};

// Collects what Beast's parser finds. Names and values are copied into one text, as the parser's input moves on.
class RequestSink final : public http::basic_parser<true> {
 public:
  RequestSink(std::string& text, std::string& body, std::vector<std::pair<Piece, Piece>>& fields)
      : text_(text), body_(body), fields_(fields) {
    text_.clear();
    body_.clear();
    fields_.clear();
  }

  Piece method, target;
  int minor_version = 1;
  bool expects_continue = false;
  Failure failure;

 private:
  Piece Keep(BeastString part) {
    const Piece piece{text_.size(), part.size()};
    text_.append(part.data(), part.size());
    return piece;
  }

  void Refuse(error_code& ec, std::string_view text, int status = 400) {
    failure = {status, text};
    ec = http::error::bad_field;
  }

  void on_request_impl(http::verb, BeastString method_text, BeastString target_text, int version,
                       error_code&) override {
    minor_version = version - 10;
    method = Keep(method_text);
    target = Keep(target_text);
  }

  void on_field_impl(http::field name, BeastString name_text, BeastString value, error_code& ec) override {
    // Trailers say nothing about what came before: as headers they would pass whoever looked at the head.
    if (is_head_done_) return;
    switch (name) {
      case http::field::content_length:
        if (++content_lengths_ > 1) return Refuse(ec, "more than one Content-Length header");
        if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
          return Refuse(ec, "Content-Length is not a number");
        }
        break;
      case http::field::transfer_encoding:
        if (!EqualsIgnoreCase({value.data(), value.size()}, "chunked")) {
          return Refuse(ec, "the only transfer coding supported is 'chunked'", 501);
        }
        is_chunked_ = true;
        break;
      case http::field::host:
        if (++hosts_ > 1) return Refuse(ec, "more than one Host header");
        break;
      // Whoever stands in front may go by the one, we by the other.
      case http::field::authorization:
        if (++credentials_ > 1) return Refuse(ec, "more than one Authorization header");
        break;
      case http::field::content_type:
        if (++content_types_ > 1) return Refuse(ec, "more than one Content-Type header");
        break;
      case http::field::expect:
        expects_continue = EqualsIgnoreCase({value.data(), value.size()}, "100-continue");
        break;
      default:
        break;
    }
    if (is_chunked_ && content_lengths_ > 0) return Refuse(ec, "both Content-Length and Transfer-Encoding");
    const Piece kept_name = Keep(name_text);
    fields_.emplace_back(kept_name, Keep(value));
  }

  void on_header_impl(error_code& ec) override {
    is_head_done_ = true;
    if (minor_version == 1 && hosts_ == 0) return Refuse(ec, "the Host header is missing");
    if (minor_version == 0 && is_chunked_) return Refuse(ec, "Transfer-Encoding in an HTTP/1.0 request");
  }

  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    // A claimed length is not believed beyond a megabyte before bytes arrive.
    if (length) body_.reserve(static_cast<size_t>(std::min<uint64_t>(*length, 1 << 20)));
  }
  size_t on_body_impl(BeastString part, error_code&) override {
    body_.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(uint64_t, BeastString, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, BeastString part, error_code&) override {
    body_.append(part.data(), part.size());
    return part.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, BeastString, int, error_code&) override {}

  std::string& text_;
  std::string& body_;
  std::vector<std::pair<Piece, Piece>>& fields_;
  int content_lengths_ = 0, hosts_ = 0, credentials_ = 0, content_types_ = 0;
  bool is_chunked_ = false, is_head_done_ = false;
};

bool HasFoldedLine(std::string_view head) {
  for (size_t at = head.find('\n'); at != std::string_view::npos && at + 1 < head.size();
       at = head.find('\n', at + 1)) {
    if (head[at + 1] == ' ' || head[at + 1] == '\t') return true;
  }
  return false;
}

Failure FailureOf(const error_code& ec) {
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) return {431, "the header is too large"};
  if (ec == http::error::body_limit) return {413, "the body is too large"};
  if (ec == http::error::bad_content_length) return {400, "malformed Content-Length"};
  if (ec == http::error::bad_transfer_encoding) return {400, "both Content-Length and Transfer-Encoding"};
  if (ec == http::error::bad_chunk || ec == http::error::bad_chunk_extension) return {400, "malformed chunk"};
  if (ec == http::error::bad_method) return {400, "malformed method"};
  if (ec == http::error::bad_target) return {400, "malformed request target"};
  if (ec == http::error::bad_field) return {400, "malformed header name"};
  if (ec == http::error::bad_value || ec == http::error::bad_obs_fold) return {400, "malformed header value"};
  return {400, "malformed request"};
}

// Of a request line whose version Beast does not take: another version of HTTP, or no version at all.
Failure VersionFailure(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 && version.starts_with("HTTP/") &&
      is_digit(version[5]) && version[6] == '.' && is_digit(version[7]))
    return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, "malformed request line"};
}

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(ParserLimits limits) : limits_(limits) { Reset(); }

  void Reset() {
    sink_.emplace(text_, body_, fields_);
    sink_->header_limit(limits_.header_bytes_max);
    sink_->body_limit(limits_.body_bytes_max);
    if (body_.capacity() > kKeptBodyBytes) std::string().swap(body_);
    failure_ = {};
  }

  State Feed(std::string_view input, size_t& consumed) {
    while (!sink_->is_done()) {
      const bool is_head = !sink_->is_header_done();
      error_code ec;
      const size_t taken = sink_->put(boost::asio::buffer(input.data(), input.size()), ec);
      if (ec == http::error::bad_version) return Fail(VersionFailure(input));
      if (ec && ec != http::error::need_more) return Fail(sink_->failure.status ? sink_->failure : FailureOf(ec));
      if (is_head && HasFoldedLine(input.substr(0, taken))) return Fail({400, "folded header line"});
      consumed += taken;
      input.remove_prefix(taken);
      // Without `eager` the parser stops at the end of the header; an empty input would only make it ask for more.
      if (sink_->is_done()) break;
      if (ec == http::error::need_more || input.empty()) return State::kNeedMore;
    }
    FillView();
    return State::kComplete;
  }

  const RequestView& request() const { return view_; }
  const RequestSink& sink() const { return *sink_; }
  const Failure& failure() const { return failure_; }

 private:
  State Fail(Failure failure) {
    failure_ = failure;
    return State::kFailed;
  }

  std::string_view At(Piece piece) const { return std::string_view(text_).substr(piece.begin, piece.size); }

  void FillView() {
    headers_.clear();
    for (const auto& [name, value] : fields_) headers_.push_back({At(name), At(value)});
    view_ = {};
    view_.method = At(sink_->method);
    view_.target = At(sink_->target);
    view_.headers = headers_;
    view_.body = body_;
    view_.minor_version = sink_->minor_version;
    TakeAbsoluteForm();
  }

  // Of a whole URI as the target its authority counts, not the Host header (RFC 9112, 3.2.2).
  void TakeAbsoluteForm() {
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (!StartsWithIgnoreCase(view_.target, scheme)) continue;
      const std::string_view rest = view_.target.substr(scheme.size());
      const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
      view_.target = rest.substr(authority.size());
      if (!view_.target.starts_with('/')) view_.target = rooted_target_ = fmt::format("/{}", view_.target);
      for (HeaderView& header : headers_)
        if (EqualsIgnoreCase(header.name, "Host")) header.value = authority;
    }
  }

  ParserLimits limits_;
  std::string text_, body_;
  std::string rooted_target_;  // of a whole URI without a path
  std::vector<std::pair<Piece, Piece>> fields_;
  std::vector<HeaderView> headers_;
  std::optional<RequestSink> sink_;
  RequestView view_;
  Failure failure_;
};

RequestParser::RequestParser(ParserLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::Feed(std::string_view input, size_t& consumed) {
  return impl_->Feed(input, consumed);
}
void RequestParser::Reset() {
  impl_->Reset();
}
const RequestView& RequestParser::request() const {
  return impl_->request();
}
bool RequestParser::keep_alive() const {
  return impl_->sink().keep_alive();
}
bool RequestParser::wants_continue() const {
  const RequestSink& sink = impl_->sink();
  return sink.is_header_done() && !sink.is_done() && sink.expects_continue && sink.minor_version == 1;
}
bool RequestParser::has_started() const {
  return impl_->sink().got_some();
}
int RequestParser::error_status() const {
  return impl_->failure().status;
}
std::string_view RequestParser::error() const {
  return impl_->failure().text;
}

}  // namespace slipway::net
