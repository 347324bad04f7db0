#include "slipway/gateway/metrics.h"

#include <gmock/gmock.h>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, LanesAddUp) {
  Metrics metrics(2);
  const auto counts = metrics.Of("credit", "blue");
  EXPECT_EQ(metrics.Of("credit", "blue"), counts);
  counts->CountRequest(0, {200, 200, microseconds(50)});
  counts->CountRequest(1, {204, 0, microseconds(100)});
  counts->CountRequest(metrics.shared_lane(), {429, 0, microseconds(101)});
  counts->CountRequest(0, {700, 0, microseconds(-1)});
  const DeploymentCounts::Sum sum = counts->Total();
  EXPECT_EQ(sum.by_class, (std::array<uint64_t, 6>{0, 0, 2, 0, 1, 1}));
  EXPECT_EQ(sum.durations.buckets[0], 3u);
  EXPECT_EQ(sum.durations.buckets[1], 1u);
  EXPECT_EQ(sum.durations.microseconds, 251u);
}

TEST(DurationSizesTest, QuantilesAreWithinABucket) {
  DurationSizes sizes;
  for (int i = 1; i <= 1000; ++i) sizes.Add(microseconds(10 * i));  // 10 us … 10 ms
  DurationSizes::Counts counts{};
  EXPECT_EQ(DurationSizes::Quantile(counts, 0.5), 0);
  sizes.AddTo(counts);
  EXPECT_NEAR(DurationSizes::Quantile(counts, 0.5), 5.0, 0.6);
  EXPECT_NEAR(DurationSizes::Quantile(counts, 0.99), 9.9, 1.2);
  EXPECT_NEAR(DurationSizes::Quantile(counts, 0), 0.01, 0.002);
  for (const auto extreme : {std::chrono::nanoseconds(-5), std::chrono::nanoseconds(std::chrono::hours(10))}) {
    DurationSizes one;
    one.Add(extreme);
    DurationSizes::Counts alone{};
    one.AddTo(alone);
    EXPECT_GT(DurationSizes::Quantile(alone, 1), 0);
  }
}

TEST(MetricsTest, ConnectionsAreCountedWhereTheyCall) {
  Metrics metrics(1);
  const auto credit = metrics.Of("credit", ""), churn = metrics.Of("churn", "");
  {
    ConnectionCount connection;
    connection.MoveTo(credit);
    connection.MoveTo(credit);
    EXPECT_EQ(credit->Total().connections_active, 1);
    connection.MoveTo(churn);
    EXPECT_EQ(credit->Total().connections_active, 0);
    EXPECT_EQ(churn->Total().connections_active, 1);
  }
  EXPECT_EQ(churn->Total().connections_active, 0);
  EXPECT_EQ(churn->Total().connections_opened, 1u);
  EXPECT_EQ(credit->Total().connections_opened, 1u);
}

TEST(MetricsTest, ThePageHasEveryCount) {
  Metrics metrics(1);
  const auto counts = metrics.Of("credit", "blue");
  counts->CountRequest(0, {200, 200, std::chrono::seconds(2)});
  counts->CountQueueWait(microseconds(700));
  counts->CountRestart();
  const std::string page = metrics.Page({3, 4096, 5, 6, 7, 8});
  for (const char* line : {
           "slipway_requests_total{endpoint=\"credit\",deployment=\"blue\",code=\"2xx\"} 1\n",
           "slipway_request_duration_seconds_count{endpoint=\"credit\",deployment=\"blue\"} 1\n",
           "slipway_request_duration_seconds_bucket{endpoint=\"credit\",deployment=\"blue\",le=\"1\"} 0\n",
           "slipway_request_duration_seconds_bucket{endpoint=\"credit\",deployment=\"blue\",le=\"5\"} 1\n",
           "slipway_request_duration_seconds_bucket{endpoint=\"credit\",deployment=\"blue\",le=\"+Inf\"} 1\n",
           "slipway_queue_wait_seconds_bucket{endpoint=\"credit\",deployment=\"blue\",le=\"0.001\"} 1\n",
           "slipway_worker_restarts_total{endpoint=\"credit\",deployment=\"blue\"} 1\n",
           "slipway_open_connections 3\n",
           "slipway_spool_bytes 4096\n",
           "slipway_spool_records_dropped_total 5\n",
           "slipway_connections_accepted_total 6\n",
           "slipway_received_bytes_total 7\n",
           "slipway_sent_bytes_total 8\n",
       })
    EXPECT_THAT(page, HasSubstr(line));
  EXPECT_THAT(page, Not(HasSubstr("5xx")));
}

TEST_F(GatewayTest, MetricsAreShownOnThePlainListenerAlone) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  Score("{}");
  Score(R"({"do":"crash"})");
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
  Score("{}", Header("Authorization", "Bearer wrong"));
  const net::Response page = Score("", {}, "GET", "/metrics");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("slipway_requests_total{endpoint=\"credit\",deployment=\"blue\",code=\"2xx\"} 2\n"));
  EXPECT_THAT(page.body, HasSubstr("slipway_requests_total{endpoint=\"credit\",deployment=\"\",code=\"4xx\"} 1\n"));
  EXPECT_THAT(page.body, HasSubstr("slipway_worker_restarts_total{endpoint=\"credit\",deployment=\"blue\"} 1\n"));
  net::Client client({.ca_file = home_.path() / "tls" / "ca.pem"});
  const auto secure =
      client.Send("GET", "https://127.0.0.1:" + std::to_string(gateway_->tls_port()) + "/metrics", {}, "");
  ASSERT_TRUE(secure) << secure.error().ToString();
  EXPECT_EQ(secure->status, 404);
}

TEST_F(GatewayTest, ANewCertificateIsTakenWithoutDroppingAConnection) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  const std::string url = "https://127.0.0.1:" + std::to_string(gateway_->tls_port()) + "/";
  const auto call = [&](net::Client& client) {
    const auto response = client.Send("GET", url, {}, "");
    return response ? response->status : 0;
  };
  const std::filesystem::path tls = home_.path() / "tls", old_authority = home_.path() / "old-ca.pem";
  std::filesystem::copy_file(tls / "ca.pem", old_authority);
  net::Client kept({.ca_file = old_authority});
  EXPECT_EQ(call(kept), 200);
  EXPECT_TRUE(gateway_->RefreshCertificates(false));
  for (const char* name : {"ca.pem", "ca-key.pem"}) std::filesystem::remove(tls / name);
  EXPECT_TRUE(gateway_->RefreshCertificates(false));  // makes an authority and a certificate anew
  net::Client believes_old({.ca_file = old_authority}), believes_new({.ca_file = tls / "ca.pem"});
  EXPECT_TRUE(WaitFor([&] { return call(believes_new) == 200; }));  // the event loop takes it in its own time
  EXPECT_EQ(call(believes_old), 0);
  EXPECT_EQ(call(kept), 200);  // on the connection it has
}

}  // namespace
}  // namespace slipway::gateway
