#include "slipway/scoring/compiled_model.h"

#include <gmock/gmock.h>

#include "slipway/base/file.h"
#include "slipway/model/model_directory.h"
#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kTwoRows = R"({"data":[{"age":20,"job":"clerk"},{"job":"smith","age":null}]})";
constexpr std::string_view kTwoAnswers = R"({"predictions":[0,1],"probabilities":[[0.75,0.25],[0.25,0.75]]})";

TEST(CompiledModel, FusesWhatTrainingExports) {
  const ModelPointer model = MakeModel(SmallClassifier(), SmallSignature());
  EXPECT_THAT(model->plan_description(), StartsWith("fused: 2 columns into 2 slots, 1 trees"));
  EXPECT_EQ(Answer(*model, kTwoRows), kTwoAnswers);
}

TEST(CompiledModel, AnswersTheSameOnTheReferenceOperators) {
  const ModelPointer model = MakeModel(SmallClassifier(), SmallSignature(), CompiledModel::Path::kReference);
  EXPECT_THAT(model->plan_description(), StartsWith("reference operators: "));
  EXPECT_EQ(Answer(*model, kTwoRows), kTwoAnswers);
}

TEST(CompiledModel, WritesTextLabelsAsTexts) {
  const ModelPointer model = MakeModel(SmallClassifier(false), SmallSignature());
  EXPECT_EQ(Answer(*model, R"([[50,"smith"]])"), R"({"predictions":["1"],"probabilities":[[0.25,0.75]]})");
}

TEST(CompiledModel, PutsAnUnknownCategoryIntoNoColumn) {
  const ModelPointer model = MakeModel(SmallClassifier(), SmallSignature());
  EXPECT_EQ(Answer(*model, R"([[50,"pilot"]])"), R"({"predictions":[0],"probabilities":[[0.5,0.5]]})");
}

TEST(CompiledModel, LoadsADirectoryAndAFile) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  const model::OnnxModel onnx = SmallClassifier();
  ASSERT_TRUE(model::WriteModelDirectory(folder->path() / "model", {.onnx = onnx, .signature = SmallSignature()}));
  const auto directory = CompiledModel::Load(folder->path());
  ASSERT_TRUE(directory) << directory.error().ToString();
  EXPECT_EQ((*directory)->signature().inputs, SmallSignature().inputs);
  EXPECT_EQ(Answer(**directory, kTwoRows), kTwoAnswers);
  // Without a signature every column has to be there; numbers may be null.
  const auto file = CompiledModel::Load(folder->path() / "model" / "model.onnx");
  ASSERT_TRUE(file) << file.error().ToString();
  EXPECT_EQ(Answer(**file, kTwoRows), kTwoAnswers);
  EXPECT_THAT(Answer(**file, R"({"data":[{"job":"smith"}]})"), HasSubstr("row 0 lacks column 'age'"));
}

TEST(CompiledModel, RefusesAnOperatorItDoesNotKnowByName) {
  model::OnnxModel onnx = SmallClassifier();
  onnx.graph.nodes[0].op_type = "Tokenizer";
  onnx.graph.nodes[0].domain = "com.microsoft";
  const auto model = CompiledModel::Make(onnx, SmallSignature(), false);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), Code::kUnimplemented);
  EXPECT_THAT(model.error().ToString(), HasSubstr("Tokenizer of com.microsoft"));
}

TEST(CompiledModel, RefusesASignatureThatDoesNotFitTheGraph) {
  model::Signature signature = SmallSignature();
  signature.inputs[1].name = "jobs";
  const auto renamed = CompiledModel::Make(SmallClassifier(), signature, false);
  ASSERT_FALSE(renamed);
  EXPECT_THAT(renamed.error().message(), HasSubstr("did you mean 'jobs'?"));
  signature.inputs[1] = {.name = "job", .type = model::DataType::kLong};
  const auto retyped = CompiledModel::Make(SmallClassifier(), signature, false);
  ASSERT_FALSE(retyped);
  EXPECT_EQ(retyped.error().message(), "column 'job': the signature says long, the graph takes string");
}

TEST(CompiledModel, KeepsItsBuffersBetweenRequests) {
  const ModelPointer model = MakeModel(SmallClassifier(), SmallSignature());
  const auto scratch = model->MakeScratch();
  std::string response;
  ASSERT_FALSE(model->ScoreJson(R"({"data":[{"age":20,"job":"clerk"},{"age":)", *scratch, response));
  ASSERT_TRUE(model->ScoreJson(kTwoRows, *scratch, response));
  ASSERT_TRUE(model->ScoreJson(R"([[20,"smith"]])", *scratch, response));
  EXPECT_EQ(response, R"({"predictions":[0],"probabilities":[[0.75,0.25]]})");
}

}  // namespace
}  // namespace slipway::scoring
