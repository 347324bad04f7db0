#include "slipway/runner/execute/slurm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "slipway/base/file.h"
#include "slipway/process/supervisor.h"
#include "slipway/process/tree.h"

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

// The wrapper over a cluster of shell scripts: sbatch tells its environment and waits for the file `submit`, and a job
// runs until scancel.
class SlurmWrapperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string at = home.path().string();
    ASSERT_TRUE(MakeDirectories(folder.work()));
    Program("sbatch", "env >" + at + "/environment.new; mv " + at + "/environment.new " + at +
                          "/environment\nwhile [ ! -e " + at + "/submit ]; do sleep 0.02; done\necho '42;cluster'\n");
    Program("squeue", "[ -e " + at + "/scancel ] && echo CANCELLED || echo RUNNING\n");
    Program("scancel", "echo \"$@\" >>" + at + "/scancel\n");
    Program("scontrol", "echo JobId=42 ExitCode=0:15 RunTime=0\n");
    process::SpawnOptions spawn;
    spawn.arguments = PrepareSlurm(folder, "job", home.path() / "log", {}).value();
    spawn.environment = {{"PATH", at + "/bin:/usr/bin:/bin"}};
    spawn.tree = folder.root().string();
    wrapper = supervisor->Spawn(spawn, [this](const process::Exit& exit) { ended.set_value(exit); }).value();
  }

  void Program(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomic(home.path() / "bin" / name, "#!/bin/sh\n" + text, 0755));
  }

  bool Appears(const std::filesystem::path& file) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return std::filesystem::exists(file);
  }

  void Submit() { ASSERT_TRUE(WriteFileAtomic(home.path() / "submit", "")); }
  void Cancel() { supervisor->Terminate(wrapper, std::chrono::minutes(1)); }

  void ExpectCancelled() {
    auto exit = ended.get_future();
    ASSERT_EQ(exit.wait_for(std::chrono::minutes(1)), std::future_status::ready);
    EXPECT_EQ(exit.get().code, 128 + 15);
    EXPECT_EQ(ReadFile(home.path() / "scancel").value_or(""), "42\n");
    EXPECT_EQ(ReadSlurmState(folder)->state, "CANCELLED");
  }

  const TemporaryDirectory home = std::move(*TemporaryDirectory::Make());
  const RunFolder folder{home.path(), "default", "job"};
  std::promise<process::Exit> ended;
  process::Identity wrapper;
  std::unique_ptr<process::Supervisor> supervisor = std::move(*process::Supervisor::Start());
};

TEST_F(SlurmWrapperTest, TheClustersJobIsNotOfItsProcessTree) {
  ASSERT_TRUE(Appears(home.path() / "environment"));
  EXPECT_EQ(ReadFile(home.path() / "environment")->find(process::kTreeVariable), std::string::npos);
  EXPECT_NE(process::TreeMarkOf(wrapper.pid), "") << "by which another life of the server finds it";
  Submit();
  ASSERT_TRUE(Appears(folder.root() / "slurm"));
  Cancel();
  ExpectCancelled();
}

TEST_F(SlurmWrapperTest, WhatIsCancelledWhileItIsSubmittedIsCancelledInTheCluster) {
  ASSERT_TRUE(Appears(home.path() / "environment"));
  Cancel();
  Submit();
  ExpectCancelled();
}

}  // namespace
}  // namespace slipway::runner
