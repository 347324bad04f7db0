// Runs one KQL query on a connection.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/kql/catalog.h"
#include "slipway/kql/compiler.h"
#include "slipway/logstore/log_store.h"

namespace slipway::logstore {

struct QueryRequest {
  std::string_view kql;
  TimeRange range;
  std::string_view workspace_id;  // "" = all
  QuerySettings settings;
  Timestamp now{};
  std::set<std::string, std::less<>> disabled_passes;
};

// Everything happens in one transaction that is rolled back at the end: both phases of a query see the same rows, and
// what was kept between them goes away.
Result<QueryResult> RunQuery(duck::Connection& connection, const kql::Catalog& catalog, const QueryRequest& request);

// What a stage of the compiler makes of the query.
Result<std::string> ExplainQuery(duck::Connection& connection, const kql::Catalog& catalog, const QueryRequest& request,
                                 kql::Stage stage);

}  // namespace slipway::logstore
