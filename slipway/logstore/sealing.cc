#include "slipway/logstore/sealing.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::logstore {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kUnfinished = ".unfinished";

// Rows that were stored before the column was there have none.
std::string RowsOfDay(const StoredTable& table) {
  return fmt::format("FROM {} WHERE {} >= $1 AND {} < $2 AND coalesce({}, 0) <= $3",
                     duck::QuoteIdentifier(table.relation()), duck::QuoteIdentifier(kTimeColumn),
                     duck::QuoteIdentifier(kTimeColumn), duck::QuoteIdentifier(kReceivedColumn));
}

std::string DateText(int64_t day) {
  return kql::FormatDateTimeTicks(day).substr(0, 10);
}

Result<int64_t> FirstNumber(Result<duck::ResultSet> rows) {
  if (!rows) return std::move(rows.error());
  if (!rows->NextChunk() || rows->column(0).IsNull(0)) return 0;
  return rows->column(0).Int64(0);
}

Status SyncPath(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FromErrno(errno, fmt::format("cannot open '{}'", path.string()));
  const int synced = ::fsync(descriptor);
  const int failed = errno;
  ::close(descriptor);
  return synced == 0 ? Status() : Status(FromErrno(failed, fmt::format("cannot sync '{}'", path.string())));
}

// A name that no file has: a day that late rows came for has several files.
fs::path NewFile(const fs::path& folder, const StoredTable& table, int64_t day) {
  for (int part = 1;; ++part) {
    fs::path file = fs::path(table.name) / fmt::format("{}-{}.parquet", DateText(day), part);
    std::error_code ignored;
    if (!fs::exists(folder / file, ignored)) return file;
  }
}

std::string ColumnNames(const StoredTable& table, std::string_view separator, bool is_quoted) {
  std::string names;
  for (const StoredColumn& column : table.columns) {
    names += names.empty() ? "" : std::string(separator);
    names += is_quoted ? duck::QuoteIdentifier(column.name) : column.name;
  }
  return names;
}

Status PublishFile(const fs::path& unfinished, const fs::path& file) {
  SLIPWAY_RETURN_IF_ERROR(SyncPath(unfinished));
  std::error_code failed;
  fs::rename(unfinished, file, failed);
  if (failed) return FromErrno(failed.value(), fmt::format("cannot rename '{}'", unfinished.string()));
  return SyncPath(file.parent_path());
}

}  // namespace

Result<std::string> FileDigest(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return NotFound(fmt::format("there is no file '{}', or it cannot be read", file.string()));
  Sha256 digest;
  std::vector<char> buffer(1 << 20);
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || stream.gcount() > 0) {
    digest.Update({buffer.data(), static_cast<size_t>(stream.gcount())});
  }
  if (stream.bad()) return Error(Code::kDataLoss, fmt::format("'{}' cannot be read to its end", file.string()));
  return digest.FinishHex();
}

int64_t DayOf(int64_t ticks) {
  return ticks - ticks % kql::kTicksPerDay;
}

Result<std::vector<int64_t>> DaysToSeal(duck::Connection& connection, const SealRequest& request) {
  const std::vector<duck::Value> parameters = {request.before_ticks, request.received_ticks, kql::kTicksPerDay,
                                               static_cast<int64_t>(request.rows_min)};
  SLIPWAY_ASSIGN_OR_RETURN(
      auto rows,
      connection.Query(fmt::format("SELECT CAST({0} // $3 AS BIGINT) AS day FROM {1} WHERE {0} < $1 AND "
                                   "coalesce({2}, 0) <= $2 GROUP BY day HAVING count(*) >= $4 ORDER BY day",
                                   duck::QuoteIdentifier(kTimeColumn), duck::QuoteIdentifier(request.table->relation()),
                                   duck::QuoteIdentifier(kReceivedColumn)),
                       parameters));
  std::vector<int64_t> days;
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i) days.push_back(rows.column(0).Int64(i) * kql::kTicksPerDay);
  }
  return days;
}

Result<SealedPart> WriteSealedDay(duck::Connection& connection, const fs::path& sealed_folder,
                                  const SealRequest& request, int64_t day) {
  SealedPart part;
  part.table = request.table->name;
  part.day = Timestamp(Duration((day - kql::kUnixEpochTicks) / kql::kTicksPerMicrosecond));
  part.file = NewFile(sealed_folder, *request.table, day).string();
  const fs::path file = sealed_folder / part.file, unfinished = file.string() + std::string(kUnfinished);
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(file.parent_path()));
  const std::vector<duck::Value> parameters = {day, day + kql::kTicksPerDay, request.received_ticks};
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t rows,
                           FirstNumber(connection.Query(
                               fmt::format("COPY (SELECT {} {} ORDER BY {}) TO {} (FORMAT parquet, COMPRESSION zstd)",
                                           ColumnNames(*request.table, ", ", true), RowsOfDay(*request.table),
                                           duck::QuoteIdentifier(kTimeColumn), duck::QuoteLiteral(unfinished.string())),
                               parameters)));
  part.rows = static_cast<uint64_t>(rows);
  SLIPWAY_ASSIGN_OR_RETURN(part.sha256, FileDigest(unfinished));
  std::error_code ignored;
  part.bytes = fs::file_size(unfinished, ignored);
  SLIPWAY_RETURN_IF_ERROR(PublishFile(unfinished, file));
  return part;
}

Status EnterSealedDay(duck::Connection& connection, const fs::path& sealed_folder, const SealRequest& request,
                      int64_t day, const SealedPart& part) {
  SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(connection));
  const std::vector<duck::Value> rows_of_day = {day, day + kql::kTicksPerDay, request.received_ticks};
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t deleted,
                           FirstNumber(connection.Query("DELETE " + RowsOfDay(*request.table), rows_of_day)));
  if (static_cast<uint64_t>(deleted) != part.rows) {
    return Internal(fmt::format("'{}' has {} rows, and the database {} of that day; nothing was changed", part.file,
                                part.rows, deleted));
  }
  const std::vector<duck::Value> entry = {part.file,
                                          part.table,
                                          day,
                                          ColumnNames(*request.table, ",", false),
                                          static_cast<int64_t>(part.rows),
                                          static_cast<int64_t>(part.bytes),
                                          part.sha256};
  SLIPWAY_RETURN_IF_ERROR(connection.Query("INSERT INTO sealed_files VALUES ($1, $2, $3, $4, $5, $6, $7)", entry));
  SLIPWAY_RETURN_IF_ERROR(RefreshViews(connection, *request.table, sealed_folder));
  return transaction.Commit();
}

Result<PurgedTable> PurgeTable(duck::Connection& connection, const fs::path& sealed_folder, const StoredTable& table,
                               int64_t before_ticks) {
  PurgedTable purged;
  SLIPWAY_ASSIGN_OR_RETURN(duck::Transaction transaction, duck::Transaction::Begin(connection));
  const std::vector<duck::Value> before = {before_ticks};
  SLIPWAY_ASSIGN_OR_RETURN(
      const int64_t rows,
      FirstNumber(connection.Query(fmt::format("DELETE FROM {} WHERE {} < $1", duck::QuoteIdentifier(table.relation()),
                                               duck::QuoteIdentifier(kTimeColumn)),
                                   before)));
  purged.rows = static_cast<uint64_t>(rows);
  const std::vector<duck::Value> of_table = {table.name, before_ticks};
  SLIPWAY_ASSIGN_OR_RETURN(
      auto files,
      connection.Query("DELETE FROM sealed_files WHERE table_name = $1 AND day < $2 RETURNING file, rows", of_table));
  while (files.NextChunk()) {
    for (size_t i = 0; i < files.chunk_rows(); ++i) {
      purged.files.emplace_back(files.column(0).String(i));
      purged.rows += static_cast<uint64_t>(files.column(1).Int64(i));
    }
  }
  if (purged.rows == 0 && purged.files.empty()) return purged;
  SLIPWAY_RETURN_IF_ERROR(RefreshViews(connection, table, sealed_folder));
  SLIPWAY_RETURN_IF_ERROR(transaction.Commit());
  return purged;
}

Result<std::vector<fs::path>> UnlistedFiles(duck::Connection& connection, const fs::path& sealed_folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto listed, ListSealed(connection, ""));
  std::set<std::string> known;
  for (const SealedPart& part : listed) known.insert(part.file);
  std::vector<fs::path> unlisted;
  std::error_code ignored;
  if (!fs::exists(sealed_folder, ignored)) return unlisted;
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(sealed_folder));
  for (const FileEntry& file : files) {
    if (!known.contains(file.path) && file.path.find(".parquet") != std::string::npos)
      unlisted.push_back(sealed_folder / file.path);
  }
  return unlisted;
}

}  // namespace slipway::logstore
