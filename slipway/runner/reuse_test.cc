#include "slipway/runner/plan/reuse.h"

#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/environments/content_hash.h"
#include "slipway/runner/execute/reuse_key.h"

namespace slipway::runner {
namespace {

using namespace domain;

Job StepOf(PipelineSpec pipeline, bool is_deterministic, Job& parent) {
  pipeline.jobs["a"].component.is_deterministic = is_deterministic;
  parent.name = "p";
  parent.spec.body = pipeline;
  Job job;
  job.name = "p_a";
  job.parent = "p";
  job.step = "a";
  return job;
}

TEST(Reuse, SaysWhyNoEarlierJobIsLookedFor) {
  Job parent, alone;
  EXPECT_EQ(WhyNoReuse(StepOf({}, true, parent), &parent, nullptr), std::nullopt);
  EXPECT_NE(WhyNoReuse(StepOf({}, false, parent), &parent, nullptr)->find("is_deterministic"), std::string::npos);
  PipelineSpec forced;
  forced.settings.force_rerun = true;
  EXPECT_NE(WhyNoReuse(StepOf(forced, true, parent), &parent, nullptr)->find("force_rerun"), std::string::npos);
  EXPECT_NE(WhyNoReuse(alone, nullptr, nullptr)->find("by itself"), std::string::npos);
}

TEST(Reuse, ATrialDependsOnItsComponentAndOnThePipelineOfItsSweep) {
  PipelineSpec pipeline;
  pipeline.jobs["a"].sweep.emplace();
  Job parent;
  Job sweep = StepOf(pipeline, true, parent);
  sweep.spec.body = SweepSpec();
  Job trial;
  EXPECT_EQ(WhyNoReuse(trial, &sweep, &parent), std::nullopt);
  std::get<SweepSpec>(sweep.spec.body).trial.is_deterministic = false;
  EXPECT_TRUE(WhyNoReuse(trial, &sweep, &parent));
}

TEST(Reuse, DifferencesNameWhatStandsOnBothSides) {
  const auto differences = DifferencesOf({{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"b", "2"}, {"c", "4"}, {"d", "5"}});
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0].part + differences[0].here + differences[0].there, "a1");
  EXPECT_EQ(differences[1].part + differences[1].here + differences[1].there, "c34");
  EXPECT_EQ(differences[2].part + differences[2].here + differences[2].there, "d5");
}

class ReusePartsTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& content) {
    ASSERT_TRUE(WriteFileAtomic(home->path() / path, content));
  }
  std::map<std::string, std::string> Parts(bool with_data) {
    CommandSpec command;
    command.command = "python train.py";
    InputSource data;
    data.pinned = "azureml:rows:1";
    data.local = home->path() / "data";
    InputSource literal;
    literal.text = "3";
    auto parts = ReuseParts(hasher, command, environments::Snapshot{home->path() / "code", "c0de"}, {},
                            {{"rows", data}, {"depth", literal}}, with_data);
    EXPECT_TRUE(parts) << parts.error().ToString();
    return parts.value_or(std::map<std::string, std::string>());
  }
  Result<TemporaryDirectory> home = TemporaryDirectory::Make();
  environments::ContentHasher hasher;
};

TEST_F(ReusePartsTest, NameEachFileButTheKeyIsOfTheWhole) {
  Write("data/day1.csv", "1");
  Write("data/sub/day2.csv", "2");
  Write("code/train.py", "print(1)");
  const auto parts = Parts(true);
  EXPECT_EQ(parts.at("command"), "python train.py");
  EXPECT_EQ(parts.at("code"), "sha256:c0de");
  EXPECT_EQ(parts.at("inputs.depth"), "3");
  EXPECT_EQ(parts.at("inputs.rows.reference"), "azureml:rows:1");
  EXPECT_TRUE(parts.count("inputs.rows/sub/day2.csv"));
  EXPECT_TRUE(parts.count("code/train.py"));
  auto moved = parts;
  moved["inputs.rows.reference"] = "azureml:rows:2";
  EXPECT_EQ(ReuseKey(parts), ReuseKey(moved)) << "where data stands does not count";
  Write("data/sub/day2.csv", "3");
  const auto changed = Parts(true);
  EXPECT_NE(ReuseKey(parts), ReuseKey(changed));
  std::vector<std::string> names;
  for (const auto& difference : DifferencesOf(parts, changed)) names.push_back(difference.part);
  EXPECT_EQ(names, (std::vector<std::string>{"inputs.rows", "inputs.rows/sub/day2.csv"}));
}

TEST_F(ReusePartsTest, DataIsReadOnlyWhereItCounts) {
  Write("data/day1.csv", "1");
  Write("code/train.py", "print(1)");
  const auto parts = Parts(false);
  EXPECT_FALSE(parts.count("inputs.rows"));
  EXPECT_TRUE(parts.count("inputs.rows.reference"));
}

}  // namespace
}  // namespace slipway::runner
