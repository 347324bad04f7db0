// Scoring scripts in C++, built against the SDK's header and run by real workers.
#include <cstdlib>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kCppScript = R"(
#include <slipway/sdk/scoring_script.h>
#include <cstdlib>
#include <stdexcept>
struct Scorer {
  Scorer() {
    if (std::getenv("FAIL_INIT")) throw std::runtime_error("the model is missing");
    std::printf("cpp init\n");
  }
  std::string run(std::string_view request) {
    if (request == "crash") std::abort();
    if (request == "bad") throw slipway::sdk::InvalidRequest("column 'age' is missing");
    if (request == "raise") throw std::runtime_error("no");
    return "{\"size\": " + std::to_string(request.size()) + "}";
  }
};
SLIPWAY_SCORER(Scorer)
)";

class CppScriptTest : public GatewayTest {
 protected:
  void Build(std::string_view script) const {
    const auto source = code() / "score.cc", library = code() / "score.so";
    ASSERT_TRUE(WriteFileAtomic(source, script));
    const std::string command =
        "c++ -std=c++20 -shared -fPIC -I" SLIPWAY_SOURCE_DIR " -o " + library.string() + " " + source.string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  Json CppDeployment() const {
    Json deployment = PythonDeployment("blue");
    deployment["language"] = "cpp";
    deployment["scoring_script"] = "score.so";
    return deployment;
  }
};

TEST_F(CppScriptTest, AnswersFailsAndRecovers) {
  Build(kCppScript);
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {CppDeployment()})));
  EXPECT_TRUE(HasConsoleLine("cpp init"));
  EXPECT_EQ(Score("12345").body, "{\"size\": 5}");
  const net::Response invalid = Score("bad");
  EXPECT_EQ(invalid.status, 424);
  EXPECT_EQ(HeaderOf(invalid, "ms-azureml-model-error-statuscode"), "400");
  EXPECT_EQ(invalid.body, R"({"message":"column 'age' is missing"})");
  EXPECT_EQ(HeaderOf(Score("raise"), "x-ms-run-function-failed"), "True");
  EXPECT_EQ(HeaderOf(Score("crash"), "ms-azureml-model-error-statuscode"), "502");
  EXPECT_TRUE(WaitFor([&] { return Score("1").status == 200; }));
  EXPECT_TRUE(HasConsoleLine("killed by signal 6"));
}

TEST_F(CppScriptTest, CollectsRows) {
  Build(R"script(
#include <slipway/sdk/scoring_script.h>
#include <memory>
#include <thread>
using slipway::sdk::Collector;
std::unique_ptr<Collector> inputs, outputs;
std::string failure;
void init() {
  inputs = std::make_unique<Collector>("model_inputs");
  outputs = std::make_unique<Collector>("model_outputs");
  Collector absent("absent", [](const std::string& message) { failure = message; });
}
std::string run(std::string_view) {
  const auto context = inputs->Collect(R"([{"age": 1}])");
  std::thread([&] { outputs->Collect(R"([{"score": 0.5}])", context); }).join();
  return "{\"id\": \"" + context.id() + "\", \"failure\": \"" + failure + "\"}";
}
SLIPWAY_SCORING_SCRIPT(init, run)
)script");
  Json deployment = CppDeployment();
  for (const char* name : {"model_inputs", "model_outputs"})
    deployment["data_collector"]["collections"][name] = {{"folder", (home_.path() / name).string()}};
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  const net::Response scored = Score("{}");
  ASSERT_EQ(scored.status, 200) << scored.body;
  const Json answer = Json::parse(scored.body);
  EXPECT_EQ(answer["id"], HeaderOf(scored, "x-request-id"));
  EXPECT_EQ(answer["failure"], "the collection 'absent' is not enabled: add it to the deployment's data_collector");
  gateway_.reset();  // writes what is queued
  for (const auto& [name, rows] :
       {std::pair("model_inputs", R"([{"age":1}])"), std::pair("model_outputs", R"([{"score":0.5}])")}) {
    const auto files = ListFiles(home_.path() / name);
    ASSERT_TRUE(files && files->size() == 1);
    const Json record = Json::parse(*ReadFile(home_.path() / name / (*files)[0].path));
    EXPECT_EQ(record["correlationid"], answer["id"]);
    EXPECT_EQ(record["data"], Json::parse(rows));
  }
}

TEST_F(CppScriptTest, MayTakeWholeHttpRequests) {
  Build(R"(
#include <slipway/sdk/scoring_script.h>
using slipway::sdk::HttpAnswer;
using slipway::sdk::HttpRequest;
void init() {}
HttpAnswer run(const HttpRequest& request) {
  if (request.body == "raise") throw std::runtime_error("no");
  if (request.body == "teapot") return {418, {{"X-Tea", "green"}}, "short and stout"};
  return {200, {{"Content-Type", std::string(request.Header("content-type"))}},
          std::string(request.method) + " " + std::string(request.target) + " " + std::string(request.body)};
}
SLIPWAY_HTTP_SCORING_SCRIPT(init, run)
)");
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {CppDeployment()})));
  const net::Response echo = Score("x", Header("Content-Type", "image/x"), "POST", "/endpoints/credit/score?a=1");
  EXPECT_EQ(echo.status, 200);
  EXPECT_EQ(echo.body, "POST /score?a=1 x");
  EXPECT_EQ(HeaderOf(echo, "Content-Type"), "image/x");
  EXPECT_EQ(Score("", {}, "OPTIONS").body, "OPTIONS /score ");
  const net::Response teapot = Score("teapot");
  EXPECT_EQ(HeaderOf(teapot, "ms-azureml-model-error-statuscode"), "418");
  EXPECT_EQ(HeaderOf(teapot, "X-Tea"), "green");
  EXPECT_EQ(teapot.body, "short and stout");
  EXPECT_EQ(HeaderOf(Score("raise"), "x-ms-run-function-failed"), "True");
}

TEST_F(CppScriptTest, AFailingInitAndAForeignLibraryAreExplained) {
  Build(kCppScript);
  Json failing = CppDeployment();
  failing["environment_variables"]["FAIL_INIT"] = "1";
  Json foreign = CppDeployment();
  foreign["name"] = "green";
  foreign["scoring_script"] = "/lib/x86_64-linux-gnu/libm.so.6";
  Store(Snapshot(Endpoint({{"blue", 100}}, {failing, foreign})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed" && StateOf("green") == "Failed"; }));
  const auto reports = gateway_->Reports();
  EXPECT_NE(reports[0].message.find("init() failed: the model is missing"), std::string::npos) << reports[0].message;
  EXPECT_NE(reports[1].message.find("SLIPWAY_SCORING_SCRIPT"), std::string::npos) << reports[1].message;
}

}  // namespace
}  // namespace slipway::gateway
