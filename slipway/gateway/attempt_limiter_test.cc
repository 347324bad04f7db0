#include "slipway/gateway/attempt_limiter.h"

#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

using std::chrono::seconds;

class AttemptLimiterTest : public testing::Test {
 protected:
  AttemptLimiter limiter_{{.free_failures = 3, .longest_wait = seconds(4), .entries_max = 64}};
  AttemptLimiter::Time now_ = AttemptLimiter::Time() + std::chrono::hours(24);

  void Fail(int times, std::string_view address = "10.0.0.1") {
    for (int i = 0; i < times; ++i) limiter_.Failed("credit", address, now_);
  }
  int64_t WaitSeconds(std::string_view address = "10.0.0.1", std::string_view endpoint = "credit") {
    return limiter_.Wait(endpoint, address, now_).count();
  }
};

TEST_F(AttemptLimiterTest, AFewFailuresAreFree) {
  EXPECT_EQ(WaitSeconds(), 0);
  Fail(2);
  EXPECT_EQ(WaitSeconds(), 0);
}

TEST_F(AttemptLimiterTest, TheWaitGrowsWithEveryFurtherFailureUpToABound) {
  Fail(3);
  EXPECT_EQ(WaitSeconds(), 1);
  now_ += seconds(1);
  EXPECT_EQ(WaitSeconds(), 0);
  Fail(1);
  EXPECT_EQ(WaitSeconds(), 2);
  now_ += seconds(2);
  Fail(1);
  EXPECT_EQ(WaitSeconds(), 4);
  now_ += seconds(4);
  Fail(40);
  EXPECT_EQ(WaitSeconds(), 4);
}

TEST_F(AttemptLimiterTest, OtherAddressesAndEndpointsAreNotTouched) {
  Fail(9);
  EXPECT_EQ(WaitSeconds("10.0.0.2"), 0);
  EXPECT_EQ(WaitSeconds("10.0.0.1", "churn"), 0);
}

TEST_F(AttemptLimiterTest, SuccessForgets) {
  Fail(2);
  limiter_.Succeeded("credit", "10.0.0.1");
  Fail(2);
  EXPECT_EQ(WaitSeconds(), 0);
}

TEST_F(AttemptLimiterTest, TimeForgets) {
  Fail(2);
  now_ += std::chrono::hours(1);
  Fail(2);
  EXPECT_EQ(WaitSeconds(), 0);
}

TEST_F(AttemptLimiterTest, AnIpv6NetworkCountsAsOne) {
  Fail(2, "2001:db8:1:2::1");
  Fail(1, "2001:db8:1:2:ffff::9");
  EXPECT_EQ(WaitSeconds("2001:db8:1:2::77"), 1);
  EXPECT_EQ(WaitSeconds("2001:db8:1:3::1"), 0);
  Fail(3, "::ffff:10.0.0.9");
  EXPECT_EQ(WaitSeconds("10.0.0.9"), 1);
}

TEST_F(AttemptLimiterTest, ItsMemoryIsBounded) {
  for (int i = 0; i < 10'000; ++i) Fail(3, "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  int held_back = 0;
  for (int i = 0; i < 10'000; ++i)
    held_back += WaitSeconds("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250)) > 0;
  EXPECT_GT(held_back, 0);
  EXPECT_LE(held_back, 64);
}

}  // namespace
}  // namespace slipway::gateway
