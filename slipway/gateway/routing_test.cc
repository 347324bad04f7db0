// Routing snapshot, traffic split, addresses and the routing table: what decides where a request goes.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "slipway/base/hash.h"
#include "slipway/gateway/data_plane.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/routing_table.h"
#include "slipway/gateway/traffic_split.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kSnapshot = R"({"version": 1, "etag": "e1", "endpoints": [{
  "workspace": "default", "workspace_id": "w-1", "name": "Credit-OE", "arm_id": "/x/credit-oe", "auth_mode": "aml_token",
  "key_sha256": ["aa"], "token_secret": "s", "traffic": {"blue": 90, "green": 10}, "mirror_traffic": {},
  "deployments": [{"name": "blue", "revision": 3, "kind": "script", "language": "python", "program": ["/usr/bin/python3"],
    "code_dir": "/code", "scoring_script": "score.py", "environment_variables": {"A": "b"}, "instance_count": 2,
    "request_timeout_ms": 700, "readiness_probe": {"initial_delay_ms": 5}, "unknown": 1}]}]})";

TEST(RoutingSnapshotTest, ReadsEndpointsAndDeployments) {
  const auto snapshot = ParseRoutingSnapshot(kSnapshot);
  ASSERT_TRUE(snapshot) << snapshot.error().ToString();
  EXPECT_EQ(snapshot->etag, "e1");
  const WantedEndpoint& endpoint = snapshot->endpoints.at(0);
  EXPECT_EQ(endpoint.auth_mode, domain::AuthMode::kAmlToken);
  EXPECT_EQ(endpoint.traffic, (std::map<std::string, int>{{"blue", 90}, {"green", 10}}));
  const WantedDeployment& blue = endpoint.deployments.at(0);
  EXPECT_EQ(blue.kind, WantedDeployment::Kind::kScript);
  EXPECT_EQ(blue.language, WantedDeployment::Language::kPython);
  EXPECT_EQ(blue.instance_count, 2);
  EXPECT_EQ(blue.request_settings.request_timeout_ms, 700);
  EXPECT_EQ(blue.readiness_probe.initial_delay_ms, 5);
  EXPECT_EQ(blue.liveness_probe.failure_threshold, domain::Probe().failure_threshold);
}

TEST(RoutingSnapshotTest, AnyChangeOfADeploymentChangesItsFingerprint) {
  std::string changed(kSnapshot);
  changed.replace(changed.find("\"A\": \"b\""), 8, "\"A\": \"c\"");
  EXPECT_NE(ParseRoutingSnapshot(kSnapshot)->endpoints[0].deployments[0].fingerprint,
            ParseRoutingSnapshot(changed)->endpoints[0].deployments[0].fingerprint);
}

TEST(RoutingSnapshotTest, NamesWhatIsWrong) {
  const std::map<std::string, std::string> cases = {
      {"[]", "not a JSON object"},
      {"{", "not a JSON object"},
      {R"({"etag": "x"})", "'version' is missing"},
      {R"({"version": 2})", "version 2 is not supported yet"},
      {R"({"version": 1, "endpoints": [{}]})", "'name' is missing"},
      {R"({"version": 1, "endpoints": [{"name": "e", "auth_mode": "none"}]})", "auth_mode 'none'"},
      {R"({"version": 1, "endpoints": [{"name": "e", "traffic": {"blue": "x"}}]})",
       "'traffic' has a value of the wrong type"},
      {R"({"version": 1, "endpoints": [{"name": "e", "deployments": [{"name": "b", "kind": "x"}]}]})", "kind 'x'"}};
  for (const auto& [text, complaint] : cases) {
    const auto snapshot = ParseRoutingSnapshot(text);
    ASSERT_FALSE(snapshot) << text;
    EXPECT_NE(snapshot.error().message().find(complaint), std::string::npos) << snapshot.error().message();
  }
}

TEST(TrafficSplitTest, FollowsTheWeights) {
  const std::array<int, 3> percents = {60, 0, 40};
  const TrafficSplit split(percents);
  SplitMix64 random(7);
  std::array<int, 3> counts{};
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) ++counts[split.Pick(random.NextUnit()).value()];
  EXPECT_NEAR(counts[0], 0.6 * kDraws, 0.01 * kDraws);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 0.4 * kDraws, 0.01 * kDraws);
}

TEST(TrafficSplitTest, PicksNothingBeyondTheSum) {
  const std::array<int, 2> mirror = {10, 0};
  EXPECT_EQ(TrafficSplit(mirror).Pick(0.0999), 0u);
  EXPECT_EQ(TrafficSplit(mirror).Pick(0.1), std::nullopt);
  EXPECT_EQ(TrafficSplit().Pick(0), std::nullopt);
  const std::array<int, 2> none = {0, 0};
  EXPECT_EQ(TrafficSplit(none).Pick(0), std::nullopt);
}

TEST(AddressTest, ComesFromThePathOrTheHost) {
  const auto check = [](std::string_view path, std::string_view host, std::string_view endpoint,
                        std::string_view route) {
    const Address address = AddressOf(path, host);
    EXPECT_EQ(address.endpoint, endpoint) << path << " " << host;
    EXPECT_EQ(address.route, route) << path << " " << host;
  };
  check("/endpoints/credit/score", "127.0.0.1:7443", "credit", "/score");
  check("/endpoints/credit", "localhost", "credit", "/");
  check("/score", "credit.local.inference.example.org:7443", "credit", "/score");
  check("/score", "127.0.0.1:7443", "", "/score");
  check("/score", "inference.example.org", "", "/score");
}

TEST(LiveEndpointTest, FindsDeploymentsThatAreWantedThoughNotReady) {
  const WantedEndpoint wanted = ParseRoutingSnapshot(kSnapshot)->endpoints[0];
  Metrics metrics(1);
  const LiveEndpoint endpoint(wanted, {}, metrics);
  ASSERT_NE(endpoint.FindDeployment("BLUE"), nullptr);
  EXPECT_EQ(endpoint.FindDeployment("blue")->live, nullptr);
  EXPECT_EQ(endpoint.FindDeployment("red"), nullptr);
  EXPECT_EQ(endpoint.PickMirror(0), nullptr);
  EXPECT_EQ(endpoint.PickLive(0.95)->deployment, "green");
}

TEST(RoutingTableTest, EndpointNamesCompareWithoutCase) {
  Metrics metrics(1);
  RoutingTable table;
  table.Add(std::make_shared<LiveEndpoint>(ParseRoutingSnapshot(kSnapshot)->endpoints[0],
                                           std::map<std::string, std::shared_ptr<const LiveDeployment>>{}, metrics));
  EXPECT_NE(table.Find("credit-oe"), nullptr);
  EXPECT_NE(table.Find("CREDIT-OE"), nullptr);
  EXPECT_EQ(table.Find("credit"), nullptr);
}

TEST(RoutingTableHolderTest, EveryCoreSeesTheNewestTable) {
  RoutingTableHolder holder(2);
  const auto first = holder.Current(0);
  auto next = std::make_shared<RoutingTable>();
  holder.Publish(next);
  EXPECT_EQ(holder.Current(0), next);
  EXPECT_EQ(holder.Current(1), next);
  EXPECT_NE(first, next);
}

}  // namespace
}  // namespace slipway::gateway
