// The program slipway-gateway: its command line, and what a kill leaves behind.
#include <signal.h>

#include <fmt/format.h>

#include <future>
#include <optional>
#include <utility>

#include "slipway/base/text.h"
#include "slipway/gateway/gateway_fixture.h"
#include "slipway/process/identity.h"
#include "slipway/process/run.h"
#include "slipway/process/supervisor.h"

namespace slipway::gateway {
namespace {

class GatewayProgramTest : public GatewayTest {
 protected:
  std::unique_ptr<process::Supervisor> supervisor_ = std::move(*process::Supervisor::Start());
  uint16_t port_ = 0;

  // Starts the program and takes its plain port from its log.
  process::Identity StartProgram() {
    auto port = std::make_shared<std::promise<int>>();
    auto is_told = std::make_shared<bool>(false);
    process::SpawnOptions options;
    options.arguments = {GatewayProgram(), "--home",      home_.path().string(), "--listen", "127.0.0.1:0",
                         "--plain-listen", "127.0.0.1:0", "--threads",           "1"};
    options.environment = process::CurrentEnvironment();
    options.dies_with_parent = true;
    const auto tell = [port, is_told](int value) {
      if (!std::exchange(*is_told, true)) port->set_value(value);
    };
    const auto on_line = [tell](process::Stream, std::string_view line) {
      const size_t at = line.find("http://127.0.0.1:");
      if (at != std::string_view::npos) tell(static_cast<int>(*ParseInt(line.substr(at + 17))));
    };
    const auto identity = supervisor_->Spawn(
        options, [tell](const process::Exit&) { tell(0); }, on_line);
    EXPECT_TRUE(identity) << identity.error().ToString();
    port_ = static_cast<uint16_t>(port->get_future().get());
    EXPECT_NE(port_, 0) << "the gateway ended at once";
    return *identity;
  }

  std::optional<net::Response> TryScore(std::string_view body) const {
    const auto response = net::Client().Send("POST", fmt::format("http://127.0.0.1:{}/endpoints/credit/score", port_),
                                             Header("Authorization", "Bearer " + std::string(kKey)), body);
    if (!response || response->status != 200) return std::nullopt;
    return *response;
  }
};

TEST_F(GatewayProgramTest, AKilledGatewayTakesItsWorkersAlongAndLosesNoLoggedRequest) {
  Store(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const process::Identity first = StartProgram();
  ASSERT_TRUE(WaitFor([&] { return TryScore("{}").has_value(); }));
  const auto worker = process::IdentityOf(std::stoi(TryScore(R"({"do":"pid"})")->body));
  ASSERT_TRUE(worker);
  const size_t rows = Rows("AmlOnlineEndpointTrafficLog").size();
  ASSERT_EQ(kill(static_cast<pid_t>(first.pid), SIGKILL), 0);
  EXPECT_TRUE(WaitFor([&] { return !process::IsRunning(*worker); }));
  EXPECT_EQ(Rows("AmlOnlineEndpointTrafficLog").size(), rows);
  const process::Identity second = StartProgram();
  ASSERT_TRUE(WaitFor([&] { return TryScore("{}").has_value(); }));
  EXPECT_GT(Rows("AmlOnlineEndpointTrafficLog").size(), rows);
  supervisor_->Terminate(second, std::chrono::seconds(10));
  EXPECT_TRUE(WaitFor([&] { return !process::IsRunning(second); }));
}

TEST_F(GatewayProgramTest, WrongArgumentsAreExplained) {
  const auto run = [&](std::vector<std::string> arguments) {
    process::SpawnOptions options;
    arguments.insert(arguments.begin(), GatewayProgram());
    options.arguments = arguments;
    options.environment = process::CurrentEnvironment();
    auto finished = process::RunToEnd(*supervisor_, options, std::chrono::seconds(30));
    EXPECT_TRUE(finished);
    return *finished;
  };
  for (const auto& [arguments, complaint] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "--home is missing"},
           {{"--home"}, "'--home' needs a value"},
           {{"--home", "x", "--bogus", "y"}, "unknown option '--bogus'"},
           {{"--home", "x", "--listen", "7443"}, "'7443' is not an address"},
           {{"--home", "x", "--plain-listen", "0.0.0.0:80"}, "127.0.0.1:PORT alone"},
           {{"--home", "x", "--threads", "0"}, "--threads takes a positive number"},
           {{"--home", "x", "--traffic-log", "no"}, "--traffic-log takes on or off"}}) {
    const auto finished = run(arguments);
    EXPECT_EQ(finished.exit.code, 2) << complaint;
    EXPECT_NE(finished.output.find(complaint), std::string::npos) << finished.output;
  }
}

}  // namespace
}  // namespace slipway::gateway
