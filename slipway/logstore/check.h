// Reads everything that is stored, to find what is damaged before a query does.
#pragma once

#include <filesystem>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/log_store.h"
#include "slipway/logstore/table_set.h"

namespace slipway::logstore {

// One finding a table and a sealed file, and one for each file that is on no list.
Result<std::vector<LogFinding>> CheckLogs(duck::Connection& connection, const TableSet& set,
                                          const std::filesystem::path& sealed_folder);

}  // namespace slipway::logstore
