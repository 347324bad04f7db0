#include "slipway/gateway/worker_protocol.h"

#include <bit>
#include <cstring>
#include <initializer_list>

namespace slipway::gateway {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers travel as they lie in memory");

constexpr size_t kHeaderBytes = 5;                   // payload size, kind
constexpr uint32_t kPayloadBytesMax = 1u << 30;      // a larger one is a broken stream
constexpr uint8_t kRunFailed = 1, kHasExecTime = 2;  // flags of an answer
constexpr uint8_t kTakesHttp = 1;                    // flag of a ready message

template <class T>
void AppendNumber(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendText(std::string& out, std::string_view text) {
  AppendNumber(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

std::string StartMessage(MessageKind kind, size_t payload_bytes) {
  std::string message;
  message.reserve(kHeaderBytes + payload_bytes);
  AppendNumber(message, static_cast<uint32_t>(payload_bytes));
  message.push_back(static_cast<char>(kind));
  return message;
}

size_t TextBytes(std::initializer_list<std::string_view> texts) {
  size_t bytes = 0;
  for (std::string_view text : texts) bytes += sizeof(uint32_t) + text.size();
  return bytes;
}

// Takes values off the front of a payload; turns bad once and stays so.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T Number() {
    T value{};
    const std::string_view bytes = Bytes(sizeof(T));
    if (is_good_) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::string_view Text() { return Bytes(Number<uint32_t>()); }
  bool IsGood() const { return is_good_; }

 private:
  std::string_view Bytes(size_t count) {
    is_good_ = is_good_ && count <= rest_.size();
    if (!is_good_) return {};
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace

std::string EncodeReady(const WorkerReady& ready) {
  std::string message = StartMessage(MessageKind::kReady, sizeof(uint8_t) + ready.schema.size());
  AppendNumber(message, ready.takes_http ? kTakesHttp : uint8_t{0});
  return message.append(ready.schema);
}

std::string EncodeFailed(std::string_view reason) {
  return StartMessage(MessageKind::kFailed, reason.size()).append(reason);
}

std::string EncodeRequest(const WorkerRequest& request) {
  std::string message = StartMessage(MessageKind::kRequest,
                                     TextBytes({request.method, request.target, request.header_block, request.body}));
  AppendText(message, request.method);
  AppendText(message, request.target);
  AppendText(message, request.header_block);
  AppendText(message, request.body);
  return message;
}

std::string EncodeAnswer(const WorkerAnswer& answer) {
  constexpr size_t kFixedBytes = sizeof(uint16_t) + sizeof(uint8_t) + sizeof(double);
  std::string message = StartMessage(MessageKind::kAnswer, kFixedBytes + TextBytes({answer.header_block, answer.body}));
  AppendNumber(message, static_cast<uint16_t>(answer.status));
  AppendNumber(message,
               static_cast<uint8_t>((answer.run_failed ? kRunFailed : 0) | (answer.exec_ms ? kHasExecTime : 0)));
  AppendNumber(message, answer.exec_ms.value_or(0));
  AppendText(message, answer.header_block);
  AppendText(message, answer.body);
  return message;
}

std::string EncodeRows(const WorkerRows& rows) {
  std::string message =
      StartMessage(MessageKind::kRows, TextBytes({rows.collection, rows.correlation_id, rows.rows, rows.data_type}));
  for (const std::string_view text : {rows.collection, rows.correlation_id, rows.rows, rows.data_type})
    AppendText(message, text);
  return message;
}

std::string EncodePing(uint32_t number) {
  std::string message = StartMessage(MessageKind::kPing, sizeof(number));
  AppendNumber(message, number);
  return message;
}

std::string EncodePong(uint32_t number) {
  std::string message = StartMessage(MessageKind::kPong, sizeof(number));
  AppendNumber(message, number);
  return message;
}

Result<WorkerRequest> DecodeRequest(std::string_view payload) {
  Cursor cursor(payload);
  WorkerRequest request;
  request.method = cursor.Text();
  request.target = cursor.Text();
  request.header_block = cursor.Text();
  request.body = cursor.Text();
  if (!cursor.IsGood()) return DataLoss("a request message is cut short");
  return request;
}

Result<WorkerAnswer> DecodeAnswer(std::string_view payload) {
  Cursor cursor(payload);
  WorkerAnswer answer;
  answer.status = cursor.Number<uint16_t>();
  const auto flags = cursor.Number<uint8_t>();
  const auto exec_ms = cursor.Number<double>();
  answer.run_failed = flags & kRunFailed;
  if (flags & kHasExecTime) answer.exec_ms = exec_ms;
  answer.header_block = cursor.Text();
  answer.body = cursor.Text();
  if (!cursor.IsGood() || answer.status < 100 || answer.status > 599) return DataLoss("an answer message is malformed");
  return answer;
}

Result<WorkerRows> DecodeRows(std::string_view payload) {
  Cursor cursor(payload);
  WorkerRows rows;
  rows.collection = cursor.Text();
  rows.correlation_id = cursor.Text();
  rows.rows = cursor.Text();
  rows.data_type = cursor.Text();
  if (!cursor.IsGood()) return DataLoss("a message of collected rows is cut short");
  return rows;
}

Result<uint32_t> DecodeNumber(std::string_view payload) {
  Cursor cursor(payload);
  const auto number = cursor.Number<uint32_t>();
  if (!cursor.IsGood()) return DataLoss("a ping's number is cut short");
  return number;
}

WorkerReady DecodeReady(std::string_view payload) {
  if (payload.empty()) return {};
  return {(static_cast<uint8_t>(payload[0]) & kTakesHttp) != 0, std::string(payload.substr(1))};
}

Result<std::optional<Message>> MessageReader::Next() {
  if (buffer_.size() < kHeaderBytes) return std::optional<Message>();
  uint32_t size = 0;
  std::memcpy(&size, buffer_.data(), sizeof(size));
  const auto kind = static_cast<uint8_t>(buffer_[sizeof(size)]);
  const bool is_known =
      kind >= static_cast<uint8_t>(MessageKind::kReady) && kind <= static_cast<uint8_t>(MessageKind::kPong);
  if (!is_known || size > kPayloadBytesMax) return DataLoss("the worker's socket carries something that is no message");
  if (buffer_.size() < kHeaderBytes + size) return std::optional<Message>();
  Message message{static_cast<MessageKind>(kind), buffer_.substr(kHeaderBytes, size)};
  buffer_.erase(0, kHeaderBytes + size);
  return std::optional<Message>(std::move(message));
}

}  // namespace slipway::gateway
