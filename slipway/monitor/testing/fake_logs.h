// A log store that answers as it is told, for tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "slipway/logstore/log_store.h"

namespace slipway::monitor::testing {

// Answers every query with as many rows of a 1 as it was told, or with a row for each of `cells`; the column is "n".
class FakeLogs final : public logstore::LogStore {
 public:
  size_t rows = 0;
  std::vector<std::string> cells;
  std::optional<Error> failure;
  std::function<void()> on_query;
  int queries = 0;
  logstore::TimeRange last_range;
  std::string last_workspace;

  Result<logstore::QueryResult> Query(std::string_view, const logstore::TimeRange& range, std::string_view workspace,
                                      const logstore::QuerySettings&) override {
    ++queries;
    last_range = range;
    last_workspace = workspace;
    if (failure) return Error(*failure);
    if (on_query) on_query();
    logstore::QueryResult result;
    result.columns = {{"n", "long"}};
    result.rows.assign(rows, {"1"});
    for (const std::string& cell : cells) result.rows.push_back({cell});
    return result;
  }
  Status Ingest(std::string_view, const std::vector<std::string>&) override { return {}; }
  Status IngestAll(const std::vector<logstore::LogRow>&) override { return {}; }
  Result<size_t> DrainSpools() override { return 0; }
};

}  // namespace slipway::monitor::testing
