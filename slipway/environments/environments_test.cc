#include "slipway/environments/environments.h"

#include <gtest/gtest.h>

#include <thread>

#include "slipway/base/file.h"
#include "slipway/environments/conda_file.h"
#include "slipway/environments/content_hash.h"
#include "slipway/environments/working_copy.h"
#include "slipway/process/run.h"

namespace slipway::environments {
namespace {

namespace fs = std::filesystem;
using domain::EnvironmentBody;
using domain::NativeProvider;

EnvironmentBody Native(const std::string& build_command) {
  EnvironmentBody body;
  body.image = "mcr.microsoft.com/azureml/openmpi";
  body.native = NativeProvider{};
  body.native->build_command = build_command;
  return body;
}

EnvironmentBody Venv(const std::string& conda_file) {
  EnvironmentBody body;
  body.conda_file = conda_file;
  return body;
}

class EnvironmentsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::Make();
    ASSERT_TRUE(made);
    home.emplace(std::move(*made));
    auto started = process::Supervisor::Start();
    ASSERT_TRUE(started);
    supervisor = std::move(*started);
    options.cache_folder = home->path() / "cache";
    // Debian's own programs, whatever else the developer has on the PATH.
    options.variables = {{"PATH", "/usr/bin:/bin"}, {"HOME", home->path().string()}};
    options.sdk_prefix = "/opt/slipway";
    ASSERT_TRUE(WriteFileAtomic(home->path() / "code" / "main.txt", "hello\n"));
  }

  Snapshot Code(const std::string& hash = "hash-1") { return {home->path() / "code", hash}; }
  std::string CountFile() { return (home->path() / "count").string(); }

  std::optional<TemporaryDirectory> home;
  std::unique_ptr<process::Supervisor> supervisor;
  Options options;
};

TEST_F(EnvironmentsTest, ABuildRunsOnceForASnapshotInACopyOfIt) {
  Environments environments(options, *supervisor);
  const EnvironmentBody body =
      Native("echo built >> " + CountFile() + "; cp main.txt made.txt; echo $SLIPWAY_SDK > sdk");
  EXPECT_FALSE(environments.IsReady(body, Code()));
  const auto first = environments.Realize("env", body, Code());
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_TRUE(environments.IsReady(body, Code()));
  const auto second = environments.Realize("env", body, Code());
  ASSERT_TRUE(second);
  EXPECT_EQ(first->folder, second->folder);
  EXPECT_EQ(ReadFile(first->folder / "made.txt").value(), "hello\n");
  EXPECT_EQ(ReadFile(first->folder / "sdk").value(), "/opt/slipway\n");
  EXPECT_EQ(ReadFile(CountFile()).value(), "built\n");
  EXPECT_FALSE(fs::exists(home->path() / "code" / "made.txt"));
  ASSERT_TRUE(environments.Realize("env", body, Code("hash-2")));
  EXPECT_EQ(ReadFile(CountFile()).value(), "built\nbuilt\n");
}

TEST_F(EnvironmentsTest, CallersAtTheSameTimeShareOneBuild) {
  Environments environments(options, *supervisor);
  const EnvironmentBody body = Native("echo built >> " + CountFile() + "; sleep 0.1");
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { EXPECT_TRUE(environments.Realize("env", body, Code())); });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(ReadFile(CountFile()).value(), "built\n");
}

TEST_F(EnvironmentsTest, AFailingBuildTellsItsLogAndIsTriedAgain) {
  Environments environments(options, *supervisor);
  const EnvironmentBody body = Native("echo 'error: no member named fit'; test -e " + CountFile());
  const auto failed = environments.Realize("train", body, Code());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::kFailedPrecondition);
  const std::string text = failed.error().ToString();
  EXPECT_NE(text.find("build command of environment 'train' failed (exit code 1)"), std::string::npos) << text;
  EXPECT_NE(text.find("error: no member named fit"), std::string::npos) << text;
  ASSERT_TRUE(WriteFileAtomic(CountFile(), ""));
  EXPECT_TRUE(environments.Realize("train", body, Code()));
}

TEST_F(EnvironmentsTest, ABuildThatWasKilledHalfWayIsMadeAgain) {
  const EnvironmentBody body = Native("echo built >> " + CountFile());
  {
    Environments environments(options, *supervisor);
    ASSERT_TRUE(environments.Realize("env", body, Code()));
  }
  for (const auto& entry : fs::recursive_directory_iterator(options.cache_folder)) {
    if (entry.path().filename() == "complete") fs::remove(entry.path());
  }
  Environments environments(options, *supervisor);
  ASSERT_TRUE(environments.Realize("env", body, Code()));
  EXPECT_EQ(ReadFile(CountFile()).value(), "built\nbuilt\n");
}

TEST_F(EnvironmentsTest, CheckNamesWhatIsMissing) {
  Environments environments(options, *supervisor);
  EnvironmentBody body = Native("make");
  body.native->programs = {"sh", "no-such-program"};
  EXPECT_NE(environments.Check(body).error().message().find("PATH: no-such-program"), std::string::npos);
  body.native->programs.clear();
  body.native->packages = {"base-files", "no-such-package-at-all"};
  if (process::FindProgram("dpkg-query", "/usr/bin")) {
    EXPECT_NE(environments.Check(body).error().message().find("apt-get install no-such-package-at-all"),
              std::string::npos);
  }
  body.native->packages = {"--help"};
  EXPECT_EQ(environments.Check(body).error().code(), Code::kInvalidArgument);
}

TEST_F(EnvironmentsTest, ProvidersThatAreNotThereAreRefusedByName) {
  Environments environments(options, *supervisor);
  EnvironmentBody body = Native("");
  body.native->provider = "nativ";
  EXPECT_NE(environments.Check(body).error().message().find("did you mean 'native'"), std::string::npos);
}

TEST_F(EnvironmentsTest, AnImageAloneNeedsAContainerEngine) {
  options.containers.engine = "no-such-engine";
  Environments environments(options, *supervisor);
  EnvironmentBody image;
  image.image = "python:3.11";
  EXPECT_TRUE(environments.IsContainer(image));
  EXPECT_EQ(environments.Check(image).error().code(), Code::kFailedPrecondition);
  EXPECT_NE(environments.Check(image).error().message().find("no-such-engine"), std::string::npos);
  EXPECT_EQ(environments.containers(), nullptr);
  // With a conda file it is made on this machine, whatever the image.
  image.conda_file = "dependencies: [pip: [numpy]]\n";
  EXPECT_FALSE(environments.IsContainer(image));
  image.native = NativeProvider{};
  image.native->provider = "container";
  EXPECT_TRUE(environments.IsContainer(image));
}

TEST_F(EnvironmentsTest, AVenvTakesInstalledPackagesWithoutNetwork) {
  if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "needs Debian's python3";
  Environments environments(options, *supervisor);
  const EnvironmentBody body = Venv("name: x\ndependencies: [python=3.11, pip, {pip: []}]\n");
  ASSERT_TRUE(environments.Check(body));
  const auto realized = environments.Realize("py", body, Code());
  ASSERT_TRUE(realized) << realized.error().ToString();
  EXPECT_EQ(realized->folder, home->path() / "code");
  process::SpawnOptions spawn;
  spawn.arguments = {"python", "-c", "import sys; print(sys.prefix)"};
  spawn.environment = realized->variables;
  const auto ran = process::RunToEnd(*supervisor, spawn);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->output, realized->variables.at("VIRTUAL_ENV") + "\n");
}

TEST_F(EnvironmentsTest, AVenvThatCannotBeInstalledTellsPipsOwnWords) {
  if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "needs Debian's python3";
  Environments environments(options, *supervisor);
  const auto failed =
      environments.Realize("py", Venv("dependencies:\n- pip:\n  - --no-index\n  - no-such-package==1.0\n"), {});
  ASSERT_FALSE(failed);
  const std::string text = failed.error().message();
  const bool has_pip = text.find("apt-get install python3-pip") == std::string::npos;
  if (has_pip) {
    EXPECT_NE(text.find("no-such-package"), std::string::npos) << text;
  }
  EXPECT_NE(text.find("environment 'py'"), std::string::npos) << text;
}

TEST_F(EnvironmentsTest, CondaIsAskedForAllOfTheFile) {
  EnvironmentBody body = Venv("name: x\ndependencies: [python=3.11, lightgbm=3.3]\n");
  body.native = NativeProvider{};
  body.native->provider = "conda";
  {
    Environments environments(options, *supervisor);
    const Status checked = environments.Check(body);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message().find("micromamba or mamba or conda on the PATH"), std::string::npos)
        << checked.error().message();
  }
  // A program with micromamba's command line that notes what it was asked.
  const fs::path bin = home->path() / "bin";
  ASSERT_TRUE(WriteFileAtomic(bin / "micromamba",
                              "#!/bin/sh\n[ \"$1\" = create ] && [ \"$3\" = --prefix ] || exit 7\n"
                              "mkdir -p \"$4/bin\"; cp \"$6\" \"$4/asked\"; echo made >> " +
                                  CountFile() + "\n",
                              0755));
  options.variables["PATH"] = bin.string() + ":/usr/bin:/bin";
  Environments environments(options, *supervisor);
  ASSERT_TRUE(environments.Check(body));
  const auto realized = environments.Realize("solver", body, Code());
  ASSERT_TRUE(realized) << realized.error().ToString();
  EXPECT_TRUE(environments.IsReady(body, Code()));
  const fs::path prefix = realized->variables.at("CONDA_PREFIX");
  EXPECT_EQ(ReadFile(prefix / "asked").value(), body.conda_file);
  EXPECT_TRUE(realized->variables.at("PATH").starts_with((prefix / "bin").string() + ":"));
  ASSERT_TRUE(environments.Realize("solver", body, Code("hash-2")));
  EXPECT_EQ(ReadFile(CountFile()).value(), "made\n") << "once for a file";
}

TEST_F(EnvironmentsTest, CondaPackagesAreRefusedByName) {
  Environments environments(options, *supervisor);
  const Status checked = environments.Check(Venv("dependencies: [python=3.8, conda-forge::lightgbm=3.3]\n"));
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message().find("conda-forge::lightgbm=3.3"), std::string::npos);
}

TEST(CondaFile, ReadsPipSectionAndVersion) {
  const auto file =
      ParseCondaFile("name: a\nchannels: [x]\ndependencies:\n- python>=3.8\n- pip:\n  - a==1\n  - b\n- c\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->python_version, "3.8");
  EXPECT_EQ(file->requirements, (std::vector<std::string>{"a==1", "b"}));
  EXPECT_EQ(file->conda_only, (std::vector<std::string>{"c"}));
}

TEST(CondaFile, ComplaintsTellTheLine) {
  const auto file = ParseCondaFile("name: a\ndependencies:\n- {conda: x}\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().position()->line, 3);
  EXPECT_FALSE(ParseCondaFile("a: [b"));
  EXPECT_FALSE(ParseCondaFile("- a"));
}

TEST(ContentHash, DependsOnContentAndNamesAlone) {
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  const fs::path a = directory->path() / "a", b = directory->path() / "b";
  for (const fs::path& folder : {a, b}) {
    ASSERT_TRUE(WriteFileAtomic(folder / "x", "1"));
    ASSERT_TRUE(WriteFileAtomic(folder / "sub" / "y", "2"));
  }
  ContentHasher hasher;
  EXPECT_EQ(hasher.Hash(a).value(), hasher.Hash(b).value());
  ASSERT_TRUE(WriteFileAtomic(b / "x", "3"));
  EXPECT_NE(hasher.Hash(a).value(), hasher.Hash(b).value());
  EXPECT_EQ(hasher.Hash(directory->path() / "c").error().code(), Code::kNotFound);
}

TEST(WorkingCopy, LinksLargeFilesAndCopiesSmallOnes) {
  auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory);
  const fs::path from = directory->path() / "from", to = directory->path() / "to";
  ASSERT_TRUE(WriteFileAtomic(from / "small", "x", 0755));
  ASSERT_TRUE(WriteFileAtomic(from / "sub" / "large", std::string(2 << 20, 'x')));
  ASSERT_TRUE(Seal(from));
  ASSERT_TRUE(MakeWorkingCopy(from, to));
  EXPECT_EQ(fs::hard_link_count(to / "small"), 1u);
  EXPECT_EQ(fs::hard_link_count(to / "sub" / "large"), 2u);
  EXPECT_NE(fs::status(to / "small").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(to / "sub" / "large").permissions() & fs::perms::owner_write, fs::perms::none);
}

}  // namespace
}  // namespace slipway::environments
