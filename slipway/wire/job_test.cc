#include "slipway/wire/job.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/wire/component.h"

namespace slipway::wire {
namespace {

using namespace domain;
using nlohmann::json;

CommandSpec SampleCommand() {
  CommandSpec command;
  command.command = "python t.py ${{inputs.n}} ${{outputs.o}}";
  command.code = "azureml:code:1";
  command.environment = "azureml:env:3";
  command.environment_variables = {{"A", "b"}};
  command.compute = "cpu-cluster";
  command.inputs = {{"n", Literal{Literal::Kind::kInteger, "5"}},
                    {"rate", Literal{Literal::Kind::kNumber, "0.1"}},
                    {"text", Literal{Literal::Kind::kString, "5"}},
                    {"flag", Literal{Literal::Kind::kBoolean, "True"}},
                    {"data", DataInput{"mltable", "azureml:d:1", "download"}}};
  JobOutput output;
  output.type = "mlflow_model";
  output.mode = "upload";
  output.name = "my-model";
  command.outputs = {{"o", output}};
  command.timeout_seconds = 90;
  command.retries_max = 2;
  return command;
}

SweepSpec SampleSweep() {
  SweepSpec sweep;
  sweep.trial.command = "train ${{inputs.depth}}";
  sweep.trial.environment = "azureml:env:3";
  sweep.trial.inputs["depth"].type = "integer";
  sweep.trial.inputs["depth"].default_value = Literal{Literal::Kind::kInteger, "3"};
  sweep.sampling.seed = 7;
  SearchDistribution choice;
  choice.type = "choice";
  choice.values = {{Literal::Kind::kString, "gini"}, {Literal::Kind::kInteger, "2"}};
  SearchDistribution range;
  range.type = "quniform";
  range.min_value = 1;
  range.max_value = 25;
  range.q = 2;
  sweep.search_space = {{"criterion", choice}, {"depth", range}};
  sweep.objective = {false, "loss"};
  sweep.limits = {8, 4, 7200, 60};
  EarlyTermination policy;
  policy.type = "bandit";
  policy.slack_factor = 0.2;
  sweep.early_termination = policy;
  sweep.compute = "cpu-cluster";
  return sweep;
}

JobSpec SamplePipeline() {
  PipelineSpec pipeline;
  pipeline.inputs = {{"raw", DataInput{"uri_folder", "azureml:raw:2", ""}}};
  pipeline.outputs["model"].type = "mlflow_model";
  pipeline.settings.default_compute = "cpu-cluster";
  pipeline.settings.continue_on_step_failure = false;
  PipelineStep prep;
  prep.component.command = "prep ${{inputs.raw}} ${{outputs.clean}}";
  prep.component.environment = "azureml:env:3";
  prep.component.is_deterministic = false;
  prep.inputs["raw"] = Binding{Binding::Kind::kParentInput, "", "raw"};
  prep.outputs["clean"] = {};
  pipeline.jobs["prep"] = prep;
  PipelineStep fit;
  fit.type = PipelineStep::Type::kSweep;
  fit.inputs["data"] = Binding{Binding::Kind::kStepOutput, "prep", "clean"};
  fit.outputs["model"].type = "mlflow_model";
  fit.outputs["model"].binding = Binding{Binding::Kind::kParentOutput, "", "model"};
  fit.sweep = SampleSweep();
  fit.sweep->compute = "";
  fit.sweep->inputs = fit.inputs;
  fit.sweep->outputs = fit.outputs;
  pipeline.jobs["fit"] = fit;
  JobSpec spec;
  spec.display_name = "train";
  spec.experiment_name = "exp";
  spec.tags = {{"team", "a"}};
  spec.properties = {{"mlflow.source.git.commit", "abc"}};
  spec.body = pipeline;
  return spec;
}

TEST(JobWire, EveryKindOfJobSurvivesTheRoundTrip) {
  for (const JobSpecBody& body : {JobSpecBody(SampleCommand()), JobSpecBody(SampleSweep()), SamplePipeline().body}) {
    JobSpec spec = SamplePipeline();
    spec.body = body;
    const json first = JobSpecToArm(spec);
    const auto back = JobSpecFromArm(first);
    ASSERT_TRUE(back) << back.error().ToString();
    EXPECT_EQ(JobSpecToArm(*back), first);
    EXPECT_EQ(back->body.index(), body.index());
  }
}

TEST(JobWire, ReadsWhatACommandSays) {
  JobSpec spec;
  spec.body = SampleCommand();
  const auto back = JobSpecFromArm(JobSpecToArm(spec));
  ASSERT_TRUE(back);
  const auto& command = std::get<CommandSpec>(back->body);
  EXPECT_EQ(command.timeout_seconds, 90);
  EXPECT_EQ(command.retries_max, 2);
  EXPECT_EQ(std::get<Literal>(command.inputs.at("n")).kind, Literal::Kind::kInteger);
  EXPECT_EQ(std::get<Literal>(command.inputs.at("text")).kind, Literal::Kind::kString);
  EXPECT_EQ(std::get<Literal>(command.inputs.at("flag")).text, "True");
  EXPECT_EQ(std::get<DataInput>(command.inputs.at("data")).mode, "download");
  EXPECT_EQ(command.outputs.at("o").name, "my-model");
}

TEST(JobWire, ReadsStepsAsOfficialClientsSendThem) {
  const json properties = json::parse(R"({"jobType":"Pipeline","settings":{"default_compute":
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/cpu",
      "_source":"YAML.JOB"},
    "inputs":{"raw":{"jobInputType":"uri_folder","uri":"azureml:raw:1","mode":"ReadOnlyMount"}},
    "jobs":{"a":{"type":"command","componentId":"azureml:prep:1","computeId":null,"display_name":"A",
      "inputs":{"x":{"job_input_type":"literal","value":"${{parent.inputs.raw}}"},"n":{"job_input_type":"literal","value":"3"}},
      "outputs":{"o":{"type":"literal","value":"${{parent.outputs.out}}"}},"environment_variables":{}}},
    "outputs":{"out":{"jobOutputType":"uri_folder"}}})");
  const auto spec = JobSpecFromArm(properties);
  ASSERT_TRUE(spec) << spec.error().ToString();
  const auto& pipeline = std::get<PipelineSpec>(spec->body);
  EXPECT_EQ(pipeline.settings.default_compute, "cpu");
  const PipelineStep& step = pipeline.jobs.at("a");
  EXPECT_EQ(step.component_id, "azureml:prep:1");
  EXPECT_EQ(step.display_name, "A");
  EXPECT_EQ(std::get<Binding>(step.inputs.at("x")).port, "raw");
  EXPECT_EQ(step.outputs.at("o").binding->port, "out");
}

TEST(JobWire, ComplaintsNameTheFieldAndCome) {
  const auto spec = JobSpecFromArm(json::parse(R"({"jobType":"Command","command":"x","inputs":
      {"d":{"jobInputType":"uri_foldr","uri":"azureml:d:1"}}})"));
  ASSERT_FALSE(spec);
  const std::string text = spec.error().ToString();
  EXPECT_NE(text.find("properties: 'environmentId' is missing"), std::string::npos) << text;
  EXPECT_NE(text.find("properties.inputs.d: 'uri_foldr' is not a type of input; did you mean 'uri_folder'?"),
            std::string::npos)
      << text;
}

TEST(JobWire, RefusesJobTypesByName) {
  const auto spec = JobSpecFromArm({{"jobType", "AutoML"}});
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code(), Code::kUnimplemented);
  EXPECT_NE(spec.error().message().find("AutoML"), std::string::npos);
}

TEST(JobWire, SurvivesNonsense) {
  for (const char* text : {"[]", "null", R"({"jobType":7})", R"({"jobType":"Pipeline","jobs":[1]})",
                           R"({"jobType":"Sweep","searchSpace":{"a":["choice"]},"trial":3,"objective":[]})",
                           R"({"jobType":"Pipeline","jobs":{"a":{"type":"sweep","trial":{}}}})"}) {
    EXPECT_FALSE(JobSpecFromArm(json::parse(text))) << text;
  }
}

Job SampleJob() {
  Job job;
  job.name = "happy_fox";
  job.root = "happy_fox";
  job.spec = SamplePipeline();
  job.spec.name = job.name;
  job.status = JobStatus::kFailed;
  job.error = JobError{"UserError", "step 'prep' failed"};
  job.status_reason = "why";
  job.attempt = 2;
  job.exit_code = 3;
  job.reuse_key = "key";
  job.best_child = "happy_fox_1";
  job.external_id = "4711";
  job.resources = domain::ResourceUse{1.5, 1 << 20, 512, 1024};
  job.reuse_parts = {{"command", "true"}, {"code/train.py", "sha256:ab"}};
  job.output_uris = {{"model", "azureml://datastores/workspaceblobstore/paths/azureml/happy_fox/model/"}};
  job.resolved_inputs = {{"raw", "azureml:raw:2"}};
  job.created_at = *ParseTimestamp("2026-01-02T03:04:05.123456Z");
  job.started_at = *ParseTimestamp("2026-01-02T03:04:06Z");
  job.process_id = 42;
  job.process_start_ticks = 99;
  return job;
}

TEST(JobWire, ChoicesMayNestFurtherHyperparameters) {
  json properties = JobSpecToArm(JobSpec{.name = "",
                                         .display_name = "",
                                         .description = "",
                                         .experiment_name = "",
                                         .tags = {},
                                         .properties = {},
                                         .body = SampleSweep()});
  properties["searchSpace"] = json::parse(R"({"model": ["choice", [[
      {"kind": "forest", "depth": ["randint", [9]], "split": ["choice", [[{"by": "gini"}, "entropy"]]]},
      {"kind": "linear", "rate": {"type": "loguniform", "min_value": -6, "max_value": 0}}, "none"]]]})");
  const auto spec = JobSpecFromArm(properties);
  ASSERT_TRUE(spec) << spec.error().ToString();
  const auto& space = std::get<SweepSpec>(spec->body).search_space;
  EXPECT_EQ(space.at("model").values.size(), 3u);
  EXPECT_EQ(space.at("model[0].depth").upper, 9);
  EXPECT_EQ(space.at("model[0].split[0].by").values[0].text, "gini");
  EXPECT_EQ(space.at("model[1].rate").min_value, -6);
  const json again = JobSpecToArm(*spec);
  EXPECT_EQ(again["searchSpace"].size(), 1u);
  EXPECT_EQ(again["searchSpace"]["model"][1][0][2], "none");
  const auto back = JobSpecFromArm(again);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(JobSpecToArm(*back), again);
}

TEST(JobWire, APriorityIsAProperty) {
  json properties = JobSpecToArm(SamplePipeline());
  properties["queueSettings"] = {{"jobTier", "Spot"}, {"priority", "High"}};
  const auto spec = JobSpecFromArm(properties);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->properties.at("slipway.priority"), "high");
  EXPECT_EQ(JobSpecToArm(*spec)["queueSettings"]["priority"], "High");
  properties["queueSettings"] = {{"priority", "urgent"}};
  EXPECT_FALSE(JobSpecFromArm(properties));
}

TEST(JobWire, AStoredJobIsLossless) {
  const Job job = SampleJob();
  const std::string text = JobToStored(job);
  const auto back = JobFromStored(text);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(JobToStored(*back), text);
  EXPECT_EQ(back->process_id, 42);
  EXPECT_EQ(back->reuse_key, "key");
  EXPECT_EQ(back->reuse_parts, job.reuse_parts);
  EXPECT_EQ(back->external_id, "4711");
  EXPECT_EQ(back->resources->peak_memory_bytes, 1 << 20);
  EXPECT_EQ(back->created_at, job.created_at);
  EXPECT_FALSE(JobFromStored("{"));
  EXPECT_FALSE(JobFromStored("{}"));
}

TEST(JobWire, TheResourceCarriesStateAndOutputs) {
  const json resource = JobToArm(Scope{}, SampleJob(), {"http://127.0.0.1:7300/jobs/happy_fox", ""});
  const json& properties = resource["properties"];
  EXPECT_EQ(properties["status"], "Failed");
  EXPECT_EQ(properties["services"]["Studio"]["endpoint"], "http://127.0.0.1:7300/jobs/happy_fox");
  EXPECT_EQ(properties["outputs"]["model"]["uri"], SampleJob().output_uris.at("model"));
  EXPECT_EQ(properties["properties"]["best_child_run_id"], "happy_fox_1");
  EXPECT_EQ(properties["slipway"]["exitCode"], 3);
  const auto job = JobFromArm(resource);
  ASSERT_TRUE(job) << job.error().ToString();
  EXPECT_EQ(job->status, JobStatus::kFailed);
  EXPECT_EQ(job->error->message, "step 'prep' failed");
  EXPECT_EQ(job->output_uris, SampleJob().output_uris);
}

TEST(ComponentWire, SurvivesTheRoundTripAndRefusesOtherTypes) {
  const json spec = ComponentToSpec(SampleSweep().trial);
  EXPECT_EQ(spec["inputs"]["depth"]["default"], 3);
  const auto component = ComponentFromSpec(spec);
  ASSERT_TRUE(component);
  EXPECT_EQ(ComponentToSpec(*component), spec);
  const auto pipeline = ComponentFromSpec({{"type", "pipeline"}});
  ASSERT_FALSE(pipeline);
  EXPECT_EQ(pipeline.error().code(), Code::kUnimplemented);
}

}  // namespace
}  // namespace slipway::wire
