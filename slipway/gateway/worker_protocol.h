// What the gateway and a worker say to each other over their socket pair: docs/formats/worker-protocol.md. Pure: bytes
// in, messages out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::gateway {

enum class MessageKind : uint8_t {
  kReady = 1,    // worker → gateway: init is done; with flags
  kFailed = 2,   // worker → gateway: init failed, with the reason; the worker exits
  kRequest = 3,  // gateway → worker
  kAnswer = 4,   // worker → gateway
  kRows = 5,     // worker → gateway: what a script's Collector was given
  kPing = 6,     // gateway → worker: a probe, answered when no request is under way
  kPong = 7,     // worker → gateway: with the ping's number
};

// What a script says of itself once it is ready.
struct WorkerReady {
  bool takes_http = false;  // run wants whole HTTP requests (@rawhttp), OPTIONS among them
  std::string schema;       // of a run with inference-schema's decorators: {"input":…,"output":…,"versions":[…]}
};

struct WorkerRequest {
  std::string_view method, target, header_block, body;
};

struct WorkerAnswer {
  int status = 200;
  bool run_failed = false;        // run raised
  std::optional<double> exec_ms;  // of run; absent when it raised
  std::string header_block;       // "Name: value\r\n" lines
  std::string body;
};

// What a script collects.
struct WorkerRows {
  std::string_view collection, correlation_id;
  std::string_view rows;       // a JSON array of objects
  std::string_view data_type;  // of what they were: "pandas.core.frame.DataFrame"
};

std::string EncodeReady(const WorkerReady& ready);
std::string EncodeFailed(std::string_view reason);
std::string EncodeRequest(const WorkerRequest& request);
std::string EncodeAnswer(const WorkerAnswer& answer);
std::string EncodeRows(const WorkerRows& rows);
std::string EncodePing(uint32_t number);
std::string EncodePong(uint32_t number);

struct Message {
  MessageKind kind;
  std::string payload;
};

// Views into `payload`; kDataLoss when it is cut short.
Result<WorkerRequest> DecodeRequest(std::string_view payload);
Result<WorkerAnswer> DecodeAnswer(std::string_view payload);
Result<WorkerRows> DecodeRows(std::string_view payload);
Result<uint32_t> DecodeNumber(std::string_view payload);  // of a ping or pong
WorkerReady DecodeReady(std::string_view payload);

// Cuts messages out of what arrives piecemeal.
class MessageReader {
 public:
  void Feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message; nothing when more bytes are needed; kDataLoss when the bytes are no message.
  Result<std::optional<Message>> Next();

 private:
  std::string buffer_;
};

}  // namespace slipway::gateway
