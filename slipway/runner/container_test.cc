#include "slipway/runner/execute/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>

#include "slipway/base/file.h"
#include "slipway/base/shell.h"
#include "slipway/base/text.h"
#include "slipway/process/supervisor.h"

namespace slipway::runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ContainerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeDirectories(folder.work())); }

  Result<ContainerCommand> Prepare(std::map<std::string, std::string> variables = {}, std::vector<Mount> mounts = {}) {
    return PrepareContainer(folder, {image, job, "servermark", std::move(variables), std::move(mounts)});
  }
  domain::Resources& resources() { return std::get<domain::CommandSpec>(job.spec.body).resources; }

  static domain::Job CommandJob() {
    domain::Job job;
    job.name = "fit";
    job.attempt = 2;
    job.spec.body = domain::CommandSpec();
    return job;
  }

  const TemporaryDirectory home = std::move(*TemporaryDirectory::Make());
  const RunFolder folder{home.path(), "default", "fit"};
  const environments::ContainerImage image{"/usr/bin/podman", "sha256:abc", {"--user", "7:8"}};
  domain::Job job = CommandJob();
};

// Where `words` stand in a row.
std::optional<size_t> Find(const std::vector<std::string>& all, const std::vector<std::string>& words) {
  const auto at = std::search(all.begin(), all.end(), words.begin(), words.end());
  return at == all.end() ? std::nullopt : std::optional(static_cast<size_t>(at - all.begin()));
}

TEST_F(ContainerTest, TheCommandLineHasLabelsMountsAndTheImageById) {
  const auto command = Prepare({}, {{"/data/in", false}, {"/data/out", true}});
  ASSERT_TRUE(command) << command.error().ToString();
  const auto& words = command->arguments;
  const std::string root = folder.root().string();
  EXPECT_TRUE(Find(words, {"/usr/bin/podman", "run"}));
  EXPECT_TRUE(Find(words, {"--label", "slipway.server=servermark"}));
  EXPECT_TRUE(Find(words, {"--label", "slipway.job=fit"}));
  EXPECT_TRUE(Find(words, {"--user", "7:8"}));
  EXPECT_TRUE(Find(words, {"--shm-size", "2g"}));
  EXPECT_TRUE(Find(words, {"--volume", "/data/in:/data/in:ro"}));
  EXPECT_TRUE(Find(words, {"--volume", "/data/out:/data/out:rw"}));
  EXPECT_TRUE(Find(words, {"--volume", root + ":" + root + ":rw"}));
  EXPECT_TRUE(Find(words, {"--workdir", folder.work().string()}));
  EXPECT_TRUE(Find(words, {"--entrypoint", "/bin/sh", "abc", "-c"}));
  EXPECT_EQ(words.back(), root);
}

TEST_F(ContainerTest, NoCommandLineShowsTheVariables) {
  const auto command = Prepare({{"PLAIN", "a=b c"}, {"QUOTED", "\"secret\""}, {"LINES", "one\nsecret"}, {"EMPTY", ""}});
  ASSERT_TRUE(command);
  EXPECT_THAT(Join(command->arguments, " "), Not(HasSubstr("secret")));
  const auto file = folder.root() / "container.env";
  EXPECT_THAT(ReadFile(file).value(), HasSubstr("PLAIN=a=b c\n"));
  EXPECT_THAT(ReadFile(file).value(), HasSubstr("EMPTY=\n"));
  EXPECT_THAT(ReadFile(file).value(), Not(HasSubstr("secret")));
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(Find(command->arguments, {"--env", "LINES"}));
  EXPECT_EQ(command->variables.at("QUOTED"), "\"secret\"");
  EXPECT_EQ(command->variables.at("LINES"), "one\nsecret");
  EXPECT_TRUE(folder.IsOfContainer());
}

TEST_F(ContainerTest, DockerArgsComeBeforeWhatThePlatformSays) {
  resources().shm_size = "64m";
  resources().properties["docker_args"] = "--memory 1g --label 'a=b c' -d";
  const auto words = Prepare()->arguments;
  const auto extra = Find(words, {"--memory", "1g", "--label", "a=b c", "-d"});
  ASSERT_TRUE(extra);
  EXPECT_LT(*extra, *Find(words, {"--detach=false"}));
  EXPECT_TRUE(Find(words, {"--shm-size", "64m"}));
  resources().properties["docker_args"] = "busybox rm";
  EXPECT_THAT(Prepare().error().ToString(), HasSubstr("docker_args are options, and 'busybox' is none"));
  resources().properties["docker_args"] = "--label 'x";
  EXPECT_THAT(Prepare().error().ToString(), HasSubstr("the quote ' is not closed"));
}

TEST_F(ContainerTest, PathsThatEnginesSplitAreMountedOtherwise) {
  EXPECT_TRUE(
      Find(Prepare({}, {{"/a:b", false}})->arguments, {"--mount", "type=bind,source=/a:b,target=/a:b,readonly"}));
  EXPECT_THAT(Prepare({}, {{"/a:b,c", false}}).error().ToString(), HasSubstr("cannot be had in a container: /a:b,c"));
}

TEST(ContainerWords, AreSplitAsAShellDoes) {
  EXPECT_THAT(*SplitWords(" a  'b c'd \"e'f\" ''"), ElementsAre("a", "b cd", "e'f", ""));
  const std::string hard = "A=it's \"here\" \\ there";
  EXPECT_THAT(*SplitWords("--env " + ShellQuoted(hard)), ElementsAre("--env", hard));
  EXPECT_THAT(*SplitWords(""), ElementsAre());
}

// Its script runs here as any process.
TEST_F(ContainerTest, TheFirstProcessEndsAsTheCommandDoesAndCounts) {
  ASSERT_TRUE(folder.WriteCommand("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7"));
  const auto words = Prepare()->arguments;
  process::SpawnOptions spawn;
  spawn.arguments = {"/bin/sh", "-c", words[words.size() - 2], words.back()};
  spawn.environment = {{"PATH", "/usr/bin:/bin"}};
  const auto supervisor = std::move(*process::Supervisor::Start());
  const auto result = process::RunToEnd(*supervisor, std::move(spawn), std::chrono::minutes(1));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit.code, 7);
  const auto use = folder.Use();
  ASSERT_TRUE(use);
  EXPECT_GT(use->cpu_seconds, 0);
}

TEST(RunFolders, TellWhatTheCommandUsed) {
  const auto home = TemporaryDirectory::Make();
  const RunFolder folder(home->path(), "default", "job");
  EXPECT_FALSE(folder.Use());
  ASSERT_TRUE(WriteFileAtomic(folder.root() / "use",
                              "0m0.010000s 0m0.000000s\n1m2.250000s 0m0.500000s\nrchar: 9\nread_bytes: 4096\n"
                              "write_bytes: 8192\nmemory: 123456\n"));
  const auto use = folder.Use();
  EXPECT_DOUBLE_EQ(use->cpu_seconds, 62.75);
  EXPECT_EQ(use->read_bytes, 4096);
  EXPECT_EQ(use->written_bytes, 8192);
  EXPECT_EQ(use->peak_memory_bytes, 123456);
}

}  // namespace
}  // namespace slipway::runner
