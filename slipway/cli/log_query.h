// Runs a KQL query on the server and shapes its answer.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "slipway/cli/command.h"
#include "slipway/cli/context.h"

namespace slipway::cli {

struct LogQuestion {
  std::string query;
  std::string timespan = "";                             // as the API takes it; "" = none
  nlohmann::json parameters = nlohmann::json::object();  // values of "declare query_parameters", as texts
};

// `path` is "/v1/workspaces/<id>/query" or "/v1/apps/<id>/query". A failed query's Error ends with the query's line and
// a caret below the place.
Result<nlohmann::json> RunQuery(Context& context, const std::string& path, const LogQuestion& question);

// The rows of all tables as objects, columns in the query's order. `as_text` turns every cell into text, the way
// `az monitor log-analytics query` prints it, and adds TableName.
nlohmann::ordered_json RowsOf(const nlohmann::json& answer, bool as_text);

// The Log Analytics id of the context's workspace.
Result<std::string> WorkspaceId(Context& context);

std::vector<Command> QueryCommands();  // query

}  // namespace slipway::cli
