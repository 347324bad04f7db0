// Workers' lives: probes, memory, events, whole HTTP requests, and every byte they print. Real processes.
#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include "slipway/base/text.h"
#include "slipway/gateway/gateway_fixture.h"
#include "slipway/process/sandbox.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kWorkerScript = R"(
import json, os, sys, time

def init():
    time.sleep(float(os.environ.get("INIT_SECONDS", "0")))

def run(data):
    order = json.loads(data)
    if order.get("do") == "pid": return os.getpid()
    if order.get("do") == "eat":
        kept = b"x" * order["bytes"]
        time.sleep(600)
    if order.get("do") == "print":
        os.write(1 if order.get("to") != "stderr" else 2, bytes.fromhex(order["hex"]))
    if order.get("do") == "long":
        os.write(1, b"begin " + b"z" * order["bytes"] + b" end\n")
    if order.get("do") == "exit":
        os.write(1, b"last words")
        os._exit(0)
    return "done"
)";

class WorkerTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    ASSERT_TRUE(WriteFileAtomic(code() / "worker.py", kWorkerScript));
  }
  Json Deployment() const {
    Json deployment = PythonDeployment("blue");
    deployment["scoring_script"] = "worker.py";
    deployment["environment"] = "python:3";
    return deployment;
  }
  static Json Probe(int initial_ms, int period_ms, int timeout_ms, int failures, int successes = 1) {
    return {{"initial_delay_ms", initial_ms},
            {"period_ms", period_ms},
            {"timeout_ms", timeout_ms},
            {"failure_threshold", failures},
            {"success_threshold", successes}};
  }
  void StartOne(const Json& deployment) { StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment}))); }
  int Pid() const { return std::stoi(Score(R"({"do":"pid"})").body); }

  std::vector<Json> Events(std::string_view name) const {
    std::vector<Json> found;
    for (const Json& row : Rows("AmlOnlineEndpointEventLog")) {
      if (row["Name"] == name) found.push_back(row);
    }
    return found;
  }
  bool HasEvent(std::string_view name, std::string_view text = "") const {
    const auto events = Events(name);
    return std::any_of(events.begin(), events.end(), [&](const Json& row) {
      return row["Message"].get<std::string>().find(text) != std::string::npos;
    });
  }
};

TEST_F(WorkerTest, ItsStartIsTold) {
  StartOne(Deployment());
  const auto rows = Rows("AmlOnlineEndpointEventLog");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0]["Name"], process::LandlockVersion() > 0 ? "Confined" : "NotConfined");
  EXPECT_EQ(rows[1]["Name"], "Pulled");
  EXPECT_EQ(rows[1]["Message"], "Container image \"python:3\" already present on machine");
  EXPECT_EQ(rows[2]["Name"], "Created");
  EXPECT_EQ(rows[2]["Message"], "Created container inference-server");
  EXPECT_EQ(rows[3]["Name"], "Started");
  for (const Json& row : rows) {
    EXPECT_EQ(row["DeploymentName"], "blue");
    EXPECT_EQ(row["InstanceId"], "blue-0");
    EXPECT_EQ(row["_ResourceId"], "/x/onlineEndpoints/credit");
  }
}

TEST_F(WorkerTest, OneThatDoesNotAnswerItsLivenessProbeIsStartedAgain) {
  Json deployment = Deployment();
  deployment["liveness_probe"] = Probe(1, 100, 1'000, 3);
  StartOne(deployment);
  const int pid = Pid();
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  ASSERT_TRUE(WaitFor([&] { return HasEvent("Killing", "failed liveness probe, will be restarted"); }));
  EXPECT_GE(Events("LivenessProbeFailed").size(), 3u);
  EXPECT_TRUE(HasEvent("LivenessProbeFailed", "Liveness probe failed: no answer within 1000 ms"));
  EXPECT_TRUE(WaitFor([&] {
    const net::Response again = Score(R"({"do":"pid"})");
    return again.status == 200 && std::stoi(again.body) != pid;
  }));
  EXPECT_TRUE(HasEvent("BackOff", "Back-off restarting failed container"));
  EXPECT_TRUE(HasConsoleLine("did not answer its liveness probe and was killed by signal 9"));
}

TEST_F(WorkerTest, OneThatIsNotReadyGetsNoRequestsUntilItIsAgain) {
  Json deployment = Deployment();
  deployment["readiness_probe"] = Probe(1, 100, 1'000, 1, 2);
  StartOne(deployment);
  const int pid = Pid();
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  ASSERT_TRUE(WaitFor([&] { return HasEvent("ReadinessProbeFailed", "Readiness probe failed: no answer"); }));
  const net::Response unready = Score("{}");
  EXPECT_EQ(unready.status, 424);
  EXPECT_EQ(HeaderOf(unready, "ms-azureml-model-error-reason"), "model_not_ready");
  ASSERT_EQ(kill(pid, SIGCONT), 0);
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
  EXPECT_EQ(Pid(), pid);
  EXPECT_TRUE(Events("Killing").empty());
}

TEST_F(WorkerTest, AStartupProbeGivesInitItsTime) {
  Json deployment = Deployment();
  deployment["environment_variables"]["INIT_SECONDS"] = "1";
  deployment["startup_probe"] = Probe(1, 100, 100, 600);
  deployment["readiness_probe"] = deployment["liveness_probe"] = Probe(1, 100, 20'000, 1);
  StartOne(deployment);
  EXPECT_TRUE(HasEvent("StartupProbeFailed", "Startup probe failed: init is still running"));
  EXPECT_TRUE(Events("ReadinessProbeFailed").empty());
  EXPECT_EQ(Score("{}").status, 200);
}

TEST_F(WorkerTest, AStartThatTakesTooLongFailsTheDeployment) {
  Json deployment = Deployment();
  deployment["environment_variables"]["INIT_SECONDS"] = "600";
  deployment["startup_probe"] = Probe(1, 100, 100, 2);
  Store(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
  EXPECT_NE(gateway_->Reports()[0].message.find("init() was not done"), std::string::npos)
      << gateway_->Reports()[0].message;
  EXPECT_EQ(Events("StartupProbeFailed").size(), 2u);
}

TEST_F(WorkerTest, OneThatUsesTooMuchMemoryIsKilledAndStartedAgain) {
  Json deployment = Deployment();
  deployment["memory_limit_bytes"] = 200 << 20;
  deployment["request_timeout_ms"] = 60'000;
  StartOne(deployment);
  EXPECT_EQ(Score("{}").status, 200);
  const net::Response killed = Score(R"({"do":"eat","bytes":400000000})");
  EXPECT_EQ(killed.status, 424);
  EXPECT_EQ(HeaderOf(killed, "ms-azureml-model-error-statuscode"), "502");
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
  EXPECT_TRUE(HasEvent("Killing", "of memory, the limit is 200Mi, and will be restarted"));
  EXPECT_TRUE(HasConsoleLine("of memory, the limit is 200Mi, and was killed by signal 9"));
}

TEST_F(WorkerTest, HasNoPrivilegesAndNoSecrets) {
  ASSERT_EQ(setenv("SLIPWAY_TEST_SECRET", "s3cret", 1), 0);
  StartOne(Deployment());
  ASSERT_EQ(unsetenv("SLIPWAY_TEST_SECRET"), 0);
  const std::string process = "/proc/" + std::to_string(Pid());
  const auto environment = ReadFile(process + "/environ");
  ASSERT_TRUE(environment);
  EXPECT_EQ(environment->find("s3cret"), std::string::npos);
  EXPECT_NE(environment->find("AZUREML_MODEL_DIR="), std::string::npos);
  const auto status = ReadFile(process + "/status");
  ASSERT_TRUE(status);
  EXPECT_NE(status->find("CapEff:\t0000000000000000"), std::string::npos);
  EXPECT_NE(status->find("NoNewPrivs:\t1"), std::string::npos);
}

TEST_F(WorkerTest, EveryByteItPrintsIsLogged) {
  StartOne(Deployment());
  const auto print = [&](std::string_view bytes, const char* to) {
    EXPECT_EQ(Score(Json{{"do", "print"}, {"hex", HexEncode(bytes)}, {"to", to}}.dump()).status, 200);
  };
  print("a tab\t, a return\r\n\n", "stdout");
  print(std::string_view("nul\0nul\n", 8), "stdout");
  print("caf\xe9\n", "stderr");
  EXPECT_NE(Score(R"({"do":"exit"})").status, 200);
  ASSERT_TRUE(WaitFor([&] { return HasConsoleLine("last words"); }));
  std::vector<std::string> lines;
  std::string base64;
  for (const Json& row : Rows("AmlOnlineEndpointConsoleLog")) {
    EXPECT_EQ(row["ContainerImageName"], "python:3");
    lines.push_back(row["Message"]);
    if (row.contains("MessageBase64")) base64 = row["MessageBase64"];
  }
  for (const std::string& line : {std::string("a tab\t, a return\r"), std::string(), std::string("nul\0nul", 7),
                                  std::string("caf\xef\xbf\xbd"), std::string("last words")}) {
    EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line;
  }
  EXPECT_EQ(Base64Decode(base64).value_or(""), "caf\xe9");
}

TEST_F(WorkerTest, ALineThatIsTooLongForARecordIsWholeInAFile) {
  Json deployment = Deployment();
  const std::filesystem::path folder = home_.path() / "long";
  deployment["long_lines"] = {{"folder", folder.string()}, {"uri", "azureml://datastores/d/paths/long"}};
  StartOne(deployment);
  EXPECT_EQ(Score(R"({"do":"long","bytes":1048566})").status, 200);  // with its ends exactly 1 MiB
  EXPECT_EQ(Score(R"({"do":"long","bytes":3000000})").status, 200);
  std::string uri, message;
  bool has_whole = false;
  for (const Json& row : Rows("AmlOnlineEndpointConsoleLog")) {
    const std::string text = row["Message"];
    has_whole = has_whole || text == "begin " + std::string(1'048'566, 'z') + " end";
    if (!row.contains("BlobUri")) continue;
    uri = row["BlobUri"];
    message = text;
  }
  EXPECT_TRUE(has_whole);
  EXPECT_EQ(message.find("slipway: a line of 3000010 bytes is in azureml://datastores/d/paths/long/"), 0u) << message;
  EXPECT_NE(message.find("; it begins: begin zzz"), std::string::npos);
  const std::string root = "azureml://datastores/d/paths/long/";
  ASSERT_EQ(uri.find(root), 0u) << uri;
  EXPECT_EQ(ReadFile(folder / uri.substr(root.size())).value_or(""), "begin " + std::string(3'000'000, 'z') + " end");
}

constexpr std::string_view kRawScript = R"(
from azureml.contrib.services.aml_request import rawhttp, AMLRequest
from azureml_inference_server_http.api.aml_response import AMLResponse

def init(): pass

@rawhttp
def run(request):
    assert isinstance(request, AMLRequest)
    if request.method == "OPTIONS":
        return AMLResponse("", 200, {"Access-Control-Allow-Methods": "GET, POST"})
    if request.method == "GET":
        return AMLResponse({"a": request.args["a"], "all": request.args.getlist("a")}, 200, json_str=True)
    if request.mimetype == "multipart/form-data":
        file = request.files.getlist("image")[0]
        return AMLResponse(file.filename.encode() + b":" + file.read() + b":" + request.form["label"].encode(), 200)
    return AMLResponse(request.get_data(False), 200, {"Content-Type": request.headers["content-type"]})
)";

TEST_F(WorkerTest, APythonScriptMayTakeWholeHttpRequests) {
  ASSERT_TRUE(WriteFileAtomic(code() / "raw.py", kRawScript));
  Json deployment = Deployment();
  deployment["scoring_script"] = "raw.py";
  StartOne(deployment);
  const std::string bytes = std::string("\x00\xff\r\n", 4);
  const net::Response echo = Score(bytes, Header("Content-Type", "image/x"));
  EXPECT_EQ(echo.status, 200);
  EXPECT_EQ(echo.body, bytes);
  EXPECT_EQ(HeaderOf(echo, "Content-Type"), "image/x");
  EXPECT_EQ(Score("", {}, "GET", "/endpoints/credit/score?a=1&a=2").body, R"({"a": "1", "all": ["1", "2"]})");
  const net::Response options = Score("", {}, "OPTIONS");
  EXPECT_EQ(options.status, 200);
  EXPECT_NE(HeaderOf(options, "Access-Control-Allow-Methods"), "");
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"label\"\r\n\r\ncat\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"c.png\"\r\n"
      "Content-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n";
  EXPECT_EQ(Score(form, Header("Content-Type", "multipart/form-data; boundary=b")).body, "c.png:\x89PNG:cat");
  EXPECT_EQ(Score("", {}, "PUT").status, 424);
}

}  // namespace
}  // namespace slipway::gateway
