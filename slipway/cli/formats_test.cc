#include "slipway/cli/formats.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using Json = nlohmann::ordered_json;

Json Parse(std::string_view text) {
  return Json::parse(text);
}

TEST(JsonFormat, SortsKeysAndIndentsByTwo) {
  EXPECT_EQ(FormatJson(Parse(R"({"b":[1,{"z":null,"a":"ü"}],"A":{},"c":[]})")),
            "{\n  \"A\": {},\n  \"b\": [\n    1,\n    {\n      \"a\": \"ü\",\n      \"z\": null\n    }\n  ],\n  \"c\": "
            "[]\n}\n");
}

TEST(JsonFormat, PrintsScalarsAsPythonDoes) {
  EXPECT_EQ(FormatJson(Parse("[]")), "[]\n");
  EXPECT_EQ(FormatJson(Parse(R"("x")")), "\"x\"\n");
  EXPECT_EQ(FormatJson(Parse("[1.0,1.5,1e20,true]")), "[\n  1.0,\n  1.5,\n  1e+20,\n  true\n]\n");
}

TEST(TsvFormat, PrintsALineAnElement) {
  EXPECT_EQ(FormatTsv(Parse(R"([["a",true,null,[1,2],{"x":1}],"b",false,null])")),
            "a\tTrue\tNone\t2\t\nb\nfalse\nNone\n");
  EXPECT_EQ(FormatTsv(Parse("[]")), "");
  EXPECT_EQ(FormatTsv(Parse("true")), "true\n");
  EXPECT_EQ(FormatTsv(Parse(R"({"b":1,"a":[1]})")), "1\t1\n");
  EXPECT_EQ(FormatTsv(Parse(R"([["a","b"]])")), "a\tb\n");
  EXPECT_EQ(FormatTsv(Parse(R"("bare")")), "bare\n");
}

TEST(TableFormat, TakesScalarKeysAsColumns) {
  EXPECT_EQ(FormatTable(
                Parse(R"([{"name":"a","id":"x","n":1,"tags":{},"type":"t"},{"name":"long one","n":null,"vmSize":2}])"),
                false),
            "Name      N    VmSize\n--------  ---  --------\na         1\nlong one       2\n");
}

TEST(TableFormat, NumbersTheColumnsOfListsAndNamesScalars) {
  EXPECT_EQ(FormatTable(Parse(R"([["a",1],["b",true]])"), false),
            "Column1    Column2\n---------  ---------\na          1\nb          True\n");
  EXPECT_EQ(FormatTable(Parse(R"("x")"), false), "Result\n--------\nx\n");
  EXPECT_EQ(FormatTable(Parse("[]"), false), "\n");
}

TEST(TableFormat, KeepsEveryColumnThatACommandChose) {
  EXPECT_EQ(FormatTable(Parse(R"([{"id":"a","type":"b"}])"), true), "Id    Type\n----  ------\na     b\n");
}

TEST(YamlFormat, IsBlockStyleWithSortedKeys) {
  EXPECT_EQ(FormatYaml(Parse(R"({"b":[{"y":1,"x":null},"on",[],["n",2]],"a":{"k":"v: w"},"e":{},"t":"a\nb"})")),
            "a:\n  k: 'v: w'\nb:\n- x: null\n  y: 1\n- 'on'\n- []\n- - n\n  - 2\ne: {}\nt: \"a\\nb\"\n");
  EXPECT_EQ(FormatYaml(Parse(R"("x")")), "x\n...\n");
  EXPECT_EQ(FormatYaml(Parse("[]")), "[]\n");
  EXPECT_EQ(FormatYaml(Parse(R"({"a":"","b":"1","c":"2026-01-01","d":"it's","e":true})")),
            "a: ''\nb: '1'\nc: '2026-01-01'\nd: it's\ne: true\n");
}

TEST(SortedKeys, AreSortedAtEveryLevel) {
  EXPECT_EQ(SortKeys(Parse(R"({"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]})")).dump(),
            R"({"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}})");
}

}  // namespace
}  // namespace slipway::cli
