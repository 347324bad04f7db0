// What scoring scripts may touch: real workers that try to touch more.
#include <sys/stat.h>
#include <unistd.h>

#include "slipway/gateway/gateway_fixture.h"
#include "slipway/process/sandbox.h"

namespace slipway::gateway {
namespace {

// Does what the request asks for, and says how that ended.
constexpr std::string_view kTrespasser = R"(
import json, os, signal, tempfile

def init(): pass

def attempt(what):
    try:
        return what() or "done"
    except OSError as error:
        return type(error).__name__

def write(path):
    with open(path, "w") as file: file.write("trespassed")

def read(path):
    with open(path) as file: return file.read()

def run(data):
    order = json.loads(data)
    if "write" in order: return attempt(lambda: write(order["write"]))
    if "read" in order: return attempt(lambda: read(order["read"]))
    if "remove" in order: return attempt(lambda: os.remove(order["remove"]))
    if "signal" in order: return attempt(lambda: os.kill(os.getppid(), 0))
    if "environment" in order: return attempt(lambda: read("/proc/%d/environ" % os.getppid()))
    if "user" in order: return os.getuid()
    with tempfile.NamedTemporaryFile("w", delete=False) as file: file.write("mine")
    return {"file": file.name, "text": read(file.name)}
)";

class WorkerConfinementTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    ASSERT_TRUE(WriteFileAtomic(code() / "score.py", kTrespasser));
    ASSERT_TRUE(WriteFileAtomic(home_.path() / "model" / "weights", "the weights"));
    ASSERT_TRUE(WriteFileAtomic(home_.path() / "credentials", "the token", 0600));
  }

  void StartScript(const Json& variables = Json::object()) {
    StartWith(Snapshot(Endpoint({{"blue", 100}}, {Script(variables)})));
  }

  Json Script(const Json& variables) const {
    Json deployment = PythonDeployment("blue");
    deployment["environment_variables"] = variables;
    return deployment;
  }

  std::string Ask(const Json& order) const { return Score(order.dump()).body; }
  std::string Ask(const char* what, const std::filesystem::path& path) const {
    return Ask(Json{{what, path.string()}});
  }

  std::string EventMessage(std::string_view name) const {
    for (const Json& row : Rows("AmlOnlineEndpointEventLog")) {
      if (row["Name"] == name) return row["Message"];
    }
    return "";
  }

  // What a deployment that cannot start is told.
  std::string Refusal(const Json& variables, const WorkerPolicy& policy = {}) {
    policy_ = policy;
    return RefusalOf(Script(variables));
  }

  std::string RefusalOf(const Json& deployment) {
    Store(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
    Start();
    EXPECT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
    return gateway_->Reports().front().message;
  }
};

constexpr std::string_view kDenied = "\"PermissionError\"";

TEST_F(WorkerConfinementTest, AScriptReadsItsModelAndWritesToItsScratchFolder) {
  StartScript();
  EXPECT_EQ(Ask("read", home_.path() / "model" / "weights"), "\"the weights\"");
  const Json scratch = Json::parse(Ask(Json::object()));
  EXPECT_EQ(scratch["text"], "mine");
  EXPECT_EQ(scratch["file"].get<std::string>().find((home_.path() / "gateway" / "scratch").string()), 0u) << scratch;
}

TEST_F(WorkerConfinementTest, AScriptReachesNothingElse) {
  if (process::LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  StartScript();
  const auto& home = home_.path();
  for (const char* secret : {"credentials", "tls/server-key.pem", "tls/ca-key.pem", "gateway/routing.json"}) {
    ASSERT_TRUE(std::filesystem::exists(home / secret)) << secret;
    EXPECT_EQ(Ask("read", home / secret), kDenied) << secret;
    EXPECT_EQ(Ask("write", home / secret), kDenied) << secret;
    EXPECT_EQ(Ask("remove", home / secret), kDenied) << secret;
  }
  EXPECT_EQ(Ask("read", "/etc/shadow"), kDenied);
  EXPECT_EQ(Ask("write", home / "new"), kDenied);
  EXPECT_EQ(Ask("write", home / "model" / "weights"), kDenied);
  EXPECT_EQ(Ask("write", code() / "score.py"), kDenied);
  EXPECT_EQ(Ask("write", "/var/tmp/slipway-trespasser"), kDenied);
  EXPECT_EQ(Ask({{"environment", true}}), kDenied);
  if (process::LandlockVersion() >= 6) {
    EXPECT_EQ(Ask({{"signal", true}}), kDenied);
  }
  EXPECT_EQ(ReadFile(home / "credentials").value_or(""), "the token");
  EXPECT_NE(EventMessage("Confined").find("Landlock"), std::string::npos) << EventMessage("Confined");
}

// As pyenv has it: what is on the PATH is a script that picks one of several interpreters.
TEST_F(WorkerConfinementTest, AnInterpreterThatAScriptPicksIsReached) {
  auto outside = TemporaryDirectory::Make();
  ASSERT_TRUE(outside);
  const auto shim = outside->path() / "shims" / "python3",
             picked = outside->path() / "versions" / "3" / "bin" / "python3";
  ASSERT_TRUE(WriteFileAtomic(shim, "#!/bin/sh\nexec " + picked.string() + " \"$@\"\n", 0755));
  ASSERT_TRUE(WriteFileAtomic(picked, "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n", 0755));
  Json deployment = Script(Json::object());
  deployment["program"] = {shim.string()};
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  EXPECT_EQ(Ask("read", home_.path() / "model" / "weights"), "\"the weights\"");
}

TEST_F(WorkerConfinementTest, ADeploymentMayAskForMoreOrDoWithout) {
  auto outside = TemporaryDirectory::Make();
  ASSERT_TRUE(outside);
  ASSERT_TRUE(WriteFileAtomic(outside->path() / "table", "a table"));
  StartScript({{"SLIPWAY_SANDBOX_READ", outside->path().string()}});
  EXPECT_EQ(Ask("read", outside->path() / "table"), "\"a table\"");
  if (process::LandlockVersion() > 0) {
    EXPECT_EQ(Ask("write", outside->path() / "table"), kDenied);
  }
  gateway_.reset();
  StartScript({{"SLIPWAY_SANDBOX", "off"}});
  EXPECT_EQ(Ask("write", outside->path() / "table"), "\"done\"");
  EXPECT_NE(EventMessage("NotConfined").find("SLIPWAY_SANDBOX is off"), std::string::npos);
}

TEST_F(WorkerConfinementTest, AVariableOpensNothingOfTheHome) {
  if (process::LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  StartScript({{"PYTHONPATH", (home_.path() / "tls").string()}, {"PATH", home_.path().string() + ":/usr/bin"}});
  EXPECT_EQ(Ask("read", home_.path() / "tls" / "server-key.pem"), kDenied);
  EXPECT_EQ(Ask("read", home_.path() / "credentials"), kDenied);
}

TEST_F(WorkerConfinementTest, WhatADeploymentMustNotAskForIsRefused) {
  const std::string root = Refusal({{"SLIPWAY_SANDBOX_READ", "/"}});
  EXPECT_NE(root.find("SLIPWAY_SANDBOX_READ must not name '/'"), std::string::npos) << root;
  const std::string relative = Refusal({{"SLIPWAY_SANDBOX_WRITE", "data"}});
  EXPECT_NE(relative.find("absolute paths"), std::string::npos) << relative;
  const std::string slip = Refusal({{"SLIPWAY_SANDBOX", "no"}});
  EXPECT_NE(slip.find("takes on or off, not 'no'"), std::string::npos) << slip;
  const std::string forbidden = Refusal({{"SLIPWAY_SANDBOX", "off"}}, {.sandbox = WorkerPolicy::Sandbox::kRequired});
  EXPECT_NE(forbidden.find("--worker-sandbox is required"), std::string::npos) << forbidden;
}

TEST_F(WorkerConfinementTest, AModelOrCodeFolderThatHoldsTheHomeIsRefused) {
  if (process::LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  for (const char* folder : {"model_dir", "code_dir"}) {
    Json deployment = Script(Json::object());
    deployment[folder] = home_.path().string();
    deployment["scoring_script"] = "code/score.py";
    const std::string refused = RefusalOf(deployment);
    EXPECT_NE(refused.find("'" + home_.path().string() + "' holds the server's home"), std::string::npos) << refused;
  }
}

TEST_F(WorkerConfinementTest, WorkersRunAsTheUserThatTheOperatorNames) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  policy_.user = process::FindUser("nobody").value();
  ASSERT_EQ(chmod(home_.path().c_str(), 0700), 0);
  StartScript({{"SLIPWAY_SANDBOX", "off"}});
  EXPECT_EQ(Ask({{"user", true}}), std::to_string(policy_.user->id));
  EXPECT_EQ(Ask("read", home_.path() / "model" / "weights"), "\"the weights\"");
  EXPECT_EQ(Ask("read", home_.path() / "credentials"), kDenied);
  EXPECT_EQ(Ask("read", home_.path() / "tls" / "server-key.pem"), kDenied);
  EXPECT_EQ(Ask("write", home_.path() / "model" / "weights"), kDenied);
  EXPECT_EQ(Ask({{"signal", true}}), kDenied);
  EXPECT_EQ(Json::parse(Ask(Json::object()))["text"], "mine");
}

TEST_F(WorkerConfinementTest, AFolderThatKeepsTheWorkersUserOutIsNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto closed = home_.path() / "closed", home = closed / "home";
  ASSERT_TRUE(MakeDirectories(home));
  ASSERT_EQ(chmod(home_.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(closed.c_str(), 0700), 0);
  const process::User nobody = process::FindUser("nobody").value();
  const Status refused = LetPass(nobody, home);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("'" + closed.string() + "' does not let it pass"), std::string::npos)
      << refused.error().message();
  ASSERT_EQ(chmod(closed.c_str(), 0711), 0);
  EXPECT_TRUE(LetPass(nobody, home));
}

}  // namespace
}  // namespace slipway::gateway
