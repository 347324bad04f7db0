// Results and failures as Kusto's REST API writes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/error.h"
#include "slipway/logstore/log_store.h"
#include "slipway/net/http.h"

namespace slipway::api::kusto {

// Version 2: an array of frames. Version 1: {"Tables": […]}.
net::Response AnswerFrames(const logstore::QueryResult& result);
net::Response AnswerTables(const logstore::QueryResult& result);

// {"error": {"code", "message", "@type", "@message", "@permanent", …}}; a query's mistake with line and position.
net::Response AnswerFailure(const Error& error);

// A result of texts, as most control commands have.
logstore::QueryResult TextTable(const std::vector<std::string>& columns,
                                const std::vector<std::vector<std::string>>& rows);

}  // namespace slipway::api::kusto
