// The gateway as a whole, over real sockets, with scoring scripts in real worker processes.
#include <signal.h>

#include <algorithm>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

TEST_F(GatewayTest, APythonScriptAnswersLikeTheInferenceServer) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const net::Response ok = Score(R"({"a":1})");
  EXPECT_EQ(ok.status, 200);
  EXPECT_EQ(ok.body, R"({"ok": {"a": 1}, "version": "1"})");
  EXPECT_EQ(HeaderOf(ok, "azureml-model-deployment"), "blue");
  EXPECT_EQ(HeaderOf(ok, "x-ms-run-function-failed"), "False");
  EXPECT_NE(HeaderOf(ok, "x-ms-run-fn-exec-ms"), "");
  EXPECT_EQ(HeaderOf(ok, "x-request-id").size(), 36u);
  EXPECT_EQ(Score(R"({"do":"none"})").body, "{}");
  EXPECT_EQ(Score(R"({"do":"text"})").body, "\"hello\"");
  EXPECT_EQ(Score("", {}, "GET", "/endpoints/credit/score?a=1&b=[1,2]&c=x&c=y&d=null").body,
            R"({"ok": {"a": 1, "b": [1, 2], "c": ["x", "y"], "d": null}, "version": "1"})");
}

TEST_F(GatewayTest, WhateverIsNot200BecomesA424WithTheModelsStatus) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const auto check = [&](std::string_view body, const std::string& model_status, const std::string& failed) {
    const net::Response response = Score(body);
    EXPECT_EQ(response.status, 424) << body;
    EXPECT_EQ(HeaderOf(response, "ms-azureml-model-error-statuscode"), model_status) << body;
    EXPECT_EQ(HeaderOf(response, "ms-azureml-model-error-reason"), "model_error") << body;
    EXPECT_EQ(HeaderOf(response, "x-ms-run-function-failed"), failed) << body;
  };
  check(R"({"do":"raise"})", "500", "True");
  check(R"({"do":"bad_result"})", "500", "False");
  check(R"({"do":"teapot"})", "418", "False");
  check("\xff\xfe", "400", "False");
  EXPECT_EQ(Score(R"({"do":"raise"})").body,
            R"({"message": "An unexpected error occurred in scoring script. Check the logs for more info."})");
  EXPECT_TRUE(HasConsoleLine("ValueError: no"));
  EXPECT_EQ(Score("", {}, "PUT").status, 424);
}

TEST_F(GatewayTest, WhatAScriptPrintsIsLoggedBeforeItsAnswer) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  Score(R"({"a":7})");
  bool is_found = false;
  for (const Json& row : Rows("AmlOnlineEndpointConsoleLog")) {
    if (row["Message"] != R"(online | InputData | {"a":7})") continue;
    is_found = true;
    EXPECT_EQ(row["DeploymentName"], "blue");
    EXPECT_EQ(row["InstanceId"], "blue-0");
    EXPECT_EQ(row["_ResourceId"], "/x/onlineEndpoints/credit");
    EXPECT_EQ(row["WorkspaceId"], "w-1");
  }
  EXPECT_TRUE(is_found);
  const auto file = ReadFile(home_.path() / "gateway" / "logs" / "credit" / "blue.log");
  ASSERT_TRUE(file);
  EXPECT_NE(file->find("model dir is " + (home_.path() / "model").string()), std::string::npos);
}

TEST_F(GatewayTest, EveryRequestLeavesATrafficRow) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  Score(R"({"a":1})", Header("x-ms-client-request-id", "my id!" + std::string(60, 'x')));
  Score(R"({"do":"raise"})");
  Score("{}", Header("Authorization", "Bearer wrong"));
  const auto rows = Rows("AmlOnlineEndpointTrafficLog");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]["ResponseCode"], 200);
  EXPECT_EQ(rows[0]["XMSClientRequestId"], "myid" + std::string(36, 'x'));
  EXPECT_EQ(rows[0]["RequestPayloadSize"], 7);
  EXPECT_EQ(rows[1]["ResponseCode"], 424);
  EXPECT_EQ(rows[1]["ModelStatusCode"], 500);
  EXPECT_EQ(rows[2]["ResponseCode"], 401);
}

TEST_F(GatewayTest, CredentialsRoutesAndTrafficAreChecked) {
  StartWith(Snapshot(Endpoint({{"blue", 0}}, {PythonDeployment("blue")})));
  const net::Response wrong = Score("{}", Header("Authorization", "Bearer wrong"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, "key_auth_access_denied");
  EXPECT_EQ(Score("{}", Header("Authorization", "wrong")).body, "key_auth_bad_header_forbidden");
  EXPECT_EQ(Score("{}").status, 404);
  EXPECT_EQ(Score("{}", Header("azureml-model-deployment", "blue")).status, 200);
  EXPECT_EQ(Score("{}", Header("azureml-model-deployment", "red")).status, 404);
  EXPECT_EQ(Score("{}", {}, "POST", "/endpoints/none/score").status, 404);
  EXPECT_EQ(Score("{}", {}, "POST", "/endpoints/credit/other").status, 404);
  EXPECT_EQ(Score(std::string(2 << 20, ' ')).status, 413);
  const net::Response health = Score("", {}, "GET", "/");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.body, "Healthy");
  EXPECT_EQ(Score("{}", Header("Host", "credit.local.inference.example.org")).status, 404);
}

TEST_F(GatewayTest, AHostNameSelectsTheEndpoint) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  EXPECT_EQ(Score("{}", Header("Host", "credit.local.inference.example.org:7443"), "POST", "/score").status, 200);
}

TEST_F(GatewayTest, AnswersOverTls) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  net::Client client({.ca_file = home_.path() / "tls" / "ca.pem"});
  const std::string url = "https://127.0.0.1:" + std::to_string(gateway_->tls_port()) + "/endpoints/credit/score";
  const auto response = client.Send("POST", url, Header("Authorization", "Bearer " + std::string(kKey)), "{}");
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->status, 200);
}

TEST_F(GatewayTest, ACrashingWorkerFailsItsRequestAndIsStartedAgain) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const net::Response crashed = Score(R"({"do":"crash"})");
  EXPECT_EQ(crashed.status, 424);
  EXPECT_EQ(HeaderOf(crashed, "ms-azureml-model-error-statuscode"), "502");
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
  EXPECT_TRUE(HasConsoleLine("exited with code 9"));
  const auto events = Rows("AmlOnlineEndpointEventLog");
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Json& row) { return row["Name"] == "BackOff"; }));
}

TEST_F(GatewayTest, AKilledWorkerIsStartedAgain) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const std::string pid = Score(R"({"do":"pid"})").body;
  ASSERT_EQ(kill(std::stoi(pid), SIGKILL), 0);
  EXPECT_TRUE(WaitFor([&] {
    const net::Response response = Score(R"({"do":"pid"})");
    return response.status == 200 && response.body != pid;
  }));
}

TEST_F(GatewayTest, AHangingWorkerIsAnsweredForAndReplaced) {
  Json blue = PythonDeployment("blue");
  blue["request_timeout_ms"] = 300;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {blue, PythonDeployment("green")})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Succeeded"; }));
  const net::Response hung = Score(R"({"do":"hang"})");
  EXPECT_EQ(hung.status, 408);
  EXPECT_EQ(hung.body, "upstream request timeout");
  EXPECT_EQ(Score("{}", Header("azureml-model-deployment", "green")).status, 200);
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
}

TEST_F(GatewayTest, TwiceTheConcurrencyIsPendingAndNoMore) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const std::string gate = (home_.path() / "gate").string();
  const std::string order = Json{{"do", "wait"}, {"for", gate}}.dump();
  std::atomic<int> ok{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) callers.emplace_back([&] { ok += Score(order).status == 200; });
  // Once both are pending every further request is refused at once; before, this one might have been taken.
  EXPECT_TRUE(WaitFor([&] {
    net::Client client({.timeout_ms = 100});
    const auto response = client.Send("POST", Url("/endpoints/credit/score"),
                                      Header("Authorization", "Bearer " + std::string(kKey)), order);
    return response && response->status == 429;
  }));
  ASSERT_TRUE(WriteFileAtomic(gate, ""));
  for (std::thread& caller : callers) caller.join();
  EXPECT_GE(ok, 1);
}

TEST_F(GatewayTest, AScriptThatCannotStartFailsItsDeploymentAlone) {
  ASSERT_TRUE(WriteFileAtomic(
      code() / "broken.py",
      "def init():\n    print('about to fail')\n    raise RuntimeError('no model here')\ndef run(data): return 1\n"));
  Json broken = PythonDeployment("green");
  broken["scoring_script"] = "broken.py";
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue"), broken})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Failed"; }));
  for (const DeploymentReport& report : gateway_->Reports()) {
    if (report.deployment != "green") continue;
    EXPECT_NE(report.message.find("RuntimeError: no model here"), std::string::npos) << report.message;
    EXPECT_NE(report.message.find("about to fail"), std::string::npos) << report.message;
  }
  EXPECT_EQ(Score("{}").status, 200);
  const net::Response unready = Score("{}", Header("azureml-model-deployment", "green"));
  EXPECT_EQ(unready.status, 424);
  EXPECT_EQ(HeaderOf(unready, "ms-azureml-model-error-reason"), "model_not_ready");
}

TEST_F(GatewayTest, AScriptThatNeverGetsReadyFailsAfterItsProbesTime) {
  ASSERT_TRUE(
      WriteFileAtomic(code() / "slow.py", "import time\ndef init(): time.sleep(600)\ndef run(data): return 1\n"));
  Json slow = PythonDeployment("blue");
  slow["scoring_script"] = "slow.py";
  slow["readiness_probe"] = {{"initial_delay_ms", 200}, {"period_ms", 100}, {"failure_threshold", 1}};
  Store(Snapshot(Endpoint({{"blue", 100}}, {slow})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
  EXPECT_NE(gateway_->Reports()[0].message.find("init() was not done"), std::string::npos);
}

TEST_F(GatewayTest, NoRequestFailsWhileARevisionIsSwapped) {
  FakeControlPlane control;
  control.Set(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue", "1")})));
  Start(control.url());
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Succeeded"; }));
  std::atomic<bool> is_over{false};
  std::atomic<int> failed{0}, old_version{0}, new_version{0};
  std::thread caller([&] {
    net::Client client;
    while (!is_over) {
      const auto response = client.Send("POST", Url("/endpoints/credit/score"),
                                        Header("Authorization", "Bearer " + std::string(kKey)), "{}");
      if (!response || response->status != 200) {
        ++failed;
      } else {
        ++(response->body.find("\"version\": \"2\"") == std::string::npos ? old_version : new_version);
      }
    }
  });
  ASSERT_TRUE(WaitFor([&] { return old_version > 20; }));
  control.Set(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue", "2")})));
  EXPECT_TRUE(WaitFor([&] { return new_version > 500; }));
  is_over = true;
  caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(WaitFor([&] {
    const auto reports = control.reports();
    return !reports.empty() && reports.back()["deployments"][0]["state"] == "Succeeded";
  }));
}

TEST_F(GatewayTest, AFailedRevisionLeavesTheOldOneAnswering) {
  FakeControlPlane control;
  control.Set(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue", "1")})));
  Start(control.url());
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Succeeded"; }));
  Json broken = PythonDeployment("blue", "2");
  broken["scoring_script"] = "missing.py";
  control.Set(Snapshot(Endpoint({{"blue", 100}}, {broken})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
  EXPECT_EQ(Score("{}").body, R"({"ok": {}, "version": "1"})");
}

TEST_F(GatewayTest, StartsFromDiskWhileTheControlPlaneIsDown) {
  std::string dead_url;
  {
    FakeControlPlane control;
    dead_url = control.url();
    control.Set(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
    Start(control.url());
    ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Succeeded"; }));
    gateway_.reset();
  }
  Start(dead_url);
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Succeeded"; }));
  EXPECT_EQ(Score("{}").status, 200);
}

TEST_F(GatewayTest, ADamagedSnapshotOnDiskDoesNotKeepTheGatewayDown) {
  ASSERT_TRUE(WriteFileAtomic(home_.path() / "gateway" / "routing.json", "{\"version\": 1, \"endp"));
  Start();
  EXPECT_EQ(Score("{}").status, 404);
}

TEST_F(GatewayTest, MirroredCopiesReachTheShadowAndNobodyElse) {
  Json endpoint = Endpoint({{"blue", 100}}, {PythonDeployment("blue"), PythonDeployment("green")});
  endpoint["mirror_traffic"] = {{"green", 50}};
  StartWith(Snapshot(endpoint));
  ASSERT_TRUE(WaitFor([&] { return StateOf("green") == "Succeeded"; }));
  for (int i = 0; i < 40; ++i) EXPECT_EQ(HeaderOf(Score("{}"), "azureml-model-deployment"), "blue");
  const auto copies = [&] {
    int count = 0;
    for (const Json& row : Rows("AmlOnlineEndpointConsoleLog")) {
      count += row["DeploymentName"] == "green" && row["Message"] == "online | InputData | {}";
    }
    return count;
  };
  EXPECT_TRUE(WaitFor([&] { return copies() >= 5; })) << copies();
  EXPECT_LE(copies(), 35);
}

}  // namespace
}  // namespace slipway::gateway
