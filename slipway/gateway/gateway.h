// The gateway as one object: data plane, deployments and the link to the control plane, wired together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/gateway/deployment_manager.h"
#include "slipway/net/core_server.h"

namespace slipway::gateway {

struct GatewayOptions {
  std::filesystem::path home;
  std::string control_url;  // "" = none: the snapshot on disk is all there is
  std::string control_token;
  std::string control_ca_file;
  std::string listen_address = "127.0.0.1";
  uint16_t tls_port = 7443;                  // 0: the system picks one
  std::optional<uint16_t> plain_port;        // plain HTTP, on loopback only
  std::vector<std::string> dns_names;        // for the certificate, beside localhost
  std::optional<net::TlsFiles> certificate;  // the operator's own; none: one of the local authority
  int threads = 0;                           // 0: one a core
  uint64_t request_bytes_max = 8 << 20;      // larger: 413
  std::string program;                       // of workers: this program's path
  WorkerPolicy workers;                      // how scoring scripts are kept
  bool traffic_log = true;                   // a row of AmlOnlineEndpointTrafficLog for every request
};

class Gateway {
 public:
  // Listens when it returns; deployments of the snapshot on disk get ready in the background.
  static Result<std::unique_ptr<Gateway>> Start(GatewayOptions options, const Clock& clock);
  virtual ~Gateway() = default;  // answers what is under way, then stops the workers
  virtual uint16_t tls_port() const = 0;
  virtual std::optional<uint16_t> plain_port() const = 0;
  virtual std::vector<DeploymentReport> Reports() const = 0;
  // Takes the certificate files into use for new connections, when they have changed or `always`; the local authority's
  // is made anew before it ends. No connection is dropped; on failure the old one stays. To be called from one thread.
  virtual Status RefreshCertificates(bool always) = 0;
};

}  // namespace slipway::gateway
