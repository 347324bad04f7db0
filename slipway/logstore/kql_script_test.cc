// Runs tests/kql/**/*.kqltest: tables, queries and what they answer, in a form that can be read without knowing the
// engine (tests/kql/README.md). Every query runs with all passes, without any, and without each one. When the variable
// SLIPWAY_KQL_ANSWERS names a file, each query and what it answered is added to it, for tests/kql/run.py to compare.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/duck/connection.h"
#include "slipway/kql/catalog.h"
#include "slipway/kql/pass/pass.h"
#include "slipway/logstore/query_engine.h"
#include "slipway/logstore/query_runner.h"

namespace slipway::logstore {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Lines = std::vector<std::string>;

constexpr std::string_view kNow = "2026-03-04T12:00:00Z";

struct ScriptTable {
  kql::CatalogTable schema;
  Lines rows;
};

struct ScriptCase {
  std::string name;
  std::string query;
  std::optional<std::string> columns;
  std::optional<Lines> result;
  std::optional<Lines> error;
  bool any_order = false;
};

struct Script {
  std::vector<ScriptTable> tables;
  std::vector<ScriptCase> cases;
};

// Blanks separate cells; a cell with blanks is a JSON string.
Lines SplitCells(const std::string& line) {
  Lines cells;
  for (size_t at = 0; at < line.size();) {
    if (line[at] == ' ') {
      ++at;
      continue;
    }
    size_t end = at;
    if (line[at] == '"') {
      for (++end; end < line.size() && line[end] != '"'; ++end) end += line[end] == '\\' ? 1 : 0;
      cells.push_back(json::parse(line.substr(at, end + 1 - at)).get<std::string>());
      at = end + 1;
    } else {
      end = std::min(line.find(' ', at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end;
    }
  }
  return cells;
}

// "rows Logs (level:string, ms:long)".
ScriptTable ParseTable(const std::string& heading, Lines rows) {
  ScriptTable table;
  const size_t open = heading.find('('), close = heading.rfind(')');
  table.schema.name = std::string(Trim(heading.substr(5, open - 5)));
  table.schema.source = "t_" + table.schema.name;
  const std::string columns = heading.substr(open + 1, close - open - 1);
  for (const std::string_view column : Split(columns, ',')) {
    const auto parts = Split(Trim(column), ':');
    table.schema.columns.push_back({std::string(parts[0]), *kql::ParseTypeName(parts[1])});
  }
  table.rows = std::move(rows);
  return table;
}

Script ParseScript(const std::string& text) {
  Script script;
  std::string name;
  Lines section;
  const auto finish = [&] {
    if (section.empty()) return;
    const std::string heading = section[0];
    Lines body(section.begin() + 1, section.end());
    if (heading.starts_with("name:")) {
      name = std::string(Trim(heading.substr(5)));
    } else if (heading.starts_with("rows ")) {
      script.tables.push_back(ParseTable(heading, std::move(body)));
    } else if (heading == "query") {
      script.cases.push_back({name, Join(body, "\n"), {}, {}, {}, false});
    } else if (heading == "columns") {
      script.cases.back().columns = Join(body, " ");
    } else if (heading == "result" || heading == "result in any order") {
      script.cases.back().any_order = heading != "result";
      script.cases.back().result = std::move(body);
    } else if (heading == "error") {
      script.cases.back().error = std::move(body);
    } else if (!heading.starts_with("#")) {
      ADD_FAILURE() << "unknown section: " << heading;
    }
    section.clear();
  };
  for (const std::string_view line : Split(text, '\n')) {
    if (Trim(line).empty()) {
      finish();
    } else {
      section.emplace_back(line);
    }
  }
  finish();
  return script;
}

class ScriptCatalog final : public kql::Catalog {
 public:
  explicit ScriptCatalog(const std::vector<ScriptTable>& tables) {
    for (const ScriptTable& table : tables) tables_.emplace(table.schema.name, table.schema);
  }
  const kql::CatalogTable* FindTable(std::string_view name) const override {
    const auto table = tables_.find(name);
    return table == tables_.end() ? nullptr : &table->second;
  }
  std::vector<std::string> TableNames() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, kql::CatalogTable, std::less<>> tables_;
};

std::string_view StoredType(kql::Type type) {
  switch (type) {
    case kql::Type::kBool:
      return "BOOLEAN";
    case kql::Type::kInt:
      return "INTEGER";
    case kql::Type::kReal:
      return "DOUBLE";
    case kql::Type::kLong:
    case kql::Type::kDateTime:
    case kql::Type::kTimespan:
      return "BIGINT";
    default:
      return "VARCHAR";
  }
}

void AppendCell(duck::Appender& appender, const std::string& cell, kql::Type type) {
  if (cell == "null" && type != kql::Type::kString) return appender.AppendNull();
  switch (type) {
    case kql::Type::kBool:
      return appender.AppendBool(cell == "true");
    case kql::Type::kInt:
      return appender.AppendInt32(static_cast<int32_t>(*ParseInt(cell)));
    case kql::Type::kLong:
      return appender.AppendInt64(*ParseInt(cell));
    case kql::Type::kReal:
      return appender.AppendDouble(*ParseDouble(cell));
    case kql::Type::kDateTime:
      return appender.AppendInt64(*kql::ParseDateTimeTicks(cell));
    case kql::Type::kTimespan:
      return appender.AppendInt64(*kql::ParseTimespanTicks(cell));
    default:
      return appender.AppendString(cell);
  }
}

Status LoadTable(duck::Connection& connection, const ScriptTable& table) {
  std::string columns;
  for (const kql::CatalogColumn& column : table.schema.columns) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", duck::QuoteIdentifier(column.name),
                           StoredType(column.type));
  }
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(fmt::format("CREATE TABLE {} ({})", table.schema.source, columns)));
  SLIPWAY_ASSIGN_OR_RETURN(duck::Appender appender, connection.AppendTo(table.schema.source));
  for (const std::string& row : table.rows) {
    const Lines cells = SplitCells(row);
    if (cells.size() != table.schema.columns.size()) return InvalidArgument("cells do not fit the columns: " + row);
    for (size_t i = 0; i < cells.size(); ++i) AppendCell(appender, cells[i], table.schema.columns[i].type);
    SLIPWAY_RETURN_IF_ERROR(appender.EndRow());
  }
  return appender.Flush();
}

// A cell as scripts write it: texts without quotes unless they are empty or hold blanks.
std::string ShowCell(const std::string& cell) {
  if (!cell.starts_with('"')) return cell;
  const std::string text = json::parse(cell).get<std::string>();
  const bool plain = !text.empty() && text.find_first_of(" \n\t\"") == std::string::npos;
  return plain || text.starts_with('{') || text.starts_with('[') ? ReplaceAll(text, " ", "\\u0020") : cell;
}

Lines ShowRows(const QueryResult& result) {
  Lines rows;
  for (const auto& cells : result.rows) {
    Lines shown;
    for (const std::string& cell : cells) shown.push_back(ShowCell(cell));
    rows.push_back(Join(shown, " "));
  }
  return rows;
}

std::string ShowColumns(const QueryResult& result) {
  Lines columns;
  for (const ResultColumn& column : result.columns) columns.push_back(column.name + ":" + column.type);
  return Join(columns, " ");
}

// The error's text and those of further ones, without codes.
Lines ShowError(const Error& error) {
  std::vector<const Error*> all = {&error};
  for (const Error& more : error.more()) all.push_back(&more);
  Lines lines;
  for (const Error* one : all) {
    const std::string& message = one->message();
    const bool has_code = message.size() > 9 && message[7] == ':';
    const std::string text = has_code ? message.substr(9) : message;
    for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
  }
  return lines;
}

void CheckCase(const ScriptCase& expected, const Result<QueryResult>& result) {
  if (expected.error) {
    ASSERT_FALSE(result) << "the query succeeded";
    EXPECT_EQ(Join(ShowError(result.error()), "\n"), Join(*expected.error, "\n"));
    return;
  }
  ASSERT_TRUE(result) << result.error().ToString();
  if (expected.columns) {
    EXPECT_EQ(ShowColumns(*result), *expected.columns);
  }
  if (!expected.result) return;
  Lines rows = ShowRows(*result), wanted = *expected.result;
  if (expected.any_order) {
    std::sort(rows.begin(), rows.end());
    std::sort(wanted.begin(), wanted.end());
  }
  EXPECT_EQ(Join(rows, "\n"), Join(wanted, "\n"));
}

std::string ShowSchema(const kql::CatalogTable& table) {
  Lines columns;
  for (const kql::CatalogColumn& column : table.columns)
    columns.push_back(fmt::format("{}:{}", column.name, kql::TypeName(column.type)));
  return fmt::format("({})", Join(columns, ", "));
}

void RecordAnswer(const fs::path& file, const Script& script, const std::string& query,
                  const Result<QueryResult>& result) {
  const char* answers = std::getenv("SLIPWAY_KQL_ANSWERS");
  if (answers == nullptr) return;
  json answer = {{"file", file.filename().string()}, {"query", query}, {"tables", json::array()}};
  for (const ScriptTable& table : script.tables)
    answer["tables"].push_back({{"name", table.schema.name}, {"schema", ShowSchema(table.schema)}});
  if (result) {
    answer["columns"] = json::array();
    for (const ResultColumn& column : result->columns) answer["columns"].push_back(column.name + ":" + column.type);
    answer["rows"] = ShowRows(*result);
  } else {
    answer["error"] = result.error().message();
    answer["error_lines"] = ShowError(result.error());
    answer["unsupported"] = result.error().code() == Code::kUnimplemented;
  }
  std::ofstream(answers, std::ios::app) << answer.dump() << '\n';
}

std::vector<fs::path> ScriptFiles() {
  std::vector<fs::path> files;
  const fs::path root = fs::path(SLIPWAY_SOURCE_DIR) / "tests" / "kql";
  if (!fs::exists(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".kqltest") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class KqlScript : public testing::TestWithParam<fs::path> {};

TEST_P(KqlScript, AnswersAsWrittenWithAndWithoutPasses) {
  const auto text = ReadFile(GetParam());
  ASSERT_TRUE(text);
  const Script script = ParseScript(*text);
  ASSERT_FALSE(script.cases.empty());
  const ScriptCatalog catalog(script.tables);
  const auto database = duck::Database::Open("");
  auto connection = database->Connect();
  ASSERT_TRUE(PrepareConnection(*connection));
  for (const ScriptTable& table : script.tables) {
    const Status loaded = LoadTable(*connection, table);
    ASSERT_TRUE(loaded) << loaded.error().ToString();
  }
  std::vector<std::set<std::string, std::less<>>> variants(2);
  for (const kql::pass::Pass& pass : kql::pass::AllPasses()) {
    variants[1].emplace(pass.name);
    variants.push_back({std::string(pass.name)});
  }
  for (const ScriptCase& expected : script.cases) {
    EXPECT_TRUE(expected.columns || expected.result || expected.error) << "nothing is expected of: " << expected.query;
    for (const auto& disabled : variants) {
      SCOPED_TRACE(fmt::format("{}\n{}\nwithout passes: {}", expected.name, expected.query, fmt::join(disabled, " ")));
      QueryRequest request{.kql = expected.query,
                           .range = {},
                           .workspace_id = "",
                           .settings = {},
                           .now = *ParseTimestamp(kNow),
                           .disabled_passes = disabled};
      const auto result = RunQuery(*connection, catalog, request);
      if (disabled.empty()) RecordAnswer(GetParam(), script, expected.query, result);
      CheckCase(expected, result);
      if (HasFailure()) break;
    }
  }
}

std::string TestName(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, KqlScript, testing::ValuesIn(ScriptFiles()), TestName);

}  // namespace
}  // namespace slipway::logstore
