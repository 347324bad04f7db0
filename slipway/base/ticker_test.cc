#include "slipway/base/ticker.h"

#include <gtest/gtest.h>

#include <future>
#include <semaphore>

namespace slipway {
namespace {

TEST(Ticker, TicksAtOnceAndWhenWoken) {
  ManualClock clock(*ParseTimestamp("2026-03-04T05:06:07Z"));
  std::counting_semaphore<16> ticks(0);
  std::vector<Timestamp> times;
  Ticker ticker(
      clock,
      [&](Timestamp now) {
        times.push_back(now);
        ticks.release();
        return std::nullopt;
      },
      std::chrono::hours(1));
  ticker.Start();
  ticks.acquire();
  clock.Advance(std::chrono::seconds(5));
  ticker.Wake();
  ticks.acquire();
  ticker.Stop();
  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[1] - times[0], std::chrono::seconds(5));
}

TEST(Ticker, TicksAgainWithoutSleepForATimeThatHasCome) {
  ManualClock clock(*ParseTimestamp("2026-03-04T05:06:07Z"));
  std::promise<void> third;
  int ticks = 0;
  Ticker ticker(
      clock,
      [&](Timestamp now) -> std::optional<Timestamp> {
        if (++ticks == 3) third.set_value();
        if (ticks >= 3) return std::nullopt;
        return now;
      },
      std::chrono::hours(1));
  ticker.Start();
  third.get_future().get();
  ticker.Stop();
  EXPECT_EQ(ticks, 3);
}

TEST(Ticker, StopsAndStartsAgain) {
  ManualClock clock(*ParseTimestamp("2026-03-04T05:06:07Z"));
  std::counting_semaphore<16> ticks(0);
  Ticker ticker(
      clock,
      [&](Timestamp) {
        ticks.release();
        return std::nullopt;
      },
      std::chrono::hours(1));
  ticker.Start();
  ticks.acquire();
  ticker.Stop();
  ticker.Start();
  ticks.acquire();
}

}  // namespace
}  // namespace slipway
