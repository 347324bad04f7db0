// What the gateway's tests share: a home with a scoring script, a fixed or served routing snapshot, calls and log rows.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/gateway/gateway.h"
#include "slipway/net/client.h"
#include "slipway/net/server.h"
#include "slipway/spool/spool.h"

namespace slipway::gateway {

using Json = nlohmann::json;

inline constexpr std::string_view kKey = "the-key";

// Does what the request tells it.
inline constexpr std::string_view kPythonScript = R"(
import json, os, time
from azureml_inference_server_http.api.aml_response import AMLResponse

def init():
    print("model dir is", os.environ["AZUREML_MODEL_DIR"])

def run(data):
    order = json.loads(data)
    if order.get("do") == "crash": os._exit(9)
    if order.get("do") == "hang": time.sleep(60)
    if order.get("do") == "doze": time.sleep(0.005)
    if order.get("do") == "raise": raise ValueError("no")
    if order.get("do") == "none": return None
    if order.get("do") == "text": return "hello"
    if order.get("do") == "teapot": return AMLResponse("tea", 418, {"X-Y": "1,2"})
    if order.get("do") == "bad_result": return object()
    if order.get("do") == "pid": return os.getpid()
    if order.get("do") == "wait":
        while not os.path.exists(order["for"]): time.sleep(0.005)
    print("online | InputData |", data)
    return {"ok": order, "version": os.environ.get("VERSION")}
)";

inline std::string GatewayProgram() {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto program = folder / "bin" / "slipway-gateway";
  EXPECT_TRUE(std::filesystem::exists(program)) << program << " is not built: build the target slipway-gateway";
  return program.string();
}

// Stands still for the control plane: serves a snapshot, takes reports.
class FakeControlPlane {
 public:
  FakeControlPlane() {
    server_ = std::move(*net::Server::Start({}, [this](const net::Request& request) { return Handle(request); }));
  }
  ~FakeControlPlane() {
    is_stopping_ = true;
    server_->Stop();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void Set(const Json& snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = snapshot;
    snapshot_["etag"] = Sha256Hex(snapshot.dump());
    changed_.notify_all();
  }
  std::vector<Json> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  net::Response Handle(const net::Request& request) {
    std::unique_lock lock(mutex_);
    if (request.path == "/slipway/gateway/status") {
      reports_.push_back(Json::parse(request.body));
      return net::Response::Json(200, "{}");
    }
    const std::string known = request.Parameter("after").value_or("");
    const auto has_news = [&] { return !snapshot_.is_null() && snapshot_["etag"] != known; };
    changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return has_news() || is_stopping_; });
    return has_news() ? net::Response::Json(200, snapshot_.dump()) : net::Response::Text(204, "");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Json snapshot_;
  std::vector<Json> reports_;
  std::atomic<bool> is_stopping_{false};
  std::unique_ptr<net::Server> server_;
};

class GatewayTest : public testing::Test {
 protected:
  const SystemClock clock_;
  TemporaryDirectory home_ = std::move(*TemporaryDirectory::Make());
  WorkerPolicy policy_;
  std::unique_ptr<Gateway> gateway_;

  std::filesystem::path code() const { return home_.path() / "code"; }

  void SetUp() override {
    ASSERT_TRUE(WriteFileAtomic(code() / "score.py", kPythonScript));
    ASSERT_TRUE(MakeDirectories(home_.path() / "model"));
  }

  Json PythonDeployment(const std::string& name, const std::string& version = "1") const {
    return {{"name", name},
            {"revision", 1},
            {"kind", "script"},
            {"language", "python"},
            {"program", {"/usr/bin/python3"}},
            {"code_dir", code().string()},
            {"scoring_script", "score.py"},
            {"model_dir", (home_.path() / "model").string()},
            {"environment_variables", {{"VERSION", version}}},
            {"request_timeout_ms", 5000}};
  }

  static Json Endpoint(Json traffic, std::vector<Json> deployments) {
    return {{"name", "credit"},      {"workspace", "default"},
            {"workspace_id", "w-1"}, {"arm_id", "/x/onlineEndpoints/credit"},
            {"auth_mode", "key"},    {"key_sha256", {Sha256Hex(kKey)}},
            {"traffic", traffic},    {"deployments", deployments}};
  }

  static Json Snapshot(Json endpoint) {
    return {{"version", 1}, {"etag", "e"}, {"endpoints", Json::array({endpoint})}};
  }

  void Store(const Json& snapshot) {
    ASSERT_TRUE(WriteFileAtomic(home_.path() / "gateway" / "routing.json", snapshot.dump()));
  }

  void Start(const std::string& control_url = "") {
    GatewayOptions options;
    options.home = home_.path();
    options.control_url = control_url;
    options.tls_port = 0;
    options.plain_port = 0;
    options.threads = 2;
    options.request_bytes_max = 1 << 20;
    options.program = GatewayProgram();
    options.workers = policy_;
    gateway_.reset();
    auto gateway = Gateway::Start(options, clock_);
    ASSERT_TRUE(gateway) << gateway.error().ToString();
    gateway_ = std::move(*gateway);
  }

  template <class Condition>
  static bool WaitFor(Condition&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  std::string StateOf(const std::string& deployment) const {
    for (const DeploymentReport& report : gateway_->Reports()) {
      if (report.deployment == deployment) return report.state;
    }
    return "";
  }

  void StartWith(const Json& snapshot, const std::string& ready = "blue") {
    Store(snapshot);
    Start();
    ASSERT_TRUE(WaitFor([&] { return StateOf(ready) == "Succeeded"; })) << StateOf(ready);
  }

  std::string Url(std::string_view route) const {
    return "http://127.0.0.1:" + std::to_string(*gateway_->plain_port()) + std::string(route);
  }

  net::Response Score(std::string_view body, net::Headers headers = {}, std::string_view method = "POST",
                      std::string_view route = "/endpoints/credit/score") const {
    if (!headers.Find("Authorization")) headers.Set("Authorization", "Bearer " + std::string(kKey));
    const auto response = net::Client().Send(method, Url(route), headers, body);
    EXPECT_TRUE(response) << response.error().ToString();
    return response ? *response : net::Response{0, {}, {}};
  }

  static net::Headers Header(std::string_view name, std::string value) {
    net::Headers headers;
    headers.Set(name, std::move(value));
    return headers;
  }

  static std::string HeaderOf(const net::Response& response, std::string_view name) {
    const std::string* value = response.headers.Find(name);
    return value ? *value : "";
  }

  std::vector<Json> Rows(std::string_view table) const {
    auto reader = spool::Reader::Open(home_.path() / "spool" / "gateway", {});
    EXPECT_TRUE(reader);
    const auto records = (*reader)->Read(100'000);
    EXPECT_TRUE(records);
    std::vector<Json> rows;
    for (const spool::Record& record : *records) {
      if (record.table == table) rows.push_back(Json::parse(record.row));
    }
    return rows;
  }

  bool HasConsoleLine(std::string_view text) const {
    for (const Json& row : Rows("AmlOnlineEndpointConsoleLog")) {
      if (row["Message"].get<std::string>().find(text) != std::string::npos) return true;
    }
    return false;
  }
};

}  // namespace slipway::gateway
