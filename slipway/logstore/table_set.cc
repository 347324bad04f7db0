#include "slipway/logstore/table_set.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/text.h"

namespace slipway::logstore {
namespace {

using kql::Type;

constexpr size_t kColumnsMax = 500;
constexpr size_t kNameLengthMax = 45;
constexpr int kRetentionDaysMin = 4, kRetentionDaysMax = 4383;
constexpr std::string_view kCustomSuffix = "_CL";

// Columns as one text, "name:type,…": names are words.
std::string ColumnsText(const std::vector<StoredColumn>& columns) {
  std::string text;
  for (const StoredColumn& column : columns) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", column.name, kql::TypeName(column.type));
  }
  return text;
}

std::vector<StoredColumn> ParseColumns(std::string_view text) {
  std::vector<StoredColumn> columns;
  for (const std::string_view part : Split(text, ',')) {
    const size_t colon = part.find(':');
    if (colon == std::string_view::npos) continue;
    columns.push_back(
        {std::string(part.substr(0, colon)), kql::ParseTypeName(part.substr(colon + 1)).value_or(Type::kString)});
  }
  return columns;
}

bool IsWord(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= kNameLengthMax && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Status CheckTableName(const std::string& name) {
  if (name.ends_with(kCustomSuffix) && IsWord(name)) return {};
  return InvalidArgument(
      fmt::format("'{}' cannot be the name of a custom table: a letter, then letters, digits and '_', {} characters at "
                  "most, and '_CL' "
                  "at the end",
                  name, kNameLengthMax));
}

// The names that every table has.
bool IsReserved(std::string_view name) {
  static constexpr std::string_view kReserved[] = {"TenantId", "SourceSystem",        "Type",   "WorkspaceId",
                                                   "MG",       "ManagementGroupName", "RawData"};
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [&](std::string_view reserved) { return EqualsIgnoreCase(reserved, name); });
}

Result<StoredColumn> CheckColumn(const ResultColumn& column) {
  if (!IsWord(column.name)) {
    return InvalidArgument(fmt::format(
        "'{}' cannot be the name of a column: a letter, then letters, digits and '_', {} characters at most",
        column.name, kNameLengthMax));
  }
  if (IsReserved(column.name))
    return InvalidArgument(fmt::format("the column '{}' is one that every table has by itself", column.name));
  const auto type = kql::ParseTypeName(ToLower(column.type));
  if (!type || *type == Type::kDecimal || *type == Type::kTimespan) {
    return InvalidArgument(fmt::format(
        "the column '{}' cannot be a '{}': it is string, int, long, real, boolean, datetime, guid or dynamic",
        column.name, column.type));
  }
  if (column.name != kTimeColumn && EqualsIgnoreCase(column.name, kTimeColumn))
    return InvalidArgument(fmt::format("the column '{}' is written 'TimeGenerated'", column.name));
  if (column.name == kTimeColumn && *type != Type::kDateTime)
    return InvalidArgument("the column 'TimeGenerated' is a datetime");
  return StoredColumn{column.name, *type};
}

// `columns` beside those that are there; a column that is there has to have its type.
Status AddColumns(std::vector<StoredColumn>& present, const std::vector<ResultColumn>& columns) {
  for (const ResultColumn& column : columns) {
    SLIPWAY_ASSIGN_OR_RETURN(StoredColumn checked, CheckColumn(column));
    const auto same = std::find_if(present.begin(), present.end(), [&](const StoredColumn& other) {
      return EqualsIgnoreCase(other.name, checked.name);
    });
    if (same == present.end()) {
      if (checked.name != kTimeColumn) present.push_back(std::move(checked));
    } else if (same->type != checked.type || same->name != checked.name) {
      return InvalidArgument(fmt::format("the column '{}' is a {} named '{}' already; columns keep name and type",
                                         column.name, kql::TypeName(same->type), same->name));
    }
  }
  if (present.size() <= kColumnsMax) return {};
  return InvalidArgument(fmt::format("a table has at most {} columns", kColumnsMax));
}

Result<std::vector<StoredTable>> CustomTables(duck::Connection& connection) {
  std::vector<StoredTable> tables;
  SLIPWAY_ASSIGN_OR_RETURN(auto rows, connection.Query("SELECT name, columns FROM custom_tables ORDER BY name"));
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i) {
      tables.push_back(CustomTable(std::string(rows.column(0).String(i)), ParseColumns(rows.column(1).String(i))));
    }
  }
  return tables;
}

Result<std::vector<StoredTable>> DefinedTables(duck::Connection& connection) {
  std::vector<StoredTable> tables = BuiltInTables();
  SLIPWAY_ASSIGN_OR_RETURN(auto custom, CustomTables(connection));
  std::move(custom.begin(), custom.end(), std::back_inserter(tables));
  return tables;
}

// The columns of every relation in the order of the database, which appenders follow.
Result<std::map<std::string, std::vector<std::string>>> PresentColumns(duck::Connection& connection) {
  std::map<std::string, std::vector<std::string>> columns;
  SLIPWAY_ASSIGN_OR_RETURN(auto rows, connection.Query("SELECT table_name, column_name FROM duckdb_columns() WHERE "
                                                       "starts_with(table_name, 'log_') AND NOT internal ORDER BY "
                                                       "table_name, column_index"));
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i)
      columns[std::string(rows.column(0).String(i))].emplace_back(rows.column(1).String(i));
  }
  return columns;
}

Status MakeTable(duck::Connection& connection, const StoredTable& table, const std::vector<std::string>& present) {
  if (present.empty()) return connection.Execute(CreateTableSql(table));
  for (const StoredColumn& column : table.columns) {
    if (std::find(present.begin(), present.end(), column.name) != present.end()) continue;
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute(fmt::format("ALTER TABLE {} ADD COLUMN {} {}{}", duck::QuoteIdentifier(table.relation()),
                                       duck::QuoteIdentifier(column.name), SqlTypeOf(column.type),
                                       column.type == Type::kString ? " DEFAULT ''" : "")));
  }
  return {};
}

void SortByPresence(StoredTable& table, const std::vector<std::string>& present) {
  const auto place = [&](const StoredColumn& column) {
    return std::find(present.begin(), present.end(), column.name) - present.begin();
  };
  std::stable_sort(table.columns.begin(), table.columns.end(),
                   [&](const StoredColumn& a, const StoredColumn& b) { return place(a) < place(b); });
}

Result<std::vector<SealedFile>> SealedFilesOf(duck::Connection& connection, const std::string& table,
                                              const std::filesystem::path& folder) {
  std::vector<SealedFile> files;
  const std::vector<duck::Value> parameters = {table};
  SLIPWAY_ASSIGN_OR_RETURN(
      auto rows,
      connection.Query("SELECT file, columns FROM sealed_files WHERE table_name = $1 ORDER BY day, file", parameters));
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i) {
      SealedFile file{(folder / rows.column(0).String(i)).string(), {}};
      std::error_code ignored;
      if (!std::filesystem::exists(file.path, ignored)) {
        LogError("the sealed log file '{}' is missing: its rows are not found by queries (slipway logs fsck)",
                 file.path);
        continue;
      }
      for (const std::string_view name : Split(rows.column(1).String(i), ',')) file.columns.emplace_back(name);
      files.push_back(std::move(file));
    }
  }
  return files;
}

std::vector<LogView> AllViews(const StoredTables& tables) {
  std::vector<LogView> views;
  for (const auto& [name, table] : tables) {
    for (LogView& view : ViewsOf(table)) views.push_back(std::move(view));
  }
  return views;
}

}  // namespace

std::string OwnTablesSql() {
  return "CREATE TABLE IF NOT EXISTS spool_positions (writer VARCHAR PRIMARY KEY, segment BIGINT, \"offset\" BIGINT);\n"
         "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER);\n"
         "CREATE TABLE IF NOT EXISTS custom_tables (name VARCHAR PRIMARY KEY, columns VARCHAR);\n"
         "CREATE TABLE IF NOT EXISTS table_retention (name VARCHAR PRIMARY KEY, days INTEGER);\n"
         "CREATE TABLE IF NOT EXISTS sealed_files (file VARCHAR PRIMARY KEY, table_name VARCHAR, day BIGINT, "
         "columns VARCHAR, rows BIGINT, bytes BIGINT, sha256 VARCHAR);\n"
         "CREATE TABLE IF NOT EXISTS collection_rules (immutable_id VARCHAR PRIMARY KEY, resource_id VARCHAR, "
         "workspace_id VARCHAR, body VARCHAR);\n";
}

Status RefreshViews(duck::Connection& connection, const StoredTable& table,
                    const std::filesystem::path& sealed_folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto sealed, SealedFilesOf(connection, table.name, sealed_folder));
  std::string sql;
  for (const LogView& view : ViewsOf(table)) sql += CreateViewSql(view, table, sealed);
  return connection.Execute(sql);
}

Status MakeLogTables(duck::Connection& connection, const std::filesystem::path& sealed_folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto tables, DefinedTables(connection));
  SLIPWAY_ASSIGN_OR_RETURN(auto present, PresentColumns(connection));
  for (const StoredTable& table : tables) {
    SLIPWAY_RETURN_IF_ERROR(MakeTable(connection, table, present[table.relation()]));
    SLIPWAY_RETURN_IF_ERROR(RefreshViews(connection, table, sealed_folder));
  }
  return {};
}

Result<std::shared_ptr<const TableSet>> LoadTableSet(duck::Connection& connection) {
  SLIPWAY_ASSIGN_OR_RETURN(auto defined, DefinedTables(connection));
  SLIPWAY_ASSIGN_OR_RETURN(auto present, PresentColumns(connection));
  StoredTables tables;
  for (StoredTable& table : defined) {
    SortByPresence(table, present[table.relation()]);
    tables.emplace(table.name, std::move(table));
  }
  std::map<std::string, int, std::less<>> retention;
  SLIPWAY_ASSIGN_OR_RETURN(auto rows, connection.Query("SELECT name, days FROM table_retention"));
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i) retention.emplace(rows.column(0).String(i), rows.column(1).Int32(i));
  }
  LogCatalog catalog(AllViews(tables));
  return std::make_shared<const TableSet>(TableSet{std::move(tables), std::move(retention), std::move(catalog)});
}

int TableSet::RetentionOf(std::string_view table) const {
  const auto days = retention_days.find(table);
  return days == retention_days.end() ? kDefaultRetentionDays : days->second;
}

LogTable TableSet::Describe(const StoredTable& table) const {
  LogTable described;
  described.name = table.name;
  described.is_custom = table.is_custom;
  described.retention_days = RetentionOf(table.name);
  for (const LogView& view : ViewsOf(table)) {
    if (view.name != table.name) {
      described.insight_name = view.name;
      continue;
    }
    for (const ViewColumn& column : view.columns)
      described.columns.push_back({column.name, std::string(kql::TypeName(column.type))});
  }
  if (table.is_custom) {
    for (const StoredColumn& column : OwnColumns(table))
      described.own.push_back({column.name, std::string(kql::TypeName(column.type))});
  }
  return described;
}

Result<std::vector<SealedPart>> ListSealed(duck::Connection& connection, std::string_view table) {
  std::vector<SealedPart> parts;
  const std::vector<duck::Value> parameters = {std::string(table)};
  SLIPWAY_ASSIGN_OR_RETURN(
      auto rows, connection.Query("SELECT table_name, day, file, rows, bytes, sha256 FROM sealed_files WHERE $1 "
                                  "IN ('', table_name) ORDER BY table_name, day, file",
                                  parameters));
  while (rows.NextChunk()) {
    for (size_t i = 0; i < rows.chunk_rows(); ++i) {
      const int64_t micros = (rows.column(1).Int64(i) - kql::kUnixEpochTicks) / kql::kTicksPerMicrosecond;
      SealedPart& part = parts.emplace_back();
      part.table = rows.column(0).String(i);
      part.day = Timestamp(Duration(micros));
      part.file = rows.column(2).String(i);
      part.rows = static_cast<uint64_t>(rows.column(3).Int64(i));
      part.bytes = static_cast<uint64_t>(rows.column(4).Int64(i));
      part.sha256 = rows.column(5).String(i);
    }
  }
  return parts;
}

Status PutCustomTable(duck::Connection& connection, const TableSet& set, const std::filesystem::path& sealed_folder,
                      const std::string& name, const std::vector<ResultColumn>& columns) {
  SLIPWAY_RETURN_IF_ERROR(CheckTableName(name));
  for (const auto& [other, stored] : set.tables) {
    if (other != name && EqualsIgnoreCase(other, name))
      return InvalidArgument(
          fmt::format("there is a table '{}' already; names that differ in case alone are one", other));
  }
  std::vector<StoredColumn> own;
  if (const auto present = set.tables.find(name); present != set.tables.end()) own = OwnColumns(present->second);
  SLIPWAY_RETURN_IF_ERROR(AddColumns(own, columns));
  const std::vector<duck::Value> parameters = {name, ColumnsText(own)};
  SLIPWAY_RETURN_IF_ERROR(connection.Query("INSERT OR REPLACE INTO custom_tables VALUES ($1, $2)", parameters));
  const StoredTable table = CustomTable(name, own);
  SLIPWAY_ASSIGN_OR_RETURN(auto present, PresentColumns(connection));
  SLIPWAY_RETURN_IF_ERROR(MakeTable(connection, table, present[table.relation()]));
  return RefreshViews(connection, table, sealed_folder);
}

Status DropCustomTable(duck::Connection& connection, const StoredTable& table) {
  const std::vector<duck::Value> parameters = {table.name};
  for (const char* sql : {"DELETE FROM custom_tables WHERE name = $1", "DELETE FROM table_retention WHERE name = $1",
                          "DELETE FROM sealed_files WHERE table_name = $1"}) {
    SLIPWAY_RETURN_IF_ERROR(connection.Query(sql, parameters));
  }
  return connection.Execute(fmt::format("DROP VIEW IF EXISTS {}; DROP TABLE IF EXISTS {}",
                                        duck::QuoteIdentifier(table.name), duck::QuoteIdentifier(table.relation())));
}

Status SetRetention(duck::Connection& connection, const std::string& table, int days) {
  if (days != kKeptForever && (days < kRetentionDaysMin || days > kRetentionDaysMax)) {
    return InvalidArgument(fmt::format("rows are kept {} to {} days, or for ever ({}), not {}", kRetentionDaysMin,
                                       kRetentionDaysMax, kKeptForever, days));
  }
  const std::vector<duck::Value> parameters = {table, int64_t{days}};
  SLIPWAY_RETURN_IF_ERROR(connection.Query("INSERT OR REPLACE INTO table_retention VALUES ($1, $2)", parameters));
  return {};
}

}  // namespace slipway::logstore
