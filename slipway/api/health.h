// GET /healthz (open to everyone) and GET /slipway/doctor: what the server knows of its own health.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "slipway/net/router.h"

namespace slipway::api {

// One finding of the doctor.
struct HealthCheck {
  std::string name;
  bool is_good = true;
  std::string detail;
};

struct HealthDependencies {
  std::string version;
  std::filesystem::path home;
  // Further findings (the gateway, the spool); called on a handler's thread.
  std::function<std::vector<HealthCheck>()> checks;
};

void MountHealth(net::Router& router, HealthDependencies dependencies);

}  // namespace slipway::api
