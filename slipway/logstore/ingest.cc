#include "slipway/logstore/ingest.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/spool/quarantine.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace {

// Rows of one transaction: large enough that a commit costs little, small enough that it holds little memory.
constexpr size_t kBatchRecords = 20'000;
constexpr double kTicksPerMillisecond = 10'000;

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

// The workspaces that have records of endpoints.
Result<std::vector<std::string>> ReadWorkspaces(duck::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(
      auto rows, connection.Query("SELECT DISTINCT \"WorkspaceId\" FROM \"log_AmlOnlineEndpointEventLog\" UNION "
                                  "SELECT DISTINCT \"WorkspaceId\" FROM \"log_AmlOnlineEndpointTrafficLog\""));
  std::vector<std::string> workspaces;
  while (rows.NextChunk())
    for (size_t row = 0; row < rows.chunk_rows(); ++row)
      if (!rows.column(0).IsNull(row)) workspaces.emplace_back(rows.column(0).String(row));
  return workspaces;
}

std::string DamageRow(const std::string& workspace, const std::string& writer, const spool::Damage& damage) {
  const std::string message = fmt::format(
      "a log segment is damaged and goes to quarantine: records that it held are missing. Segment {} of '{}', {}",
      damage.segment, writer, spool::DamageText(damage));
  return nlohmann::json{
      {"WorkspaceId", workspace}, {"Name", "LogSegmentDamaged"}, {"Message", message}, {"InstanceId", writer}}
      .dump();
}

// The records that are gone may have been of any workspace: each is told. `batch` has been flushed, so that its
// workspaces are known too.
Status AddDamageRows(duck::Connection& connection, const std::string& writer, const std::vector<spool::Damage>& damages,
                     RowBatch& batch) {
  if (damages.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(auto workspaces, ReadWorkspaces(connection));
  if (workspaces.empty()) workspaces.emplace_back();
  for (const std::string& workspace : workspaces)
    for (const spool::Damage& damage : damages)
      SLIPWAY_RETURN_IF_ERROR(
          batch.Append("AmlOnlineEndpointEventLog", DamageRow(workspace, writer, damage), RowRules::kIgnoreKeys));
  return batch.Flush();
}

}  // namespace

void LagTally::Add(std::string_view workspace_id, std::string_view table, double lag_ms) {
  if (last_ == nullptr || last_key_.first != workspace_id || last_key_.second != table) {
    last_key_ = {std::string(workspace_id), std::string(table)};
    last_ = &lags_[last_key_];
  }
  last_->min_ms = last_->rows == 0 ? lag_ms : std::min(last_->min_ms, lag_ms);
  last_->max_ms = std::max(last_->max_ms, lag_ms);
  last_->sum_ms += lag_ms;
  ++last_->rows;
  max_ms_ = std::max(max_ms_, lag_ms);
  ++rows_;
}

void LagTally::Add(const LagTally& other) {
  for (const auto& [key, lag] : other.lags_) {
    Lag& sum = lags_[key];
    sum.min_ms = sum.rows == 0 ? lag.min_ms : std::min(sum.min_ms, lag.min_ms);
    sum.max_ms = std::max(sum.max_ms, lag.max_ms);
    sum.sum_ms += lag.sum_ms;
    sum.rows += lag.rows;
  }
  max_ms_ = std::max(max_ms_, other.max_ms_);
  rows_ += other.rows_;
}

RowStamp Stamper::Next() {
  const Timestamp now = clock_.Now();
  last_ticks_ = std::max(ToTicks(now), last_ticks_ + 1);
  return {now, last_ticks_};
}

Status RowBatch::Append(std::string_view table, std::string_view row, RowRules rules) {
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
  SLIPWAY_ASSIGN_OR_RETURN(const AppendedRow added, appender->second.Append(row, stamp_, rules));
  const int64_t lag_ticks = std::max<int64_t>(0, stamp_.received_ticks - added.time_ticks);
  lags_.Add(added.workspace_id, table, static_cast<double>(lag_ticks) / kTicksPerMillisecond);
  return {};
}

Status RowBatch::Flush() {
  for (auto& [table, appender] : appenders_) SLIPWAY_RETURN_IF_ERROR(appender.Flush());
  return {};
}

Result<DrainReport> DrainSpool(duck::Connection& connection, const StoredTables& tables,
                               const std::filesystem::path& folder, Stamper& stamper) {
  const std::string writer = folder.filename().string();
  SLIPWAY_ASSIGN_OR_RETURN(const spool::Position start, LoadPosition(connection, writer));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reader, spool::Reader::Open(folder, start));
  SLIPWAY_ASSIGN_OR_RETURN(const uint64_t newest, reader->NewestSegment());
  DrainReport report;
  // A short batch came to the end of what was there. Reading on until nothing is there would never end while a writer
  // is faster than a commit.
  for (bool is_at_end = false; !is_at_end && reader->position().segment <= newest;) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto records, reader->Read(kBatchRecords));
    const auto damages = reader->TakeDamages();
    if (records.empty() && damages.empty()) break;
    // Said first, so that a segment is never deleted as if it had been whole.
    SLIPWAY_RETURN_IF_ERROR(spool::Quarantine(folder).Note(damages, stamper.Now()));
    is_at_end = records.size() < kBatchRecords;
    SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(connection));
    {
      RowBatch batch(connection, tables, stamper.Next());
      for (const spool::Record& record : records) {
        const Status appended = batch.Append(record.table, record.row, RowRules::kIgnoreKeys);
        if (appended) continue;
        if (report.refused++ == 0)
          LogWarning("spool '{}': a record is not kept: {}", writer, appended.error().ToString());
      }
      SLIPWAY_RETURN_IF_ERROR(batch.Flush());
      SLIPWAY_RETURN_IF_ERROR(AddDamageRows(connection, writer, damages, batch));
      report.lags.Add(batch.lags());
    }
    SLIPWAY_RETURN_IF_ERROR(StorePosition(connection, writer, reader->position()));
    SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
    report.rows += records.size();
    ++report.batches;
  }
  report.rows -= report.refused;
  SLIPWAY_RETURN_IF_ERROR(reader->Release(reader->position()));
  return report;
}

}  // namespace slipway::logstore
