#include "slipway/logstore/log_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/logstore/ingest.h"
#include "slipway/logstore/log_catalog.h"
#include "slipway/logstore/log_database.h"
#include "slipway/logstore/query_runner.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {
namespace fs = std::filesystem;
namespace {

class DuckLogStore final : public LogStore {
 public:
  DuckLogStore(fs::path folder, fs::path spool_folder, const Clock& clock)
      : spool_folder_(std::move(spool_folder)), clock_(clock), database_(std::move(folder)) {
    for (StoredTable& table : AllStoredTables()) tables_.emplace(table.name, std::move(table));
  }

  Status Ingest(std::string_view table, const std::vector<std::string>& rows) override {
    return Write(rows.size(), [&](RowBatch& batch) -> Status {
      for (const std::string& row : rows) SLIPWAY_RETURN_IF_ERROR(batch.Append(table, row, UnknownKeys::kRefuse));
      return {};
    });
  }

  Status IngestAll(const std::vector<LogRow>& rows) override {
    return Write(rows.size(), [&](RowBatch& batch) -> Status {
      for (const LogRow& row : rows) SLIPWAY_RETURN_IF_ERROR(batch.Append(row.table, row.row, UnknownKeys::kRefuse));
      return {};
    });
  }

  Result<size_t> DrainSpools() override {
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(const auto folders, WriterFolders());
    if (folders.empty()) return 0;
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    size_t rows = 0;
    for (const fs::path& folder : folders) {
      SLIPWAY_ASSIGN_OR_RETURN(const DrainReport report, With(DrainSpool(*connection, tables_, folder, clock_.Now()),
                                                              fmt::format("draining '{}'", folder.string())));
      rows += report.rows;
    }
    return rows;
  }

  Result<QueryResult> Query(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                            const QueryLimits& limits) override {
    SLIPWAY_ASSIGN_OR_RETURN([[maybe_unused]] const size_t drained, DrainSpools());
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    return RunQuery(*connection, catalog_, {kql, range, workspace_id, limits, clock_.Now(), {}});
  }

  Result<std::string> Explain(std::string_view kql, const TimeRange& range, std::string_view workspace_id,
                              std::string_view stage) override {
    SLIPWAY_ASSIGN_OR_RETURN(const kql::Stage asked, kql::ParseStage(stage));
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    return ExplainQuery(*connection, catalog_, {kql, range, workspace_id, {}, clock_.Now(), {}}, asked);
  }

 private:
  // What `fill` puts into a batch, in one transaction.
  template <typename Fill>
  Status Write(size_t rows, const Fill& fill) {
    if (rows == 0) return {};
    const std::lock_guard lock(writing_);
    SLIPWAY_ASSIGN_OR_RETURN(auto connection, database_.Connect());
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(*connection));
    {
      RowBatch batch(*connection, tables_, clock_.Now());
      SLIPWAY_RETURN_IF_ERROR(fill(batch));
      SLIPWAY_RETURN_IF_ERROR(batch.Flush());
    }
    return transaction.Commit();
  }

  // Sub-folders of the spool folder, sorted; none when it is not there yet.
  Result<std::vector<fs::path>> WriterFolders() const {
    std::vector<fs::path> folders;
    std::error_code error;
    if (!fs::exists(spool_folder_, error)) return folders;
    fs::directory_iterator entries(spool_folder_, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      if (entries->is_directory(error)) folders.push_back(entries->path());
    }
    if (error) return FromErrno(error.value(), fmt::format("cannot list '{}'", spool_folder_.string()));
    std::sort(folders.begin(), folders.end());
    return folders;
  }

  const fs::path spool_folder_;
  const Clock& clock_;
  const LogCatalog catalog_;
  std::map<std::string, StoredTable, std::less<>> tables_;
  std::mutex writing_;  // one writer at a time: DuckDB would refuse conflicting positions
  LogDatabase database_;
};

}  // namespace

Result<std::string> LogStore::Explain(std::string_view, const TimeRange&, std::string_view, std::string_view) {
  return Unimplemented("this log store explains no queries");
}

Result<std::unique_ptr<LogStore>> LogStore::Open(const fs::path& folder, const fs::path& spool_folder,
                                                 const Clock& clock) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  return std::unique_ptr<LogStore>(std::make_unique<DuckLogStore>(folder, spool_folder, clock));
}

}  // namespace slipway::logstore
