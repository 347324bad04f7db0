#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/mlflow/mount.h"
#include "slipway/api/testing/ask.h"
#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_run_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"

namespace slipway::api {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kWorkspaceApi =
    "/mlflow/v1.0/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.MachineLearningServices/workspaces/default/api/2.0";

class MlflowApi : public ::testing::Test {
 protected:
  MlflowApi() {
    EXPECT_TRUE(workspaces_.PutWorkspace(domain::Workspace{}));
    domain::Datastore datastore;
    datastore.name = "workspaceartifactstore";
    datastore.path = (root_.path() / "artifacts").string();
    EXPECT_TRUE(workspaces_.PutDatastore({}, datastore));
    MountMlflow(router_, {runs_,
                          workspaces_,
                          assets_,
                          catalog_,
                          clock_,
                          [this](const domain::Scope&, const std::string& run) { measured_.push_back(run); },
                          {},
                          root_.path() / "uploads"});
  }

  net::Response Send(const std::string& method, const std::string& target, std::string body = "") {
    return testing::Ask(router_, method, target, std::move(body));
  }
  json Call(const std::string& method, const std::string& tail, const json& body = nullptr, int status = 200) {
    const auto response = Send(method, kWorkspaceApi + "/mlflow/" + tail, body.is_null() ? "" : body.dump());
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body, nullptr, false);
  }
  json Get(const std::string& tail, int status = 200) { return Call("GET", tail, nullptr, status); }
  json Post(const std::string& tail, const json& body, int status = 200) { return Call("POST", tail, body, status); }
  void ExpectError(const json& answer, const std::string& code, const std::string& message) {
    EXPECT_EQ(answer["error_code"], code);
    EXPECT_EQ(answer["message"], message);
  }

  std::string MakeExperiment(const std::string& name) {
    return Post("experiments/create", {{"name", name}})["experiment_id"];
  }
  std::string MakeRun(const json& more = json::object()) {
    json body = {{"experiment_id", "0"}};
    body.update(more);
    return Post("runs/create", body)["run"]["info"]["run_id"];
  }
  json RunData(const std::string& id) { return Get("runs/get?run_id=" + id)["run"]["data"]; }
  std::string Artifact(const std::string& path) { return kWorkspaceApi + "/mlflow-artifacts/artifacts/" + path; }
  void Upload(const std::string& path, const std::string& content, int status = 200) {
    const auto response = Send("PUT", Artifact(path), content);
    EXPECT_EQ(response.status, status) << path << response.body;
  }
  fs::path FolderOf(const std::string& run) { return root_.path() / "artifacts/ExperimentRun" / ("dcid." + run); }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  ManualClock clock_{*ParseTimestamp("2026-03-04T10:00:00Z")};
  domain::testing::MemoryRunStore runs_;
  domain::testing::MemoryWorkspaceStore workspaces_;
  domain::testing::MemoryAssetStore assets_;
  domain::testing::MemoryJobStore jobs_;
  registry::Catalog catalog_{workspaces_, assets_, jobs_};
  std::vector<std::string> measured_;
  net::Router router_;
};

TEST_F(MlflowApi, AnExperimentLives) {
  const std::string id =
      Post("experiments/create", {{"name", "churn"}, {"tags", {{{"key", "a"}, {"value", "b"}}}}})["experiment_id"];
  const json experiment = Get("experiments/get?experiment_id=" + id)["experiment"];
  EXPECT_EQ(experiment, (json{{"experiment_id", id},
                              {"name", "churn"},
                              {"artifact_location", "mlflow-artifacts:/" + id},
                              {"lifecycle_stage", "active"},
                              {"creation_time", 1772618400000},
                              {"last_update_time", 1772618400000},
                              {"tags", {{{"key", "a"}, {"value", "b"}}}}}));
  EXPECT_EQ(Get("experiments/get-by-name?experiment_name=churn")["experiment"], experiment);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Post("experiments/update", {{"experiment_id", id}, {"new_name", "churn 2"}}), json::object());
  Post("experiments/set-experiment-tag", {{"experiment_id", id}, {"key", "k"}, {"value", "v"}});
  Post("experiments/delete-experiment-tag", {{"experiment_id", id}, {"key", "a"}});
  const json changed = Get("experiments/get?experiment_id=" + id)["experiment"];
  EXPECT_EQ(changed["name"], "churn 2");
  EXPECT_EQ(changed["tags"], json::parse(R"([{"key":"k","value":"v"}])"));
  EXPECT_EQ(changed["last_update_time"], 1772618401000);
}

TEST_F(MlflowApi, ErrorsOfExperimentsHaveMlflowsCodesAndTexts) {
  MakeExperiment("churn");
  ExpectError(Post("experiments/create", {{"name", "churn"}}, 400), "RESOURCE_ALREADY_EXISTS",
              "Experiment(name=churn) already exists.");
  ExpectError(Post("experiments/create", json::object(), 400), "INVALID_PARAMETER_VALUE",
              "Missing value for required parameter 'name'");
  ExpectError(Get("experiments/get?experiment_id=77", 404), "RESOURCE_DOES_NOT_EXIST",
              "No Experiment with id=77 exists");
  ExpectError(Get("experiments/get-by-name?experiment_name=x", 404), "RESOURCE_DOES_NOT_EXIST",
              "Could not find experiment with name 'x'");
  Post("experiments/create", {{"name", "x"}, {"artifact_location", "runs:/abc"}}, 400);
  Post("experiments/create", {{"name", "x"}, {"artifact_location", "s3://b/a#x"}}, 400);
  Post("experiments/create", {{"name", std::string(501, 'n')}}, 400);
  Post("experiments/create", {{"name", json::array()}}, 400);
}

TEST_F(MlflowApi, DeletingAnExperimentTakesItsRunsAndRestoringBringsThoseBack) {
  const std::string id = MakeExperiment("churn");
  const std::string run = MakeRun({{"experiment_id", id}}), other = MakeRun({{"experiment_id", id}});
  Post("runs/delete", {{"run_id", other}});
  Post("experiments/delete", {{"experiment_id", id}});
  EXPECT_EQ(Get("runs/get?run_id=" + run)["run"]["info"]["lifecycle_stage"], "deleted");
  Post("experiments/delete", {{"experiment_id", id}}, 404);
  Post("runs/create", {{"experiment_id", id}}, 400);
  Post("experiments/restore", {{"experiment_id", id}});
  EXPECT_EQ(Get("runs/get?run_id=" + run)["run"]["info"]["lifecycle_stage"], "active");
  EXPECT_EQ(Get("runs/get?run_id=" + other)["run"]["info"]["lifecycle_stage"], "deleted");
  EXPECT_EQ(RunData(run)["tags"].size(), 1u);  // no mark is left
  Post("experiments/restore", {{"experiment_id", id}}, 404);
}

TEST_F(MlflowApi, ExperimentsAreSearchedInPages) {
  for (const char* name : {"a", "b", "c"}) MakeExperiment(name);
  EXPECT_EQ(Get("experiments/search?max_results=1000")["experiments"].size(), 4u);  // with Default
  const json first =
      Post("experiments/search", {{"max_results", 2}, {"order_by", {"name DESC"}}, {"filter", "name != 'Default'"}});
  EXPECT_EQ(first["experiments"][0]["name"], "c");
  const json second = Post("experiments/search", {{"max_results", 2},
                                                  {"order_by", {"name DESC"}},
                                                  {"filter", "name != 'Default'"},
                                                  {"page_token", first["next_page_token"]}});
  EXPECT_EQ(second["experiments"].size(), 1u);
  EXPECT_FALSE(second.contains("next_page_token"));
  EXPECT_EQ(Post("experiments/search", {{"max_results", 5}, {"filter", "name = 'none'"}}), json::object());
  Post("experiments/search", {{"page_token", "rubbish"}}, 400);
  Post("experiments/search", {{"max_results", 0}}, 400);
  Post("experiments/search", {{"view_type", "SOME"}}, 400);
  EXPECT_FALSE(Post("experiments/search", {{"view_type", "DELETED_ONLY"}}).contains("experiments"));
}

TEST_F(MlflowApi, ARunLives) {
  const json run = Post("runs/create",
                        {{"experiment_id", 0}, {"user_id", "ann"}, {"start_time", 123}, {"run_name", "first"}})["run"];
  const json& info = run["info"];
  const std::string id = info["run_id"];
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(info["run_uuid"], id);
  EXPECT_EQ(info["status"], "RUNNING");
  EXPECT_EQ(info["artifact_uri"], "mlflow-artifacts:/" + id);
  EXPECT_FALSE(info.contains("end_time"));
  EXPECT_EQ(run["data"]["tags"], json::parse(R"([{"key":"mlflow.runName","value":"first"}])"));
  const json updated =
      Post("runs/update",
           {{"run_uuid", id}, {"status", "FINISHED"}, {"end_time", "456"}, {"run_name", "second"}})["run_info"];
  EXPECT_EQ(updated["status"], "FINISHED");
  EXPECT_EQ(updated["end_time"], 456);
  EXPECT_EQ(Get("runs/get?run_uuid=" + id)["run"]["data"]["tags"][0]["value"], "second");
  Post("runs/delete", {{"run_id", id}});
  ExpectError(Post("runs/set-tag", {{"run_id", id}, {"key", "k"}, {"value", "v"}}, 400), "INVALID_PARAMETER_VALUE",
              "The run " + id + " must be in the 'active' state. Current state is deleted.");
  Post("runs/restore", {{"run_id", id}});
  Post("runs/set-tag", {{"run_id", id}, {"key", "mlflow.runName"}, {"value", "third"}});
  EXPECT_EQ(Get("runs/get?run_id=" + id)["run"]["info"]["run_name"], "third");
  Post("runs/update", {{"run_id", id}, {"status", "DONE"}}, 400);
  Post("runs/create", {{"run_name", "a"}, {"tags", {{{"key", "mlflow.runName"}, {"value", "b"}}}}}, 400);
}

TEST_F(MlflowApi, UnknownRunsAreNotFound) {
  for (const char* tail :
       {"runs/get?run_id=nope", "metrics/get-history?run_id=nope&metric_key=m", "artifacts/list?run_id=nope"})
    ExpectError(Get(tail, 404), "RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found");
  for (const char* tail :
       {"runs/update", "runs/delete", "runs/restore", "runs/log-batch", "runs/delete-tag", "runs/log-inputs"})
    ExpectError(Post(tail, {{"run_id", "nope"}}, 404), "RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found");
}

TEST_F(MlflowApi, MetricsHaveAHistoryAndALatestValue) {
  const std::string id = MakeRun();
  for (int step = 0; step < 3; ++step)
    Post("runs/log-metric",
         {{"run_id", id}, {"key", "auc"}, {"value", 0.5 + step}, {"timestamp", 100 + step}, {"step", step}});
  Post("runs/log-metric", {{"run_id", id}, {"key", "loss"}, {"value", "NaN"}, {"timestamp", 1}});
  EXPECT_EQ(measured_, std::vector<std::string>(4, id));
  EXPECT_EQ(RunData(id)["metrics"], json::parse(R"([{"key":"auc","value":2.5,"timestamp":102,"step":2},
                                                   {"key":"loss","value":"NaN","timestamp":1,"step":0}])"));
  EXPECT_EQ(Get("metrics/get-history?run_id=" + id + "&metric_key=auc")["metrics"].size(), 3u);
  EXPECT_EQ(Get("metrics/get-history?run_id=" + id + "&metric_key=none"), json::object());
  const json page = Get("metrics/get-history?run_id=" + id + "&metric_key=auc&max_results=2");
  EXPECT_EQ(page["metrics"].size(), 2u);
  EXPECT_EQ(Get("metrics/get-history?run_id=" + id + "&metric_key=auc&max_results=2&page_token=" +
                UrlEncode(page["next_page_token"].get<std::string>()))["metrics"]
                .size(),
            1u);
  Post("runs/log-metric", {{"run_id", id}, {"key", "auc"}, {"value", nullptr}, {"timestamp", 1}}, 400);
  Post("runs/log-metric", {{"run_id", id}, {"key", "auc"}, {"value", 1}}, 400);
}

TEST_F(MlflowApi, AParameterDoesNotChange) {
  const std::string id = MakeRun();
  Post("runs/log-parameter", {{"run_id", id}, {"key", "depth"}, {"value", "10"}});
  Post("runs/log-parameter", {{"run_id", id}, {"key", "depth"}, {"value", "10"}});
  ExpectError(
      Post("runs/log-parameter", {{"run_id", id}, {"key", "depth"}, {"value", "11"}}, 400), "INVALID_PARAMETER_VALUE",
      "Changing param values is not allowed. Param with key='depth' was already logged with value='10' for run ID='" +
          id + "'. Attempted logging new value '11'.");
  EXPECT_EQ(RunData(id)["params"], json::parse(R"([{"key":"depth","value":"10"}])"));
}

TEST_F(MlflowApi, ABatchLogsAllKindsAtOnce) {
  const std::string id = MakeRun();
  const json batch = {{"run_id", id},
                      {"metrics", {{{"key", "m"}, {"value", 1}, {"timestamp", 1}, {"step", 0}}}},
                      {"params", {{{"key", "p"}, {"value", "x"}}}},
                      {"tags", {{{"key", "t"}, {"value", "y"}}}}};
  EXPECT_EQ(Post("runs/log-batch", batch), json::object());
  EXPECT_EQ(RunData(id)["params"][0]["value"], "x");
  EXPECT_EQ(measured_.size(), 1u);
  Post("runs/delete-tag", {{"run_id", id}, {"key", "t"}});
  Post("runs/delete-tag", {{"run_id", id}, {"key", "t"}}, 404);

  json bad = batch;
  bad["params"].push_back({{"key", "p"}, {"value", "z"}});
  ExpectError(Post("runs/log-batch", bad, 400), "INVALID_PARAMETER_VALUE",
              "Duplicate parameter keys have been submitted: p");
  bad = batch;
  bad["metrics"][0]["value"] = "high";
  ExpectError(Post("runs/log-batch", bad, 400), "INVALID_PARAMETER_VALUE",
              "Invalid value \"high\" for parameter 'metrics[0].value': it must be a number");
  bad = batch;
  bad["params"] = json::array();
  for (int i = 0; i < 101; ++i) bad["params"].push_back({{"key", "p" + std::to_string(i)}, {"value", "x"}});
  Post("runs/log-batch", bad, 400);
  bad = batch;
  bad["tags"][0]["key"] = "../t";
  Post("runs/log-batch", bad, 400);
  bad["tags"][0]["key"] = "t<script>";
  Post("runs/log-batch", bad, 400);
  bad["metrics"] = "none";
  Post("runs/log-batch", bad, 400);
  // A body that holds its JSON as text is read once more.
  EXPECT_EQ(Send("POST", kWorkspaceApi + "/mlflow/runs/log-batch", json(batch.dump()).dump()).status, 200);
  EXPECT_EQ(Send("POST", kWorkspaceApi + "/mlflow/runs/log-batch", "{").status, 400);
}

TEST_F(MlflowApi, RunsAreSearched) {
  const std::string experiment = MakeExperiment("churn");
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(MakeRun({{"experiment_id", experiment}, {"start_time", 100 + i}}));
    Post("runs/log-metric", {{"run_id", ids[i]}, {"key", "auc"}, {"value", 0.5 + 0.1 * i}, {"timestamp", 1}});
  }
  MakeRun();  // in another experiment
  const auto found = [&](json body) {
    body["experiment_ids"] = {experiment};
    std::vector<std::string> list;
    const json answer = Post("runs/search", body);
    for (const json& run : answer.value("runs", json::array())) list.push_back(run["info"]["run_id"]);
    return list;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(found({}), (Ids{ids[2], ids[1], ids[0]}));
  EXPECT_EQ(found({{"filter", "metrics.auc > 0.55"}, {"order_by", {"metrics.auc ASC"}}}), (Ids{ids[1], ids[2]}));
  EXPECT_EQ(found({{"max_results", 1}}), (Ids{ids[2]}));
  Post("runs/delete", {{"run_id", ids[0]}});
  EXPECT_EQ(found({}), (Ids{ids[2], ids[1]}));
  EXPECT_EQ(found({{"run_view_type", "DELETED_ONLY"}}), (Ids{ids[0]}));
  EXPECT_EQ(Post("runs/search", {{"experiment_ids", {"99"}}}), json::object());
  ExpectError(Post("runs/search", {{"experiment_ids", {experiment}}, {"filter", "metrics.auc >> 1"}}, 400),
              "INVALID_PARAMETER_VALUE", "filter:1:14: expected a number to compare 'auc' with, not '>'");
}

TEST_F(MlflowApi, InputsAndModelsOfARunAreKept) {
  const std::string id = MakeRun();
  const json input = {{"tags", {{{"key", "mlflow.data.context"}, {"value", "train"}}}},
                      {"dataset", {{"name", "d"}, {"digest", "1"}, {"source_type", "x"}, {"source", "y"}}}};
  Post("runs/log-inputs", {{"run_id", id}, {"datasets", {input}}});
  const json run = Get("runs/get?run_id=" + id)["run"];
  EXPECT_EQ(run["inputs"]["dataset_inputs"], json::array({input}));
  EXPECT_EQ(run["data"]["tags"].size(), 1u);  // the server's own tag is not shown
  Post("runs/log-inputs", {{"run_id", id}, {"datasets", {{{"dataset", {{"name", "d"}}}}}}}, 400);

  const json model = {
      {"artifact_path", "model"}, {"flavors", json::object()}, {"utc_time_created", "t"}, {"run_id", id}};
  Post("runs/log-model", {{"run_id", id}, {"model_json", model.dump()}});
  Post("runs/log-model", {{"run_id", id}, {"model_json", "{}"}}, 400);
  EXPECT_EQ(RunData(id)["tags"][0]["value"], json::array({model}).dump());
}

TEST_F(MlflowApi, WhatAClientWritesIntoTheServersTagsBreaksNoSearch) {
  const std::string run = MakeRun();
  const json odd = {{"dataset", {{"name", "rows"}, {"digest", "1"}}}, {"tags", {"odd"}}};
  Post("runs/log-inputs", {{"run_id", run}, {"datasets", json::array({odd})}});
  EXPECT_EQ(Post("experiments/search-datasets", {{"experiment_ids", {"0"}}})["dataset_summaries"][0]["name"], "rows");
  const json by_context = {{"experiment_ids", {"0"}}, {"filter", "dataset.context = 'train'"}};
  EXPECT_TRUE(Post("runs/search", by_context).value("runs", json::array()).empty());
  Post("runs/set-tag", {{"run_id", run},
                        {"key", "slipway.mlflow.loggedModel"},
                        {"value", R"({"updated_at":"never","model_type":5,"source_run_id":[]})"}});
  const json order = json::parse(R"([{"field_name":"last_updated_timestamp"},{"field_name":"source_run_id"}])");
  EXPECT_EQ(Post("logged-models/search", {{"experiment_ids", {"0"}}, {"order_by", order}})["models"].size(), 1u);
}

TEST_F(MlflowApi, ALoggedModelLives) {
  const std::string run = MakeRun();
  const json made = Post("logged-models", {{"experiment_id", "0"},
                                           {"name", "forest"},
                                           {"model_type", "Agent"},
                                           {"source_run_id", run},
                                           {"params", {{{"key", "trees"}, {"value", "50"}}}},
                                           {"tags", {{{"key", "team"}, {"value", "risk"}}}}})["model"];
  const std::string id = made["info"]["model_id"];
  EXPECT_TRUE(id.starts_with("m-"));
  EXPECT_EQ(made["info"]["status"], "LOGGED_MODEL_PENDING");
  EXPECT_EQ(made["info"]["artifact_uri"], "mlflow-artifacts:/" + id);
  EXPECT_EQ(made["info"]["source_run_id"], run);
  EXPECT_EQ(made["data"]["params"][0]["value"], "50");
  Post("runs/outputs", {{"run_id", run}, {"models", {{{"model_id", id}, {"step", 0}}}}});
  EXPECT_EQ(Get("runs/get?run_id=" + run)["run"]["outputs"]["model_outputs"][0]["model_id"], id);
  Post("runs/log-metric", {{"run_id", run}, {"key", "f1"}, {"value", 0.9}, {"timestamp", 1}, {"model_id", id}});
  Post("runs/log-metric", {{"run_id", run}, {"key", "f1"}, {"value", 1}, {"timestamp", 1}, {"model_id", "m-0"}}, 404);
  Upload(id + "/MLmodel", "flavors: {}");
  EXPECT_EQ(Call("PATCH", "logged-models/" + id, {{"status", "LOGGED_MODEL_READY"}})["model"]["info"]["status"],
            "LOGGED_MODEL_READY");
  Call("PATCH", "logged-models/" + id, {{"status", "LOGGED_MODEL_PENDING"}}, 400);
  Call("PATCH", "logged-models/" + id + "/tags", {{"tags", {{{"key", "k"}, {"value", "v"}}}}});
  Call("DELETE", "logged-models/" + id + "/tags/team");
  Post("logged-models/" + id + "/params", {{"params", {{{"key", "depth"}, {"value", "7"}}}}});
  const json stored = Get("logged-models/" + id)["model"];
  EXPECT_EQ(stored["info"]["tags"], json::parse(R"([{"key":"k","value":"v"}])"));
  EXPECT_EQ(stored["data"]["params"].size(), 2u);
  EXPECT_EQ(stored["data"]["metrics"][0]["value"], 0.9);
  const json files = Get("logged-models/" + id + "/artifacts/directories");
  EXPECT_EQ(files["files"][0]["path"], "MLmodel");
  const json filter = {{"experiment_ids", {"0"}}, {"filter", "metrics.f1 > 0.5 AND name = 'forest'"}};
  EXPECT_EQ(Post("logged-models/search", filter)["models"].size(), 1u);
  EXPECT_EQ(Post("runs/search", {{"experiment_ids", {"0"}}})["runs"].size(), 1u) << "the model is no run";
  Post("registered-models/create", {{"name", "credit"}});
  const json version = Post("model-versions/create",
                            {{"name", "credit"}, {"source", "models:/" + id}, {"model_id", id}})["model_version"];
  EXPECT_EQ(version["run_id"], run);
  EXPECT_EQ(version["model_id"], id);
  EXPECT_EQ(Call("DELETE", "logged-models/" + id), json::object());
  Get("logged-models/" + id, 404);
}

TEST_F(MlflowApi, DataSetsAreFoundByNameDigestAndContext) {
  const std::string run = MakeRun(), other = MakeRun();
  const json dataset = {{"dataset", {{"name", "rows"}, {"digest", "d1"}, {"source_type", "local"}, {"source", "x"}}},
                        {"tags", {{{"key", "mlflow.data.context"}, {"value", "training"}}}}};
  Post("runs/log-inputs", {{"run_id", run}, {"datasets", {dataset}}});
  const auto found = [&](const std::string& filter) {
    return Post("runs/search", {{"experiment_ids", {"0"}}, {"filter", filter}}).value("runs", json::array()).size();
  };
  EXPECT_EQ(found("dataset.name = 'rows' AND datasets.context = 'training'"), 1u);
  EXPECT_EQ(found("dataset.digest LIKE 'e%'"), 0u);
  EXPECT_EQ(found("dataset.name != 'rows'"), 0u);
  Post("runs/search", {{"experiment_ids", {"0"}}, {"filter", "dataset.size = '3'"}}, 400);
  EXPECT_EQ(Post("experiments/search-datasets", {{"experiment_ids", {"0"}}})["dataset_summaries"],
            json::parse(R"([{"context":"training","digest":"d1","experiment_id":"0","name":"rows"}])"));
}

TEST_F(MlflowApi, HistoriesOfSeveralRunsKeepTheirEnds) {
  const std::string a = MakeRun(), b = MakeRun();
  for (int step = 0; step < 100; ++step)
    Post("runs/log-metric", {{"run_id", a}, {"key", "loss"}, {"value", step}, {"timestamp", 1}, {"step", step}});
  Post("runs/log-metric", {{"run_id", b}, {"key", "loss"}, {"value", 7}, {"timestamp", 1}, {"step", 33}});
  const std::string ids = "run_ids=" + a + "&run_ids=" + b + "&metric_key=loss";
  const json thinned = Get("metrics/get-history-bulk-interval?max_results=10&" + ids)["metrics"];
  EXPECT_EQ(thinned.front()["step"], 0);
  EXPECT_EQ(thinned.back()["step"], 33);
  EXPECT_EQ(thinned.back()["run_id"], b);
  EXPECT_LE(thinned.size(), 14u);
  const json part = Get("metrics/get-history-bulk-interval?start_step=10&end_step=12&" + ids)["metrics"];
  EXPECT_EQ(part.size(), 3u);
  Get("metrics/get-history-bulk-interval?start_step=10&" + ids, 400);
  const auto bulk = Send("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk?metric_key=loss&run_id=" + a);
  EXPECT_EQ(json::parse(bulk.body)["metrics"].size(), 100u);
}

TEST_F(MlflowApi, OlderAddressesLeadToTheSameMethods) {
  const std::string id = MakeRun();
  for (const char* prefix : {"/ajax-api/2.0", "/api/2.0/preview"})
    EXPECT_EQ(Send("GET", std::string(prefix) + "/mlflow/runs/get?run_id=" + id).status, 200) << prefix;
  EXPECT_EQ(Send("GET", "/ajax-api/2.0/mlflow/no-such-method").status, 404);
  EXPECT_EQ(Send("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_id=" + id + "&path=a/b.txt", "x").status, 200);
  EXPECT_EQ(Send("GET", "/get-artifact?run_id=" + id + "&path=a/b.txt").body, "x");
  EXPECT_EQ(Send("GET", "/get-artifact?run_id=" + id + "&path=../b.txt").status, 400);
  EXPECT_EQ(json::parse(Send("GET", "/api/3.0/mlflow/server-info").body)["multipart_uploads_enabled"], true);
}

class MultipartApi : public MlflowApi {
 protected:
  std::string Mpu(const std::string& what) { return kWorkspaceApi + "/mlflow-artifacts/mpu/" + what; }
  json Begin(const std::string& path, const json& body, int status = 200) {
    const auto response = Send("POST", Mpu("create/" + path), body.dump());
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }
  // The path and query of a credential's address.
  std::string TargetOf(const json& credential) {
    const std::string url = credential["url"];
    return url.substr(url.find('/', url.find("://") + 3));
  }
};

TEST_F(MultipartApi, PartsBecomeOneFile) {
  const std::string run = MakeRun();
  const json upload = Begin(run + "/model", {{"path", "/home/me/big.bin"}, {"num_parts", 3}});
  ASSERT_EQ(upload["credentials"].size(), 3u);
  json parts = json::array();
  for (const int number : {2, 1, 3}) {
    const json& credential = upload["credentials"][number - 1];
    const auto put = Send("PUT", TargetOf(credential), "part" + std::to_string(number));
    EXPECT_EQ(put.status, 200) << put.body;
    parts.push_back({{"part_number", number}, {"etag", *put.headers.Find("ETag")}, {"url", credential["url"]}});
  }
  EXPECT_EQ(Send("GET", Artifact(run + "/model/big.bin")).status, 404) << "not before it is whole";
  const json complete = {{"path", "/home/me/big.bin"}, {"upload_id", upload["upload_id"]}, {"parts", parts}};
  const auto completed = Send("POST", Mpu("complete/" + run + "/model"), complete.dump());
  EXPECT_EQ(completed.status, 200) << completed.body;
  EXPECT_EQ(Send("GET", Artifact(run + "/model/big.bin")).body, "part1part2part3");
  EXPECT_TRUE(fs::is_empty(root_.path() / "uploads"));
  EXPECT_EQ(Send("POST", Mpu("complete/" + run + "/model"), complete.dump()).status, 404) << "it is done";
}

TEST_F(MultipartApi, WhatIsMissingOrChangedIsNamed) {
  const std::string run = MakeRun();
  const json upload = Begin(run, {{"path", "f"}, {"num_parts", 2}});
  const auto put = Send("PUT", TargetOf(upload["credentials"][0]), "one");
  const auto complete = [&](const json& parts) {
    const json body = {{"path", "f"}, {"upload_id", upload["upload_id"]}, {"parts", parts}};
    return Send("POST", Mpu("complete/" + run), body.dump());
  };
  const json first = {{"part_number", 1}, {"etag", *put.headers.Find("ETag")}};
  EXPECT_EQ(complete({first}).status, 400);
  EXPECT_NE(complete({first, {{"part_number", 2}, {"etag", "x"}}}).body.find("has not been uploaded"),
            std::string::npos);
  Send("PUT", TargetOf(upload["credentials"][1]), "two");
  EXPECT_NE(complete({first, {{"part_number", 2}, {"etag", "x"}}}).body.find("ETag"), std::string::npos);
  EXPECT_EQ(Send("PUT", Mpu("parts/" + upload["upload_id"].get<std::string>() + "/3"), "x").status, 400);
  const json abort = {{"path", "f"}, {"upload_id", upload["upload_id"]}};
  EXPECT_EQ(Send("POST", Mpu("abort/" + run), abort.dump()).status, 200);
  EXPECT_EQ(Send("PUT", TargetOf(upload["credentials"][0]), "x").status, 404);
}

TEST_F(MultipartApi, NoUploadLeadsOutOfARunsArtifacts) {
  const std::string run = MakeRun();
  Begin(run + "/..", {{"path", "f"}, {"num_parts", 1}}, 400);
  Begin(run, {{"path", ".."}, {"num_parts", 1}}, 400);
  Begin("no-such-run", {{"path", "f"}, {"num_parts", 1}}, 404);
  Begin(run, {{"path", "f"}, {"num_parts", 0}}, 400);
  for (const char* id : {"..", "..%2f..%2fsecret", "0123"})
    EXPECT_EQ(Send("PUT", Mpu(std::string("parts/") + id + "/1"), "x").status, 404) << id;
}

TEST_F(MlflowApi, APlainTrackingUriIsTheDefaultWorkspace) {
  const std::string id = MakeRun();
  const auto response = Send("GET", "/api/2.0/mlflow/runs/get?run_id=" + id);
  EXPECT_EQ(json::parse(response.body)["run"]["info"]["run_id"], id);
  EXPECT_EQ(Send("GET", ReplaceAll(kWorkspaceApi, "default", "other") + "/mlflow/experiments/search").status, 404);
}

TEST_F(MlflowApi, ArtifactsAreStoredListedReadAndDeleted) {
  const std::string id = MakeRun();
  Upload(id + "/model/MLmodel", "flavors: {}");
  Upload(id + "/model/data/a%20b.bin", std::string("\0\xff", 2));
  Upload(id + "/notes.txt", "hello");
  Upload(id + "/notes.txt", "hello again");
  EXPECT_EQ(*ReadFile(FolderOf(id) / "model/MLmodel"), "flavors: {}");

  EXPECT_EQ(
      Get("artifacts/list?run_id=" + id),
      (json{{"root_uri", "mlflow-artifacts:/" + id},
            {"files",
             {{{"path", "model"}, {"is_dir", true}}, {{"path", "notes.txt"}, {"is_dir", false}, {"file_size", 11}}}}}));
  EXPECT_EQ(
      Get("artifacts/list?run_id=" + id + "&path=model/")["files"],
      json::parse(R"([{"path":"model/MLmodel","is_dir":false,"file_size":11},{"path":"model/data","is_dir":true}])"));
  EXPECT_FALSE(Get("artifacts/list?run_id=" + id + "&path=notes.txt").contains("files"));
  EXPECT_FALSE(Get("artifacts/list?run_id=" + id + "&path=none").contains("files"));
  const auto listed = Send("GET", kWorkspaceApi + "/mlflow-artifacts/artifacts?path=" + id + "/model/data");
  EXPECT_EQ(json::parse(listed.body)["files"], json::parse(R"([{"path":"a b.bin","is_dir":false,"file_size":2}])"));

  const auto read = Send("GET", Artifact(id + "/model/data/a%20b.bin"));
  EXPECT_EQ(read.body, std::string("\0\xff", 2));
  EXPECT_EQ(*read.headers.Find("Content-Disposition"), "attachment; filename*=UTF-8''a%20b.bin");
  EXPECT_EQ(*read.headers.Find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(Send("GET", Artifact(id + "/model")).status, 400);
  EXPECT_EQ(Send("GET", Artifact(id + "/none")).status, 404);
  EXPECT_EQ(Send("DELETE", Artifact(id + "/model")).status, 200);
  EXPECT_EQ(Send("DELETE", Artifact(id + "/model")).status, 404);
  EXPECT_FALSE(fs::exists(FolderOf(id) / "model"));
}

TEST_F(MlflowApi, NoPathLeadsOutOfARunsArtifacts) {
  const std::string id = MakeRun();
  Upload(id + "/file", "x");
  ASSERT_TRUE(WriteFileAtomic(root_.path() / "secret", "secret"));
  fs::create_symlink(root_.path() / "secret", FolderOf(id) / "link");
  fs::create_symlink(root_.path(), FolderOf(id) / "up");
  fs::create_symlink(root_.path() / "not-there-yet", FolderOf(id) / "dangling");
  for (const char* path : {"../x", "%2e%2e/x", "a/%2e%2e/%2e%2e/x", "a/..%2f..%2fx", "a%5c..%5cx", "a//x", "%00",
                           "link", "up/secret", "up/new", "dangling"}) {
    EXPECT_EQ(Send("PUT", Artifact(id + "/" + path), "x").status, 400) << path;
    EXPECT_EQ(Send("GET", Artifact(id + "/" + path)).status, 400) << path;
    EXPECT_EQ(Send("GET", kWorkspaceApi + "/mlflow-artifacts/artifacts?path=" + id + "/" + path).status, 400) << path;
    EXPECT_EQ(Send("GET", kWorkspaceApi + "/mlflow/artifacts/list?run_id=" + id + "&path=" + path).status, 400) << path;
    EXPECT_EQ(Send("DELETE", Artifact(id + "/" + path)).status, 400) << path;
  }
  EXPECT_EQ(Get("artifacts/list?run_id=" + id)["files"].size(), 1u);
  EXPECT_EQ(*ReadFile(root_.path() / "secret"), "secret");
  EXPECT_FALSE(fs::exists(root_.path() / "not-there-yet"));
  for (const char* path : {"", "/", "nope/x", "%2e%2e/x", "."})
    EXPECT_GE(Send("PUT", Artifact(path), "x").status, 400) << path;
  EXPECT_EQ(Send("PUT", Artifact(id), "x").status, 400);
  EXPECT_EQ(Send("DELETE", Artifact(id)).status, 400);
  EXPECT_EQ(Send("DELETE", Artifact(id + "/")).status, 400);
}

TEST_F(MlflowApi, AnExperimentsLocationIsNeverOpened) {
  const std::string experiment =
      Post("experiments/create",
           {{"name", "x"}, {"artifact_location", (root_.path() / "elsewhere").string()}})["experiment_id"];
  const std::string id = MakeRun({{"experiment_id", experiment}});
  Upload(id + "/file", "x");
  EXPECT_FALSE(fs::exists(root_.path() / "elsewhere"));
  EXPECT_TRUE(fs::exists(FolderOf(id) / "file"));
}

TEST_F(MlflowApi, AModelIsRegisteredFromARunAndDownloaded) {
  const std::string id = MakeRun();
  Upload(id + "/model/MLmodel", "flavors: {}");
  EXPECT_EQ(Post("registered-models/create", {{"name", "credit"}})["registered_model"]["name"], "credit");
  ExpectError(Post("registered-models/create", {{"name", "credit"}}, 400), "RESOURCE_ALREADY_EXISTS",
              "Registered Model (name=credit) already exists.");
  const json created =
      Post("model-versions/create",
           {{"name", "credit"}, {"source", "mlflow-artifacts:/" + id + "/model"}, {"run_id", id}})["model_version"];
  EXPECT_EQ(created["version"], "1");
  EXPECT_EQ(created["status"], "READY");
  EXPECT_EQ(created["run_id"], id);
  const auto stored = assets_.GetVersion({}, domain::AssetKind::kModel, "credit", "1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(std::get<domain::ModelBody>(stored->body).type, "mlflow_model");
  EXPECT_EQ(std::get<domain::ModelBody>(stored->body).path,
            "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid." + id + "/model");

  const std::string uri = Get("model-versions/get-download-uri?name=credit&version=1")["artifact_uri"];
  ASSERT_EQ(uri, "mlflow-artifacts:/@models/credit/1");
  const std::string path = uri.substr(std::string("mlflow-artifacts:/").size());
  const auto listed = Send("GET", kWorkspaceApi + "/mlflow-artifacts/artifacts?path=" + path);
  EXPECT_EQ(json::parse(listed.body)["files"][0]["path"], "MLmodel");
  EXPECT_EQ(Send("GET", Artifact(path + "/MLmodel")).body, "flavors: {}");
  EXPECT_EQ(Send("PUT", Artifact(path + "/MLmodel"), "x").status, 400);
  EXPECT_EQ(Send("DELETE", Artifact(path + "/MLmodel")).status, 400);
  EXPECT_EQ(Send("GET", Artifact(path + "/%2e%2e/x")).status, 400);
}

TEST_F(MlflowApi, SourcesThatCannotBeModelsAreRefused) {
  const std::string id = MakeRun();
  Post("registered-models/create", {{"name", "credit"}});
  const std::vector<std::string> sources = {"/etc",
                                            "file:///etc",
                                            "mlflow-artifacts:/" + id + "/../x",
                                            "mlflow-artifacts:/" + id + "/none",
                                            "https://example.org/m",
                                            "credit"};
  for (const std::string& source : sources)
    Post("model-versions/create", {{"name", "credit"}, {"source", source}}, 400);
  Post("model-versions/create", {{"name", "credit"}, {"source", "runs:/nope/model"}}, 404);
  Post("model-versions/create", {{"name", "credit"}, {"source", "models:/m-1"}}, 400);
  ExpectError(Post("model-versions/create", {{"name", "other"}, {"source", "runs:/x/model"}}, 404),
              "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=other not found");
}

TEST_F(MlflowApi, VersionsHaveStagesAliasesAndTags) {
  const std::string id = MakeRun();
  Upload(id + "/model/model.onnx", "x");
  Post("registered-models/create",
       {{"name", "credit"}, {"description", "d"}, {"tags", {{{"key", "team"}, {"value", "risk"}}}}});
  for (int i = 0; i < 3; ++i) Post("model-versions/create", {{"name", "credit"}, {"source", "runs:/" + id + "/model"}});
  const auto move = [&](const char* version, const char* stage, bool archives) {
    return Post("model-versions/transition-stage",
                {{"name", "credit"}, {"version", version}, {"stage", stage}, {"archive_existing_versions", archives}});
  };
  move("1", "production", false);
  EXPECT_EQ(move("2", "Production", true)["model_version"]["current_stage"], "Production");
  EXPECT_EQ(Get("model-versions/get?name=credit&version=1")["model_version"]["current_stage"], "Archived");
  Post("model-versions/transition-stage", {{"name", "credit"}, {"version", "1"}, {"stage", "Best"}}, 400);
  Post("model-versions/transition-stage",
       {{"name", "credit"}, {"version", "1"}, {"stage", "None"}, {"archive_existing_versions", true}}, 400);
  EXPECT_EQ(Post("registered-models/get-latest-versions", {{"name", "credit"}})["model_versions"].size(), 3u);
  EXPECT_EQ(Get("registered-models/get-latest-versions?name=credit&stages=Production")["model_versions"][0]["version"],
            "2");

  Post("registered-models/alias", {{"name", "credit"}, {"alias", "champion"}, {"version", "2"}});
  EXPECT_EQ(Get("registered-models/alias?name=credit&alias=champion")["model_version"]["version"], "2");
  EXPECT_EQ(Get("registered-models/get?name=credit")["registered_model"]["aliases"][0]["alias"], "champion");
  for (const char* alias : {"latest", "v1", "a b", "a/b"})
    Post("registered-models/alias", {{"name", "credit"}, {"alias", alias}, {"version", "2"}}, 400);
  Post("registered-models/alias", {{"name", "credit"}, {"alias", "x"}, {"version", "9"}}, 404);
  Call("DELETE", "registered-models/alias", {{"name", "credit"}, {"alias", "champion"}});
  Call("DELETE", "registered-models/alias", {{"name", "credit"}, {"alias", "champion"}});
  Get("registered-models/alias?name=credit&alias=champion", 400);

  Post("model-versions/set-tag", {{"name", "credit"}, {"version", "2"}, {"key", "k"}, {"value", "v"}});
  Call("PATCH", "model-versions/update", {{"name", "credit"}, {"version", "2"}, {"description", "good"}});
  const json found =
      Get("model-versions/search?filter=" + UrlEncode("name = 'credit' AND tags.k = 'v'"))["model_versions"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["description"], "good");
  EXPECT_EQ(Get("model-versions/search")["model_versions"][0]["version"], "3");
  EXPECT_EQ(Get("model-versions/search?filter=" + UrlEncode("version_number < 3"))["model_versions"].size(), 2u);
  Call("DELETE", "model-versions/delete-tag", {{"name", "credit"}, {"version", "2"}, {"key", "k"}});
  Call("DELETE", "model-versions/delete", {{"name", "credit"}, {"version", "3"}});
  Get("model-versions/get?name=credit&version=3", 404);
}

TEST_F(MlflowApi, RegisteredModelsAreSearchedChangedAndDeleted) {
  for (const char* name : {"b", "a"}) Post("registered-models/create", {{"name", name}});
  EXPECT_EQ(Get("registered-models/search")["registered_models"][0]["name"], "a");
  EXPECT_EQ(Get("registered-models/search?filter=" + UrlEncode("name LIKE 'b%'"))["registered_models"].size(), 1u);
  Get("registered-models/search?filter=" + UrlEncode("metrics.x > 1"), 400);
  Call("PATCH", "registered-models/update", {{"name", "a"}, {"description", "better"}});
  Post("registered-models/set-tag", {{"name", "a"}, {"key", "k"}, {"value", "v"}});
  EXPECT_EQ(Get("registered-models/get?name=a")["registered_model"]["description"], "better");
  Call("DELETE", "registered-models/delete-tag", {{"name", "a"}, {"key", "k"}});
  Post("registered-models/rename", {{"name", "a"}, {"new_name", "c"}}, 501);
  Call("DELETE", "registered-models/delete", {{"name", "a"}});
  ExpectError(Get("registered-models/get?name=a", 404), "RESOURCE_DOES_NOT_EXIST",
              "Registered Model with name=a not found");
  EXPECT_EQ(Get("registered-models/search")["registered_models"].size(), 1u);
  Post("registered-models/create", {{"name", "a"}});
  Post("registered-models/create", {{"name", "no/slash"}}, 400);
}

}  // namespace
}  // namespace slipway::api
