#include "slipway/expressions/jmespath.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::expressions {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

std::string Ask(std::string_view expression, std::string_view document) {
  auto compiled = Jmespath::Compile(expression);
  if (!compiled) return "syntax error: " + compiled.error().message();
  auto result = compiled->Evaluate(Json::parse(document));
  return result ? result->dump() : "error: " + result.error().message();
}

struct Example {
  std::string_view expression, document, result;
};

class Examples : public testing::TestWithParam<Example> {};

TEST_P(Examples, HaveTheResultOfTheReference) {
  EXPECT_EQ(Ask(GetParam().expression, GetParam().document), GetParam().result) << GetParam().expression;
}

constexpr std::string_view kModels =
    R"([{"name":"a","version":"2","n":2},{"name":"b","version":"1","n":1,"tags":["x","y"]}])";

constexpr Example kPaths[] = {
    {"a.b.c", R"({"a":{"b":{"c":1}}})", "1"},
    {"a.b", R"({"a":[1]})", "null"},
    {"\"a b\".\"\\u00fc\"", R"({"a b":{"ü":1}})", "1"},
    {"[0]", "[1,2]", "1"},
    {"[-1]", "[1,2]", "2"},
    {"[5]", "[1,2]", "null"},
    {"a[0][1]", R"({"a":[[1,2]]})", "2"},
    {"@", "3", "3"},
    {"[1:3]", "[0,1,2,3]", "[1,2]"},
    {"[::-1]", "[0,1,2]", "[2,1,0]"},
    {"[-2:]", "[0,1,2]", "[1,2]"},
    {"[10:]", "[0]", "[]"},
    {"[0:2]", R"("text")", "null"},
    {"[::0]", "[1]", "error: the step of a slice cannot be 0"},
    {"a | b", R"({"a":{"b":1}})", "1"},
};
INSTANTIATE_TEST_SUITE_P(Paths, Examples, testing::ValuesIn(kPaths));

constexpr Example kProjections[] = {
    {"[*].name", kModels, R"(["a","b"])"},
    {"[].tags", kModels, R"([["x","y"]])"},
    {"[*].tags[]", kModels, R"(["x","y"])"},
    {"[*].tags[0]", kModels, R"(["x"])"},
    {"([*].name)[0]", kModels, R"("a")"},
    {"[*].name | [0]", kModels, R"("a")"},
    {"*.x", R"({"a":{"x":1},"b":{"y":2},"c":{"x":3}})", "[1,3]"},
    {"a[*].b[*].c", R"({"a":[{"b":[{"c":1},{}]},{"b":[]}]})", "[[1],[]]"},
    {"a[].b[].c", R"({"a":[{"b":[{"c":1},{}]},{"b":[]}]})", "[1]"},
    {"[*]", "[1,null,2]", "[1,2]"},
    {"[]", "[1,[2,[3]]]", "[1,2,[3]]"},
    {"[][]", "[1,[2,[3]]]", "[1,2,3]"},
    {"a[*]", R"({"a":{"b":1}})", "null"},
    {"e.*.t.x", R"({"e":{"a":{"t":{"x":1}}}})", "null"},
    {"*.t.x", R"({"a":{"t":{"x":1}}})", "[1]"},
    {"[?name=='a'][name]", kModels, R"([["a"]])"},
    {"[*][name,version]", kModels, R"([["a","2"],["b","1"]])"},
    {"[].{Name:name,V:version}", kModels, R"([{"Name":"a","V":"2"},{"Name":"b","V":"1"}])"},
    {"{b:[0].name,a:missing}", kModels, R"({"b":"a","a":null})"},
    {"missing.{a:b}", "{}", "null"},
    {"a.[b,c]", R"({"a":{"b":1}})", "[1,null]"},
};
INSTANTIATE_TEST_SUITE_P(Projections, Examples, testing::ValuesIn(kProjections));

constexpr Example kConditions[] = {
    {"[?name=='b'].version | [0]", kModels, R"("1")"},
    {"[?name=='z'][name]", kModels, "[]"},
    {"[?version==`1`]", kModels, "[]"},
    {"[?n==`1.0`].name", kModels, R"(["b"])"},
    {"[?name==`a`].n", kModels, "[2]"},
    {"[?version > '1'].name", kModels, R"(["a"])"},
    {"[?n > `1` && name=='a'].n", kModels, "[2]"},
    {"[?!tags].name", kModels, R"(["a"])"},
    {"[?tags==`null`].name", kModels, R"(["a"])"},
    {"[?contains(tags || `[]`, 'x')].name", kModels, R"(["b"])"},
    {"a || 'default'", R"({"a":""})", R"("default")"},
    {"a || 'default'", R"({"a":0})", "0"},
    {"a && b", R"({"a":1,"b":2})", "2"},
    {"a || b && c", R"({"a":1,"b":2})", "1"},
    {"!a.b", R"({"a":{"b":true}})", "null"},
    {"!(a.b)", R"({"a":{"b":true}})", "false"},
    {"a < 'x'", R"({"a":1})", "null"},
    {"a == b", R"({"a":{"x":1,"y":2},"b":{"y":2,"x":1}})", "true"},
    {"`\"a\\`b\"`", "{}", R"("a`b")"},
    {"'it\\'s'", "{}", R"("it's")"},
};
INSTANTIATE_TEST_SUITE_P(Conditions, Examples, testing::ValuesIn(kConditions));

constexpr Example kFunctions[] = {
    {"sort_by([], &to_number(version))[-1].name", kModels, R"("a")"},
    {"max_by([], &n).name", kModels, R"("a")"},
    {"min_by([], &version).name", kModels, R"("b")"},
    {"length([?n])", kModels, "2"},
    {"length('aü')", "{}", "2"},
    {"sum([].n)", kModels, "3"},
    {"avg([].n)", kModels, "1.5"},
    {"avg(`[]`)", "{}", "null"},
    {"join('/', [0].[name,version])", kModels, R"("a/2")"},
    {"keys([0])", kModels, R"(["name","version","n"])"},
    {"values(@)", R"({"b":1,"a":2})", "[1,2]"},
    {"map(&tags, @)", kModels, R"([null,["x","y"]])"},
    {"merge(@, `{\"n\":1}`)", R"({"n":0,"m":2})", R"({"n":1,"m":2})"},
    {"not_null(a, b, 'c')", R"({"b":0})", "0"},
    {"reverse('aü')", "{}", R"("üa")"},
    {"sort(@)", "[3,1,2]", "[1,2,3]"},
    {"max(@)", R"(["b","a"])", R"("b")"},
    {"to_string(`1.0`)", "{}", R"("1.0")"},
    {"to_string(@)", R"({"a":[1,"x"]})", R"("{\"a\":[1,\"x\"]}")"},
    {"to_number('x')", "{}", "null"},
    {"to_array('x')", "{}", R"(["x"])"},
    {"[type(@),abs(`-2`),ceil(`1.2`),floor(`-1.2`)]", "{}", R"(["object",2,2,-2])"},
    {"[starts_with('abc','ab'),ends_with('abc','')]", "{}", "[true,true]"},
    {"length(@)", "null", "error: length(): argument 1 has to be string, array or object, not null"},
    {"abs('x')", "{}", "error: abs(): argument 1 has to be number, not string"},
    {"abs(`1`, `2`)", "{}", "error: abs() takes 1 argument, not 2"},
    {"sort_by(@, &x)", R"([{"x":1},{}])",
     "error: sort_by(): the keys have to be all numbers or all strings; element 1 has null null"},
    {"lenght(@)", "[]", "error: there is no function 'lenght'; did you mean 'length'?"},
    {"[].nope(@)", "[]", "[]"},
};
INSTANTIATE_TEST_SUITE_P(Functions, Examples, testing::ValuesIn(kFunctions));

TEST(Syntax, ErrorsHaveACaret) {
  EXPECT_EQ(Ask("[?name='x']", "[]"), "syntax error: '=' means nothing here: write '=='\n  [?name='x']\n        ^");
  EXPECT_EQ(Ask("a.", "{}"), "syntax error: the expression ends too early\n  a.\n    ^");
}

TEST(Syntax, RefusesWhatTheReferenceRefuses) {
  for (std::string_view bad : {"",    "a[name]",       "a.[0",   "{}",    "{a:b,}",  "[a,]", "a.'b'", "foo[1.5]",
                               "[ ]", "\"length\"(@)", "'open",  "`open", "\"open",  "a-b",  "a b",   "[0",
                               "(a",  "a ||",          "[::1:]", "@(a)",  "{'a':b}", "&",    "#"})
    EXPECT_THAT(Ask(bad, "{}"), HasSubstr("syntax error")) << bad;
}

TEST(Syntax, AcceptsBlanksBetweenTokens) {
  EXPECT_EQ(Ask(" a . b [ 0 ] \n", R"({"a":{"b":[1]}})"), "1");
  EXPECT_EQ(Ask("[ * ] . a", R"([{"a":1}])"), "[1]");
}

TEST(Syntax, RefusesDeepNesting) {
  EXPECT_THAT(Ask(std::string(5000, '(') + "a" + std::string(5000, ')'), "{}"), HasSubstr("nested deeper"));
  EXPECT_THAT(Ask(std::string(5000, '!') + "a", "{}"), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace slipway::expressions
