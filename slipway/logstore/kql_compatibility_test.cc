// The tables of docs/kql.md against the compiler: what is said to work is known to it and called somewhere in
// tests/kql, what is said to be refused is refused by name, and nothing is left out.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/kql/bind/functions.h"
#include "slipway/kql/compiler.h"
#include "slipway/kql/tree/parser.h"

namespace slipway::logstore {
namespace {

namespace fs = std::filesystem;

// Names with "works", "partial" or "refused", by the heading they stand under.
using Table = std::map<std::string, std::string>;

std::map<std::string, Table> ReadTables() {
  std::map<std::string, Table> tables;
  const auto text = ReadFile(fs::path(SLIPWAY_SOURCE_DIR) / "docs" / "kql.md");
  EXPECT_TRUE(text);
  const std::string content = text.value_or("");
  std::string heading;
  for (const std::string_view line : Split(content, '\n')) {
    if (line.starts_with("## ")) heading.clear();
    if (line.starts_with("### ")) heading = line.substr(4);
    if (!line.starts_with("| `")) continue;
    const auto cells = Split(line, '|');
    if (cells.size() < 4) continue;
    for (const std::string_view part : Split(Trim(cells[1]), ' ')) {
      if (part.size() > 2 && part.front() == '`')
        tables[heading][std::string(part.substr(1, part.size() - 2))] = Trim(cells[2]);
    }
  }
  return tables;
}

// All scripts as one text.
const std::string& Scripts() {
  static const std::string kText = [] {
    std::string all;
    for (const auto& entry : fs::directory_iterator(fs::path(SLIPWAY_SOURCE_DIR) / "tests" / "kql")) {
      if (entry.path().extension() == ".kqltest") all += ReadFile(entry.path()).value_or("");
    }
    return all;
  }();
  return kText;
}

bool IsCalled(const std::string& name) {
  for (size_t at = Scripts().find(name + "("); at != std::string::npos; at = Scripts().find(name + "(", at + 1)) {
    const char before = at == 0 ? ' ' : Scripts()[at - 1];
    if (!std::isalnum(static_cast<unsigned char>(before)) && before != '_') return true;
  }
  return false;
}

class OneTable final : public kql::Catalog {
 public:
  const kql::CatalogTable* FindTable(std::string_view name) const override { return name == "T" ? &table_ : nullptr; }
  std::vector<std::string> TableNames() const override { return {"T"}; }

 private:
  kql::CatalogTable table_ = {"T", "t", {{"x", kql::Type::kLong}}, "", ""};
};

// "" unless the query is refused as not supported.
std::string Refusal(const std::string& query) {
  kql::CompileOptions options;
  options.check_regex = [](std::string_view) { return Status(); };
  const auto compiled = kql::Compile(query, OneTable(), options);
  return compiled || compiled.error().code() != Code::kUnimplemented ? "" : compiled.error().message();
}

void ExpectAll(const Table& table, std::vector<std::string> supported, std::vector<std::string> refused) {
  std::set<std::string> known(supported.begin(), supported.end());
  known.insert(refused.begin(), refused.end());
  for (const std::string& name : known) EXPECT_TRUE(table.count(name)) << name << " is missing from docs/kql.md";
  for (const auto& [name, status] : table) {
    const bool is_supported = std::find(supported.begin(), supported.end(), name) != supported.end();
    EXPECT_TRUE(known.count(name)) << name << " is not known to the compiler";
    EXPECT_EQ(is_supported, status != "refused") << name;
    EXPECT_TRUE(status == "works" || status == "partial" || status == "refused") << name << ": " << status;
  }
}

TEST(KqlCompatibility, ScalarFunctionsAreAsTheTableSays) {
  const Table table = ReadTables()["Scalar functions"];
  ExpectAll(table, kql::bind::FunctionNames(), kql::bind::UnsupportedFunctionNames());
  for (const auto& [name, status] : table) {
    if (status == "refused") {
      EXPECT_NE(Refusal(fmt::format("print {}()", name)).find("'" + name + "'"), std::string::npos) << name;
    } else {
      EXPECT_TRUE(IsCalled(name)) << "no script in tests/kql calls " << name;
    }
  }
}

TEST(KqlCompatibility, AggregatesAreAsTheTableSays) {
  const Table table = ReadTables()["Aggregation functions"];
  ExpectAll(table, kql::bind::AggregateNames(), kql::bind::UnsupportedAggregateNames());
  for (const auto& [name, status] : table) {
    if (status == "refused") {
      EXPECT_NE(Refusal(fmt::format("T | summarize {}(x)", name)).find("'" + name + "'"), std::string::npos) << name;
    } else {
      EXPECT_TRUE(IsCalled(name)) << "no script in tests/kql calls " << name;
    }
  }
}

TEST(KqlCompatibility, OperatorsAreAsTheTableSays) {
  const Table table = ReadTables()["Tabular operators"];
  ExpectAll(table, kql::tree::OperatorWords(true), kql::tree::OperatorWords(false));
  for (const auto& [name, status] : table) {
    if (status == "refused") {
      EXPECT_NE(Refusal(fmt::format("T | {} x", name)).find("'" + name + "'"), std::string::npos) << name;
    } else {
      EXPECT_NE(Scripts().find("| " + name), std::string::npos) << "no script in tests/kql uses " << name;
    }
  }
}

TEST(KqlCompatibility, PluginsAreAsTheTableSays) {
  const Table table = ReadTables()["Plugins"];
  ExpectAll(table, kql::bind::PluginNames(true), kql::bind::PluginNames(false));
  for (const auto& [name, status] : table) {
    if (status != "refused") continue;
    EXPECT_NE(Refusal(fmt::format("T | evaluate {}(x)", name)).find("'" + name + "'"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace slipway::logstore
