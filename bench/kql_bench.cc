// kql: queries over a table of log rows in memory, through the compiler and as SQL written by hand.
//
//   kql_bench ROWS ROUNDS   {"rows", "megabytes" (the most that was resident, tables included),
//                            "cases": [{"name", "kql": [seconds, …], "sql": [seconds, …]}]}
//
// The time is that of a whole query: compiling, running, reading every cell. Both sides must answer alike before times
// count; the scenario's three queries and the bags have no hand-written
// side.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/kql/type.h"
#include "slipway/logstore/query_engine.h"
#include "slipway/logstore/query_runner.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/unwrap.h"

using namespace slipway;
using nlohmann::ordered_json;
using sdk::Unwrap;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNow = "2026-03-04T12:00:00Z";

struct Case {
  const char* name;
  const char* kql;
  const char* sql;  // "" without a hand-written side
};

constexpr Case kCases[] = {
    {"overall drift metrics (scenario)",
     "traces | where message has 'credit-card-default' and message has 'OverallDriftMetrics' | project timestamp, "
     "data=parse_json(tostring(message)).data | evaluate bag_unpack(data)",
     ""},
    {"feature drift metrics (scenario)",
     "traces | where message has 'credit-card-default' and message has 'FeatureDriftMetrics' | project timestamp, "
     "data=parse_json(tostring(message)).data | mv-expand data | evaluate bag_unpack(data)",
     ""},
    {"logged inputs (scenario)",
     "console | where TimeGenerated > ago (1d) | where Message has 'online/credit-card-default/1' and Message has "
     "'InputData' | project TimeGenerated, ResponsePayload=split(Message, '|') | project TimeGenerated, "
     "InputData=parse_json(tostring(ResponsePayload[-1])).data | project TimeGenerated, "
     "InputData=parse_json(tostring(InputData)) | mv-expand InputData | evaluate bag_unpack(InputData)",
     ""},
    {"count by hour and level",
     "traces | summarize n = count() by hour = bin(timestamp, 1h), level | sort by hour asc, level asc",
     "SELECT timestamp - timestamp % 36000000000 AS hour, level, count(*) FROM t_traces GROUP BY ALL ORDER BY hour, "
     "level"},
    {"percentile and mean by endpoint",
     "traces | where level > 0 | summarize p = percentile(ms, 95), mean = avg(ms), n = count() by endpoint | sort by "
     "endpoint asc",
     "SELECT endpoint, quantile_disc(ms, 0.95), avg(ms), count(*) FROM t_traces WHERE level > 0 GROUP BY endpoint "
     "ORDER BY "
     "endpoint"},
    {"ten slowest", "traces | where ms > 10 | top 10 by ms desc | project ms, endpoint",
     "SELECT ms, endpoint FROM t_traces WHERE ms > 10 ORDER BY ms DESC LIMIT 10"},
    {"a word in the text", "traces | where message contains 'OverallDrift' | summarize n = count(), top = max(ms)",
     "SELECT count(*), max(ms) FROM t_traces WHERE contains(lower(message), 'overalldrift')"},
    {"a term in the text", "traces | where message has 'status' | count",
     "SELECT count(*) FROM t_traces WHERE contains(lower(message), 'status') AND regexp_matches(message, "
     "'(?is)(?:^|[^\\pL\\pN])status(?:$|[^\\pL\\pN])')"},
    {"a text that stands nowhere", "traces | where message contains 'nowhere to be found' | count",
     "SELECT count(*) FROM t_traces WHERE contains(lower(message), 'nowhere to be found')"},
    {"slots of bags as columns, types found first",
     "bags | evaluate bag_unpack(bag) | summarize sum(score), countif(verdict == 'ok'), max(age)", ""},
    {"join with owners",
     "traces | join kind=inner owners on endpoint | summarize n = count(), total = sum(ms) by owner | sort by owner "
     "asc",
     "SELECT owner, count(*), sum(ms) FROM t_traces JOIN t_owners USING (endpoint) GROUP BY owner ORDER BY owner"},
};

constexpr const char* kTables = R"sql(
CREATE TABLE t_traces AS SELECT
  $since + i * 800_000 AS timestamp,
  CAST(i % 5 AS BIGINT) AS level,
  CAST(hash(i) % 100_000 AS DOUBLE) / 100 AS ms,
  'endpoint-' || (hash(i + 7) % 40) AS endpoint,
  CASE i % 200
    WHEN 0 THEN '{"name":"credit-card-default","type":"OverallDriftMetrics","data":{"share":' || (i % 100) / 100.0 || ',"drifted":' || i % 9 || ',"verdict":"ok"}}'
    WHEN 1 THEN '{"name":"credit-card-default","type":"FeatureDriftMetrics","data":[{"feature":"age","score":' || (i % 70) / 70.0 || '},{"feature":"sex","score":0.1},{"feature":"bill","score":0.2}]}'
    ELSE 'INFO request ' || i || ' of endpoint ' || hash(i) % 40 || ' answered in ' || i % 900 || ' ms with status 200' END AS message
  FROM range($rows) r(i);
CREATE TABLE t_console AS SELECT
  $since + i * 1_000_000 AS "TimeGenerated",
  CASE WHEN i % 100 = 0
    THEN 'online/credit-card-default/1 | INFO | InputData | {"data":[{"limit":' || i % 1000 || ',"age":' || i % 90 || ',"sex":"F"},{"limit":' || i % 700 || ',"age":31,"sex":"M"}]}'
    ELSE 'online/other-endpoint/1 | INFO | handled request ' || i || ' without trouble' END AS "Message"
  FROM range($rows) r(i);
CREATE TABLE t_bags AS SELECT
  $since + i * 1_000_000 AS "TimeGenerated",
  '{"age":' || i % 90 || ',"score":' || (i % 1000) / 1000.0 || ',"verdict":"' || CASE WHEN i % 3 = 0 THEN 'ok' ELSE 'late' END || '"}' AS bag
  FROM range(least($rows, 1_000_000)) r(i);
CREATE TABLE t_owners AS SELECT 'endpoint-' || i AS endpoint, 'team-' || i % 6 AS owner FROM range(40) r(i);
)sql";

class BenchCatalog final : public kql::Catalog {
 public:
  BenchCatalog() {
    using kql::Type;
    Add("traces", "t_traces",
        {{"timestamp", Type::kDateTime},
         {"level", Type::kLong},
         {"ms", Type::kReal},
         {"endpoint", Type::kString},
         {"message", Type::kString}});
    Add("console", "t_console", {{"TimeGenerated", Type::kDateTime}, {"Message", Type::kString}});
    Add("bags", "t_bags", {{"TimeGenerated", Type::kDateTime}, {"bag", Type::kDynamic}});
    Add("owners", "t_owners", {{"endpoint", Type::kString}, {"owner", Type::kString}});
  }
  const kql::CatalogTable* FindTable(std::string_view name) const override {
    const auto table = tables_.find(name);
    return table == tables_.end() ? nullptr : &table->second;
  }
  std::vector<std::string> TableNames() const override { return {"traces", "console", "bags", "owners"}; }

 private:
  void Add(const std::string& name, const std::string& source, std::vector<kql::CatalogColumn> columns) {
    kql::CatalogTable table;
    table.name = name;
    table.source = source;
    table.columns = std::move(columns);
    tables_.emplace(name, std::move(table));
  }
  std::map<std::string, kql::CatalogTable, std::less<>> tables_;
};

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

size_t RunKql(duck::Connection& connection, const kql::Catalog& catalog, const char* kql) {
  logstore::QueryRequest request{
      .kql = kql, .range = {}, .workspace_id = "", .settings = {}, .now = *ParseTimestamp(kNow), .disabled_passes = {}};
  return Unwrap(logstore::RunQuery(connection, catalog, request)).rows.size();
}

size_t RunSql(duck::Connection& connection, const char* sql) {
  auto result = Unwrap(connection.Query(sql));
  size_t rows = 0;
  while (result.NextChunk()) rows += result.chunk_rows();
  return rows;
}

ordered_json Measure(duck::Connection& connection, const kql::Catalog& catalog, const Case& asked, int rounds) {
  ordered_json measured = {
      {"name", asked.name}, {"rows", 0}, {"kql", ordered_json::array()}, {"sql", ordered_json::array()}};
  const auto seconds = [](const auto& run) {
    const auto begin = Clock::now();
    run();
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const bool has_sql = *asked.sql != '\0';
  const size_t rows = RunKql(connection, catalog, asked.kql);
  measured["rows"] = rows;
  if (has_sql && RunSql(connection, asked.sql) != rows) {
    std::fprintf(stderr, "kql_bench: '%s' and its SQL do not answer alike\n", asked.name);
    std::exit(1);
  }
  for (int round = 0; round < rounds; ++round) {
    measured["kql"].push_back(seconds([&] { RunKql(connection, catalog, asked.kql); }));
    if (has_sql) measured["sql"].push_back(seconds([&] { RunSql(connection, asked.sql); }));
  }
  return measured;
}

void Run(const std::string& rows, int rounds) {
  auto database = Unwrap(duck::Database::Open("", {.memory_limit = "8GB"}));
  auto connection = Unwrap(database.Connect());
  Unwrap(logstore::PrepareConnection(connection));
  const int64_t since = *kql::ParseDateTimeTicks("2026-03-03 13:00");
  Unwrap(connection.Execute(Replaced(Replaced(kTables, "$rows", rows), "$since", std::to_string(since))));
  const BenchCatalog catalog;
  ordered_json cases = ordered_json::array();
  for (const Case& asked : kCases) cases.push_back(Measure(connection, catalog, asked, rounds));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double megabytes = static_cast<double>(used.ru_maxrss) / 1024;
  std::printf("%s\n",
              ordered_json{{"rows", std::stoll(rows)}, {"megabytes", megabytes}, {"cases", cases}}.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: kql_bench ROWS ROUNDS\n");
    return 2;
  }
  return sdk::RunProgram(1, argv, [&](const sdk::Arguments&) { Run(argv[1], std::stoi(argv[2])); });
}
