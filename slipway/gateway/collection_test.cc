// Data collection over real sockets: what requests and scripts carry is found in files.

#include "slipway/gateway/gateway_fixture.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::gateway {
namespace {

// A data frame without pandas: the collector asks for no more than this.
constexpr std::string_view kCollectingScript = R"(
import json, threading
from azureml.ai.monitoring import Collector
from azureml.ai.monitoring.context import BasicCorrelationContext

class DataFrame:
    def __init__(self, rows): self.rows = rows
    def to_json(self, orient, date_format): return json.dumps(self.rows)

def init():
    global inputs, outputs, errors
    errors = []
    inputs = Collector(name="model_inputs")
    outputs = Collector(name="Model_Outputs", on_error=lambda error: errors.append(repr(error)))
    Collector(name="absent", on_error=lambda error: errors.append(repr(error)))

def run(data):
    order = json.loads(data)
    if order.get("do") == "errors": return errors
    if order.get("do") == "no_frame": outputs.collect([1, 2]); return errors
    if order.get("do") == "own_id":
        inputs.collect(DataFrame([{"x": 7}]), BasicCorrelationContext(id="my-own"))
        return {}
    if order.get("do") == "not_rows": inputs.collect(DataFrame({"no": "rows"})); return {}
    context = inputs.collect(DataFrame(order["rows"]))
    done = threading.Thread(target=lambda: outputs.collect(DataFrame([{"score": 0.5}]), context))
    done.start()
    done.join()
    return {"id": context.get_id()}
)";

class CollectionTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    ASSERT_TRUE(WriteFileAtomic(code() / "collect.py", kCollectingScript));
  }

  Json Collector(const std::vector<std::string>& collections, double sampling_rate = 1) const {
    Json collector = {{"rolling_rate", "hour"}, {"capture_headers", {"X-Tenant"}}};
    for (const std::string& name : collections)
      collector["collections"][name] = {{"folder", (home_.path() / "collected" / name).string()},
                                        {"uri", "azureml://datastores/d/paths/" + name},
                                        {"sampling_rate", sampling_rate}};
    return collector;
  }
  Json Collecting(const std::vector<std::string>& collections) const {
    Json deployment = PythonDeployment("blue");
    deployment["scoring_script"] = "collect.py";
    deployment["data_collector"] = Collector(collections);
    return deployment;
  }
  // age <= 30: 0.25 of class 1; else 0.75.
  Json ModelDeployment(const std::vector<std::string>& collections, double sampling_rate = 1) const {
    const model::FlatForest forest{{0}, {1, -1, -1}, {2, -1, -1}, {0, 0, 0}, {30, 0, 0}, {0, 0.25, 0.75}};
    const auto onnx = model::TabularClassifierGraph({{.name = "age"}}, forest, {"0", "1"}, true);
    EXPECT_TRUE(onnx) << onnx.error().ToString();
    const std::filesystem::path file = home_.path() / "models" / "model.onnx";
    EXPECT_TRUE(WriteFileAtomic(file, model::WriteOnnx(*onnx)));
    return {{"name", "blue"},
            {"revision", 1},
            {"kind", "model"},
            {"model_path", file.string()},
            {"model_name", "risk"},
            {"model_version", "1"},
            {"data_collector", Collector(collections, sampling_rate)}};
  }

  // Every record of a collection, once there are `count`; the files hold whole lines alone.
  std::vector<Json> Records(const std::string& collection, size_t count) const {
    std::vector<Json> records;
    EXPECT_TRUE(WaitFor([&] {
      records.clear();
      const auto root = home_.path() / "collected" / collection;
      const auto files = ListFiles(root);
      if (!files) return false;
      for (const FileEntry& file : *files) {
        if (!file.path.ends_with(".jsonl")) continue;
        const std::string text = *ReadFile(root / file.path);
        EXPECT_TRUE(text.empty() || text.ends_with('\n'));
        for (size_t begin = 0; begin < text.size();) {
          const size_t end = text.find('\n', begin);
          records.push_back(Json::parse(text.substr(begin, end - begin)));
          begin = end + 1;
        }
      }
      return records.size() >= count;
    })) << collection
        << " has " << records.size();
    return records;
  }

  net::Response PostTo(std::string_view route, std::string_view body, std::string type) const {
    return Score(body, Header("Content-Type", std::move(type)), "POST", "/endpoints/credit" + std::string(route));
  }
};

TEST_F(CollectionTest, AModelsRowsAreCollectedWithoutAScript) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment({"model_inputs", "model_outputs",
                                                                 "model_inputs_outputs", "request", "response"})})));
  net::Headers headers = Header("x-tenant", "t-1");
  const net::Response scored = Score(R"({"data": [{"age": 20}, {"age": 50}]})", headers);
  ASSERT_EQ(scored.status, 200);
  const std::string id = HeaderOf(scored, "x-request-id");
  const Json inputs = Records("model_inputs", 1)[0], outputs = Records("model_outputs", 1)[0],
             both = Records("model_inputs_outputs", 1)[0], request = Records("request", 1)[0],
             response = Records("response", 1)[0];
  EXPECT_EQ(inputs["data"], Json::parse(R"([{"age":20},{"age":50}])"));
  EXPECT_EQ(outputs["data"], Json::parse(R"([{"predictions":0,"probabilities":[0.75,0.25]},
                                             {"predictions":1,"probabilities":[0.25,0.75]}])"));
  EXPECT_EQ(both["data"][1], Json::parse(R"({"age":50,"predictions":1,"probabilities":[0.25,0.75]})"));
  EXPECT_EQ(request["data"], Json::parse(R"({"data":[{"age":20},{"age":50}]})"));
  EXPECT_EQ(request["path"], "/score");
  EXPECT_EQ(request["method"], "POST");
  EXPECT_EQ(request["headers"], Json({{"x-tenant", "t-1"}}));
  EXPECT_EQ(response["data"], Json::parse(scored.body));
  EXPECT_EQ(response["statuscode"], 200);
  for (const Json& record : {inputs, outputs, both, request, response}) {
    EXPECT_EQ(record["correlationid"], id);
    EXPECT_EQ(record["xrequestid"], id);
    EXPECT_EQ(record["specversion"], "1.0");
    EXPECT_EQ(record["source"], "/x/onlineEndpoints/credit/deployments/blue");
    EXPECT_TRUE(ParseTimestamp(record["time"].get<std::string>()));
  }
  EXPECT_EQ(inputs["type"], "azureml.inference.model_inputs");
  EXPECT_EQ(inputs["collectdatatype"], "pandas.core.frame.DataFrame");
  const auto files = ListFiles(home_.path() / "collected" / "model_inputs");
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_TRUE((*files)[0].path.ends_with("/blue-0.jsonl")) << (*files)[0].path;
  EXPECT_EQ((*files)[0].path.size(), std::string("2026/03/04/05/blue-0.jsonl").size());
}

TEST_F(CollectionTest, OtherProtocolsAreCollectedToo) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment({"model_inputs", "model_outputs", "request"})})));
  ASSERT_EQ(PostTo("/invocations", "age\n20\n", "text/csv").status, 200);
  ASSERT_EQ(PostTo("/v2/models/risk/infer",
                   R"({"inputs":[{"name":"age","shape":[1,1],"datatype":"FP64","data":[50]}]})", "application/json")
                .status,
            200);
  EXPECT_EQ(Score("nope").status, 424);
  const auto inputs = Records("model_inputs", 2), outputs = Records("model_outputs", 2),
             requests = Records("request", 3);
  EXPECT_EQ(inputs[0]["data"], Json::parse(R"([{"age":20}])"));
  EXPECT_EQ(inputs[1]["data"], Json::parse(R"([{"age":50}])"));
  EXPECT_EQ(outputs[0]["data"][0]["predictions"], 0);
  EXPECT_EQ(requests[0]["data"], "age\n20\n");
  EXPECT_EQ(requests[0]["path"], "/invocations");
  EXPECT_EQ(requests[1]["path"], "/v2/models/risk/infer");
  EXPECT_EQ(requests[2]["data"], "nope");
  EXPECT_EQ(inputs.size(), 2u);  // nothing of the one that was not scored
}

TEST_F(CollectionTest, TheSampleIsTheSameInEveryCollection) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment({"request", "response", "model_inputs"}, 0.5)})));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(Score(R"({"data":[{"age":1}]})").status, 200);
  gateway_.reset();  // writes what is queued
  std::vector<std::string> ids[3];
  int at = 0;
  for (const char* name : {"request", "response", "model_inputs"}) {
    for (const Json& record : Records(name, 1)) ids[at].push_back(record["correlationid"]);
    ++at;
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_GT(ids[0].size(), 50u);
  EXPECT_LT(ids[0].size(), 150u);
}

TEST_F(CollectionTest, WhatIsNoTextOrTooLargeHasAFileOfItsOwn) {
  Json deployment = PythonDeployment("blue");
  deployment["data_collector"] = Collector({"request"});
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  EXPECT_EQ(Score("\xff\xfe\n").status, 424);
  const Json record = Records("request", 1)[0];
  EXPECT_EQ(record["datainblob"], "true");
  EXPECT_EQ(record["datacontenttype"], "text/plain");
  EXPECT_EQ(record["contentrange"], "bytes 0-2/3");
  const std::string uri = record["data"], root = "azureml://datastores/d/paths/request/";
  ASSERT_EQ(uri.find(root), 0u) << uri;
  EXPECT_TRUE(uri.ends_with(record["id"].get<std::string>() + ".raw")) << uri;
  EXPECT_EQ(ReadFile(home_.path() / "collected" / "request" / uri.substr(root.size())).value_or(""), "\xff\xfe\n");
}

TEST_F(CollectionTest, AScriptCollectsDataFrames) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {Collecting({"model_inputs", "model_outputs", "response"})})));
  const net::Response scored = Score(R"({"rows":[{"age":1,"name":"\u00e4\n"},{"age":null,"name":"b"}]})");
  ASSERT_EQ(scored.status, 200) << scored.body;
  const std::string id = HeaderOf(scored, "x-request-id");
  EXPECT_EQ(Json::parse(scored.body)["id"], id);
  const Json inputs = Records("model_inputs", 1)[0], outputs = Records("model_outputs", 1)[0],
             response = Records("response", 1)[0];
  EXPECT_EQ(inputs["data"], Json::parse(R"([{"age":1,"name":"\u00e4\n"},{"age":null,"name":"b"}])"));
  EXPECT_EQ(outputs["data"], Json::parse(R"([{"score":0.5}])"));
  for (const Json& record : {inputs, outputs, response}) EXPECT_EQ(record["correlationid"], id);
  Score(R"({"do":"own_id"})");
  EXPECT_EQ(Records("model_inputs", 2)[1]["correlationid"], "my-own");
}

TEST_F(CollectionTest, FailuresOfAScriptsCollectorsAreTold) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {Collecting({"model_inputs"})})));
  const std::string errors = Score(R"({"do":"errors"})").body;
  EXPECT_NE(errors.find("collection Model_Outputs is not enabled"), std::string::npos) << errors;
  EXPECT_NE(errors.find("collection absent is not enabled"), std::string::npos) << errors;
  EXPECT_EQ(Score(R"({"do":"not_rows"})").status, 200);
  const auto has_event = [&] {
    for (const Json& row : Rows("AmlOnlineEndpointEventLog")) {
      if (row["Name"] == "DataCollectionFailed") {
        EXPECT_NE(row["Message"].get<std::string>().find("1 records of the collection 'model_inputs' were not written "
                                                         "(not_rows)"),
                  std::string::npos)
            << row["Message"];
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(WaitFor(has_event));
  const net::Response page = Score("", {}, "GET", "/metrics");
  EXPECT_NE(page.body.find("slipway_data_collection_errors_total"), std::string::npos);
}

TEST_F(CollectionTest, ACollectorThatIsOffRaisesInInit) {
  Json deployment = Collecting({});
  deployment.erase("data_collector");
  Store(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
  EXPECT_NE(gateway_->Reports()[0].message.find("collection model_inputs is not enabled or not found"),
            std::string::npos);
}

TEST_F(CollectionTest, ADiskThatTakesNothingFailsNoRequest) {
  ASSERT_TRUE(WriteFileAtomic(home_.path() / "collected", "a file where the folder should be"));
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment({"request"})})));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Score(R"({"data":[{"age":1}]})").status, 200);
  EXPECT_TRUE(WaitFor([&] {
    for (const Json& row : Rows("AmlOnlineEndpointEventLog")) {
      if (row["Name"] == "DataCollectionFailed") return true;
    }
    return false;
  }));
}

TEST_F(CollectionTest, AShadowCollectsWhatIsMirroredToIt) {
  Json shadow = ModelDeployment({"model_outputs"});
  shadow["name"] = "green";
  Json endpoint = Endpoint({{"blue", 100}}, {PythonDeployment("blue"), shadow});
  endpoint["mirror_traffic"] = {{"green", 50}};
  StartWith(Snapshot(endpoint));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Succeeded"; }));
  for (int i = 0; i < 40; ++i) Score(R"({"data":[{"age":50}]})");
  const Json record = Records("model_outputs", 1)[0];
  EXPECT_EQ(record["source"], "/x/onlineEndpoints/credit/deployments/green");
  EXPECT_EQ(record["data"][0]["predictions"], 1);
  EXPECT_EQ(record["correlationid"].get<std::string>().size(), 36u);
}

}  // namespace
}  // namespace slipway::gateway
