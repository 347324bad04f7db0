#include "slipway/gateway/scaling_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = ScalingDecision::Kind;

const SteadyTime kStart{std::chrono::hours(1)};

ScalingSettings OneToTen() {
  ScalingSettings settings;
  settings.is_automatic = true;
  settings.instances_max = 10;
  return settings;
}

LoadSample Load(int second, double load) {
  const SteadyTime at = kStart + seconds(second);
  return {at, load, static_cast<int>(load), load > 0 ? at : kStart};
}

TEST(ScalingPolicy, FollowsTheTable) {
  struct Case {
    const char* what;
    int present;
    double load;
    Kind kind;
    int to;
  };
  const Case cases[] = {
      {"at the target", 2, 1.4, Kind::kStay, 2},
      {"within the tolerance above", 2, 1.5, Kind::kStay, 2},
      {"within the tolerance below", 2, 1.3, Kind::kStay, 2},
      {"all busy", 2, 2.0, Kind::kUp, 3},
      {"requests wait", 1, 2.0, Kind::kUp, 3},
      {"many wait", 2, 70.0, Kind::kUp, 10},
      {"exactly twice the target", 1, 1.4, Kind::kUp, 2},
      {"idle", 1, 0, Kind::kStay, 1},
      {"idle with many", 4, 0, Kind::kDown, 1},
      {"less than needed", 4, 1.4, Kind::kDown, 2},
  };
  for (const Case& row : cases) {
    ScalingPolicy policy(OneToTen());
    const ScalingDecision decision = policy.Decide(row.present, Load(0, row.load));
    EXPECT_EQ(decision.kind, row.kind) << row.what;
    EXPECT_EQ(decision.to, row.to) << row.what;
    EXPECT_EQ(decision.from, row.present) << row.what;
  }
}

TEST(ScalingPolicy, SaysWhichNumbersLedToADecision) {
  ScalingPolicy policy(OneToTen());
  EXPECT_THAT(policy.Decide(2, Load(0, 4)).reason,
              AllOf(HasSubstr("utilization 2.00 (4.00 busy or waiting on 2 workers)"), HasSubstr("target 0.70"),
                    HasSubstr("recommended 6"), HasSubstr("from 1 to 10")));
}

TEST(ScalingPolicy, SaysWhyItStays) {
  ScalingPolicy policy(OneToTen());
  policy.Decide(1, Load(0, 2.1));
  const ScalingDecision stay = policy.Decide(3, Load(1, 0.3));
  EXPECT_EQ(stay.kind, Kind::kStay);
  EXPECT_THAT(stay.reason, AllOf(HasSubstr("utilization 0.10 (0.30 busy"), HasSubstr("recommended 1"),
                                 HasSubstr("highest of the last 20 intervals 3")));
  ScalingSettings fixed;
  fixed.idle_after = seconds(60);
  EXPECT_THAT(ScalingPolicy(fixed).Decide(1, Load(20, 0)).reason,
              HasSubstr("the last request was 20.0 s ago, scale_to_zero_after is 60.0 s"));
}

TEST(DecisionNews, TellsOfChangesTenSecondsApartAndOfStayingOnceAMinute) {
  DecisionNews news;
  const auto stay = [](double utilisation, int recommended = 1, int present = 1) {
    return ScalingDecision{Kind::kStay, present, present, utilisation, recommended, ""};
  };
  const auto at = [](int second) { return kStart + seconds(second); };
  EXPECT_TRUE(news.IsNews(stay(0.50), at(0)));
  EXPECT_FALSE(news.IsNews(stay(0.59), at(10))) << "the same tenth";
  EXPECT_FALSE(news.IsNews(stay(0.71), at(9))) << "too soon";
  EXPECT_TRUE(news.IsNews(stay(0.71), at(11)));
  EXPECT_TRUE(news.IsNews(stay(0.71, 2), at(21))) << "another recommendation";
  EXPECT_TRUE(news.IsNews({Kind::kUp, 1, 2, 0.9, 2, ""}, at(22))) << "a change, always";
  EXPECT_TRUE(news.IsNews({Kind::kUp, 2, 3, 0.9, 3, ""}, at(23)));
  EXPECT_FALSE(news.IsNews(stay(0.9, 3, 3), at(82)));
  EXPECT_TRUE(news.IsNews(stay(0.9, 3, 3), at(83)));
  EXPECT_TRUE(news.IsNews({Kind::kToZero, 3, 0, 0, 0, ""}, at(84)));
  EXPECT_FALSE(news.IsNews(stay(0, 0, 0), at(10'000))) << "asleep";
}

TEST(ScalingPolicy, GoesDownOnlyToTheHighestRecommendationOfTheLastTwentyIntervals) {
  ScalingPolicy policy(OneToTen());
  EXPECT_EQ(policy.Decide(1, Load(0, 4.2)).to, 6);
  EXPECT_EQ(policy.Decide(6, Load(1, 2.1)).to, 6);  // 3 would do
  for (int second = 2; second < 20; ++second) EXPECT_EQ(policy.Decide(6, Load(second, 0.1)).kind, Kind::kStay);
  EXPECT_EQ(policy.Decide(6, Load(20, 0.1)).to, 3);
  EXPECT_EQ(policy.Decide(3, Load(21, 0.1)).to, 1);
}

TEST(ScalingPolicy, ALoadThatComesBackKeepsWhatIsThere) {
  ScalingPolicy policy(OneToTen());
  policy.Decide(4, Load(0, 2.8));
  for (int second = 1; second < 100; ++second)
    EXPECT_EQ(policy.Decide(4, Load(second, second % 15 == 0 ? 2.8 : 0.2)).kind, Kind::kStay) << second;
}

TEST(ScalingPolicy, CountsWorkersNotInstances) {
  ScalingSettings settings = OneToTen();
  settings.workers_per_instance = 4;
  ScalingPolicy policy(settings);
  EXPECT_EQ(policy.Decide(1, Load(0, 2.8)).kind, Kind::kStay);
  EXPECT_EQ(policy.Decide(1, Load(1, 5.6)).to, 2);
}

TEST(ScalingPolicy, StaysWithinItsBounds) {
  ScalingSettings settings = OneToTen();
  settings.instances_min = 2;
  settings.instances_max = 4;
  ScalingPolicy policy(settings);
  EXPECT_EQ(policy.Initial(1), 2);
  EXPECT_EQ(policy.Initial(3), 3);
  EXPECT_EQ(policy.Initial(9), 4);
  EXPECT_EQ(policy.Decide(2, Load(0, 100)).to, 4);
  EXPECT_EQ(ScalingPolicy(settings).Decide(4, Load(0, 0)).to, 2);
}

TEST(ScalingPolicy, GoesToZeroAfterItsIdleTimeAndWakesForARequest) {
  for (const bool is_automatic : {true, false}) {
    ScalingSettings settings = OneToTen();
    settings.is_automatic = is_automatic;
    settings.instances_max = 3;
    settings.idle_after = seconds(60);
    ScalingPolicy policy(settings);
    EXPECT_NE(policy.Decide(1, Load(59, 0)).kind, Kind::kToZero);
    const ScalingDecision sleep = policy.Decide(1, Load(60, 0));
    EXPECT_EQ(sleep.kind, Kind::kToZero);
    EXPECT_EQ(sleep.to, 0);
    EXPECT_THAT(sleep.reason, HasSubstr("no request for 60.0 s"));
    EXPECT_EQ(policy.Decide(0, Load(1000, 0)).kind, Kind::kStay);
    const ScalingDecision wake = policy.Decide(0, Load(1001, 1));
    EXPECT_EQ(wake.kind, Kind::kWake);
    EXPECT_EQ(wake.to, is_automatic ? 1 : 3);
  }
}

TEST(ScalingPolicy, NeverSleepsOverARequest) {
  ScalingSettings settings = OneToTen();
  settings.idle_after = milliseconds(1);
  ScalingPolicy policy(settings);
  LoadSample sample = Load(1000, 0);
  sample.pending = 1;
  EXPECT_NE(policy.Decide(1, sample).kind, Kind::kToZero);
}

TEST(ScalingPolicy, AFixedCountIsKept) {
  ScalingSettings settings;
  settings.instances_min = settings.instances_max = 2;
  EXPECT_FALSE(settings.IsScaled());
  ScalingPolicy policy(settings);
  EXPECT_EQ(policy.Initial(1), 2);
  EXPECT_EQ(policy.Decide(2, Load(0, 100)).kind, Kind::kStay);
}

}  // namespace
}  // namespace slipway::gateway
