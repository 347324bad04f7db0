// The control plane as one object: stores, services, faces and the gateway beside it, wired together.
#pragma once

#include <memory>
#include <string>

#include "apps/slipway/serve_options.h"
#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::apps {

class ControlPlane {
 public:
  // Serves when it returns. kFailedPrecondition when another server has the home or a port is taken.
  static Result<std::unique_ptr<ControlPlane>> Start(const ServeOptions& options, const Clock& clock);
  // Stops taking requests, then the services; jobs that run go on and are found again at the next start.
  virtual ~ControlPlane() = default;

  virtual std::string url() const = 0;
  virtual std::string tls_url() const = 0;
  virtual std::string gateway_url() const = 0;  // "" without a gateway
};

}  // namespace slipway::apps
