#include "apps/slipway/gateway_address.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"

namespace slipway::apps {
namespace {

using nlohmann::json;

std::filesystem::path FileOf(const std::filesystem::path& home) {
  return home / "gateway" / "address.json";
}

}  // namespace

Status WriteGatewayAddress(const std::filesystem::path& home, const GatewayAddress& address) {
  const json document = {{"pid", address.identity.pid},
                         {"start_ticks", address.identity.start_ticks},
                         {"listen_address", address.listen_address},
                         {"tls_port", address.tls_port},
                         {"plain_port", address.plain_port},
                         {"control_url", address.control_url},
                         {"version", address.version},
                         {"worker_options", address.worker_options}};
  return WriteFileAtomic(FileOf(home), document.dump(1) + "\n");
}

Result<GatewayAddress> ReadGatewayAddress(const std::filesystem::path& home) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(FileOf(home)));
  try {
    const json document = json::parse(text);
    return GatewayAddress{{document.at("pid"), document.at("start_ticks")},
                          document.at("listen_address"),
                          document.at("tls_port"),
                          document.at("plain_port"),
                          document.at("control_url"),
                          document.at("version"),
                          document.value("worker_options", std::vector<std::string>())};
  } catch (const json::exception& failure) {
    return DataLoss(fmt::format("'{}': {}", FileOf(home).string(), failure.what()));
  }
}

}  // namespace slipway::apps
