// The control commands that clients, dashboards and editors need to find their way: they show, and change nothing.
//
//   .show tables, .show table T [cslschema | schema as json], .show databases, .show database [D] schema [as json],
//   .show schema [as json], .show functions, .show materialized-views, .show external tables, .show version,
//   .show cluster
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/logstore/log_store.h"

namespace slipway::api::kusto {

// kUnimplemented names the commands there are.
Result<logstore::QueryResult> RunCommand(const std::string& command, const std::vector<logstore::LogTable>& tables,
                                         const domain::Workspace& workspace);

}  // namespace slipway::api::kusto
