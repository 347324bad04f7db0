// Any text as a whole query over a small catalog, run by the engine: no crash, no hang, and whatever is wrong is said
// in the compiler's words. An answer that only points to the server's log is a statement that the engine refused: a
// bug.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "slipway/base/log.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/query_engine.h"
#include "slipway/logstore/query_runner.h"

namespace {

using slipway::kql::CatalogTable;
using slipway::kql::Type;

class SmallCatalog final : public slipway::kql::Catalog {
 public:
  const CatalogTable* FindTable(std::string_view name) const override {
    for (const CatalogTable& table : tables_) {
      if (table.name == name) return &table;
    }
    return nullptr;
  }
  std::vector<std::string> TableNames() const override { return {"T", "U"}; }

 private:
  CatalogTable tables_[2] = {{"T",
                              "t_T",
                              {{"TimeGenerated", Type::kDateTime},
                               {"n", Type::kLong},
                               {"i", Type::kInt},
                               {"r", Type::kReal},
                               {"s", Type::kString},
                               {"b", Type::kBool},
                               {"g", Type::kGuid},
                               {"w", Type::kTimespan},
                               {"d", Type::kDynamic}},
                              "TimeGenerated",
                              ""},
                             {"U", "t_U", {{"n", Type::kLong}, {"s", Type::kString}}, "", ""}};
};

constexpr const char* kTables = R"sql(
CREATE TABLE t_T ("TimeGenerated" BIGINT, n BIGINT, i INTEGER, r DOUBLE, s VARCHAR, b BOOLEAN, g VARCHAR, w BIGINT, d VARCHAR);
INSERT INTO t_T VALUES
  (638763840000000000, 1, 1, 1.5, 'a b-c', true, '74be27de-1e4e-49d9-b579-fe0b331d3642', 600000000, '{"k":1,"l":[1,2]}'),
  (638763850000000000, -5, NULL, 'nan', '', NULL, NULL, NULL, '[1,"x",null,{"k":2}]'),
  (NULL, NULL, -2147483648, NULL, 'é|x=1', false, NULL, -1, NULL),
  (638763860000000000, 9223372036854775807, 7, -1e300, '{"data":[{"a":1}]}', true, NULL, 864000000000, '"text"');
CREATE TABLE t_U (n BIGINT, s VARCHAR);
INSERT INTO t_U VALUES (1, 'a'), (1, 'b'), (NULL, '');
)sql";

struct Engine {
  Engine()
      : database(*slipway::duck::Database::Open("", {.memory_limit = "256MB", .threads = 1})),
        connection(*database.Connect()) {
    if (!slipway::logstore::PrepareConnection(connection) || !connection.Execute(kTables)) std::abort();
  }
  slipway::duck::Database database;
  slipway::duck::Connection connection;
  SmallCatalog catalog;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Engine engine;
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  slipway::logstore::QueryRequest request;
  request.kql = query;
  request.settings = {.timeout_ms = 2'000, .rows_max = 1'000};
  request.now = *slipway::ParseTimestamp("2026-03-04T12:00:00Z");
  const auto result = slipway::logstore::RunQuery(engine.connection, engine.catalog, request);
  if (!result && result.error().message() == "the query failed while it ran; the server's log says more") {
    std::fprintf(stderr, "the engine refuses: %.*s\n", static_cast<int>(size), query.data());
    std::abort();
  }
  return 0;
}
