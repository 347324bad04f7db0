// Deployments whose number of instances follows their load.
#include <algorithm>
#include <functional>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

class ScalingTest : public GatewayTest {
 protected:
  Json Scaled(Json scaling) const {
    Json deployment = PythonDeployment("blue");
    deployment["scaling"] = std::move(scaling);
    deployment["request_timeout_ms"] = 60'000;
    deployment["max_queue_wait_ms"] = 60'000;
    deployment["max_concurrent_requests_per_instance"] = 16;
    return deployment;
  }

  bool HasDecision(std::string_view text) const {
    for (const Json& row : Rows("AmlOnlineEndpointEventLog")) {
      const bool is_decision = row["Name"] == "SuccessfulRescale" || row["Name"] == "ScaleUnchanged";
      if (is_decision && row["Message"].get<std::string>().find(text) != std::string::npos) return true;
    }
    return false;
  }

  // The ids of the processes that answer now, one request after the other.
  std::string Pid() const { return std::string(Score(R"({"do":"pid"})").body); }
};

// Calls without a pause from some threads until it dies.
class Load {
 public:
  Load(int threads, std::function<int()> call) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, call](const std::stop_token& stop) {
        while (!stop.stop_requested())
          if (call() != 200) ++failed_;
      });
    }
  }
  int Stop() {
    threads_.clear();
    return failed_;
  }

 private:
  std::atomic<int> failed_{0};
  std::vector<std::jthread> threads_;
};

TEST_F(ScalingTest, InstancesFollowTheLoadAndNoRequestFails) {
  StartWith(Snapshot(Endpoint(
      {{"blue", 100}},
      {Scaled({{"is_automatic", true}, {"instances_min", 1}, {"instances_max", 3}, {"polling_interval_ms", 100}})})));
  Load high(6, [this] { return Score(R"({"do":"doze"})").status; });
  EXPECT_TRUE(WaitFor([&] { return HasDecision("New size: 3, was "); }));
  EXPECT_EQ(high.Stop(), 0);
  Load low(1, [this] { return Score(R"({"id":1})").status; });
  EXPECT_TRUE(WaitFor([&] { return HasDecision("New size: 1, was ") || HasDecision("New size: 2, was 3"); }));
  EXPECT_EQ(low.Stop(), 0);
  EXPECT_TRUE(WaitFor([&] { return HasDecision("New size: 1, was "); }));
  EXPECT_TRUE(HasDecision("target 0.70")) << "a decision tells what led to it";
  EXPECT_EQ(Score(R"({"id":2})").status, 200);
}

TEST_F(ScalingTest, AnIdleDeploymentEndsItsWorkersAndWakesForARequest) {
  Json deployment = Scaled({{"idle_after_ms", 200}, {"polling_interval_ms", 50}});
  deployment["max_queue_wait_ms"] = 1;  // counts for awake deployments alone
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {deployment})));
  const std::string pid = Pid();
  ASSERT_TRUE(WaitFor([&] { return HasDecision("New size: 0, was 1: no request for"); }));
  EXPECT_TRUE(WaitFor([&] { return !std::filesystem::exists("/proc/" + pid); }));
  const std::string awake = Pid();
  EXPECT_NE(awake, pid);
  EXPECT_TRUE(HasDecision("New size: 1, was 0: requests that wait for an instance: 1"));
}

TEST_F(ScalingTest, AllThatWaitForTheFirstWorkerAreAnswered) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {Scaled({{"idle_after_ms", 100}, {"polling_interval_ms", 50}})})));
  for (int round = 1; round <= 3; ++round) {
    const auto sleeps = [&] {
      const auto rows = Rows("AmlOnlineEndpointEventLog");
      return std::count_if(rows.begin(), rows.end(), [](const Json& row) {
        return row["Message"].get<std::string>().find("New size: 0, was 1") != std::string::npos;
      });
    };
    ASSERT_TRUE(WaitFor([&] { return sleeps() >= round; }));
    std::atomic<int> answered{0};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) callers.emplace_back([&] { answered += Score(R"({"id":1})").status == 200 ? 1 : 0; });
    callers.clear();
    EXPECT_EQ(answered, 8);
  }
}

}  // namespace
}  // namespace slipway::gateway
