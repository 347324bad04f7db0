#include "slipway/api/kusto/commands.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/kusto/answers.h"
#include "slipway/base/text.h"

namespace slipway::api::kusto {
namespace {

using logstore::LogTable;
using logstore::QueryResult;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::string_view kKnown =
    ".show tables, .show table T [cslschema | schema as json], .show databases, .show database [D] schema [as json], "
    ".show schema [as json], .show functions, .show materialized-views, .show external tables, .show version, .show "
    "cluster";

// Words without blanks around, quotes of names taken off; a comma or a bracket is no part of these commands.
Words SplitWords(std::string_view command) {
  Words words;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
      end();
    } else if ((c == '\'' || c == '"') && command.find(c, i + 1) != std::string_view::npos) {
      const size_t close = command.find(c, i + 1);
      word += command.substr(i + 1, close - i - 1);
      i = close;
    } else if (c != '[' && c != ']') {
      word += c;
    }
  }
  end();
  return words;
}

std::string ClrType(const std::string& type) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"string", "System.String"},     {"long", "System.Int64"}, {"int", "System.Int32"},
      {"real", "System.Double"},       {"bool", "System.SByte"}, {"datetime", "System.DateTime"},
      {"timespan", "System.TimeSpan"}, {"guid", "System.Guid"},  {"decimal", "System.Data.SqlTypes.SqlDecimal"},
      {"dynamic", "System.Object"}};
  for (const auto& [name, clr] : kTypes) {
    if (name == type) return std::string(clr);
  }
  return "System.String";
}

std::string CslSchema(const LogTable& table) {
  std::string schema;
  for (const auto& column : table.columns)
    schema += fmt::format("{}{}:{}", schema.empty() ? "" : ",", column.name, column.type);
  return schema;
}

json OrderedColumns(const LogTable& table) {
  json columns = json::array();
  for (const auto& column : table.columns)
    columns.push_back({{"Name", column.name}, {"Type", ClrType(column.type)}, {"CslType", column.type}});
  return columns;
}

class Shower {
 public:
  Shower(const std::vector<LogTable>& tables, const domain::Workspace& workspace)
      : tables_(tables), database_(workspace.scope.workspace), workspace_(workspace) {}

  QueryResult Tables() const {
    std::vector<Words> rows;
    for (const LogTable& table : tables_)
      rows.push_back({table.name, database_, table.is_custom ? "custom" : "azure", ""});
    return TextTable({"TableName", "DatabaseName", "Folder", "DocString"}, rows);
  }

  Result<QueryResult> Table(const Words& words) const {
    SLIPWAY_ASSIGN_OR_RETURN(const LogTable* table, Find(words[2]));
    const std::string form = words.size() > 3 ? ToLower(words[3]) : "";
    const bool is_json =
        words.size() == 6 && form == "schema" && EqualsIgnoreCase(words[4], "as") && EqualsIgnoreCase(words[5], "json");
    if (is_json) {
      const json schema = {{"Name", table->name}, {"OrderedColumns", OrderedColumns(*table)}};
      return TextTable({"TableName", "Schema", "DatabaseName", "Folder", "DocString"},
                       {{table->name, schema.dump(), database_, "", ""}});
    }
    if (words.size() == 4 && form == "cslschema")
      return TextTable({"TableName", "Schema", "DatabaseName", "Folder", "DocString"},
                       {{table->name, CslSchema(*table), database_, "", ""}});
    if (words.size() > 3) return Unknown();
    std::vector<Words> rows;
    for (const auto& column : table->columns) rows.push_back({column.name, column.type});
    return TextTable({"AttributeName", "AttributeType"}, rows);
  }

  QueryResult Databases() const {
    return TextTable(
        {"DatabaseName", "PersistentStorage", "Version", "IsCurrent", "DatabaseAccessMode", "PrettyName", "DatabaseId"},
        {{database_, "", "v1.0", "true", "ReadWrite", database_, workspace_.id}});
  }

  QueryResult Schema() const {
    std::vector<Words> rows;
    for (const LogTable& table : tables_) {
      for (const auto& column : table.columns)
        rows.push_back(
            {database_, table.name, column.name, ClrType(column.type), "False", "False", database_, "v1.0", "", ""});
    }
    return TextTable({"DatabaseName", "TableName", "ColumnName", "ColumnType", "IsDefaultTable", "IsDefaultColumn",
                      "PrettyName", "Version", "Folder", "DocString"},
                     rows);
  }

  // What editors of the language complete and check with.
  QueryResult SchemaJson() const {
    json tables = json::object();
    for (const LogTable& table : tables_) {
      tables[table.name] = {{"Name", table.name}, {"EntityType", "Table"}, {"OrderedColumns", OrderedColumns(table)}};
    }
    json database = {{"Name", database_},
                     {"Tables", std::move(tables)},
                     {"ExternalTables", json::object()},
                     {"MaterializedViews", json::object()},
                     {"EntityGroups", json::object()},
                     {"Functions", json::object()},
                     {"MajorVersion", 1},
                     {"MinorVersion", 0},
                     {"DatabaseAccessMode", "ReadWrite"}};
    json schema = {{"Plugins", json::array()}, {"Databases", json::object()}};
    schema["Databases"][database_] = std::move(database);
    return TextTable({"DatabaseSchema"}, {{schema.dump()}});
  }

  static Error Unknown() {
    return Unimplemented(fmt::format("this control command is not supported; there are: {}", kKnown));
  }

 private:
  Result<const LogTable*> Find(const std::string& name) const {
    std::vector<std::string> names;
    for (const LogTable& table : tables_) {
      if (table.name == name) return &table;
      names.push_back(table.name);
    }
    return NotFound(fmt::format("there is no table '{}'{}", name, DidYouMean(name, names)));
  }

  const std::vector<LogTable>& tables_;
  const std::string database_;
  const domain::Workspace& workspace_;
};

// Whether the words are these; "*" is any one.
bool Are(const Words& words, std::initializer_list<std::string_view> pattern) {
  return words.size() == pattern.size() &&
         std::equal(words.begin(), words.end(), pattern.begin(), [](const std::string& word, std::string_view wanted) {
           return wanted == "*" || EqualsIgnoreCase(word, wanted);
         });
}

}  // namespace

Result<QueryResult> RunCommand(const std::string& command, const std::vector<LogTable>& tables,
                               const domain::Workspace& workspace) {
  if (command.find('|') != std::string::npos)
    return Unimplemented("a control command that is followed by '|' is not supported");
  const Words words = SplitWords(command);
  const Shower shower(tables, workspace);
  if (Are(words, {".show", "tables"})) return shower.Tables();
  if (words.size() >= 3 && EqualsIgnoreCase(words[0], ".show") && EqualsIgnoreCase(words[1], "table"))
    return shower.Table(words);
  if (Are(words, {".show", "databases"})) return shower.Databases();
  if (Are(words, {".show", "schema"}) || Are(words, {".show", "database", "schema"}) ||
      Are(words, {".show", "database", "*", "schema"}))
    return shower.Schema();
  if (Are(words, {".show", "schema", "as", "json"}) || Are(words, {".show", "database", "schema", "as", "json"}) ||
      Are(words, {".show", "database", "*", "schema", "as", "json"})) {
    return shower.SchemaJson();
  }
  if (Are(words, {".show", "functions"})) return TextTable({"Name", "Parameters", "Body", "Folder", "DocString"}, {});
  if (Are(words, {".show", "materialized-views"}))
    return TextTable({"Name", "SourceTable", "Query", "Folder", "DocString"}, {});
  if (Are(words, {".show", "external", "tables"}))
    return TextTable({"TableName", "TableType", "Folder", "DocString"}, {});
  if (Are(words, {".show", "version"}))
    return TextTable({"BuildVersion", "BuildTime", "ServiceType", "ProductVersion"},
                     {{"1.0.0.0", "", "Engine", "slipway"}});
  if (Are(words, {".show", "cluster"})) return TextTable({"NodeId", "Address", "Name"}, {{"slipway", "", "slipway"}});
  return Shower::Unknown();
}

}  // namespace slipway::api::kusto
