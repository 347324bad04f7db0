// Columns of custom tables: as ARM writes them, and as the first rows show them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/logstore/log_table.h"

namespace slipway::api {

// [{"name", "type"}]; `where` names the list in errors. Whether types and names can be is for the store to say.
Result<std::vector<logstore::ResultColumn>> ColumnsFromArm(const nlohmann::json& columns, const std::string& where);
// Types are written as ARM does: "boolean", "dateTime".
nlohmann::json ColumnsToArm(const std::vector<logstore::ResultColumn>& columns);

// What columns these objects need: whole numbers long, others real, ISO 8601 times datetime, objects and lists dynamic;
// a column of mixed kinds is string (dynamic when one is an object). Keys that cannot be columns are left out.
std::vector<logstore::ResultColumn> InferColumns(const nlohmann::json& rows);

}  // namespace slipway::api
