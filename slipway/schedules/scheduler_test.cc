#include "slipway/schedules/scheduler.h"
#include "slipway/domain/testing/fake_submitter.h"
#include "slipway/domain/testing/memory_schedule_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"

#include <gtest/gtest.h>

#include <map>
#include <semaphore>

namespace slipway::schedules {
namespace {

using domain::Schedule;
using domain::Scope;
using domain::testing::FakeSubmitter;
using domain::testing::MemoryScheduleStore;
using domain::testing::MemoryWorkspaceStore;

class SchedulerTest : public ::testing::Test {
 protected:
  static Timestamp At(std::string_view text) { return *ParseTimestamp(text); }

  void Restart(Options options = {}) {
    scheduler_.reset();
    scheduler_ = std::make_unique<Scheduler>(options, Dependencies{store_, workspaces_, submitter_, clock_});
  }

  std::optional<Timestamp> TickAt(std::string_view time) {
    clock_.Set(At(time));
    return scheduler_->Tick(clock_.Now());
  }

  static Schedule Nightly() {
    Schedule schedule;
    schedule.name = "nightly";
    schedule.trigger.rule = domain::CronTrigger{"0 2 * * *"};
    domain::PipelineSpec pipeline;
    pipeline.inputs["at"] = domain::Literal{domain::Literal::Kind::kString, "${{creation_context.trigger_time}}"};
    schedule.create_job.body = pipeline;
    return schedule;
  }

  Schedule Put(const Schedule& schedule) {
    auto put = scheduler_->Put(scope_, schedule);
    EXPECT_TRUE(put) << put.error().ToString();
    return *put;
  }
  Schedule Stored(const std::string& name = "nightly") { return *store_.GetSchedule(scope_, name); }

  Scope scope_;
  ManualClock clock_{At("2026-03-04T05:00:00Z")};
  MemoryScheduleStore store_;
  MemoryWorkspaceStore workspaces_{domain::Workspace{}};
  FakeSubmitter submitter_;
  std::unique_ptr<Scheduler> scheduler_ =
      std::make_unique<Scheduler>(Options{}, Dependencies{store_, workspaces_, submitter_, clock_});
};

TEST_F(SchedulerTest, PutTellsTheNextFiring) {
  const Schedule schedule = Put(Nightly());
  EXPECT_EQ(schedule.next_fire_at, At("2026-03-05T02:00:00Z"));
  EXPECT_EQ(schedule.context.created_at, At("2026-03-04T05:00:00Z"));
}

TEST_F(SchedulerTest, FiresWhenItsTimeHasComeAndNotBefore) {
  Put(Nightly());
  EXPECT_EQ(TickAt("2026-03-05T01:59:59Z"), At("2026-03-05T02:00:00Z"));
  EXPECT_TRUE(submitter_.names().empty());
  EXPECT_EQ(TickAt("2026-03-05T02:00:00Z"), At("2026-03-06T02:00:00Z"));
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z"}));
  EXPECT_EQ(Stored().last_fired_at, At("2026-03-05T02:00:00Z"));
  EXPECT_EQ(Stored().properties.at(kLastJobProperty), "nightly-20260305T020000Z");
  TickAt("2026-03-05T02:00:01Z");
  EXPECT_EQ(submitter_.names().size(), 1u);
}

TEST_F(SchedulerTest, TheJobKnowsItsScheduleAndTime) {
  Put(Nightly());
  TickAt("2026-03-05T02:00:07Z");
  const domain::JobSpec spec = submitter_.specs().at(0);
  EXPECT_EQ(spec.display_name, "nightly-20260305T020000Z");
  EXPECT_EQ(spec.experiment_name, "nightly");
  const auto& input = std::get<domain::PipelineSpec>(spec.body).inputs.at("at");
  EXPECT_EQ(std::get<domain::Literal>(input).text, "2026-03-05T02:00:00Z");
}

TEST_F(SchedulerTest, CatchesUpOneMissedFiring) {
  Put(Nightly());
  Restart();
  EXPECT_EQ(TickAt("2026-03-09T10:00:00Z"), At("2026-03-10T02:00:00Z"));
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z"}));
}

TEST_F(SchedulerTest, CatchesUpNothingWhenToldSo) {
  Put(Nightly());
  Restart({.catch_up = false});
  EXPECT_EQ(TickAt("2026-03-09T10:00:00Z"), At("2026-03-10T02:00:00Z"));
  EXPECT_TRUE(submitter_.names().empty());
  TickAt("2026-03-10T02:00:01Z");
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260310T020000Z"}));
}

TEST_F(SchedulerTest, ACrashBeforeStoringNeitherLosesNorDoublesAFiring) {
  Put(Nightly());
  store_.writes.left = 0;  // the job is submitted, the new state never stored
  TickAt("2026-03-05T02:00:00Z");
  store_.writes.left.reset();
  Restart();
  TickAt("2026-03-05T02:07:00Z");
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z"}));
  EXPECT_EQ(Stored().next_fire_at, At("2026-03-06T02:00:00Z"));
  EXPECT_EQ(Stored().properties.count(kLastErrorProperty), 0u);
}

TEST_F(SchedulerTest, ACrashBeforeSubmittingLosesNothing) {
  Put(Nightly());
  submitter_.failure = Unavailable("the server is stopping");
  TickAt("2026-03-05T02:00:00Z");
  submitter_.failure.reset();
  Restart();
  TickAt("2026-03-05T02:00:30Z");
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z"}));
}

TEST_F(SchedulerTest, WhatIsUnavailableIsTriedAgain) {
  Put(Nightly());
  submitter_.failure = Unavailable("disk");
  EXPECT_EQ(TickAt("2026-03-05T02:00:00Z"), At("2026-03-05T02:00:30Z"));
  EXPECT_EQ(Stored().next_fire_at, At("2026-03-05T02:00:00Z"));
}

TEST_F(SchedulerTest, AJobThatCannotRunIsSaidInThePropertiesUntilOneCan) {
  Put(Nightly());
  submitter_.failure = NotFound("there is no compute 'cpu'");
  EXPECT_EQ(TickAt("2026-03-05T02:00:00Z"), At("2026-03-06T02:00:00Z"));
  EXPECT_EQ(Stored().properties.at(kLastErrorProperty), "there is no compute 'cpu'");
  submitter_.failure.reset();
  TickAt("2026-03-06T02:00:00Z");
  EXPECT_EQ(Stored().properties.count(kLastErrorProperty), 0u);
}

TEST_F(SchedulerTest, ADisabledScheduleNeitherFiresNorCatchesUp) {
  Schedule schedule = Put(Nightly());
  schedule.is_enabled = false;
  EXPECT_EQ(Put(schedule).next_fire_at, std::nullopt);
  EXPECT_EQ(TickAt("2026-03-06T12:00:00Z"), std::nullopt);
  schedule.is_enabled = true;
  EXPECT_EQ(Put(schedule).next_fire_at, At("2026-03-07T02:00:00Z"));
  EXPECT_TRUE(submitter_.names().empty());
}

TEST_F(SchedulerTest, AChangeOfTheDescriptionLosesNoFiring) {
  Schedule schedule = Put(Nightly());
  clock_.Set(At("2026-03-05T02:00:05Z"));  // due, not fired yet
  schedule.description = "every night";
  schedule.last_fired_at = At("1999-01-01");  // not for clients to say
  EXPECT_EQ(Put(schedule).next_fire_at, At("2026-03-05T02:00:00Z"));
  EXPECT_EQ(Stored().last_fired_at, std::nullopt);
  EXPECT_EQ(Stored().context.created_at, At("2026-03-04T05:00:00Z"));
}

TEST_F(SchedulerTest, AnotherTriggerCountsFromNow) {
  Schedule schedule = Put(Nightly());
  clock_.Set(At("2026-03-05T03:00:00Z"));
  schedule.trigger.rule = domain::CronTrigger{"30 * * * *"};
  EXPECT_EQ(Put(schedule).next_fire_at, At("2026-03-05T03:30:00Z"));
}

TEST_F(SchedulerTest, BadTriggersAndNamesAreRefused) {
  Schedule schedule = Nightly();
  schedule.trigger.rule = domain::CronTrigger{"0 25 * * *"};
  EXPECT_EQ(scheduler_->Put(scope_, schedule).error().code(), Code::kInvalidArgument);
  schedule = Nightly();
  schedule.name = "../x";
  EXPECT_EQ(scheduler_->Put(scope_, schedule).error().code(), Code::kInvalidArgument);
}

TEST_F(SchedulerTest, TriggeringByHandLeavesTheTimesAlone) {
  Put(Nightly());
  const auto job = scheduler_->Trigger(scope_, "nightly");
  ASSERT_TRUE(job) << job.error().ToString();
  EXPECT_EQ(submitter_.specs().at(0).name, "");
  EXPECT_EQ(submitter_.specs().at(0).display_name, "nightly-20260304T050000Z");
  EXPECT_EQ(Stored().next_fire_at, At("2026-03-05T02:00:00Z"));
  EXPECT_EQ(scheduler_->Trigger(scope_, "other").error().code(), Code::kNotFound);
}

TEST_F(SchedulerTest, OnlyADisabledScheduleCanBeDeleted) {
  Schedule schedule = Put(Nightly());
  EXPECT_EQ(scheduler_->Delete(scope_, "nightly").error().code(), Code::kFailedPrecondition);
  schedule.is_enabled = false;
  Put(schedule);
  EXPECT_TRUE(scheduler_->Delete(scope_, "nightly"));
  EXPECT_EQ(scheduler_->Delete(scope_, "nightly").error().code(), Code::kNotFound);
}

TEST_F(SchedulerTest, AScheduleThatHasEndedStaysAndIsSilent) {
  Schedule schedule = Nightly();
  schedule.trigger.end_time = "2026-03-05T02:00:00";
  Put(schedule);
  EXPECT_EQ(TickAt("2026-03-05T02:00:00Z"), std::nullopt);
  EXPECT_TRUE(Stored().is_enabled);
  EXPECT_EQ(Stored().next_fire_at, std::nullopt);
}

// A year of ticks at the times that the scheduler itself asks for, over every change of the clocks.
TEST_F(SchedulerTest, AYearHasAFiringADayWhateverClocksDo) {
  for (const char* zone : {"W. Europe Standard Time", "Eastern Standard Time", "Lord Howe Standard Time",
                           "Nepal Standard Time", "Morocco Standard Time"}) {
    SCOPED_TRACE(zone);
    store_.Clear();
    submitter_.Clear();
    clock_.Set(At("2026-01-01T00:00:00Z"));
    Schedule schedule = Nightly();
    schedule.trigger.rule = domain::CronTrigger{"15 2 * * *"};
    schedule.trigger.time_zone = zone;
    auto next = Put(schedule).next_fire_at;
    while (next && *next < At("2027-01-01T00:00:00Z")) {
      const Timestamp firing = *next;
      clock_.Set(firing);
      next = scheduler_->Tick(firing);
      ASSERT_TRUE(next);
      ASSERT_GE(*next - firing, std::chrono::hours(22));
      ASSERT_LE(*next - firing, std::chrono::hours(26));
    }
    EXPECT_EQ(submitter_.names().size(), 365u);
  }
}

TEST_F(SchedulerTest, AClockThatIsSetBackNeitherDoublesNorDelaysAFiring) {
  Put(Nightly());
  TickAt("2026-03-05T02:00:00Z");
  TickAt("2027-06-01T00:00:00Z");  // by mistake: one missed firing is caught up
  EXPECT_EQ(Stored().next_fire_at, At("2027-06-01T02:00:00Z"));
  EXPECT_EQ(TickAt("2026-03-05T01:00:00Z"), At("2026-03-05T02:00:00Z"));
  for (const char* time : {"2026-03-05T02:00:00Z", "2026-03-06T02:00:00Z", "2026-03-07T02:00:00Z"}) TickAt(time);
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z", "nightly-20260306T020000Z",
                                                          "nightly-20260307T020000Z"}));
  EXPECT_EQ(Stored().next_fire_at, At("2026-03-08T02:00:00Z"));
}

TEST_F(SchedulerTest, AClockThatIsSetForwardDropsAllButTheFirstMissedFiring) {
  Put(Nightly());
  TickAt("2026-03-05T02:00:00Z");
  TickAt("2026-03-20T12:00:00Z");
  EXPECT_EQ(submitter_.names(), (std::vector<std::string>{"nightly-20260305T020000Z", "nightly-20260306T020000Z"}));
  EXPECT_EQ(Stored().next_fire_at, At("2026-03-21T02:00:00Z"));
}

TEST_F(SchedulerTest, AnEndedScheduleOfAClockThatIsSetBackGoesOn) {
  Schedule schedule = Nightly();
  schedule.trigger.end_time = "2026-03-10T00:00:00Z";
  Put(schedule);
  TickAt("2026-04-01T00:00:00Z");
  EXPECT_EQ(Stored().next_fire_at, std::nullopt);
  EXPECT_EQ(TickAt("2026-03-06T01:00:00Z"), At("2026-03-06T02:00:00Z"));
}

TEST_F(SchedulerTest, TheThreadFiresWhatIsDueAndWakesForChanges) {
  std::binary_semaphore submitted(0);
  submitter_.on_submit = [&] { submitted.release(); };
  Put(Nightly());
  clock_.Set(At("2026-03-05T02:00:00Z"));
  scheduler_->Start();
  submitted.acquire();
  Schedule other = Nightly();
  other.name = "soon";
  other.trigger.rule = domain::RecurrenceTrigger{.frequency = "minute"};
  Put(other);
  clock_.Advance(std::chrono::minutes(2));
  other.description = "wakes";
  Put(other);
  submitted.acquire();
  scheduler_->Stop();
  EXPECT_EQ(submitter_.names().back(), "soon-20260305T020100Z");
}

}  // namespace
}  // namespace slipway::schedules
