#include "slipway/registry/lineage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "slipway/domain/job_properties.h"

namespace slipway::registry {
namespace {

using namespace domain;

Job CommandJob(const std::string& name, const std::string& parent = "") {
  Job job;
  job.name = name;
  job.parent = parent;
  job.root = parent.empty() ? name : parent;
  CommandSpec command;
  command.code = "azureml:src:1";
  command.environment = "azureml:env:2";
  job.spec.body = command;
  job.output_uris["o"] = "azureml://datastores/blob/paths/azureml/" + name + "/o/";
  job.output_uris["artifacts"] = "azureml://datastores/blob/paths/azureml/ExperimentRun/dcid." + name + "/";
  return job;
}

// raw data → prepare → fit → model → deployment, with a commit behind the code.
LineageSources Chain() {
  LineageSources sources;
  AssetVersion raw;
  raw.name = "raw";
  raw.version = "1";
  raw.body = DataBody{};
  AssetVersion model;
  model.kind = AssetKind::kModel;
  model.name = "credit";
  model.version = "3";
  model.body = ModelBody{"mlflow_model", "azureml://jobs/p_fit/outputs/artifacts/paths/model", "", "", {}};
  sources.assets = {raw, model};
  Job pipeline = CommandJob("p");
  pipeline.spec.body = PipelineSpec();
  Job prepare = CommandJob("p_prepare", "p"), fit = CommandJob("p_fit", "p");
  prepare.spec.properties["azureml.git.commit"] = "0123456789abcdef";
  prepare.spec.properties["azureml.git.branch"] = "main";
  std::get<CommandSpec>(prepare.spec.body).inputs["rows"] = DataInput{"uri_folder", "azureml:raw:1", ""};
  std::get<CommandSpec>(fit.spec.body).inputs["clean"] =
      DataInput{"uri_folder", prepare.output_uris.at("o") + "part-0.csv", ""};
  sources.jobs = {pipeline, prepare, fit};
  OnlineDeployment deployment;
  deployment.endpoint_name = "shop";
  deployment.name = "blue";
  deployment.model = "azureml:credit:3";
  sources.deployments = {deployment};
  return sources;
}

bool Has(const LineageGraph& graph, const std::string& from, const std::string& to) {
  return std::any_of(graph.edges.begin(), graph.edges.end(),
                     [&](const LineageEdge& edge) { return edge.from == from && edge.to == to; });
}

TEST(Lineage, LeadsFromADeploymentBackToDataAndCommit) {
  const auto graph = LineageAround(BuildLineage(Chain()), "deployment:shop/blue", true, false);
  EXPECT_TRUE(Has(graph, "model:credit:3", "deployment:shop/blue"));
  EXPECT_TRUE(Has(graph, "job:p_fit", "model:credit:3"));
  EXPECT_TRUE(Has(graph, "job:p_prepare", "job:p_fit")) << "a file below an output";
  EXPECT_TRUE(Has(graph, "data:raw:1", "job:p_prepare"));
  EXPECT_TRUE(Has(graph, "code:src:1", "job:p_prepare"));
  EXPECT_TRUE(Has(graph, "commit:0123456789abcdef", "code:src:1"));
  EXPECT_EQ(graph.nodes.at("commit:0123456789abcdef").facts.at("branch"), "main");
}

TEST(Lineage, LeadsFromDataToWhatServesIt) {
  const auto graph = LineageAround(BuildLineage(Chain()), "data:raw:1", false, true);
  EXPECT_TRUE(Has(graph, "model:credit:3", "deployment:shop/blue"));
  EXPECT_FALSE(graph.nodes.count("code:src:1")) << "what else a job took is not made of the data";
}

TEST(Lineage, APipelineStandsForItsSteps) {
  const auto graph = LineageAround(BuildLineage(Chain()), "job:p", true, true);
  EXPECT_TRUE(graph.nodes.count("data:raw:1"));
  EXPECT_TRUE(graph.nodes.count("deployment:shop/blue"));
}

TEST(Lineage, AnOutputThatWasTakenOverLeadsToWhoMadeIt) {
  LineageSources sources = Chain();
  Job again = sources.jobs[1];
  again.name = "q_prepare";
  again.parent = again.root = "q";
  again.reused_from = "p_prepare";
  sources.jobs.push_back(again);
  const auto graph = BuildLineage(sources);
  EXPECT_TRUE(Has(graph, "job:p_prepare", "job:q_prepare"));
  EXPECT_TRUE(Has(graph, "job:p_prepare", "job:p_fit"));
  EXPECT_FALSE(Has(graph, "job:q_prepare", "job:p_fit"));
}

TEST(Lineage, DataWithoutANameStandAsTheirPath) {
  LineageSources sources = Chain();
  const std::string uploaded = "azureml://datastores/blob/paths/LocalUpload/0a/rows.csv";
  auto& inputs = std::get<CommandSpec>(sources.jobs[2].spec.body).inputs;
  inputs["more"] = DataInput{"uri_file", uploaded, ""};
  inputs["earlier"] = DataInput{"uri_folder", "azureml://jobs/p_prepare/outputs/o/paths/x", ""};
  inputs.erase("clean");
  const auto graph = BuildLineage(sources);
  EXPECT_TRUE(Has(graph, "path:" + uploaded, "job:p_fit"));
  EXPECT_TRUE(Has(graph, "job:p_prepare", "job:p_fit")) << "a job's output by its name";
  EXPECT_EQ(FindNode(graph, uploaded).value(), "path:" + uploaded);
  EXPECT_TRUE(LineageAround(graph, "path:" + uploaded, false, true).nodes.count("deployment:shop/blue"));
}

TEST(Lineage, NamesAreFoundInTheirUsualForms) {
  const auto graph = BuildLineage(Chain());
  EXPECT_EQ(FindNode(graph, "azureml:credit:3").value(), "model:credit:3");
  EXPECT_EQ(FindNode(graph, "credit:3").value(), "model:credit:3");
  EXPECT_EQ(FindNode(graph, "p_fit").value(), "job:p_fit");
  EXPECT_EQ(FindNode(graph, "shop/blue").value(), "deployment:shop/blue");
  EXPECT_EQ(FindNode(graph, "0123456").value(), "commit:0123456789abcdef");
  EXPECT_EQ(FindNode(graph, "credits:3").error().code(), Code::kNotFound);
  EXPECT_FALSE(FindNode(graph, ""));
}

}  // namespace
}  // namespace slipway::registry
