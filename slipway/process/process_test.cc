#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/line_buffer.h"
#include "slipway/process/memory.h"
#include "slipway/process/memory_group.h"
#include "slipway/process/run.h"
#include "slipway/process/supervisor.h"
#include "slipway/process/tree.h"

namespace slipway::process {
namespace {

SpawnOptions Shell(const std::string& command) {
  SpawnOptions options;
  options.arguments = {"sh", "-c", command};
  options.environment = {{"PATH", "/usr/bin:/bin"}};
  return options;
}

// Collects one child's exit and lines, and lets the test wait for them.
struct Recorder {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;
  std::optional<Exit> exit;

  ExitHandler OnExit() {
    return [this](const Exit& ended) {
      std::lock_guard lock(mutex);
      exit = ended;
      changed.notify_all();
    };
  }
  LineHandler OnLine() {
    return [this](Stream, std::string_view line) {
      std::lock_guard lock(mutex);
      lines.emplace_back(line);
      changed.notify_all();
    };
  }
  Exit WaitForExit() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return exit.has_value(); });
    return *exit;
  }
  std::string WaitForLine(size_t index) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return lines.size() > index; });
    return lines[index];
  }
};

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Supervisor::Start();
    ASSERT_TRUE(started);
    supervisor = std::move(*started);
  }
  // A killed process is gone a moment later; the test fails by its timeout when it never goes.
  void WaitUntilGone(const Identity& identity) {
    Recorder watcher;
    if (supervisor->Adopt(identity, watcher.OnExit())) watcher.WaitForExit();
    EXPECT_FALSE(IsRunning(identity));
  }

  std::unique_ptr<Supervisor> supervisor;
  Recorder recorder;
};

TEST_F(SupervisorTest, GivesLinesOfBothStreamsThenTheExitCode) {
  const auto result = RunToEnd(*supervisor, Shell("echo out; echo err >&2; printf last; exit 3"));
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit.code, 3);
  EXPECT_EQ(result->exit.ToString(), "exit code 3");
  for (const char* line : {"out\n", "err\n", "last\n"}) EXPECT_NE(result->output.find(line), std::string::npos) << line;
  EXPECT_EQ(supervisor->running(), 0u);
}

TEST_F(SupervisorTest, LosesNoByteOfALongOutput) {
  const auto result = RunToEnd(*supervisor, Shell("i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done"));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->output.ends_with("line-19998\nline-19999\n"));
}

TEST_F(SupervisorTest, GivesTheChildItsEnvironmentAndDirectoryAndNothingElse) {
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  setenv("SLIPWAY_PROCESS_TEST_LEAK", "1", 1);
  SpawnOptions options = Shell("pwd; echo \"[$GREETING][$SLIPWAY_PROCESS_TEST_LEAK]\"");
  options.environment["GREETING"] = "hello world";
  options.working_directory = directory->path();
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, directory->path().string() + "\n[hello world][]\n");
}

TEST_F(SupervisorTest, AConfinedChildHasNoPrivileges) {
  SpawnOptions options = Shell(
      "grep -E '^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status; umask; ulimit -c; "
      "cat /proc/self/oom_score_adj");
  options.confinement = {.has_no_privileges = true, .is_expendable = true};
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result);
  const std::string none = geteuid() == 0 ? "0000000000000000" : "";  // others cannot empty their bounding set
  EXPECT_NE(result->output.find("CapPrm:\t0000000000000000"), std::string::npos) << result->output;
  EXPECT_NE(result->output.find("CapEff:\t0000000000000000"), std::string::npos) << result->output;
  EXPECT_NE(result->output.find("CapBnd:\t" + none), std::string::npos) << result->output;
  EXPECT_NE(result->output.find("NoNewPrivs:\t1\n0077\n0\n500\n"), std::string::npos) << result->output;
}

TEST_F(SupervisorTest, ASandboxedChildTouchesWhatItMayAlone) {
  if (LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  const auto& root = directory->path();
  ASSERT_TRUE(WriteFileAtomic(root / "open" / "file", "may be read"));
  ASSERT_TRUE(WriteFileAtomic(root / "secret", "may not"));
  ASSERT_TRUE(MakeDirectories(root / "scratch"));
  SpawnOptions options = Shell(
      "cat open/file; echo; cat secret; echo x > open/new; echo x > open/file; rm secret; ls .; "
      "echo yes > scratch/a; mv scratch/a scratch/b; cat scratch/b; sh -c 'cat secret'; echo done > /dev/null");
  options.working_directory = root;
  options.confinement.has_no_privileges = true;
  options.confinement.files =
      FileAccess{{"/usr", "/bin", "/lib", "/lib64", "/no/such/folder", root / "open"}, {"/dev/null", root / "scratch"}};
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit.code, 0) << result->output;
  EXPECT_NE(result->output.find("may be read\n"), std::string::npos) << result->output;
  EXPECT_NE(result->output.find("yes\n"), std::string::npos) << result->output;
  EXPECT_EQ(result->output.find("may not"), std::string::npos) << result->output;
  EXPECT_EQ(ReadFile(root / "secret").value_or(""), "may not");
  EXPECT_EQ(ReadFile(root / "open" / "file").value_or(""), "may be read");
  EXPECT_FALSE(std::filesystem::exists(root / "open" / "new"));
}

// Whatever descriptor is one too many: the child is not made, or is in its sandbox.
TEST_F(SupervisorTest, AChildThatRunsOutOfDescriptorsIsNotLeftWithoutItsSandbox) {
  if (LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  const auto secret = directory->path() / "secret";
  ASSERT_TRUE(WriteFileAtomic(secret, "may not"));
  SpawnOptions options = Shell(fmt::format("cat {0} >/dev/null 2>&1 && echo trespassed; echo ran", secret.string()));
  options.confinement.files = FileAccess{{"/usr", "/bin", "/lib", "/lib64"}, {"/dev/null"}};
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  int refusals = 0, runs = 0;
  for (rlim_t most = 8; most < 64; ++most) {
    const rlimit few{most, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto result = RunToEnd(*supervisor, options);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    if (!result) {
      ++refusals;
      continue;
    }
    ++runs;
    EXPECT_EQ(result->output, "ran\n") << "with " << most << " descriptors";
  }
  EXPECT_GT(refusals, 0);
  EXPECT_GT(runs, 0);
}

TEST_F(SupervisorTest, ASandboxedChildCannotSignalOrReadTheProcessThatMadeIt) {
  if (LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  constexpr int kVersionWithSignals = 6;
  SpawnOptions options =
      Shell("cat /proc/$PPID/environ && echo read; kill -0 $PPID && echo signalled; sleep 100 & kill $!");
  options.confinement.has_no_privileges = true;
  options.confinement.files = FileAccess{{"/usr", "/bin", "/lib", "/lib64", "/proc"}, {"/dev/null"}};
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit.code, 0) << result->output;  // its own child it may end
  EXPECT_EQ(result->output.find("read\n"), std::string::npos) << result->output;
  if (LandlockVersion() >= kVersionWithSignals) {
    EXPECT_EQ(result->output.find("signalled\n"), std::string::npos) << result->output;
  }
}

TEST_F(SupervisorTest, AChildMayRunAsAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto nobody = FindUser("nobody");
  ASSERT_TRUE(nobody) << nobody.error().ToString();
  EXPECT_FALSE(FindUser("no such user"));
  SpawnOptions options = Shell(
      "id -u; id -G; grep CapEff /proc/self/status; sed -n 's/^Max processes *\\([0-9]*\\).*/\\1/p' /proc/self/limits");
  options.confinement = {.has_no_privileges = true, .is_expendable = true, .user = *nobody};
  options.limits.processes = 1234;
  options.dies_with_parent = true;
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->output, fmt::format("{}\n{}\nCapEff:\t0000000000000000\n1234\n", nobody->id, nobody->group));
}

TEST_F(SupervisorTest, TheMemoryOfATreeIsThatOfAllItsProcesses) {
  // Two processes of 32 MB each; the outer one waits for the inner one, which waits for its input to end.
  const std::string hold = "x=$(head -c 32000000 /dev/zero | tr '\\0' x)";
  SpawnOptions options = Shell(hold + "; (" + hold + "x; echo ready; read line </proc/self/fd/3) & wait");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  options.descriptors = {{ends[0], 3}};
  const auto identity = supervisor->Spawn(options, recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  EXPECT_EQ(recorder.WaitForLine(0), "ready");
  const auto memory = MemoryOfTree(identity->pid);
  close(ends[0]);
  close(ends[1]);
  recorder.WaitForExit();
  ASSERT_TRUE(memory) << memory.error().ToString();
  EXPECT_GT(*memory, 60'000'000u);
  EXPECT_LT(*memory, 400'000'000u);
  EXPECT_FALSE(MemoryOfTree(identity->pid));
}

// A cgroup (version 2) below which this test may make others, if there is one.
std::filesystem::path MemoryGroups() {
  const char* const named = std::getenv("SLIPWAY_TEST_CGROUP");
  const std::filesystem::path parent = named ? named : "/sys/fs/cgroup";
  return CheckMemoryGroups(parent) ? parent : std::filesystem::path();
}

TEST_F(SupervisorTest, WhatAGroupNeedsBeyondItsMemoryEndsIt) {
  const auto parent = MemoryGroups();
  if (parent.empty()) GTEST_SKIP() << "no cgroup of version 2 with memory that may be written to";
  auto group = MemoryGroup::Make(parent, fmt::format("slipway-test-{}", getpid()), 32 << 20);
  ASSERT_TRUE(group) << group.error().ToString();
  SpawnOptions options = Shell("x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo survived");
  options.confinement.cgroup = group->path();
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit.signal, SIGKILL) << result->output;
  EXPECT_TRUE(group->WasExceeded());
}

TEST(Memory, AFolderThatIsNoCgroupTakesNoGroups) {
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  const Status refused = CheckMemoryGroups(directory->path());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("no cgroup of version 2"), std::string::npos);
  EXPECT_FALSE(MemoryGroup::Make(directory->path(), "group", 1)) << "its files are not there";
  EXPECT_EQ(CountIn("low 0\noom 3\noom_kill 2\n", "oom_kill"), 2u);
  EXPECT_EQ(CountIn("", "oom_kill"), 0u);
}

TEST(Memory, ReadsTheKernelsTexts) {
  EXPECT_EQ(
      SumOfKilobytes("Name:\tx\nRssAnon:\t    12 kB\nRssFile:\t 99 kB\nRssShmem:\t 3 kB\n", "RssAnon:", "RssShmem:"),
      15u * 1024);
  EXPECT_EQ(SumOfKilobytes("", "RssAnon:", "RssShmem:"), 0u);
}

TEST_F(SupervisorTest, NamesAProgramThatIsNotThere) {
  SpawnOptions options = Shell("");
  options.arguments = {"no-such-program"};
  const auto result = supervisor->Spawn(options, nullptr);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kNotFound);
  EXPECT_NE(result.error().message().find("no-such-program"), std::string::npos);
  options.arguments = {"/no/such/program"};
  EXPECT_NE(supervisor->Spawn(options, nullptr).error().ToString().find("/no/such/program"), std::string::npos);
}

TEST_F(SupervisorTest, NamesAWorkingDirectoryThatIsNotThere) {
  SpawnOptions options = Shell("true");
  options.working_directory = "/no/such/directory";
  const auto result = supervisor->Spawn(options, nullptr);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().ToString().find("/no/such/directory"), std::string::npos);
}

TEST_F(SupervisorTest, WritesToAFileWithoutPassingThrough) {
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  SpawnOptions options = Shell("echo one; echo two >&2");
  options.output = OutputTarget::kFile;
  options.output_file = directory->path() / "logs" / "std_log.txt";
  ASSERT_TRUE(RunToEnd(*supervisor, options));
  EXPECT_EQ(ReadFile(options.output_file).value(), "one\ntwo\n");
  ASSERT_TRUE(RunToEnd(*supervisor, options));
  EXPECT_EQ(TailOfFile(options.output_file, 3), "two\none\ntwo");
}

TEST_F(SupervisorTest, TerminateKillsTheWholeTree) {
  const auto identity = supervisor->Spawn(Shell("sleep 1000 & echo $!; wait"), recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  const auto grandchild = IdentityOf(*ParseInt(recorder.WaitForLine(0)));
  ASSERT_TRUE(grandchild);
  supervisor->Terminate(*identity, std::chrono::seconds(30));
  const Exit exit = recorder.WaitForExit();
  EXPECT_EQ(exit.signal, SIGTERM);
  EXPECT_TRUE(exit.was_terminated);
  WaitUntilGone(*grandchild);
}

TEST_F(SupervisorTest, KillsWhatIgnoresTheRequestToEnd) {
  const auto identity = supervisor->Spawn(Shell("trap '' TERM; echo ready; while :; do sleep 1000; done"),
                                          recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  recorder.WaitForLine(0);
  supervisor->Terminate(*identity, std::chrono::milliseconds(20));
  EXPECT_EQ(recorder.WaitForExit().signal, SIGKILL);
}

TEST_F(SupervisorTest, KillsWhatAChildLeftBehind) {
  const auto identity = supervisor->Spawn(Shell("sleep 1000 >/dev/null 2>&1 & echo $!; read wait < /dev/null; exit 0"),
                                          recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  const int64_t grandchild = *ParseInt(recorder.WaitForLine(0));
  EXPECT_EQ(recorder.WaitForExit().code, 0);
  if (const auto left = IdentityOf(grandchild)) WaitUntilGone(*left);
}

// A daemon in the classic way: a session of its own, its parent gone.
TEST_F(SupervisorTest, KillsADaemonThatAChildLeftBehind) {
  const auto identity = supervisor->Spawn(Shell("setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'; exit 0"),
                                          recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  const int64_t daemon = *ParseInt(recorder.WaitForLine(0));
  EXPECT_EQ(recorder.WaitForExit().code, 0);
  if (const auto left = IdentityOf(daemon)) WaitUntilGone(*left);
}

TEST_F(SupervisorTest, TerminateKillsADaemonWithoutItsEnvironment) {
  SpawnOptions options = Shell("setsid env -i /bin/sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'; sleep 1000");
  options.adopts_orphans = true;
  const auto identity = supervisor->Spawn(options, recorder.OnExit(), recorder.OnLine());
  ASSERT_TRUE(identity);
  const auto daemon = IdentityOf(*ParseInt(recorder.WaitForLine(0)));
  ASSERT_TRUE(daemon);
  EXPECT_EQ(TreeMarkOf(daemon->pid), "");
  supervisor->Terminate(*identity, std::chrono::seconds(30));
  recorder.WaitForExit();
  WaitUntilGone(*daemon);
}

TEST_F(SupervisorTest, CountsWhatTheTreeUsed) {
  const auto result = RunToEnd(*supervisor, Shell("sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; exit 0"));
  ASSERT_TRUE(result);
  EXPECT_GT(result->exit.cpu_seconds, 0);
  EXPECT_EQ(result->exit.max_memory_bytes, 0) << "a shell is smaller than the test";
  const auto large = RunToEnd(*supervisor, Shell("dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null; exit 0"));
  ASSERT_TRUE(large);
  EXPECT_GT(large->exit.max_memory_bytes, 400 << 20);
}

TEST_F(SupervisorTest, AnExitHandlerMaySpawn) {
  std::mutex mutex;
  std::condition_variable changed;
  bool second_ended = false;
  const auto identity = supervisor->Spawn(Shell("true"), [&](const Exit&) {
    EXPECT_TRUE(supervisor->Spawn(Shell("true"), [&](const Exit&) {
      std::lock_guard lock(mutex);
      second_ended = true;
      changed.notify_all();
    }));
  });
  ASSERT_TRUE(identity);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return second_ended; });
}

TEST_F(SupervisorTest, RunGivesUpAfterItsTimeout) {
  const auto result = RunToEnd(*supervisor, Shell("echo started; sleep 1000"), std::chrono::milliseconds(200));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kDeadlineExceeded);
}

TEST_F(SupervisorTest, AdoptsAProcessByIdAndStartTime) {
  const auto identity = supervisor->Spawn(Shell("sleep 1000"), nullptr);
  ASSERT_TRUE(identity);
  EXPECT_TRUE(IsRunning(*identity));
  EXPECT_FALSE(IsRunning({identity->pid, identity->start_ticks + 1}));
  EXPECT_FALSE(supervisor->Adopt({identity->pid, identity->start_ticks + 1}, nullptr));
  ASSERT_TRUE(supervisor->Adopt(*identity, recorder.OnExit()));
  kill(static_cast<pid_t>(identity->pid), SIGKILL);
  const Exit exit = recorder.WaitForExit();
  EXPECT_FALSE(exit.code);
  EXPECT_EQ(exit.signal, 0);
}

TEST_F(SupervisorTest, LimitsOpenFiles) {
  SpawnOptions options = Shell("ulimit -n");
  options.limits.open_files = 37;
  const auto result = RunToEnd(*supervisor, options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "37\n");
}

TEST_F(SupervisorTest, HandsOverDescriptorsAndClosesTheOthers) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  SpawnOptions options = Shell("echo hello >&3; ls /proc/self/fd | wc -l");
  options.descriptors = {{ends[1], 3}};
  const auto result = RunToEnd(*supervisor, options);
  close(ends[1]);
  char buffer[16];
  EXPECT_EQ(read(ends[0], buffer, sizeof buffer), 6);
  close(ends[0]);
  ASSERT_TRUE(result);
  // 0, 1, 2, the one handed over, and the folder that ls itself opens.
  EXPECT_EQ(Trim(result->output), "5");
}

TEST(LineBuffer, CutsLinesAndBoundsThem) {
  LineBuffer buffer;
  std::vector<std::string> lines;
  const auto emit = [&](std::string_view line) { lines.emplace_back(line); };
  buffer.Append("a\r\n\nb", emit);
  buffer.Append("c\n", emit);
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "", "bc"}));
  lines.clear();
  buffer.Append(std::string(LineBuffer::kMaxLine + 2, 'x'), emit);
  buffer.Finish(emit);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].size(), LineBuffer::kMaxLine);
  EXPECT_EQ(lines[1], "xx");
}

TEST(ProcessStat, ReadsFieldsBehindAHostileName) {
  const auto stat = ParseStat("42 (a ) S 1) R 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->session, 9);
  EXPECT_EQ(stat->start_ticks, 12345);
  EXPECT_FALSE(ParseStat("42 no name"));
}

TEST(TailOf, GivesTheLastLines) {
  EXPECT_EQ(TailOf("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(TailOf("a\nb\nc", 9), "a\nb\nc");
  EXPECT_EQ(TailOf("", 3), "");
}

}  // namespace
}  // namespace slipway::process
