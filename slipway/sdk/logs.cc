#include "slipway/sdk/logs.h"

#include <nlohmann/json.hpp>

#include "slipway/sdk/control_plane.h"
#include "slipway/sdk/query_table.h"
#include "slipway/sdk/unwrap.h"

namespace slipway::sdk {

Table QueryLogs(const std::string& query) {
  ControlPlane server;
  const nlohmann::json body = {{"query", query}};
  const nlohmann::json answer = server.Call("POST", "/v1" + server.WorkspacePath() + "/query", &body);
  return Table(std::make_shared<const tabular::Table>(Unwrap(TableOfAnswer(answer))));
}

}  // namespace slipway::sdk
