#include "slipway/sdk/query_table.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace slipway::sdk {
namespace {

using nlohmann::json;

TEST(QueryTable, EveryTypeBecomesItsColumn) {
  const auto table = TableOfAnswer(json::parse(R"({"tables":[{"name":"PrimaryResult","columns":[
      {"name":"l","type":"long"},{"name":"r","type":"real"},{"name":"b","type":"bool"},{"name":"t","type":"datetime"},
      {"name":"s","type":"string"},{"name":"d","type":"dynamic"},{"name":"m","type":"decimal"},{"name":"p","type":"timespan"}],
      "rows":[[9007199254740993,1.5,true,"2026-03-04T05:06:07.1234567Z","x","{\"k\":1}","12.25","1.02:03:04"],
              [null,"NaN",null,null,"",null,null,null]]}]})"));
  ASSERT_TRUE(table) << table.error().ToString();
  EXPECT_EQ(table->rows(), 2u);
  EXPECT_EQ(table->column(0).type, tabular::ColumnType::kInt64);
  EXPECT_EQ(table->column(0).ints[0], 9007199254740993);
  EXPECT_TRUE(table->column(0).is_null(1));
  EXPECT_EQ(table->column(1).doubles[0], 1.5);
  EXPECT_TRUE(std::isnan(table->column(1).doubles[1]));
  EXPECT_FALSE(table->column(1).is_null(1));
  EXPECT_EQ(table->column(2).type, tabular::ColumnType::kBool);
  EXPECT_EQ(table->column(3).type, tabular::ColumnType::kDatetime);
  EXPECT_EQ(table->column(3).ints[0] % 1'000'000, 123'456);
  EXPECT_EQ(table->column(4).string_at(1), "");
  EXPECT_EQ(table->column(5).string_at(0), R"({"k":1})");
  EXPECT_EQ(table->column(6).doubles[0], 12.25);
  EXPECT_EQ(table->column(7).string_at(0), "1.02:03:04");
}

TEST(QueryTable, APartOfTheRowsIsAnError) {
  const auto table = TableOfAnswer(json::parse(
      R"({"tables":[{"columns":[{"name":"n","type":"long"}],"rows":[[1]]}],"error":{"code":"PartialError"}})"));
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), Code::kResourceExhausted);
}

TEST(QueryTable, WhatIsNoAnswerIsSaid) {
  EXPECT_FALSE(TableOfAnswer(json::parse(R"({"tables":[]})")));
  EXPECT_FALSE(TableOfAnswer(json(nullptr)));
  EXPECT_FALSE(TableOfAnswer(json::parse(R"({"tables":[{"columns":[{"name":"n","type":"long"}],"rows":[["x"]]}]})")));
}

}  // namespace
}  // namespace slipway::sdk
