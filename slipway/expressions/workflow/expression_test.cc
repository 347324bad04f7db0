#include "slipway/expressions/workflow/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/expressions/workflow/template.h"

namespace slipway::expressions::workflow {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* expression;
  const char* expected;  // JSON, or "error: part of the message"
};

// What the cases read.
constexpr const char* kContexts = R"({
  "github": {"ref": "refs/heads/main", "event_name": "push", "run_id": "17", "event": {
     "inputs": {"flag": "false"}, "labels": [{"name": "bug", "n": 1}, {"name": "Urgent"}, {"other": true}, "text"],
     "commits": [{"added": ["a", "b"]}, {"added": ["c"]}], "empty": [], "number": 5}},
  "env": {"Name": "World", "NUMBER": "3", "EMPTY": ""},
  "inputs": {"flag": false, "count": 2},
  "matrix": {"os": "linux", "version": 1.5},
  "needs": {"plan": {"result": "success", "outputs": {"m": "[1,2]", "a-b": "dash"}}},
  "steps": {"one": {"outputs": {"x": "1"}, "outcome": "failure", "conclusion": "success"}},
  "strategy": {"fail-fast": true, "job-index": 0},
  "vars": {"5": "five", "": "nothing"}
})";

Scope TestScope() {
  Scope scope;
  const auto json = nlohmann::ordered_json::parse(kContexts);
  for (const auto& [name, value] : json.items()) {
    scope.contexts[name] = FromJson(value);
  }
  Object env = *scope.contexts["env"].object();
  env.is_case_sensitive = true;
  scope.contexts["env"] = Value::Of(env);
  scope.hash_files = [](const std::vector<std::string>& patterns) -> Result<std::string> {
    return std::to_string(patterns.size()) + ":" + patterns[0];
  };
  return scope;
}

constexpr Case kCases[] = {
    // Literals.
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {"1", "1"},
    {"-1", "-1"},
    {"+1", "1"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"1e3", "1000"},
    {"1.5E-3", "0.0015"},
    {"0xff", "255"},
    {"0o17", "15"},
    {"format('{0}', NaN)", "\"NaN\""},
    {"format('{0}', Infinity)", "\"Infinity\""},
    {"format('{0}', -Infinity)", "\"-Infinity\""},
    {"'text'", "\"text\""},
    {"'it''s'", "\"it's\""},
    {"''", "\"\""},
    {"'a\nb'", "\"a\\nb\""},
    {"'a\\nb'", "\"a\\\\nb\""},
    {"\"text\"", "error: single quotes"},
    {"True", "error: written 'true'"},
    {"NULL", "error: written 'null'"},
    {"'open", "error: no closing quote"},
    {"1x", "error: '1x' is no number"},
    {"0xzz", "error: is no number"},
    {"", "error: empty"},
    // Numbers as text.
    {"format('{0}', 0.84551240822557006)", "\"0.84551240822557\""},
    {"format('{0}', 1587106672383762434)", "\"1.58710667238376E+18\""},
    {"format('{0}', 100000000000000)", "\"100000000000000\""},
    {"format('{0}', 1000000000000000)", "\"1E+15\""},
    {"format('{0}', 0.00001)", "\"1E-05\""},
    {"format('{0}', 0.0001)", "\"0.0001\""},
    {"format('{0}', 3.10)", "\"3.1\""},
    {"format('{0}', -0)", "\"0\""},
    {"format('{0}|{1}|{2}', null, true, false)", "\"|true|false\""},
    {"format('{0} {1}', fromJSON('[1]'), fromJSON('{}'))", "\"Array Object\""},
    // Operators and precedence.
    {"3 < 2 < 1", "true"},
    {"1 < 2 == true", "true"},
    {"true || false && false", "true"},
    {"(true || false) && false", "false"},
    {"!true == false", "true"},
    {"!(true == false)", "true"},
    {"!!'x'", "true"},
    {"!''", "true"},
    {"1 == 1 && 2 == 2", "true"},
    {"1 != 2", "true"},
    {"2 >= 2", "true"},
    {"2 <= 1", "false"},
    {"2 > 1", "true"},
    {"'a' < 'b'", "true"},
    {"'10' < '9'", "true"},
    {"10 < '9'", "false"},
    {"'B' > 'a'", "true"},
    {"NaN < 1", "false"},
    {"NaN >= NaN", "false"},
    {"'x' < 1", "false"},
    {"null < 1", "true"},
    {"null >= 0", "true"},
    {"github.event >= github.event", "true"},
    // Operands, not booleans.
    {"true && 'a' || 'b'", "\"a\""},
    {"false && 'a' || 'b'", "\"b\""},
    {"true && '' || 'b'", "\"b\""},
    {"'' || 0", "0"},
    {"null && 1", "null"},
    {"0 || null", "null"},
    {"'x' && 5", "5"},
    {"false && fromJSON('bad')", "false"},
    {"true || fromJSON('bad')", "true"},
    // Truth.
    {"!0", "true"},
    {"!-0", "true"},
    {"!NaN", "true"},
    {"!null", "true"},
    {"!'false'", "false"},
    {"!'0'", "false"},
    {"!' '", "false"},
    {"!fromJSON('[]')", "false"},
    {"!fromJSON('{}')", "false"},
    // Equality.
    {"null == null", "true"},
    {"NaN == NaN", "false"},
    {"NaN != NaN", "true"},
    {"'ABC' == 'abc'", "true"},
    {"'ÄÖ' == 'äö'", "true"},
    {"'' == 0", "true"},
    {"null == ''", "true"},
    {"null == false", "true"},
    {"null == 0", "true"},
    {"'1' == true", "true"},
    {"'0x10' == 16", "true"},
    {"'0o17' == 15", "true"},
    {"' 5 ' == 5", "true"},
    {"'1e2' == 100", "true"},
    {"'Infinity' == Infinity", "true"},
    {"'true' == true", "false"},
    {"'false' == false", "false"},
    {"true == 1", "true"},
    {"true == 2", "false"},
    {"fromJSON('[]') == fromJSON('[]')", "false"},
    {"github.event == github.event", "true"},
    {"github.event == github", "false"},
    {"fromJSON('[]') == 0", "false"},
    {"inputs.flag == 'false'", "false"},
    {"github.event.inputs.flag == 'false'", "true"},
    {"inputs.count == '2'", "true"},
    // Contexts and properties.
    {"github.ref", "\"refs/heads/main\""},
    {"GitHub.REF", "\"refs/heads/main\""},
    {"github['ref']", "\"refs/heads/main\""},
    {"github.missing", "null"},
    {"github.missing.deeper.still", "null"},
    {"github.ref.length", "null"},
    {"env.Name", "\"World\""},
    {"env.name", "null"},
    {"needs.plan.outputs.a-b", "\"dash\""},
    {"strategy.fail-fast", "true"},
    {"strategy.job-index", "0"},
    {"steps.one.outcome", "\"failure\""},
    {"vars[5]", "\"five\""},
    {"vars[null]", "\"nothing\""},
    {"github[fromJSON('[]')]", "null"},
    {"github.event.labels[0].name", "\"bug\""},
    {"github.event.labels['1'].name", "\"Urgent\""},
    {"github.event.labels[true].name", "\"Urgent\""},
    {"github.event.labels[null].name", "\"bug\""},
    {"github.event.labels[0.9].name", "\"bug\""},
    {"github.event.labels[-1]", "null"},
    {"github.event.labels[9]", "null"},
    {"github.event.labels['x']", "null"},
    {"github.event.labels.name", "null"},
    {"job.status", "null"},
    {"mtrix.os", "error: did you mean 'matrix'"},
    {"foo", "error: no context 'foo'"},
    {"success", "error: is called as 'success(…)'"},
    // Filters.
    {"github.event.labels.*.name", "[\"bug\",\"Urgent\"]"},
    {"github.event.labels[*].name", "[\"bug\",\"Urgent\"]"},
    {"join(github.event.labels.*.name, ' ')", "\"bug Urgent\""},
    {"contains(github.event.labels.*.name, 'BUG')", "true"},
    {"github.event.labels.*.name[0]", "[]"},
    {"(github.event.labels.*.name)[0]", "[]"},
    {"fromJSON(toJSON(github.event.labels.*.name))[0]", "\"bug\""},
    {"github.event.commits.*.added.*", "[\"a\",\"b\",\"c\"]"},
    {"github.event.commits.*.added[0]", "[\"a\",\"c\"]"},
    {"needs.*.result", "[\"success\"]"},
    {"contains(needs.*.result, 'failure')", "false"},
    {"github.ref.*", "[]"},
    {"github.missing.*", "[]"},
    {"github.event.labels.*.*", "[\"bug\",1,\"Urgent\",true]"},
    // Functions.
    {"contains('Hello', 'ELL')", "true"},
    {"contains('Hello', '')", "true"},
    {"contains('Hello', 'x')", "false"},
    {"contains(123, 2)", "true"},
    {"contains(null, '')", "true"},
    {"contains(fromJSON('[1]'), '1')", "true"},
    {"contains(fromJSON('[\"A\"]'), 'a')", "true"},
    {"contains(fromJSON('{\"a\":1}'), 'a')", "false"},
    {"contains('x', fromJSON('[]'))", "false"},
    {"startsWith('Hello', 'he')", "true"},
    {"startsWith(github.ref, 'refs/tags/')", "false"},
    {"startsWith(123, 12)", "true"},
    {"startsWith(fromJSON('[]'), '')", "false"},
    {"endsWith('Hello', 'LO')", "true"},
    {"endsWith('Hello', 'Hell')", "false"},
    {"endsWith(true, 'UE')", "true"},
    {"format('Hi {0} {1} {0}', 'a', 1)", "\"Hi a 1 a\""},
    {"format('{{0}} {0}', 'x')", "\"{0} x\""},
    {"format('}}')", "\"}\""},
    {"format('{1}', 'x')", "error: no argument for '{1}'"},
    {"format('{', 'x')", "error: has to be written as '{{'"},
    {"format('}', 'x')", "error: has to be written as '}}'"},
    {"format('{}', 'x')", "error: is no placeholder"},
    {"format('{a}', 'x')", "error: is no placeholder"},
    {"format('{0:N2}', 1)", "error: is no placeholder"},
    {"join(fromJSON('[1,null,true,[],{}]'))", "\"1,,true,Array,Object\""},
    {"join(fromJSON('[1,2]'), ', ')", "\"1, 2\""},
    {"join(fromJSON('[1,2]'), fromJSON('[]'))", "\"1,2\""},
    {"join('text')", "\"text\""},
    {"join(fromJSON('{}'))", "\"\""},
    {"toJSON(fromJSON('{\"b\":1,\"a\":[true,null],\"e\":{},\"f\":[]}'))",
     R"("{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null\n  ],\n  \"e\": {},\n  \"f\": []\n}")"},
    {"toJSON('a\"b')", R"("\"a\\\"b\"")"},
    {"toJSON(null)", "\"null\""},
    {"toJSON(1.50)", "\"1.5\""},
    {"fromJSON('{\"a\": {\"b\": 2}}').a.b", "2"},
    {"fromJSON(needs.plan.outputs.m)[1]", "2"},
    {"fromJSON('true')", "true"},
    {"fromJSON(5)", "5"},
    {"fromJSON('')", "error: fromJSON: the text is empty"},
    {"fromJSON('{bad')", "error: fromJSON: '{bad' is no JSON"},
    {"fromJSON(null)", "error: the text is empty"},
    {"hashFiles('**/x')", "\"1:**/x\""},
    {"case(true, 'a', 'b')", "\"a\""},
    {"case(false, 'a', 1 == 1, 'c', 'b')", "\"c\""},
    {"case(false, 'a', 'b')", "\"b\""},
    {"case('x', 'a', 'b')", "error: is no boolean"},
    {"case(true, 'a')", "error: an odd number"},
    {"CONTAINS('a', 'A')", "true"},
    {"contains('a')", "error: takes 2 arguments, not 1"},
    {"join()", "error: takes 1 or 2 arguments"},
    {"contans('a', 'b')", "error: did you mean 'contains'"},
    {"success()", "true"},
    {"failure()", "false"},
    {"always()", "true"},
    {"cancelled()", "false"},
    // Syntax.
    {"1 +", "error: is no number"},
    {"1 = 1", "error: written '=='"},
    {"a & b", "error: written '&&'"},
    {"true & false", "error: written '&&'"},
    {"true ? 1 : 2", "error: no operator '?'"},
    {"(1", "error: ends where ')' is needed"},
    {"1)", "error: ')' stands where"},
    {"1 2", "error: '2' stands where an operator"},
    {"github.", "error: a property's name"},
    {"github[", "error: ends where a value"},
    {"${{ 1 }}", "error: an expression inside an expression"},
    {"&& 1", "error: '&&' stands where a value"},
};

class Expressions : public ::testing::TestWithParam<Case> {};

TEST_P(Expressions, GiveWhatTheReferenceSays) {
  const auto& [text, wanted_text] = GetParam();
  const std::string wanted = wanted_text;
  const auto expression = Expression::Parse(text, AllowEverything());
  const auto value = expression ? expression->Evaluate(TestScope()) : Result<Value>(expression.error());
  if (wanted.starts_with("error: ")) {
    ASSERT_FALSE(value) << ToJson(*value);
    EXPECT_THAT(value.error().ToString(), HasSubstr(wanted.substr(7)));
    return;
  }
  ASSERT_TRUE(value) << value.error().ToString();
  EXPECT_EQ(ToJson(*value), nlohmann::ordered_json::parse(wanted)) << text;
}
INSTANTIATE_TEST_SUITE_P(All, Expressions, ::testing::ValuesIn(kCases));

TEST(Expressions, RefuseContextsAndFunctionsOfOtherPlaces) {
  const Rules rules{{"github", "inputs"}, false, false};
  EXPECT_THAT(Expression::Parse("env.X", rules).error().ToString(), HasSubstr("'env' is not available here"));
  EXPECT_THAT(Expression::Parse("always()", rules).error().ToString(), HasSubstr("in 'if' alone"));
  EXPECT_THAT(Expression::Parse("hashFiles('x')", rules).error().ToString(), HasSubstr("in steps alone"));
}

TEST(Expressions, ShowACaret) {
  EXPECT_THAT(Expression::Parse("github.ref == foo", AllowEverything()).error().ToString(),
              HasSubstr("\n    github.ref == foo\n                  ^"));
}

TEST(Expressions, BoundDepthLengthAndSize) {
  const auto deep = std::string(60, '(') + "1" + std::string(60, ')');
  EXPECT_THAT(Expression::Parse(deep, AllowEverything()).error().ToString(), HasSubstr("deeper than 50"));
  EXPECT_FALSE(Expression::Parse(std::string(60, '!') + "1", AllowEverything()));
  EXPECT_FALSE(Expression::Parse(std::string(22'000, ' ') + "1", AllowEverything()));
  std::string chain = "1";
  for (int i = 0; i < 1001; ++i) chain += "||0";
  EXPECT_THAT(Expression::Parse(chain, AllowEverything()).error().ToString(), HasSubstr("1000 operators"));
  std::string grown = "'0123456789012345678901234567890123456789'";
  for (int i = 0; i < 40; ++i) grown = "format('{0}{0}{0}', " + grown + ")";
  const auto bomb = Expression::Parse(grown, AllowEverything());
  ASSERT_TRUE(bomb);
  EXPECT_THAT(bomb->Evaluate(TestScope()).error().ToString(), HasSubstr("10 MiB"));
}

TEST(Expressions, TellWhatTheyUse) {
  const auto expression = Expression::Parse("needs.a.outputs.x == steps['b'].outcome", AllowEverything());
  ASSERT_TRUE(expression);
  ASSERT_EQ(expression->uses().size(), 2u);
  EXPECT_EQ(expression->uses()[0].context, "needs");
  EXPECT_THAT(expression->uses()[0].names, ::testing::ElementsAre("a", "outputs", "x"));
  EXPECT_THAT(expression->uses()[1].names, ::testing::ElementsAre("b", "outcome"));
}

Result<Value> EvaluateTemplate(std::string_view text) {
  SLIPWAY_ASSIGN_OR_RETURN(const Template parsed, Template::Parse(text, AllowEverything()));
  return parsed.Evaluate(TestScope());
}

TEST(Templates, KeepTheTypeOfAnExpressionThatIsAll) {
  EXPECT_EQ(ToJson(*EvaluateTemplate("${{ fromJSON('[1]') }}")), nlohmann::ordered_json::parse("[1]"));
  EXPECT_EQ(ToJson(*EvaluateTemplate("${{ 1 == 1 }}")), true);
  EXPECT_EQ(ToJson(*EvaluateTemplate(" ${{ 1 == 1 }}")), " true");
  EXPECT_EQ(ToJson(*EvaluateTemplate("a${{ 'b' }}c${{ 1 }}")), "abc1");
  EXPECT_EQ(ToJson(*EvaluateTemplate("plain")), "plain");
  EXPECT_EQ(ToJson(*EvaluateTemplate("")), "");
}

TEST(Templates, DoNotEndInsideAString) {
  EXPECT_EQ(ToJson(*EvaluateTemplate("${{ '}}' }}")), "}}");
  EXPECT_EQ(ToJson(*EvaluateTemplate("${{ 'it''s }}' }}x")), "it's }}x");
  EXPECT_THAT(EvaluateTemplate("${{ 1").error().ToString(), HasSubstr("has no '}}'"));
}

bool Holds(std::string_view text, const Scope& scope) {
  const auto condition = Condition::Parse(text, AllowEverything());
  EXPECT_TRUE(condition) << text;
  const auto holds = condition->Evaluate(scope);
  EXPECT_TRUE(holds) << text;
  return *holds;
}

TEST(Conditions, AreAndedWithSuccess) {
  Scope failed = TestScope();
  failed.is_success = false;
  failed.is_failure = true;
  const Scope fine = TestScope();
  EXPECT_TRUE(Holds("", fine));
  EXPECT_FALSE(Holds("", failed));
  EXPECT_FALSE(Holds("true", failed));
  EXPECT_FALSE(Holds("${{ 'always()' }}", failed));
  EXPECT_TRUE(Holds("always()", failed));
  EXPECT_TRUE(Holds("contains(toJSON(always()), 'true')", failed));
  EXPECT_TRUE(Holds("${{ failure() && github.ref == 'refs/heads/main' }}", failed));
  EXPECT_FALSE(Holds("'' ", fine));
  EXPECT_TRUE(Holds("github.event_name == 'push'", fine));
}

TEST(Conditions, WithTextAroundTheBracesAreAlwaysTrue) {
  const auto condition = Condition::Parse("${{ false }} && false", AllowEverything());
  ASSERT_TRUE(condition);
  EXPECT_TRUE(condition->is_always_true());
  EXPECT_TRUE(*condition->Evaluate(TestScope()));
}

}  // namespace
}  // namespace slipway::expressions::workflow
