#include "slipway/model/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string FailureOf(std::string_view json) {
  const auto columns = ParseColumnSpecs(json);
  return columns ? "parsed" : columns.error().ToString();
}

TEST(Signature, PrintsMlflowsText) {
  const std::vector<ColumnSpec> columns = {{.name = "age"},
                                           {.name = "a, \"b\": c", .type = DataType::kString, .required = false}};
  EXPECT_EQ(PrintColumnSpecs(columns), R"([{"type": "double", "name": "age", "required": true}, )"
                                       R"({"type": "string", "name": "a, \"b\": c", "required": false}])");
}

TEST(Signature, ReadsBackWhatItPrinted) {
  std::vector<ColumnSpec> columns;
  for (const char* type : {"boolean", "integer", "long", "float", "double", "string", "binary", "datetime"}) {
    columns.push_back({.name = std::string("column of ") + type, .type = DataTypeFromName(type).value()});
  }
  EXPECT_EQ(ParseColumnSpecs(PrintColumnSpecs(columns)).value(), columns);
  const std::vector<ColumnSpec> tensor = {{.name = "", .type = DataType::kFloat, .tensor_shape = {-1, 4}}};
  EXPECT_EQ(PrintColumnSpecs(tensor), R"([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}])");
  EXPECT_EQ(ParseColumnSpecs(PrintColumnSpecs(tensor)).value(), tensor);
}

TEST(Signature, UnderstandsOlderWriters) {
  EXPECT_TRUE(ParseColumnSpecs(R"([{"name": "a", "type": "long"}])").value()[0].required);
  EXPECT_FALSE(ParseColumnSpecs(R"([{"name": "a", "type": "long", "optional": true}])").value()[0].required);
  EXPECT_TRUE(ParseColumnSpecs(R"([{"name": "a", "type": "long", "optional": false}])").value()[0].required);
}

TEST(Signature, SaysWhatIsWrong) {
  EXPECT_THAT(FailureOf("{}"), HasSubstr("JSON list"));
  EXPECT_THAT(FailureOf("[1]"), HasSubstr("entry 0"));
  EXPECT_THAT(FailureOf(R"([{"name": "a"}])"), HasSubstr("has no 'type'"));
  EXPECT_THAT(FailureOf(R"([{"name": "a", "type": "strin"}])"), HasSubstr("did you mean 'string'"));
  EXPECT_THAT(FailureOf(R"([{"name": "a", "type": "long"}, {"name": "a", "type": "long"}])"), HasSubstr("'a' twice"));
  EXPECT_THAT(FailureOf(R"([{"name": "a", "type": "long"}, {"type": "long"}])"), HasSubstr("all columns"));
  EXPECT_THAT(FailureOf(R"([{"type": "tensor"}])"), HasSubstr("tensor-spec"));
  EXPECT_THAT(FailureOf(R"([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": []}}])"),
              HasSubstr("empty shape"));
  EXPECT_THAT(FailureOf(R"([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": ["a"]}}])"),
              HasSubstr("integers"));
  EXPECT_EQ(ParseColumnSpecs(R"([{"name": "a", "type": "array"}])").error().code(), Code::kUnimplemented);
  EXPECT_EQ(
      ParseColumnSpecs(R"([{"type": "tensor", "tensor-spec": {"dtype": "complex64", "shape": [1]}}])").error().code(),
      Code::kUnimplemented);
}

TEST(Signature, GoesToJsonAndBack) {
  const Signature signature = {{{.name = "age"}, {.name = "job", .type = DataType::kString}},
                               {{.name = "", .type = DataType::kLong}}};
  EXPECT_EQ(ParseSignature(PrintSignature(signature)).value(), signature);
  EXPECT_THAT(signature.input_names(), ElementsAre("age", "job"));
  EXPECT_EQ(signature.FindInput("job")->type, DataType::kString);
  EXPECT_EQ(signature.FindInput("jobs"), nullptr);
  EXPECT_TRUE(ParseSignature(R"({"inputs": null})").value().empty());
  EXPECT_THAT(ParseSignature(R"({"inputs": []})").error().ToString(), HasSubstr("'inputs'"));
  EXPECT_FALSE(ParseSignature("["));
}

}  // namespace
}  // namespace slipway::model
