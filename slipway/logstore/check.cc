#include "slipway/logstore/check.h"

#include <system_error>

#include <fmt/format.h>

#include "slipway/logstore/sealing.h"

namespace slipway::logstore {
namespace fs = std::filesystem;
namespace {

// The blocks of the file have checksums, which reading a column compares.
LogFinding CheckTable(duck::Connection& connection, const StoredTable& table) {
  std::string columns;
  for (const StoredColumn& column : table.columns)
    columns += fmt::format(", max(hash({}))", duck::QuoteIdentifier(column.name));
  auto rows =
      connection.Query(fmt::format("SELECT count(*){} FROM {}", columns, duck::QuoteIdentifier(table.relation())));
  if (!rows) return {table.name, false, rows.error().ToString()};
  const int64_t count = rows->NextChunk() ? rows->column(0).Int64(0) : 0;
  return {table.name, true, fmt::format("{} rows in the database", count)};
}

LogFinding CheckPart(const SealedPart& part, const fs::path& sealed_folder) {
  const fs::path file = sealed_folder / part.file;
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return {part.file, false, fmt::format("the file is missing: {} rows are lost", part.rows)};
  const auto digest = FileDigest(file);
  if (!digest) return {part.file, false, digest.error().ToString()};
  if (*digest != part.sha256) return {part.file, false, "the file is not as it was written"};
  return {part.file, true, fmt::format("{} rows, {} bytes", part.rows, part.bytes)};
}

}  // namespace

Result<std::vector<LogFinding>> CheckLogs(duck::Connection& connection, const TableSet& set,
                                          const fs::path& sealed_folder) {
  std::vector<LogFinding> findings;
  for (const auto& [name, table] : set.tables) findings.push_back(CheckTable(connection, table));
  SLIPWAY_ASSIGN_OR_RETURN(const auto sealed, ListSealed(connection, ""));
  for (const SealedPart& part : sealed) findings.push_back(CheckPart(part, sealed_folder));
  SLIPWAY_ASSIGN_OR_RETURN(const auto unlisted, UnlistedFiles(connection, sealed_folder));
  for (const fs::path& file : unlisted) {
    findings.push_back({file.lexically_relative(sealed_folder).string(), true,
                        "left by an interrupted run; the next purge removes it"});
  }
  return findings;
}

}  // namespace slipway::logstore
