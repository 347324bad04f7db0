#include "slipway/runner/plan/graph.h"

#include <gtest/gtest.h>

namespace slipway::runner {
namespace {

using namespace domain;

JobInput Output(const std::string& step, const std::string& port) {
  return Binding{Binding::Kind::kStepOutput, step, port};
}
JobInput ParentInput(const std::string& port) {
  return Binding{Binding::Kind::kParentInput, "", port};
}

// prepare → train, with declared ports.
PipelineSpec Good() {
  PipelineSpec pipeline;
  pipeline.inputs["raw"] = DataInput{"uri_folder", "azureml:raw:1", ""};
  pipeline.inputs["depth"] = Literal{Literal::Kind::kInteger, "3"};
  pipeline.outputs["model"].type = "mlflow_model";
  PipelineStep& prepare = pipeline.jobs["prepare"];
  prepare.component.command = "p ${{inputs.raw}} ${{outputs.clean}}";
  prepare.inputs["raw"] = ParentInput("raw");
  prepare.outputs["clean"] = {};
  PipelineStep& train = pipeline.jobs["train"];
  train.component.command = "t ${{inputs.data}} ${{inputs.depth}} ${{outputs.model}}";
  train.component.inputs["data"].type = "uri_folder";
  train.component.inputs["depth"].type = "integer";
  train.component.inputs["depth"].max = 10;
  train.component.outputs["model"].type = "mlflow_model";
  train.inputs["data"] = Output("prepare", "clean");
  train.inputs["depth"] = ParentInput("depth");
  train.outputs["model"].type = "mlflow_model";
  train.outputs["model"].binding = Binding{Binding::Kind::kParentOutput, "", "model"};
  return pipeline;
}

// All complaints, one a line.
std::string Complaints(const PipelineSpec& pipeline) {
  std::string text;
  for (const Error& error : CheckPipeline(pipeline)) text += error.message() + "\n";
  return text;
}

TEST(CheckPipeline, HasNothingToSayAboutAGoodOne) {
  EXPECT_EQ(Complaints(Good()), "");
}

TEST(CheckPipeline, ListsACycle) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["prepare"].inputs["raw"] = Output("train", "model");
  EXPECT_EQ(Complaints(pipeline), "the steps wait for each other in a cycle: prepare -> train -> prepare\n");
}

TEST(CheckPipeline, SuggestsTheNearestName) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["train"].inputs["data"] = Output("prepaer", "clean");
  EXPECT_EQ(Complaints(pipeline),
            "step 'train': input 'data' is bound to ${{parent.jobs.prepaer.outputs.clean}}, but there is no step "
            "'prepaer'; did you mean 'prepare'?\n");
  pipeline.jobs["train"].inputs["data"] = Output("prepare", "claen");
  EXPECT_NE(Complaints(pipeline).find("has no output 'claen'; did you mean 'clean'?"), std::string::npos);
  pipeline.jobs["train"].inputs["data"] = ParentInput("rwa");
  EXPECT_NE(Complaints(pipeline).find("the pipeline has no input 'rwa'; did you mean 'raw'?"), std::string::npos);
}

TEST(CheckPipeline, AStepCannotTakeItsOwnOutput) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["train"].inputs["data"] = Output("train", "model");
  EXPECT_NE(Complaints(pipeline).find("a step cannot take its own output"), std::string::npos);
}

TEST(CheckPipeline, OneStepWritesAPipelineOutput) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["train_again"] = pipeline.jobs["train"];
  EXPECT_NE(Complaints(pipeline).find("step 'train' already writes the pipeline's output 'model'"), std::string::npos);
  pipeline = Good();
  pipeline.jobs["train"].outputs["model"].binding->port = "modle";
  EXPECT_NE(Complaints(pipeline).find("the pipeline has no output 'modle'; did you mean 'model'?"), std::string::npos);
}

TEST(CheckPipeline, TypesHaveToFit) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["train"].component.inputs["data"].type = "uri_file";
  EXPECT_NE(Complaints(pipeline).find("input 'data' takes uri_file, but ${{parent.jobs.prepare.outputs.clean}} is "
                                      "uri_folder"),
            std::string::npos);
  pipeline = Good();
  pipeline.inputs["depth"] = Literal{Literal::Kind::kString, "deep"};
  EXPECT_EQ(Complaints(pipeline), "step 'train': input 'depth': 'deep' is not of type integer\n");
  pipeline.inputs["depth"] = Literal{Literal::Kind::kInteger, "11"};
  EXPECT_EQ(Complaints(pipeline), "step 'train': input 'depth': 11 is more than the maximum 10\n");
  pipeline.inputs["depth"] = DataInput{"uri_folder", "azureml:d:1", ""};
  EXPECT_EQ(Complaints(pipeline), "step 'train': input 'depth' takes integer, not uri_folder\n");
  pipeline = Good();
  pipeline.jobs["train"].inputs["data"] = Literal{Literal::Kind::kString, "/tmp"};
  EXPECT_EQ(Complaints(pipeline), "step 'train': input 'data' takes uri_folder, not the literal '/tmp'\n");
}

TEST(CheckPipeline, RequiredInputsNeedValuesAndUnknownOnesAreNamed) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["train"].inputs.erase("data");
  EXPECT_NE(Complaints(pipeline).find("the input 'data' of its component gets no value"), std::string::npos);
  pipeline = Good();
  pipeline.jobs["train"].inputs["dept"] = Literal{Literal::Kind::kInteger, "3"};
  EXPECT_NE(Complaints(pipeline).find("the component has no input 'dept'; did you mean 'depth'?"), std::string::npos);
}

TEST(CheckPipeline, CommandsNameWhatIsThere) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["prepare"].component.command = "p ${{inputs.row}}";
  EXPECT_EQ(Complaints(pipeline),
            "step 'prepare': the command names ${{inputs.row}}, but there is no input 'row'; did you mean 'raw'?\n");
}

TEST(CheckPipeline, InputsBoundInACircleAreFound) {
  PipelineSpec pipeline = Good();
  pipeline.jobs["prepare"].inputs["raw"] = Binding{Binding::Kind::kStepInput, "train", "data"};
  pipeline.jobs["train"].inputs["data"] = Binding{Binding::Kind::kStepInput, "prepare", "raw"};
  EXPECT_NE(Complaints(pipeline).find("comes down to no value"), std::string::npos);
}

TEST(CheckSweep, TheTrialUsesWhatIsSearched) {
  SweepSpec sweep;
  sweep.trial_component = "azureml:trial:1";
  sweep.trial.command = "t ${{inputs.depth}}";
  sweep.trial.inputs["depth"].type = "integer";
  sweep.search_space["dept"].type = "uniform";
  sweep.objective.primary_metric = "f1";
  const auto errors = CheckSweepJob(sweep);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message(), "'dept' of the search space is not an input of the trial; did you mean 'depth'?");
}

TEST(CheckSweep, ANegativeSlackWouldStopEveryTrial) {
  SweepSpec sweep;
  sweep.trial.command = "t ${{search_space.depth}}";
  sweep.search_space["depth"].type = "uniform";
  sweep.objective.primary_metric = "f1";
  sweep.early_termination.emplace().slack_amount = -1.0;
  const auto errors = CheckSweepJob(sweep);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message(), "the slack of early termination must not be negative");
}

}  // namespace
}  // namespace slipway::runner
