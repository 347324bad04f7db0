#include "slipway/net/core.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <vector>

namespace slipway::net {

std::string_view Core::CommonHeaders() {
  const std::time_t now = std::time(nullptr);
  if (now != common_headers_second_) {
    common_headers_second_ = now;
    common_headers_ = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
    if (!options.server_name.empty()) AppendHeader(common_headers_, "Server", options.server_name);
  }
  return common_headers_;
}

void Core::Sweep(const std::shared_ptr<Core>& self) {
  const auto now = std::chrono::steady_clock::now();
  // A copy, as a connection that closes takes itself out of the set.
  const std::vector<ConnectionBase*> connections(self->connections.begin(), self->connections.end());
  for (ConnectionBase* connection : connections) {
    if (self->connections.contains(connection)) connection->CloseIfLate(now);
  }
  self->sweep_timer_.expires_after(std::chrono::seconds(1));
  self->sweep_timer_.async_wait([self](const boost::system::error_code& ec) {
    if (!ec) Sweep(self);
  });
}

}  // namespace slipway::net
