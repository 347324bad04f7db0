#include "slipway/runner/expressions.h"

#include <gtest/gtest.h>

namespace slipway::runner {
namespace {

TEST(Expressions, SubstitutesInputsAndOutputs) {
  Values values;
  values.inputs = {{"data", "/d"}, {"n", "5"}};
  values.outputs = {{"o", "/o"}};
  EXPECT_EQ(SubstituteCommand("run ${{inputs.data}} ${{ inputs.n }} > ${{outputs.o}} $HOME ${X}", values).value(),
            "run /d 5 > /o $HOME ${X}");
}

TEST(Expressions, AValueIsNotReadAgain) {
  Values values;
  values.inputs = {{"a", "${{inputs.b}}"}, {"b", "x"}};
  EXPECT_EQ(SubstituteCommand("${{inputs.a}}", values).value(), "${{inputs.b}}");
}

TEST(Expressions, OptionalPartsGoWithoutAValue) {
  Values values;
  values.inputs = {{"a", "1"}};
  EXPECT_EQ(SubstituteCommand("run $[[--a ${{inputs.a}}]] $[[--b ${{inputs.b}}]] end", values).value(),
            "run --a 1  end");
  EXPECT_EQ(SubstituteCommand("run ${{inputs.b}}", values).error().message(),
            "the command names ${{inputs.b}}, which has no value");
}

TEST(Expressions, ChecksNamesAndSuggests) {
  const Declared declared{{"depth", "maybe"}, {"model"}, {}, {"maybe"}};
  EXPECT_TRUE(CheckCommand("x ${{inputs.depth}} ${{outputs.model}} $[[${{inputs.maybe}}]]", declared).empty());
  const auto errors =
      CheckCommand("x ${{inputs.dept}} ${{outputs.modle}} ${{inputs.maybe}} ${{search_space.a}} ${{jobs.x}}", declared);
  ASSERT_EQ(errors.size(), 5u);
  EXPECT_EQ(errors[0].message(),
            "the command names ${{inputs.dept}}, but there is no input 'dept'; did you mean 'depth'?");
  EXPECT_NE(errors[2].message().find("$[["), std::string::npos);
}

TEST(Expressions, SampledValuesGoInFirst) {
  EXPECT_EQ(SubstituteSearchSpace("t ${{search_space.d}} ${{inputs.x}}", {{"d", "3"}}), "t 3 ${{inputs.x}}");
}

TEST(Expressions, ExpandsOutputPaths) {
  EXPECT_EQ(
      ExpandOutputPath("azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}", "j", "o", "blob")
          .value(),
      "azureml://datastores/blob/paths/j/o");
  EXPECT_FALSE(ExpandOutputPath("${{nmae}}", "j", "o", "blob"));
}

TEST(Expressions, UnfinishedOnesAreText) {
  EXPECT_EQ(SubstituteCommand("a ${{inputs.x", {}).value(), "a ${{inputs.x");
  EXPECT_EQ(SubstituteCommand("a $[[ b", {}).value(), "a $[[ b");
}

}  // namespace
}  // namespace slipway::runner
