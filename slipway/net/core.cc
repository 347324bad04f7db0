#include "slipway/net/core.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace slipway::net {
namespace {

constexpr size_t kInputBytes = 64 << 10;
constexpr size_t kParsersMax = 64;  // kept for the next requests
constexpr size_t kBuffersMax = 256;
constexpr size_t kBufferBytesMax = 32 << 10;
constexpr std::chrono::microseconds kSendDelayMax{200};

}  // namespace

Core::Core(int core_index, ExchangeHandler& exchange_handler, const CoreServerOptions& server_options)
    : index(core_index),
      handler(exchange_handler),
      options(server_options),
      loop([this] {
        SendAnswers();
        removed_.clear();
      }),
      input(kInputBytes) {}

void Core::Add(std::shared_ptr<ConnectionBase> connection) {
  ConnectionBase* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  counters.open.fetch_add(1, std::memory_order_relaxed);
  counters.accepted.fetch_add(1, std::memory_order_relaxed);
}

void Core::Remove(ConnectionBase& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  removed_.push_back(std::move(found->second));
  connections_.erase(found);
  counters.open.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<std::shared_ptr<ConnectionBase>> Core::connections() const {
  std::vector<std::shared_ptr<ConnectionBase>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  return all;
}

void Core::Finish() {
  for (const auto& connection : connections()) connection->Abort();
  loop.Close();
  answered_.clear();
  removed_.clear();
}

void Core::SendSoon(ConnectionBase& connection, SteadyTime received) {
  if (answered_.empty()) answered_since_ = received;
  answered_.push_back(&connection);
}

void Core::SendIfLate() {
  if (!answered_.empty() && std::chrono::steady_clock::now() - answered_since_ > kSendDelayMax) SendAnswers();
}

// Sending lets connections go on, which may lead to further answers.
void Core::SendAnswers() {
  if (std::exchange(is_sending_, true)) return;
  while (!answered_.empty()) {
    sending_.clear();
    sending_.swap(answered_);
    for (ConnectionBase* connection : sending_) connection->SendAnswers();
  }
  is_sending_ = false;
}

std::string Core::TakeBuffer() {
  if (buffers_.empty()) return {};
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void Core::ReturnBuffer(std::string buffer) {
  if (buffer.capacity() > kBufferBytesMax || buffers_.size() >= kBuffersMax) return;
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

std::unique_ptr<RequestParser> Core::TakeParser() {
  if (parsers_.empty())
    return std::make_unique<RequestParser>(ParserLimits{options.header_bytes_max, options.body_bytes_max});
  std::unique_ptr<RequestParser> parser = std::move(parsers_.back());
  parsers_.pop_back();
  return parser;
}

void Core::ReturnParser(std::unique_ptr<RequestParser> parser) {
  if (parsers_.size() < kParsersMax) parsers_.push_back(std::move(parser));
}

std::string_view Core::CommonHeaders() {
  const std::time_t now = std::time(nullptr);
  if (now != common_headers_second_) {
    common_headers_second_ = now;
    common_headers_ = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
    if (!options.server_name.empty()) AppendHeader(common_headers_, "Server", options.server_name);
  }
  return common_headers_;
}

void Core::Sweep() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<ConnectionBase*> late;
  for (const auto& [key, connection] : connections_)
    if (connection->IsLate(now)) late.push_back(key);
  for (ConnectionBase* connection : late) connection->Abort();
  loop.After(std::chrono::seconds(1), [this] { Sweep(); });
}

}  // namespace slipway::net
