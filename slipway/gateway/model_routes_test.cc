// Models over real sockets, in every protocol they speak.
#include <map>

#include "slipway/gateway/gateway_fixture.h"
#include "slipway/gateway/routes.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::gateway {
namespace {

TEST(Routes, AreToldFromThePath) {
  const auto check = [](std::string_view path, Route route, std::string_view model = "",
                        std::string_view version = "") {
    const RouteMatch match = MatchRoute(path);
    EXPECT_EQ(match.route, route) << path;
    EXPECT_EQ(match.model, model) << path;
    EXPECT_EQ(match.version, version) << path;
  };
  check("/", Route::kHealth);
  check("/score", Route::kScore);
  check("/invocations/", Route::kInvocations);
  check("/ping", Route::kPing);
  check("/health", Route::kPing);
  check("/v2", Route::kServer);
  check("/v2/health/live", Route::kLive);
  check("/v2/models/m", Route::kModel, "m");
  check("/v2/models/m/ready", Route::kModelReady, "m");
  check("/v2/models/m/versions/3", Route::kModel, "m", "3");
  check("/v2/models/m/versions/3/infer", Route::kInfer, "m", "3");
  for (const std::string_view path : {"/v2/models", "/v2/models/m/versions", "/v2/models/m/other", "/scores", "",
                                      "/v2/models/m/infer/x", "/v2/models/m/versions/3/infer/x"})
    check(path, Route::kUnknown);
}

class ModelRoutesTest : public GatewayTest {
 protected:
  static constexpr std::string_view kTensors =
      R"({"id":"7","inputs":[{"name":"age","shape":[2,1],"datatype":"FP64","data":[20,50]}]})";

  // age <= 30: 0.25 of class 1; else 0.75.
  Json ModelDeployment(const std::string& name, const std::string& version = "1") const {
    const model::FlatForest forest{{0}, {1, -1, -1}, {2, -1, -1}, {0, 0, 0}, {30, 0, 0}, {0, 0.25, 0.75}};
    const auto onnx = model::TabularClassifierGraph({{.name = "age"}}, forest, {"0", "1"}, true);
    EXPECT_TRUE(onnx) << onnx.error().ToString();
    const std::filesystem::path file = home_.path() / "models" / "model.onnx";
    EXPECT_TRUE(WriteFileAtomic(file, model::WriteOnnx(*onnx)));
    return {{"name", name},
            {"revision", 1},
            {"kind", "model"},
            {"model_dir", home_.path().string()},
            {"model_path", file.string()},
            {"model_name", "risk"},
            {"model_version", version}};
  }

  net::Response Get(std::string_view route) const {
    return Score("", {}, "GET", "/endpoints/credit" + std::string(route));
  }
  net::Response Post(std::string_view route, std::string_view body, std::string type = "application/json") const {
    return Score(body, Header("Content-Type", std::move(type)), "POST", "/endpoints/credit" + std::string(route));
  }
};

TEST_F(ModelRoutesTest, MlflowsClientsAreAnswered) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue")})));
  const std::string wanted = R"({"predictions":[0,1],"probabilities":[[0.75,0.25],[0.25,0.75]]})";
  for (const char* body : {R"({"dataframe_split":{"columns":["age"],"data":[[20],[50]]}})",
                           R"({"dataframe_records":[{"age":20},{"age":50}],"params":{}})",
                           R"({"instances":[{"age":20},{"age":50}]})", R"({"inputs":{"age":[20,50]}})"}) {
    const net::Response response = Post("/invocations", body);
    EXPECT_EQ(response.status, 200) << body;
    EXPECT_EQ(response.body, wanted) << body;
  }
  EXPECT_EQ(Post("/invocations", "age\n20\n50\n", "text/csv; charset=UTF-8").body, wanted);
  EXPECT_EQ(Get("/ping").body, "\n");
  EXPECT_EQ(Get("/health").status, 200);
  EXPECT_EQ(Get("/version").body, "0.1.0");
}

TEST_F(ModelRoutesTest, WrongInvocationsGetMlflowsStatusCodes) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue")})));
  for (const char* body : {R"({"data":[[20]]})", "[[20]]", "{", R"({"inputs":{"age":[20]},"instances":[[20]]})",
                           R"({"dataframe_records":[{"age":"old"}]})"}) {
    const net::Response response = Post("/invocations", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(Json::parse(response.body)["error_code"], "BAD_REQUEST") << body;
  }
  EXPECT_EQ(Post("/invocations", "age\nold\n", "text/csv").status, 400);
  for (const char* type : {"text/plain", "application/json; charset=latin-1", "text/csv; header=absent"})
    EXPECT_EQ(Post("/invocations", "{}", type).status, 415) << type;
  EXPECT_EQ(Get("/invocations").status, 405);
  EXPECT_EQ(Score("{}", Header("Authorization", "Bearer no"), "POST", "/endpoints/credit/invocations").status, 401);
}

TEST_F(ModelRoutesTest, TheOpenInferenceProtocolIsSpoken) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue")})));
  const net::Response response = Post("/v2/models/risk/infer", kTensors);
  EXPECT_EQ(response.status, 200);
  const Json answer = Json::parse(response.body);
  EXPECT_EQ(answer["model_name"], "risk");
  EXPECT_EQ(answer["model_version"], "1");
  EXPECT_EQ(answer["id"], "7");
  EXPECT_EQ(answer["outputs"][0]["data"], Json({0, 1}));
  EXPECT_EQ(answer["outputs"][1]["shape"], Json({2, 2}));
  EXPECT_EQ(Post("/v2/models/risk/versions/1/infer", kTensors).body, response.body);
  EXPECT_EQ(Json::parse(Get("/v2/models/risk").body)["inputs"][0]["name"], "age");
  EXPECT_EQ(Get("/v2/models/risk/ready").body, R"({"name":"risk","ready":true})");
  EXPECT_EQ(Get("/v2/health/live").body, R"({"live":true})");
  EXPECT_EQ(Get("/v2/health/ready").body, R"({"ready":true})");
  EXPECT_EQ(Json::parse(Get("/v2").body)["name"], "slipway");
  const net::Response by_host =
      Score(kTensors, Header("Host", "credit.local.inference.example.org"), "POST", "/v2/models/risk/infer");
  EXPECT_EQ(by_host.body, response.body);
}

TEST_F(ModelRoutesTest, WrongTensorsAreNamedWithA400) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue")})));
  const net::Response response =
      Post("/v2/models/risk/infer", R"({"inputs":[{"name":"age","shape":[2,2],"datatype":"FP64","data":[1,2]}]})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Json::parse(response.body)["error"], "tensor 'age': the shape [2,2] does not fit; the model takes [-1,1]");
  EXPECT_EQ(Post("/v2/models/other/infer", kTensors).status, 404);
  EXPECT_EQ(Post("/v2/models/risk/versions/2/infer", kTensors).status, 404);
  EXPECT_EQ(Get("/v2/models/risk/infer").status, 405);
  const auto rows = Rows("AmlOnlineEndpointTrafficLog");
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0]["ResponseCode"], 400);
  EXPECT_EQ(rows[0]["ModelStatusCode"], 400);
}

TEST_F(ModelRoutesTest, AVersionIsFoundWhateverTheTraffic) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue", "1"), ModelDeployment("green", "2")})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Succeeded"; }));
  const auto deployment = [&](std::string_view route) {
    return HeaderOf(Post(route, kTensors), "azureml-model-deployment");
  };
  EXPECT_EQ(deployment("/v2/models/risk/infer"), "blue");
  EXPECT_EQ(deployment("/v2/models/risk/versions/2/infer"), "green");
  EXPECT_EQ(deployment("/v2/models/green/infer"), "green");
  net::Headers headers = Header("azureml-model-deployment", "green");
  EXPECT_EQ(Score(kTensors, headers, "POST", "/endpoints/credit/v2/models/risk/versions/1/infer").status, 404);
}

TEST_F(ModelRoutesTest, ProbesTellWhetherTheEndpointCanAnswer) {
  Json broken = ModelDeployment("blue");
  broken["model_path"] = (home_.path() / "missing.onnx").string();
  Store(Snapshot(Endpoint({{"blue", 100}, {"green", 0}}, {broken, ModelDeployment("green")})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed" && StateOf("green") == "Succeeded"; }));
  EXPECT_EQ(Get("/ping").status, 503);
  EXPECT_EQ(Get("/v2/health/ready").body, R"({"ready":false})");
  EXPECT_EQ(Get("/v2/health/live").status, 200);
}

TEST_F(ModelRoutesTest, AScriptAnswersScoreAlone) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const net::Response response = Post("/invocations", R"({"inputs":[[1]]})");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("answers /score alone"), std::string::npos);
  EXPECT_EQ(Get("/ping").status, 200);
}

// A request is refused by how long its event loop has been busy since it was found ready: on one connection, those that
// were sent behind large ones.
TEST_F(ModelRoutesTest, WhoWaitsTooLongForAModelIsRefusedEarly) {
  Json deployment = ModelDeployment("blue");
  deployment["max_queue_wait_ms"] = 1;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  std::string rows;
  for (int i = 0; i < 30'000; ++i) rows += R"({"age":50},)";
  const std::string body = R"({"data":[)" + rows + R"({"age":1}]})";
  std::map<int, int> statuses;
  std::vector<std::jthread> callers;
  std::mutex mutex;
  const auto has_refused = [&] {
    const std::lock_guard lock(mutex);
    return statuses[429] > 0 && statuses[200] > 0;
  };
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 500 && !has_refused(); ++i) {
        const net::Response response = Score(body);
        const std::lock_guard lock(mutex);
        ++statuses[response.status];
        if (response.status != 429) continue;
        EXPECT_EQ(HeaderOf(response, "Retry-After"), "1");
        EXPECT_EQ(HeaderOf(response, "ms-azureml-model-error-reason"), "too_many_pending_request");
      }
    });
  }
  callers.clear();
  EXPECT_GT(statuses[200], 0);
  EXPECT_GT(statuses[429], 0);
  EXPECT_EQ(statuses.size(), 2u) << "nothing else";
}

TEST_F(ModelRoutesTest, TheTrafficLogTellsWhereTheTimeWent) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {ModelDeployment("blue"), PythonDeployment("green")})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Succeeded"; }));
  EXPECT_EQ(Post("/score", R"({"data":[{"age":20}]})").status, 200);
  EXPECT_EQ(Post("/v2/models/risk/infer", kTensors).status, 200);
  EXPECT_EQ(Post("/score", R"({"data":[{"age":"x"}]})").status, 424);
  EXPECT_EQ(Score("{}", Header("azureml-model-deployment", "green")).status, 200);
  const std::vector<Json> rows = Rows("AmlOnlineEndpointTrafficLog");
  ASSERT_EQ(rows.size(), 4u);
  const auto stages = [&](size_t row) {
    std::string names;
    for (const char* name : {"Queue", "Parse", "Score", "Encode", "Log"}) {
      const auto found = rows[row].find(name + std::string("DurationUs"));
      if (found == rows[row].end()) continue;
      names += std::string(names.empty() ? "" : " ") + name;
      EXPECT_GE(found->get<double>(), 0) << name;
    }
    return names;
  };
  EXPECT_EQ(stages(0), "Parse Score Encode Log");
  EXPECT_EQ(stages(1), "Parse Score Encode Log");
  EXPECT_EQ(stages(2), "Parse Log");  // it got no further
  EXPECT_EQ(stages(3), "Queue Score Log");
}

}  // namespace
}  // namespace slipway::gateway
