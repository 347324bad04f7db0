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
  void SetUp() override {
    GatewayTest::SetUp();
    const auto source = code() / "score.cc", library = code() / "score.so";
    ASSERT_TRUE(WriteFileAtomic(source, kCppScript));
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

TEST_F(CppScriptTest, AFailingInitAndAForeignLibraryAreExplained) {
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
