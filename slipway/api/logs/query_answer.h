// Answers of the Logs query API.
#pragma once

#include <string>
#include <string_view>

#include "slipway/base/error.h"
#include "slipway/logstore/log_store.h"

namespace slipway::api {

// What the Prefer header asks for.
struct QueryPreferences {
  int wait_seconds = 180;
  bool statistics = false;
  bool render = false;
};
QueryPreferences ParsePrefer(std::string_view header);

struct QueryAnswer {
  int status = 200;
  std::string body;  // JSON
};

QueryAnswer AnswerResult(const logstore::QueryResult& result, const QueryPreferences& preferences);
// {"error": {"message", "code", "correlationId", "innererror": …}}; a query's own mistake has the chain of inner errors
// with code, line and position (from 0) that the service gives.
QueryAnswer AnswerError(const Error& error);
// `code` as the service calls it, such as "PathNotFoundError".
QueryAnswer AnswerFailure(int status, std::string_view code, std::string_view message);

}  // namespace slipway::api
