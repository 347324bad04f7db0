#include "slipway/training/fit_cost.h"

#include <gtest/gtest.h>

#include <vector>

namespace slipway::training {
namespace {

TEST(FitCostTest, CountsMemoryThatWasGivenBack) {
  constexpr size_t kBytes = 200 << 20;
  const FitMeter meter;
  const FitCost before = meter.Read();
  ASSERT_GT(before.peak_bytes, 0u);
  { const std::vector<char> held(before.peak_bytes + kBytes, 1); }
  const FitCost after = meter.Read();
  EXPECT_GE(after.peak_bytes, before.peak_bytes + kBytes);
  EXPECT_GT(after.seconds, before.seconds);
}

TEST(FitCostTest, IsALine) {
  EXPECT_EQ(FitCostText({1.254, 310'400'000}), "the fit took 1.25 s; the process held at most 310 MB until then");
  EXPECT_EQ(FitCostText({0.5, 0}), "the fit took 0.50 s");
}

}  // namespace
}  // namespace slipway::training
