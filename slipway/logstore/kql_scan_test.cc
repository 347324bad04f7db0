// What scan computes of remembered values against what the engine computes of the same values: an operation that the
// machine behind scan knows (kql/native/walk_operations.cc) gives what SQL gives.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "slipway/base/text.h"
#include "slipway/duck/connection.h"
#include "slipway/kql/catalog.h"
#include "slipway/logstore/query_engine.h"
#include "slipway/logstore/query_runner.h"

namespace slipway::logstore {
namespace {

class NoTables final : public kql::Catalog {
 public:
  const kql::CatalogTable* FindTable(std::string_view) const override { return nullptr; }
  std::vector<std::string> TableNames() const override { return {}; }
};

constexpr const char* kRows = R"kql(
datatable(i:long, l:long, n:int, r:real, s:string, t:datetime, w:timespan, b:bool, d:dynamic)[
  1, 5, 3, 1.5, 'abc', datetime(2026-03-04 10:00), 1h, true, dynamic([1, "a"]),
  2, long(null), int(null), real(null), '', datetime(null), timespan(null), bool(null), dynamic(null),
  3, -7, -2, -2.5, 'b', datetime(2026-03-05 11:30:00.5), -30m, false, dynamic({"k": 1}),
  4, 0, 0, 0.0, 'é x', datetime(1999-12-31), 2d, true, dynamic("a"),
  5, 2, 9, real(nan), 'abc', datetime(2026-03-04 10:00), 0s, false, dynamic([]),
  6, 9, 4, real(+inf), 'Z', datetime(2026-03-06), 90s, true, dynamic([null, 2.5]),
  7, 1, 1, 4.0, 'z', datetime(2026-03-07), 1s, true, dynamic(7)])kql";

// "$x" is the value of x in the row before.
struct Expression {
  const char* type;
  const char* text;
};

constexpr Expression kExpressions[] = {
    {"long", "$l + l"},
    {"long", "$l - n"},
    {"long", "$n * l"},
    {"long", "l / $l"},
    {"long", "l % $l"},
    {"long", "-$l"},
    {"long", "abs($l)"},
    {"long", "bin($l, 4)"},
    {"long", "max_of($l, l)"},
    {"long", "min_of($l, l, 3)"},
    {"long", "coalesce($l, l)"},
    {"long", "tolong($r)"},
    {"long", "tolong($b)"},
    {"long", "strlen($s)"},
    {"long", "array_length($d)"},
    {"long", "iff($l > l, 1, 2)"},
    {"long", "case($l > 4, 1, $b, 2, 3)"},
    {"int", "toint($r)"},
    {"int", "toint($l)"},
    {"real", "$r + r"},
    {"real", "$r - $l"},
    {"real", "$r * 2"},
    {"real", "r / $r"},
    {"real", "$r % 2"},
    {"real", "-$r"},
    {"real", "bin($r, 0.5)"},
    {"real", "w / $w"},
    {"datetime", "$t + w"},
    {"datetime", "bin($t, 1d)"},
    {"timespan", "t - $t"},
    {"timespan", "$w * 2"},
    {"timespan", "$w / 4"},
    {"timespan", "$w + w"},
    {"bool", "$l == l"},
    {"bool", "$l != l"},
    {"bool", "$l < l"},
    {"bool", "$r >= r"},
    {"bool", "$r == r"},
    {"bool", "$s == s"},
    {"bool", "$s != s"},
    {"bool", "$t > t"},
    {"bool", "$l in (5, 2)"},
    {"bool", "$s in ('abc', 'z')"},
    {"bool", "$l between (0 .. 5)"},
    {"bool", "$b and b"},
    {"bool", "$b or b"},
    {"bool", "not($b)"},
    {"bool", "isnull($l)"},
    {"bool", "isnotnull($d)"},
    {"bool", "isempty($s)"},
    {"bool", "isnotempty($d)"},
    {"bool", "tobool($l)"},
    {"bool", "$s contains_cs 'b'"},
    {"bool", "$s startswith_cs s"},
    {"bool", "$s endswith_cs 'c'"},
    {"bool", "set_has_element($d, 1)"},
    {"string", "strcat($s, '-', s)"},
    {"string", "strcat($l, $b, $t, $w, $n)"},
    {"string", "tostring($d)"},
    {"string", "iff(isempty($s), s, $s)"},
    {"dynamic", "pack_array($l, $s, $t, $w, $b, $d)"},
    {"dynamic", "array_concat($d, dynamic([1]))"},
    {"dynamic", "$d[0]"},
    {"dynamic", "$d[-1]"},
    {"dynamic", "bag_set_key($d, 'x', 1)"},
};

class KqlScan : public ::testing::Test {
 protected:
  static std::vector<std::vector<std::string>> Run(const std::string& query) {
    static const duck::Database kDatabase = *duck::Database::Open("");
    auto connection = kDatabase.Connect();
    EXPECT_TRUE(connection && PrepareConnection(*connection));
    QueryRequest request;
    request.kql = query;
    const auto result = RunQuery(*connection, NoTables(), request);
    EXPECT_TRUE(result) << query << "\n" << (result ? "" : result.error().ToString());
    return result ? result->rows : std::vector<std::vector<std::string>>();
  }
};

TEST_F(KqlScan, OperationsOnRememberedValuesAreThoseOfTheEngine) {
  for (const auto& [type, text] : kExpressions) {
    std::string remembered = text, looked_up = text;
    for (const char column : std::string_view("lnrstwbd")) {
      const std::string place = fmt::format("${}", column);
      remembered = ReplaceAll(remembered, place, fmt::format("m.{}", column));
      looked_up = ReplaceAll(looked_up, place, fmt::format("prev({})", column));
    }
    const auto scanned =
        Run(fmt::format("{} | sort by i asc | scan declare (x:{}) with (step m: true => x = {};) | project i, x", kRows,
                        type, remembered));
    const auto wanted = Run(fmt::format("{} | sort by i asc | extend x = {} | project i, x", kRows, looked_up));
    EXPECT_EQ(scanned, wanted) << text;
    EXPECT_EQ(scanned.size(), 7u) << text;
  }
}

}  // namespace
}  // namespace slipway::logstore
