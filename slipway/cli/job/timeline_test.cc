#include "slipway/cli/job/timeline.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using namespace domain;

const Timestamp kStart = *ParseTimestamp("2026-03-04T05:06:00Z");

Job JobAt(const std::string& name, const std::string& parent, int created, int started, int ended) {
  Job job;
  job.name = name;
  job.parent = parent;
  job.step = parent.empty() ? "" : name.substr(parent.size() + 1);
  job.status = JobStatus::kCompleted;
  job.created_at = kStart + std::chrono::seconds(created);
  job.started_at = kStart + std::chrono::seconds(started);
  job.ended_at = kStart + std::chrono::seconds(ended);
  return job;
}

std::vector<Job> Tree() {
  Job pipeline = JobAt("p", "", 0, 0, 20);
  PipelineSpec spec;
  spec.jobs["prep"];
  spec.jobs["fit"].inputs["i"] = Binding{Binding::Kind::kStepOutput, "prep", "o"};
  pipeline.spec.body = spec;
  Job cached = JobAt("p_check", "p", 0, 10, 10);
  cached.reused_from = "old";
  return {JobAt("p_fit", "p", 0, 14, 20), pipeline, JobAt("p_prep", "p", 0, 2, 10), cached};
}

TEST(Timeline, TellsWaitingForStepsFromQueueing) {
  const auto rows = TimelineOf(Tree(), "p");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].label, "p");
  EXPECT_EQ(rows[1].label, "  prep");
  EXPECT_EQ(rows[3].label, "  fit");
  EXPECT_EQ(rows[3].ready_at, kStart + std::chrono::seconds(10));
}

TEST(Timeline, DrawsEachPhase) {
  const std::string text = DrawTimeline(TimelineOf(Tree(), "p"), kStart, 20);
  EXPECT_NE(text.find("|####################|"), std::string::npos) << text;
  EXPECT_NE(text.find("|--########          |"), std::string::npos) << text;
  EXPECT_NE(text.find("|..........----######|"), std::string::npos) << text;
  EXPECT_NE(text.find("Cached"), std::string::npos) << text;
}

TEST(Timeline, AJobThatStillRunsReachesUntilNow) {
  Job job = JobAt("a", "", 0, 5, 0);
  job.ended_at.reset();
  job.status = JobStatus::kRunning;
  EXPECT_NE(DrawTimeline(TimelineOf({job}, "a"), kStart + std::chrono::seconds(10), 10).find("|-----#####|"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway::cli
