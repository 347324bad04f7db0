#include "slipway/spec/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/spec/print.h"
#include "slipway/spec/spec_test_support.h"

namespace slipway::spec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr std::string_view kPipeline = R"(type: pipeline
inputs:
  raw: {type: mltable, path: azureml:raw@latest}
  depth: 3
outputs:
  prepared: {type: uri_folder}
settings: {default_compute: azureml:cpu, is_deterministic: yes}
jobs:
  prep:
    command: prep ${{inputs.raw}} ${{outputs.clean}}
    environment: azureml:e@latest
    inputs: {raw: "${{parent.inputs.raw}}"}
    outputs: {clean: "${{ parent.outputs.prepared }}"}
  fit:
    command: fit ${{inputs.data}} ${{inputs.depth}} ${{outputs.model}}
    environment: azureml:e@latest
    inputs:
      data: ${{parent.jobs.prep.outputs.clean}}
      depth: ${{parent.inputs.depth}}
    outputs: {model: {type: mlflow_model}}
)";

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Pipelines, AreReadWithBindingsAndInferredPorts) {
  const ScratchFiles files;
  auto read = ReadJob(files.Load(kPipeline));
  ASSERT_TRUE(read) << read.error().ToString();
  const auto& pipeline = std::get<domain::PipelineSpec>(read->job.body);
  EXPECT_EQ(pipeline.settings.default_compute, "cpu");
  EXPECT_EQ(pipeline.settings.other.at("is_deterministic"), "yes");
  const auto& prep = pipeline.jobs.at("prep");
  EXPECT_EQ(prep.outputs.at("clean").binding->ToString(), "${{parent.outputs.prepared}}");
  EXPECT_EQ(prep.component.inputs.at("raw").type, "mltable");
  const auto& fit = pipeline.jobs.at("fit");
  EXPECT_EQ(std::get<domain::Binding>(fit.inputs.at("data")).step, "prep");
  EXPECT_EQ(fit.component.inputs.at("depth").type, "integer");
  EXPECT_EQ(fit.component.inputs.at("data").type, "uri_folder");
  EXPECT_EQ(fit.component.outputs.at("model").type, "mlflow_model");
}

TEST(Commands, TellTheirContainersEngineWhatTheyNeed) {
  const ScratchFiles files;
  const auto read = [&](const std::string& resources) {
    return ReadJob(files.Load("command: fit\nenvironment: azureml:e@latest\nresources: {" + resources + "}\n"));
  };
  const auto options = [&](const std::string& text) {
    const auto job = read("docker_args: " + text);
    return job ? std::get<domain::CommandSpec>(job->job.body).resources.properties.at("docker_args") : "";
  };
  EXPECT_EQ(options("--memory 1g"), "--memory 1g");
  EXPECT_EQ(options("[--memory, 1g, --env, \"A=it's here\"]"), "--memory 1g --env 'A=it'\\''s here'");
  EXPECT_TRUE(read("shm_size: 512m"));
  EXPECT_THAT(files.Complaints(read("shm_size: 2 GB")), Contains(HasSubstr("'2 GB' is not a size")));
}

TEST(Pipelines, RefuseBindingsToNothing) {
  const ScratchFiles files;
  auto complaint = [&](std::string_view from, std::string_view to) {
    const auto complaints = files.Complaints(ReadJob(files.Load(Replaced(std::string(kPipeline), from, to))));
    return complaints.empty() ? "" : complaints[0];
  };
  EXPECT_EQ(complaint("${{parent.inputs.depth}}", "${{parent.inputs.dept}}"),
            "19:14 jobs.fit.inputs.depth: the pipeline has no input 'dept'; did you mean 'depth'?");
  EXPECT_THAT(complaint("jobs.prep.outputs", "jobs.pre.outputs"),
              HasSubstr("18:13 jobs.fit.inputs.data: the pipeline has no step 'pre'; did you mean 'prep'?"));
  EXPECT_THAT(complaint("prep.outputs.clean}}", "prep.outputs.cleaned}}"),
              HasSubstr("step 'prep' has no output 'cleaned'; did you mean 'clean'?"));
  EXPECT_THAT(complaint("parent.outputs.prepared", "parent.outputs.x"), HasSubstr("the pipeline has no output 'x'"));
  EXPECT_THAT(complaint("${{parent.inputs.depth}}", "${{inputs.depth}}"),
              HasSubstr("write '${{parent.inputs.depth}}'"));
  EXPECT_THAT(complaint("${{parent.inputs.depth}}", "x/${{parent.inputs.depth}}"),
              HasSubstr("a binding has to be the whole value"));
}

TEST(Pipelines, RefuseAStepThatReadsItsOwnOutput) {
  const ScratchFiles files;
  const std::string text =
      Replaced(std::string(kPipeline), "${{parent.jobs.prep.outputs.clean}}", "${{parent.jobs.fit.outputs.model}}");
  EXPECT_THAT(files.Complaints(ReadJob(files.Load(text))),
              ElementsAre("18:13 jobs.fit.inputs.data: the step takes its own output 'model' as an input"));
}

TEST(Pipelines, RefuseCyclesAndShowThem) {
  const ScratchFiles files;
  const std::string text = Replaced(std::string(kPipeline), "{raw: \"${{parent.inputs.raw}}\"}",
                                    "{raw: \"${{parent.jobs.fit.outputs.model}}\"}");
  EXPECT_THAT(files.Complaints(ReadJob(files.Load(text))),
              ElementsAre(HasSubstr("jobs.fit.inputs: the steps wait for each other: fit -> prep -> fit")));
}

TEST(Pipelines, RefuseStepsThatAreNotSupportedYetByName) {
  const ScratchFiles files;
  EXPECT_THAT(
      files.Complaints(ReadJob(files.Load("type: pipeline\njobs:\n  a: {type: parallel}\n  b: {type: automl}\n"))),
      ElementsAre("3:13 jobs.a.type: a step of type 'parallel' is not supported yet",
                  "4:13 jobs.b.type: a step of type 'automl' is not supported yet"));
}

TEST(Pipelines, ReadComponentFilesWithPathsOfTheirOwn) {
  const ScratchFiles files;
  files.Write("components/src/run.sh", "echo\n");
  files.Write("components/c.yml",
              "inputs:\n  x: {type: integer, default: 1}\n  y: {type: string}\ncode: ./src\n"
              "environment: azureml:e:1\ncommand: run ${{inputs.x}} ${{inputs.y}}\n");
  auto read =
      ReadJob(files.Load("type: pipeline\njobs:\n  a:\n    component: components/c.yml\n    inputs: {y: hello}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  const auto& step = std::get<domain::PipelineSpec>(read->job.body).jobs.at("a");
  EXPECT_EQ(step.component.code, files.path("components/src").string());
  EXPECT_EQ(std::get<domain::Literal>(step.inputs.at("y")).text, "hello");

  EXPECT_THAT(
      files.Complaints(
          ReadJob(files.Load("type: pipeline\njobs:\n  a:\n    component: components/c.yml\n    inputs: {z: 1}\n"))),
      ElementsAre(HasSubstr("the component has no input 'z'"), HasSubstr("the component's input 'y' gets no value")));
  files.Write("components/c.yml", "comand: x\n");
  EXPECT_THAT(
      files.Complaints(ReadJob(files.Load("type: pipeline\njobs:\n  a:\n    component: components/c.yml\n"))),
      Contains(HasSubstr("c.yml:1:1 comand: a command component has no key 'comand'; did you mean 'command'?")));
  EXPECT_THAT(
      files.Complaints(ReadJob(files.Load("type: pipeline\njobs:\n  a:\n    component: components/none.yml\n"))),
      ElementsAre(HasSubstr("4:16 jobs.a.component: no file or folder '")));
}

constexpr std::string_view kSweep = R"(type: sweep
trial:
  command: train ${{inputs.data}} ${{search_space.n}}
  environment: azureml:e:1
inputs: {data: {path: azureml:d:1}}
sampling_algorithm: {type: random, seed: 7}
search_space:
  n: {type: uniform, min_value: 100, max_value: 1000}
  c: {type: choice, values: [gini, entropy]}
objective: {goal: maximize, primary_metric: f1}
limits: {max_total_trials: 8, max_concurrent_trials: 4, timeout: 7200}
early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 2}
)";

TEST(Sweeps, AreReadWithSpaceObjectiveAndLimits) {
  const ScratchFiles files;
  auto read = ReadJob(files.Load(kSweep));
  ASSERT_TRUE(read) << read.error().ToString();
  const auto& sweep = std::get<domain::SweepSpec>(read->job.body);
  EXPECT_EQ(sweep.search_space.at("n").max_value, 1000);
  EXPECT_EQ(sweep.search_space.at("c").values[1].text, "entropy");
  EXPECT_EQ(sweep.sampling.seed, 7);
  EXPECT_EQ(sweep.limits.max_concurrent_trials, 4);
  EXPECT_EQ(sweep.early_termination->slack_factor, 0.1);
}

TEST(Sweeps, RefuseWrongSpacesAndTrials) {
  const ScratchFiles files;
  auto complaints = [&](std::string_view from, std::string_view to) {
    return files.Complaints(ReadJob(files.Load(Replaced(std::string(kSweep), from, to))));
  };
  EXPECT_THAT(complaints("min_value: 100,", "min_value: 2000,"),
              ElementsAre(HasSubstr("8:6 search_space.n: min_value 2000 is greater than max_value 1000")));
  EXPECT_THAT(complaints("min_value: 100,", "min_value: a lot,"),
              Contains(HasSubstr("a number is needed here, not 'a lot'")));
  EXPECT_THAT(complaints("type: uniform", "type: uniforn"), Contains(HasSubstr("did you mean 'uniform'?")));
  EXPECT_THAT(complaints("search_space.n}}", "search_space.m}}"),
              ElementsAre(HasSubstr("is not declared under 'search_space'")));
  EXPECT_THAT(complaints(", primary_metric: f1", ""),
              ElementsAre(HasSubstr("'objective' needs the key 'primary_metric'")));
  const std::string_view range = "{type: uniform, min_value: 100, max_value: 1000}";
  EXPECT_THAT(complaints(range, "{type: qnormal, mu: 0, sigma: -1, q: 0}"),
              UnorderedElementsAre(HasSubstr("search_space.n.sigma: must be greater than 0"),
                                   HasSubstr("search_space.n.q: must be greater than 0")));
  EXPECT_THAT(complaints(range, "{type: normal, mu: 0, sigma: wide}"),
              ElementsAre(HasSubstr("a number is needed here, not 'wide'")));
  EXPECT_THAT(complaints("type: random, seed: 7", "type: grid"),
              ElementsAre(HasSubstr("grid sampling takes 'choice' only, and 'n' is of type uniform")));
  EXPECT_THAT(complaints("slack_factor: 0.1", "slack_factor: -0.1"),
              ElementsAre(HasSubstr("early_termination.slack_factor: must not be negative")));
}

TEST(Sweeps, MayNestHyperparametersInChoices) {
  const ScratchFiles files;
  const std::string text = Replaced(std::string(kSweep), "values: [gini, entropy]",
                                    "values: [{kind: forest, depth: {type: randint, upper: 9}}, plain]");
  auto read = ReadJob(files.Load(text));
  ASSERT_TRUE(read) << read.error().ToString();
  const auto& space = std::get<domain::SweepSpec>(read->job.body).search_space;
  EXPECT_EQ(space.at("c").values.size(), 2u);
  EXPECT_EQ(space.at("c[0].kind").values[0].text, "forest");
  EXPECT_EQ(space.at("c[0].depth").upper, 9);
  const auto printed = ToJson(read->job);
  EXPECT_EQ(printed["search_space"]["c"]["values"][0]["depth"]["upper"], 9);
  auto again = ReadJob(*ParseDocument(printed.dump(), "printed", ""));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(ToJson(again->job), printed);
  EXPECT_TRUE(ReadJob(files.Load(Replaced(text, "search_space.n", "search_space.c.depth"))));
  EXPECT_THAT(files.Complaints(ReadJob(files.Load(Replaced(text, "search_space.n", "search_space.c.deph")))),
              Contains(HasSubstr("did you mean 'c.depth'?")));
  EXPECT_THAT(files.Complaints(ReadJob(files.Load(Replaced(text, "upper: 9", "uper: 9")))),
              Contains(HasSubstr("needs the key 'upper'")));
}

TEST(CommandJobs, HaveAPriority) {
  const ScratchFiles files;
  auto read = ReadJob(files.Load("command: echo\nenvironment: azureml:e:1\nqueue_settings: {priority: High}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->job.properties.at("slipway.priority"), "high");
  EXPECT_THAT(files.Complaints(
                  ReadJob(files.Load("command: echo\nenvironment: azureml:e:1\nqueue_settings: {priority: soon}\n"))),
              Contains(HasSubstr("queue_settings.priority")));
}

TEST(CommandJobs, AreTheDefaultType) {
  const ScratchFiles files;
  auto read = ReadJob(
      files.Load("command: echo ${{inputs.a}} ${{inputs.b}}\nenvironment: azureml:e:1\ninputs: {a: true, b: '1'}\n"
                 "outputs:\n  o:\ncompute: azureml:cpu\nlimits: {timeout: 60}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  const auto& job = std::get<domain::CommandSpec>(read->job.body);
  EXPECT_EQ(std::get<domain::Literal>(job.inputs.at("a")).kind, domain::Literal::Kind::kBoolean);
  EXPECT_EQ(std::get<domain::Literal>(job.inputs.at("b")).kind, domain::Literal::Kind::kString);
  EXPECT_EQ(job.outputs.at("o").type, "uri_folder");
  EXPECT_EQ(job.timeout_seconds, 60);
  EXPECT_EQ(job.compute, "cpu");
}

TEST(CommandJobs, TellMisspeltAndMissingKeys) {
  const ScratchFiles files;
  EXPECT_THAT(
      files.Complaints(ReadJob(files.Load("comand: echo\nenvironment: e:1\nlimits: {timeout: soon}\n"))),
      ElementsAre(
          "1:1 a command job needs the key 'command'",
          HasSubstr("2:14 environment: 'e:1' is not a reference to an environment: write 'azureml:<name>:<version>'"),
          "3:19 limits.timeout: a whole number is needed here, not 'soon'",
          "1:1 comand: a command job has no key 'comand'; did you mean 'command'?"));
}

TEST(CommandJobs, DefineEnvironmentsInline) {
  const ScratchFiles files;
  auto read = ReadJob(files.Load("command: echo\nenvironment: {image: i}\n"));
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->anonymous.size(), 1u);
  EXPECT_EQ(read->anonymous[0].name, kAnonymousEnvironmentName);
  EXPECT_EQ(std::get<domain::CommandSpec>(read->job.body).environment,
            "azureml:CliV2AnonymousEnvironment:" + read->anonymous[0].version);
  auto again = ReadJob(files.Load("command: other\nenvironment: {image: i}\n"));
  EXPECT_EQ(again->anonymous[0].version, read->anonymous[0].version) << "equal content is one environment";
}

TEST(PrintedJobs, AreReadBackTheSame) {
  const ScratchFiles files;
  for (std::string_view text : {kPipeline, kSweep}) {
    auto read = ReadJob(files.Load(text));
    ASSERT_TRUE(read);
    const auto printed = ToJson(read->job);
    auto again = ReadJob(*ParseDocument(printed.dump(), "printed", ""));
    ASSERT_TRUE(again) << again.error().ToString();
    EXPECT_EQ(ToJson(again->job), printed);
  }
}

TEST(ExampleFiles, AreAllRead) {
  const std::filesystem::path core = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "examples/credit-card-default/core";
  for (const char* file : {"pipelines/train_model.yml", "pipelines/data_drift.yml", "pipelines/data_export.yml"}) {
    auto document = LoadDocument(core / file);
    ASSERT_TRUE(document) << document.error().ToString();
    auto read = ReadJob(*document);
    EXPECT_TRUE(read) << read.error().ToString();
  }
}

}  // namespace
}  // namespace slipway::spec
