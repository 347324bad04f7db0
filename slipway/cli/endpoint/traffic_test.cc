#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/cli/endpoint/endpoint_view.h"

namespace slipway::cli {
namespace {

using Traffic = std::map<std::string, int>;

TEST(TrafficFlags, TakePairsInOneWordOrSeveral) {
  const Traffic expected{{"blue", 90}, {"green", 10}};
  EXPECT_EQ(*ParseTraffic({"blue=90 green=10"}, "traffic"), expected);
  EXPECT_EQ(*ParseTraffic({"blue=90", "green=10"}, "traffic"), expected);
  EXPECT_EQ(*ParseTraffic({"blue=90,  green=10"}, "traffic"), expected);
}

TEST(TrafficFlags, RefuseWhatIsNoShare) {
  for (const char* bad : {"blue", "blue=", "blue=x", "=10", "blue=101", "blue=-1", "blue=10%"}) {
    auto traffic = ParseTraffic({bad}, "traffic");
    ASSERT_FALSE(traffic) << bad;
    EXPECT_THAT(traffic.error().ToString(), testing::HasSubstr(std::string("not '") + bad + "'"));
  }
}

}  // namespace
}  // namespace slipway::cli
