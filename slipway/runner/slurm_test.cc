#include "slipway/runner/execute/slurm.h"

#include <gtest/gtest.h>

#include "slipway/base/file.h"

namespace slipway::runner {
namespace {

TEST(Slurm, OptionsComeFromSizeTagsAndInstances) {
  domain::Compute compute;
  compute.tags = {{"team", "risk"}, {"slurm.account", "ml"}, {"slurm.cpus-per-task", "4"}};
  domain::CommandSpec command;
  EXPECT_EQ(SlurmOptions(compute, command).value(), (std::vector<std::string>{"--account=ml", "--cpus-per-task=4"}));
  compute.size = "gpu";
  command.resources.instance_count = 2;
  EXPECT_EQ(SlurmOptions(compute, command)->front(), "--partition=gpu");
  EXPECT_EQ(SlurmOptions(compute, command)->at(1), "--nodes=2");
  for (const char* tag : {"slurm.", "slurm.-x", "slurm.a b", "slurm.wrap=rm"}) {
    compute.tags = {{tag, "x"}};
    EXPECT_FALSE(SlurmOptions(compute, command)) << tag;
  }
}

TEST(Slurm, StatesAreReadOnceTheyAreWhole) {
  const auto home = TemporaryDirectory::Make();
  const RunFolder folder(home->path(), "default", "job");
  EXPECT_FALSE(ReadSlurmState(folder));
  ASSERT_TRUE(WriteFileAtomic(folder.root() / "slurm", "4711 PENDING\n"));
  EXPECT_EQ(ReadSlurmState(folder)->id, "4711");
  EXPECT_FALSE(ReadSlurmState(folder)->has_begun());
  ASSERT_TRUE(WriteFileAtomic(folder.root() / "slurm", "4711 RUNNING\n"));
  EXPECT_TRUE(ReadSlurmState(folder)->has_begun());
}

}  // namespace
}  // namespace slipway::runner
