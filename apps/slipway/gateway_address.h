// $SLIPWAY_HOME/gateway/address.json: which gateway runs on this home, and where it listens. The gateway writes it once
// it listens; the control plane finds a gateway that outlived it by it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/identity.h"

namespace slipway::apps {

struct GatewayAddress {
  process::Identity identity;
  std::string listen_address;
  uint16_t tls_port = 0;
  uint16_t plain_port = 0;  // 0: none
  std::string control_url;
  std::string version;
  std::vector<std::string> worker_options;  // as on its command line
};

Status WriteGatewayAddress(const std::filesystem::path& home, const GatewayAddress& address);
// kNotFound when no gateway wrote one; kDataLoss for another text.
Result<GatewayAddress> ReadGatewayAddress(const std::filesystem::path& home);

}  // namespace slipway::apps
