#include "slipway/logstore/ingest.h"

#include <utility>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace {

// Rows of one transaction: large enough that a commit costs little, small enough that it holds little memory.
constexpr size_t kBatchRecords = 20'000;

Result<spool::Position> LoadPosition(duck::Connection& connection, const std::string& writer) {
  const std::vector<duck::Value> parameters = {writer};
  SLIPWAY_ASSIGN_OR_RETURN(
      auto rows, connection.Query("SELECT segment, \"offset\" FROM spool_positions WHERE writer = $1", parameters));
  if (!rows.NextChunk()) return spool::Position{};
  return spool::Position{static_cast<uint64_t>(rows.column(0).Int64(0)),
                         static_cast<uint64_t>(rows.column(1).Int64(0))};
}

Status StorePosition(duck::Connection& connection, const std::string& writer, spool::Position position) {
  const std::vector<duck::Value> parameters = {writer, static_cast<int64_t>(position.segment),
                                               static_cast<int64_t>(position.offset)};
  auto stored = connection.Query("INSERT OR REPLACE INTO spool_positions VALUES ($1, $2, $3)", parameters);
  if (!stored) return std::move(stored.error());
  return {};
}

}  // namespace

Status RowBatch::Append(std::string_view table, std::string_view row, UnknownKeys unknown_keys) {
  auto appender = appenders_.find(table);
  if (appender == appenders_.end()) {
    const auto stored = tables_.find(table);
    if (stored == tables_.end()) {
      std::vector<std::string> names;
      for (const auto& [name, known] : tables_) names.push_back(name);
      return NotFound(fmt::format("there is no log table '{}'{}", table, DidYouMean(table, names)));
    }
    SLIPWAY_ASSIGN_OR_RETURN(RowAppender opened, RowAppender::Open(connection_, stored->second));
    appender = appenders_.emplace(std::string(table), std::move(opened)).first;
  }
  return appender->second.Append(row, now_, unknown_keys);
}

Status RowBatch::Flush() {
  for (auto& [table, appender] : appenders_) SLIPWAY_RETURN_IF_ERROR(appender.Flush());
  return {};
}

Result<DrainReport> DrainSpool(duck::Connection& connection,
                               const std::map<std::string, StoredTable, std::less<>>& tables,
                               const std::filesystem::path& folder, Timestamp now) {
  const std::string writer = folder.filename().string();
  SLIPWAY_ASSIGN_OR_RETURN(const spool::Position start, LoadPosition(connection, writer));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reader, spool::Reader::Open(folder, start));
  DrainReport report;
  while (true) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto records, reader->Read(kBatchRecords));
    if (records.empty()) break;
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(connection));
    {
      RowBatch batch(connection, tables, now);
      for (const spool::Record& record : records) {
        const Status appended = batch.Append(record.table, record.row, UnknownKeys::kIgnore);
        if (appended) continue;
        if (report.refused++ == 0)
          LogWarning("spool '{}': a record is not kept: {}", writer, appended.error().ToString());
      }
      SLIPWAY_RETURN_IF_ERROR(batch.Flush());
    }
    SLIPWAY_RETURN_IF_ERROR(StorePosition(connection, writer, reader->position()));
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    report.rows += records.size();
  }
  report.rows -= report.refused;
  if (reader->corrupt() > 0) LogWarning("spool '{}': {} damaged records were passed over", writer, reader->corrupt());
  SLIPWAY_RETURN_IF_ERROR(reader->Release(reader->position()));
  return report;
}

}  // namespace slipway::logstore
