#include "slipway/workflows/plan/triggers.h"

#include <gtest/gtest.h>

#include "slipway/spec/document.h"
#include "slipway/workflows/plan/matrix.h"

namespace slipway::workflows {
namespace {

namespace wf = expressions::workflow;

TEST(Patterns, MatchAsTheReferenceSays) {
  const struct {
    const char *pattern, *text;
    bool matches;
  } cases[] = {
      {"main", "main", true},
      {"main", "Main", false},
      {"main", "main2", false},
      {"*", "feature", true},
      {"*", "a/b", false},
      {"**", "a/b/c", true},
      {"release/**", "release/1", true},
      {"release/**", "release/a/b", true},
      {"release/*", "release/a/b", false},
      {"*.jsx?", "a.js", true},
      {"*.jsx?", "a.jsx", true},
      {"*.jsx?", "a.jsxx", false},
      {"v[0-9]+", "v12", true},
      {"v[0-9]+", "v", false},
      {"v[0-9]+", "v1a", false},
      {"v[12].[0-9]+.[0-9]+", "v1.10.2", true},
      {"v[12].[0-9]+.[0-9]+", "v3.1.1", false},
      {"**/README.md", "README.md", true},
      {"**/README.md", "a/b/README.md", true},
      {"**/README.md", "aREADME.md", false},
      {"docs/**/*.md", "docs/a.md", true},
      {"docs/**/*.md", "docs/b/c/a.md", true},
      {"docs/**/*.md", "docs/a.txt", false},
      {"*.js", "a.js", true},
      {"*.js", "x/a.js", false},
      {"**.js", "x/y/a.js", true},
      {"docs/*", "docs/a", true},
      {"docs/*", "docs/a/b", false},
      {"docs/**", "docs/a/b", true},
      {"a\\*b", "a*b", true},
      {"a\\*b", "axb", false},
      {"a.b", "axb", false},
      {"*a*b*", "xaybz", true},
      {"", "", true},
      {"", "a", false},
  };
  for (const auto& each : cases)
    EXPECT_EQ(MatchesPattern(each.pattern, each.text), each.matches) << each.pattern << " on " << each.text;
}

TEST(Patterns, StayLinearWhateverTheyAre) {
  std::string pattern, text(4000, 'a');
  for (int i = 0; i < 40; ++i) pattern += "**a";
  EXPECT_FALSE(MatchesPattern(pattern + "b", text));
}

TEST(Patterns, LastOneDecides) {
  const std::vector<std::string> patterns = {"rel/**", "!rel/**-rc", "rel/9-rc"};
  EXPECT_TRUE(MatchesAny(patterns, "rel/1"));
  EXPECT_FALSE(MatchesAny(patterns, "rel/2-rc"));
  EXPECT_TRUE(MatchesAny(patterns, "rel/9-rc"));
  EXPECT_FALSE(MatchesAny({"!x"}, "y"));
}

wf::Object JsonObject(const char* text) {
  return *wf::FromJson(nlohmann::ordered_json::parse(text)).object();
}

std::string Filled(const char* declared, const char* given, bool is_call = false) {
  const auto document =
      spec::ParseDocument(std::string("on: {") + (is_call ? "workflow_call" : "workflow_dispatch") +
                              ": {inputs: " + declared + "}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}",
                          "w.yml", {});
  EXPECT_TRUE(document);
  const auto workflow = spec::workflow::ReadWorkflow(*document, "w.yml");
  EXPECT_TRUE(workflow) << workflow.error().ToString();
  const auto filled = FillInputs(workflow->events[0].inputs, JsonObject(given), {}, is_call);
  return filled ? wf::ToJson(wf::Value::Of(*filled)).dump() : filled.error().message();
}

TEST(Inputs, GetTheirTypes) {
  EXPECT_EQ(Filled("{f: {type: boolean}, n: {type: number}, t: {}}", R"({"f": "true", "n": "2"})"),
            R"({"f":true,"n":2,"t":""})");
  EXPECT_EQ(Filled("{f: {type: boolean}, n: {type: number}, t: {type: string, default: x}}", R"({"n": 2})", true),
            R"({"f":false,"n":2,"t":"x"})");
  EXPECT_EQ(Filled("{f: {type: boolean}}", R"({"f": "yes"})"), "the input 'f' is true or false, not 'yes'");
  EXPECT_EQ(Filled("{f: {type: boolean}}", R"({"f": "true"})", true), "the input 'f' is true or false, not 'true'");
  EXPECT_EQ(Filled("{n: {type: number}}", R"({"n": "many"})"), "the input 'n' is a number, not 'many'");
  EXPECT_EQ(Filled("{t: {required: true, description: Which}}", "{}"), "the input 't' is required: Which");
  EXPECT_EQ(Filled("{text: {}}", R"({"txt": "x"})"), "the workflow has no input 'txt'; did you mean 'text'?");
}

std::string Unfolded(const char* text) {
  const auto combinations = UnfoldMatrix(wf::FromJson(nlohmann::ordered_json::parse(text)));
  if (!combinations) return combinations.error().message();
  std::string all;
  for (const auto& each : *combinations) all += wf::ToJson(wf::Value::Of(each.values)).dump() + " " + each.label + "\n";
  return all;
}

TEST(Matrix, UnfoldsInTheOrderOfTheFile) {
  EXPECT_EQ(Unfolded(R"({"a": [1, 2], "b": ["x"]})"), "{\"a\":1,\"b\":\"x\"} 1, x\n{\"a\":2,\"b\":\"x\"} 2, x\n");
}

// GitHub's own example of `include`.
TEST(Matrix, IncludesAsTheReferenceDoes) {
  EXPECT_EQ(Unfolded(R"({"fruit": ["apple", "pear"], "animal": ["cat", "dog"], "include": [
      {"color": "green"}, {"color": "pink", "animal": "cat"}, {"fruit": "apple", "shape": "circle"},
      {"fruit": "banana"}, {"fruit": "banana", "animal": "cat"}]})"),
            "{\"fruit\":\"apple\",\"animal\":\"cat\",\"color\":\"pink\",\"shape\":\"circle\"} apple, cat\n"
            "{\"fruit\":\"apple\",\"animal\":\"dog\",\"color\":\"green\",\"shape\":\"circle\"} apple, dog\n"
            "{\"fruit\":\"pear\",\"animal\":\"cat\",\"color\":\"pink\"} pear, cat\n"
            "{\"fruit\":\"pear\",\"animal\":\"dog\",\"color\":\"green\"} pear, dog\n"
            "{\"fruit\":\"banana\"} banana\n"
            "{\"fruit\":\"banana\",\"animal\":\"cat\"} banana, cat\n");
}

TEST(Matrix, ExcludesLoosely) {
  EXPECT_EQ(Unfolded(R"({"v": [16, 18], "os": ["A", "B"], "exclude": [{"v": "16", "os": "a"}, {"os": "B"}]})"),
            "{\"v\":18,\"os\":\"A\"} 18, A\n");
  EXPECT_EQ(Unfolded(R"({"c": [{"x": 1, "y": 2}, {"x": 3}], "exclude": [{"c": {"x": 1}}]})"), "{\"c\":{\"x\":3}} 3\n");
}

TEST(Matrix, TellsWhatIsWrong) {
  EXPECT_EQ(Unfolded(R"({"a": []})"), "the matrix' list 'a' is empty");
  EXPECT_EQ(Unfolded(R"({"a": [1], "exclude": [{"b": 1}]})"),
            "the matrix' 'exclude' names 'b', which is no key of the matrix");
  EXPECT_EQ(Unfolded(R"({"include": [{"x": 1}]})"), "{\"x\":1} 1\n");
  EXPECT_EQ(Unfolded("{}"), "the matrix gives no job at all");
  EXPECT_EQ(Unfolded("[1]"), "a matrix is an object with lists, not Array");
  std::string many = "[0";
  for (int i = 1; i < 17; ++i) many += "," + std::to_string(i);
  many += "]";
  EXPECT_EQ(Unfolded(("{\"a\": " + many + ", \"b\": " + many + "}").c_str()),
            "the matrix gives 289 jobs, more than 256");
}

}  // namespace
}  // namespace slipway::workflows
