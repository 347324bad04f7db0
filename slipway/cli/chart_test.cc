#include "slipway/cli/chart.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using nlohmann::json;

json Answer(const char* kind, json columns, json rows) {
  json list = json::array();
  for (const auto& [name, type] : columns.items()) list.push_back({{"name", name}, {"type", type}});
  json answer = {{"tables", json::array({{{"name", "PrimaryResult"}, {"columns", list}, {"rows", std::move(rows)}}})}};
  if (kind) answer["render"] = {{"visualization", kind}};
  return answer;
}

TEST(Charts, BarsAreAsLongAsTheirValues) {
  const auto text = DrawChart(Answer("barchart", {{"Level", "string"}, {"n", "long"}},
                                     json::parse(R"([["Error",4],["Info",8],["Warn",null]])")),
                              {.width = 38, .height = 4});
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_EQ(*text,
            "Error │█████▌ 4\n"
            "Info  │███████████ 8\n");
}

TEST(Charts, APieTellsShares) {
  const auto text =
      DrawChart(Answer("piechart", {{"a", "string"}, {"n", "long"}}, json::parse(R"([["x",1],["y",3]])")), {});
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_NE(text->find("x │"), std::string::npos);
  EXPECT_NE(text->find("1 (25.0 %)"), std::string::npos);
  EXPECT_NE(text->find("3 (75.0 %)"), std::string::npos);
}

TEST(Charts, ATimeChartRunsFromItsFirstTimeToItsLast) {
  const auto text = DrawChart(
      Answer("timechart", {{"TimeGenerated", "datetime"}, {"n", "real"}},
             json::parse(R"([["2026-03-04T02:00:00Z",10],["2026-03-04T00:00:00Z",0],["2026-03-04T01:00:00Z",5]])")),
      {.width = 43, .height = 3});
  ASSERT_TRUE(text) << text.error().ToString();
  // A rising line, though the rows are not in order: the last point is above, at the right.
  EXPECT_TRUE(text->starts_with("10 ┤")) << *text;
  EXPECT_LT(text->find('*'), text->find('\n'));
  EXPECT_LT(text->find("2026-03-04T00:00:00Z"), text->find("2026-03-04T02:00:00Z"));
  EXPECT_NE(text->find("* n"), std::string::npos);
}

TEST(Charts, TextColumnsSplitSeries) {
  const auto text = DrawChart(
      Answer(nullptr, {{"a_time", "datetime"}, {"endpoint", "string"}, {"ms", "real"}},
             json::parse(
                 R"([["2026-03-04T00:00:00Z","x",1],["2026-03-04T00:00:00Z","y",2],["2026-03-05T00:00:00Z","x",2]])")),
      {});
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_NE(text->find("* x   o y"), std::string::npos);
}

TEST(Charts, ColumnsStandSideBySide) {
  const auto text =
      DrawChart(Answer("columnchart", {{"k", "string"}, {"n", "long"}}, json::parse(R"([["a",2],["b",1]])")),
                {.width = 40, .height = 2});
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_EQ(*text,
            "2 ┤██████        \n"
            "0 ┤██████ ██████ \n"
            "  └──────────────\n"
            "   a            b\n");
}

TEST(Charts, WhatCannotBeDrawnIsSaid) {
  EXPECT_EQ(DrawChart(Answer("barchart", {{"a", "string"}}, json::parse(R"([["x"]])")), {}).error().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(
      DrawChart(Answer("treemap", {{"a", "string"}, {"n", "long"}}, json::parse(R"([["x",1]])")), {}).error().code(),
      Code::kUnimplemented);
  EXPECT_EQ(*DrawChart(Answer("barchart", {{"a", "string"}, {"n", "long"}}, json::array()), {}), "(no rows)\n");
}

}  // namespace
}  // namespace slipway::cli
