#include "slipway/gateway/probe.h"

#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;
using Step = Probe::Step;

// Milliseconds since the worker's start.
Probe::Time At(int64_t ms) {
  return Probe::Time() + std::chrono::hours(1) + milliseconds(ms);
}

domain::Probe Settings(int success_threshold, int failure_threshold) {
  return {.initial_delay_ms = 1'000,
          .period_ms = 500,
          .timeout_ms = 200,
          .success_threshold = success_threshold,
          .failure_threshold = failure_threshold};
}

TEST(ProbeTest, AsksFromItsInitialDelayOnAndEveryPeriod) {
  Probe probe(Settings(1, 3), At(0));
  EXPECT_EQ(probe.due(), At(1'000));
  EXPECT_EQ(probe.Advance(At(999), 1), Step::kNone);
  EXPECT_EQ(probe.Advance(At(1'000), 1), Step::kAsk);
  EXPECT_EQ(probe.due(), At(1'200));
  probe.Answered(1);
  EXPECT_EQ(probe.due(), At(1'500));
  EXPECT_EQ(probe.Advance(At(1'499), 2), Step::kNone);
  EXPECT_EQ(probe.Advance(At(1'500), 2), Step::kAsk);
}

TEST(ProbeTest, FailsAfterAsManyTimeOutsInARowAsItsThreshold) {
  Probe probe(Settings(1, 2), At(0));
  EXPECT_EQ(probe.Advance(At(1'000), 1), Step::kAsk);
  EXPECT_EQ(probe.Advance(At(1'199), 2), Step::kNone);
  EXPECT_EQ(probe.Advance(At(1'200), 2), Step::kFailed);
  EXPECT_FALSE(probe.has_failed());
  EXPECT_EQ(probe.Advance(At(1'500), 2), Step::kAsk);
  probe.Answered(1);  // too late
  EXPECT_TRUE(probe.is_asking());
  probe.Answered(2);
  EXPECT_EQ(probe.Advance(At(2'000), 3), Step::kAsk);
  EXPECT_EQ(probe.Advance(At(2'200), 4), Step::kFailed);
  EXPECT_FALSE(probe.has_failed());  // a success lay between
  EXPECT_EQ(probe.Advance(At(2'500), 4), Step::kAsk);
  EXPECT_EQ(probe.Advance(At(2'700), 5), Step::kFailed);
  EXPECT_TRUE(probe.has_failed());
}

TEST(ProbeTest, SucceedsAfterAsManyAnswersInARowAsItsThreshold) {
  Probe probe(Settings(2, 3), At(0));
  probe.Succeeded();
  EXPECT_FALSE(probe.has_succeeded());
  EXPECT_EQ(probe.Advance(At(1'000), 1), Step::kAsk);
  EXPECT_EQ(probe.Advance(At(1'200), 2), Step::kFailed);
  EXPECT_EQ(probe.Advance(At(1'500), 2), Step::kAsk);
  probe.Answered(2);
  EXPECT_FALSE(probe.has_succeeded());
  EXPECT_EQ(probe.Advance(At(2'000), 3), Step::kAsk);
  probe.Answered(3);
  EXPECT_TRUE(probe.has_succeeded());
}

}  // namespace
}  // namespace slipway::gateway
