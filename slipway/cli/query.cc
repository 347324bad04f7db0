#include "slipway/cli/query.h"

namespace slipway::cli {

Status CheckQuery(const std::string&) {
  return Unimplemented("--query is not supported yet");
}

Result<nlohmann::ordered_json> ApplyQuery(const std::string&, const nlohmann::ordered_json&) {
  return Unimplemented("--query is not supported yet");
}

}  // namespace slipway::cli
