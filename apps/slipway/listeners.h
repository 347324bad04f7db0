// The control plane's two listeners, which are bound before there is anything behind them: the services need to know
// their addresses.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "apps/slipway/home.h"
#include "apps/slipway/serve_options.h"
#include "slipway/api/front_door.h"
#include "slipway/base/time.h"
#include "slipway/net/server.h"

namespace slipway::apps {

class Listeners {
 public:
  static Result<std::unique_ptr<Listeners>> Bind(const ServeOptions& options, const Home& home, const Clock& clock);

  ServerPorts ports() const { return {plain_->port(), tls_->port()}; }
  // Until then every request is answered with 503. `door` is borrowed until Stop.
  void Open(const api::FrontDoor& door) { door_.store(&door); }
  void Stop();

 private:
  Listeners() = default;
  net::Response Handle(const net::Request& request) const;

  std::atomic<const api::FrontDoor*> door_ = nullptr;
  std::unique_ptr<net::Server> plain_, tls_;
};

}  // namespace slipway::apps
