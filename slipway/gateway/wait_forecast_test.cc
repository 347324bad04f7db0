#include "slipway/gateway/wait_forecast.h"

#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;

TEST(WaitForecastTest, KnowsNothingAtFirst) {
  EXPECT_EQ(WaitForecast().Wait(100, 1).count(), 0);
}

TEST(WaitForecastTest, CountsThoseThatWaitAheadAndSharesThemOutAmongTheWorkers) {
  WaitForecast forecast;
  forecast.Add(milliseconds(60));
  EXPECT_EQ(forecast.Wait(0, 1), milliseconds(0));
  EXPECT_EQ(forecast.Wait(1, 1), milliseconds(0));  // one runs: the next is first in line
  EXPECT_EQ(forecast.Wait(4, 1), milliseconds(180));
  EXPECT_EQ(forecast.Wait(3, 3), milliseconds(0));
  EXPECT_EQ(forecast.Wait(9, 3), milliseconds(120));
}

TEST(WaitForecastTest, FollowsWhatRequestsTakeLately) {
  WaitForecast forecast;
  forecast.Add(milliseconds(1'000));
  forecast.Add(milliseconds(200));
  EXPECT_EQ(forecast.Wait(2, 1), milliseconds(900));
  for (int i = 0; i < 100; ++i) forecast.Add(milliseconds(10));
  EXPECT_LT(forecast.Wait(2, 1), milliseconds(11));
}

}  // namespace
}  // namespace slipway::gateway
