#include "slipway/tabular/call_rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace slipway::tabular {
namespace {

const std::vector<std::string> kColumns = {"age", "job"};

std::string Inputs(std::string_view body, BodyForm form = BodyForm::kJson) {
  const auto rows = InputRows(body, form, kColumns);
  return rows ? *rows : "refused: " + rows.error().message();
}

TEST(InputRowsTest, ReadsEveryFormThatModelsTake) {
  const std::string rows = R"([{"age":41,"job":"clerk"},{"age":2.5,"job":null}])";
  for (const char* body :
       {R"({"data":[{"age":41,"job":"clerk"},{"age":2.5,"job":null}]})",
        R"([{"age":41,"job":"clerk"},{"age":2.5,"job":null}])", R"({"data":[[41,"clerk"],[2.5,null]]})",
        R"({"dataframe_split":{"columns":["age","job"],"data":[[41,"clerk"],[2.5,null]]}})",
        R"({"dataframe_records":[{"age":41,"job":"clerk"},{"age":2.5,"job":null}],"params":{}})",
        R"({"instances":[{"age":41,"job":"clerk"},{"age":2.5,"job":null}]})",
        R"({"inputs":{"age":[41,2.5],"job":["clerk",null]}})",
        R"({"input_data":{"columns":["age","job"],"index":[0,1],"data":[[41,"clerk"],[2.5,null]]}})",
        R"({"input_data":[[41,"clerk"],[2.5,null]]})"}) {
    EXPECT_EQ(Inputs(body), rows) << body;
  }
  EXPECT_EQ(Inputs(R"({"inputs":{"age":41,"job":"clerk"}})"), R"([{"age":41,"job":"clerk"}])");
  EXPECT_EQ(Inputs(R"({"data":[[1,2,3]]})"), R"([{"age":1,"job":2,"2":3}])");
  EXPECT_EQ(Inputs(R"({"data":[]})"), "[]");
}

TEST(InputRowsTest, ReadsCsvAndTensors) {
  EXPECT_EQ(Inputs("age,job\n41,clerk\n2,\n", BodyForm::kCsv), R"([{"age":41,"job":"clerk"},{"age":2,"job":null}])");
  EXPECT_EQ(Inputs(R"({"inputs":[{"name":"age","shape":[2,1],"datatype":"FP64","data":[41,2]},
                      {"name":"job","shape":[2],"datatype":"BYTES","data":["a","b"]}]})",
                   BodyForm::kTensors),
            R"([{"age":41,"job":"a"},{"age":2,"job":"b"}])");
  EXPECT_EQ(
      Inputs(R"({"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[[1,2],[3,4]]}]})", BodyForm::kTensors),
      R"([{"age":1,"job":2},{"age":3,"job":4}])");
  EXPECT_EQ(Inputs(R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[1,2,3]}]})", BodyForm::kTensors),
            R"([{"x":[1,2,3]}])");
}

TEST(InputRowsTest, RefusesWhatHasNoRows) {
  for (const char* body : {"", "{", "7", "{}", R"({"data":7})", R"({"inputs":{"a":[1,2],"b":[1]}})",
                           R"({"dataframe_split":{"columns":7,"data":[]}})"}) {
    EXPECT_EQ(Inputs(body).substr(0, 8), "refused:") << body << " gave " << Inputs(body);
  }
  EXPECT_EQ(Inputs(R"({"inputs":[{"name":"x","shape":[2],"data":[1,2,3]}]})", BodyForm::kTensors).substr(0, 8),
            "refused:");
}

TEST(CallRowsTest, DeepNestingIsRefusedNotFollowed) {
  const std::string deep = std::string(300'000, '[') + std::string(300'000, ']');
  EXPECT_EQ(Inputs(R"({"data":[{"age":)" + deep + "}]}"), "refused: the JSON is nested deeper than 1000 values");
  EXPECT_EQ(Inputs(R"({"inputs":[{"name":"x","shape":[1],"data":)" + deep + "}]}", BodyForm::kTensors).substr(0, 8),
            "refused:");
  EXPECT_FALSE(OutputRows(deep));
  EXPECT_FALSE(JoinRows("[{}]", deep));
  EXPECT_EQ(Inputs(R"({"data":[{"age":")" + std::string(2000, '[') + R"("}]})").substr(0, 10), R"([{"age":"[)");
}

TEST(OutputRowsTest, GivesARowAnAnswer) {
  const auto outputs = [](std::string_view body) { return OutputRows(body).value_or("refused"); };
  EXPECT_EQ(outputs(R"({"predictions":[0,1],"probabilities":[[0.75,0.25],[0.25,0.75]]})"),
            R"([{"predictions":0,"probabilities":[0.75,0.25]},{"predictions":1,"probabilities":[0.25,0.75]}])");
  EXPECT_EQ(outputs(R"({"predictions":[1],"probabilities":[[0.25,0.75]],"explanations":{"shap_values":[{"a":1}]}})"),
            R"([{"predictions":1,"probabilities":[0.25,0.75]}])");
  EXPECT_EQ(outputs(R"([{"label":0},{"label":1}])"), R"([{"label":0},{"label":1}])");
  EXPECT_EQ(outputs("[1.5,2]"), R"([{"predictions":1.5},{"predictions":2}])");
  EXPECT_EQ(outputs(R"({"outputs":[{"name":"label","shape":[2],"datatype":"INT64","data":[0,1]},
                      {"name":"p","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]})"),
            R"([{"label":0,"p":[1,2]},{"label":1,"p":[3,4]}])");
  EXPECT_EQ(outputs(R"({"message":"no"})"), "refused");
  EXPECT_EQ(outputs("true"), "refused");
}

TEST(JoinRowsTest, PutsBothSidesOfARowTogether) {
  EXPECT_EQ(*JoinRows(R"([{"age":1,"label":7}])", R"([{"label":0,"p":0.5}])"),
            R"([{"age":1,"label":7,"output.label":0,"p":0.5}])");
  EXPECT_FALSE(JoinRows("[{}]", "[]"));
}

}  // namespace
}  // namespace slipway::tabular
