#include "slipway/gateway/worker_probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

using Kind = WorkerProbes::Kind;
using testing::ElementsAre;

Probe::Time At(int64_t ms) {
  return Probe::Time() + std::chrono::hours(1) + std::chrono::milliseconds(ms);
}

constexpr domain::Probe kProbe = {
    .initial_delay_ms = 100, .period_ms = 100, .timeout_ms = 50, .success_threshold = 1, .failure_threshold = 2};

TEST(WorkerProbesTest, AWorkerIsReadyOnceInitIsDone) {
  WorkerProbes probes({kProbe, kProbe, std::nullopt}, At(0));
  EXPECT_FALSE(probes.IsReady());
  probes.Initialised();
  EXPECT_TRUE(probes.IsReady());
  EXPECT_EQ(probes.due(true), At(100));
  EXPECT_EQ(probes.due(false), Probe::Time::max());
}

TEST(WorkerProbesTest, ReadinessMayNeedSeveralSuccesses) {
  domain::Probe readiness = kProbe;
  readiness.success_threshold = 2;
  WorkerProbes probes({kProbe, readiness, std::nullopt}, At(0));
  probes.Initialised();
  EXPECT_FALSE(probes.IsReady());
  EXPECT_THAT(probes.Advance(At(100), true).questions, ElementsAre(1u, 2u));
  probes.Answered(2);
  EXPECT_TRUE(probes.IsReady());
}

TEST(WorkerProbesTest, AnUnreadyWorkerGetsReadyAgain) {
  domain::Probe liveness = kProbe;
  liveness.failure_threshold = 10;
  WorkerProbes probes({liveness, kProbe, std::nullopt}, At(0));
  probes.Initialised();
  for (const int64_t at : {100, 200}) {
    EXPECT_EQ(probes.Advance(At(at), true).questions.size(), 2u);
    const auto failures = probes.Advance(At(at + 50), true).failures;
    ASSERT_EQ(failures.size(), 2u);
    EXPECT_EQ(failures[0].kind, Kind::kLiveness);
    EXPECT_FALSE(failures[0].is_verdict);
    EXPECT_EQ(failures[1].is_verdict, at == 200);
  }
  EXPECT_FALSE(probes.IsReady());
  EXPECT_THAT(probes.Advance(At(300), true).questions, ElementsAre(5u, 6u));
  probes.Answered(5);
  EXPECT_FALSE(probes.IsReady());
  probes.Answered(6);
  EXPECT_TRUE(probes.IsReady());
}

TEST(WorkerProbesTest, NothingIsAskedDuringARequestButWhatWasAskedRunsOut) {
  WorkerProbes probes({kProbe, kProbe, std::nullopt}, At(0));
  probes.Initialised();
  EXPECT_EQ(probes.Advance(At(100), true).questions.size(), 2u);
  EXPECT_EQ(probes.due(false), At(150));
  EXPECT_EQ(probes.Advance(At(150), false).failures.size(), 2u);
  EXPECT_TRUE(probes.Advance(At(500), false).questions.empty());
  EXPECT_EQ(probes.Advance(At(500), true).questions.size(), 2u);
}

TEST(WorkerProbesTest, TheStartupProbeGoesFirstAndAlone) {
  domain::Probe startup = kProbe;
  startup.failure_threshold = 3;
  WorkerProbes probes({kProbe, kProbe, startup}, At(0));
  EXPECT_THAT(probes.Advance(At(100), true).questions, ElementsAre(1u));
  EXPECT_EQ(probes.Advance(At(150), true).failures[0].kind, Kind::kStartup);
  EXPECT_THAT(probes.Advance(At(200), true).questions, ElementsAre(2u));
  EXPECT_FALSE(probes.IsReady());
  probes.Initialised();
  EXPECT_TRUE(probes.IsReady());
  EXPECT_EQ(probes.Advance(At(300), true).questions.size(), 2u);
}

}  // namespace
}  // namespace slipway::gateway
