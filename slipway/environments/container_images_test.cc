#include "slipway/environments/container_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "slipway/base/file.h"

namespace slipway::environments {
namespace {

namespace fs = std::filesystem;
using domain::EnvironmentBody;
using testing::HasSubstr;

// An engine of shell script: its images are files, each with the id, and what it is asked is written to `calls`.
constexpr const char* kEngine = R"sh(#!/bin/sh
cd "$(dirname "$0")/.." || exit 1
echo "$*" >>calls
file() { echo "images/$(echo "$1" | tr '/:' '__')"; }
id() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }
case $1 in
  --version) cat version ;;
  info) cat info ;;
  image) cat "$(file "$5")" 2>/dev/null || { echo "Error: no such image $5"; exit 125; } ;;
  pull) case $2 in
    *nowhere*) echo "trying to pull $2"; echo 'Error: no route to host'; exit 125 ;;
    *) id "$2" >"$(file "$2")" ;;
  esac ;;
  build) grep -q 'FROM nothing' "$5" && { echo 'Error: there is no nothing'; exit 1; }
    cp "$5" dockerfile; id "$3" >"$(file "$3")" ;;
  *) echo "unknown command $1"; exit 2 ;;
esac
)sh";

class ContainerImagesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDirectories(root() / "images"));
    ASSERT_TRUE(WriteFileAtomic(root() / "bin/podman", kEngine, 0755));
    ASSERT_TRUE(WriteFileAtomic(root() / "version", "podman version 4.3.1\n"));
  }

  fs::path root() const { return home->path(); }
  ContainerImages Images(ContainerSettings settings = {}) {
    return {root() / "cache",
            std::move(settings),
            {{"PATH", (root() / "bin").string() + ":/usr/bin:/bin"}},
            std::chrono::minutes(1),
            *supervisor};
  }
  int Calls(const std::string& verb) const {
    const std::string all = ReadFile(root() / "calls").value_or("");
    int count = 0;
    for (size_t at = 0; (at = all.find(verb + " ", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  static EnvironmentBody Named(const std::string& image) {
    EnvironmentBody body;
    body.image = image;
    return body;
  }

  std::optional<TemporaryDirectory> home = std::move(*TemporaryDirectory::Make());
  std::unique_ptr<process::Supervisor> supervisor = std::move(*process::Supervisor::Start());
};

TEST_F(ContainerImagesTest, AnImageIsPulledWhenItIsNotThere) {
  ContainerImages images = Images();
  EXPECT_FALSE(images.WasUsed());
  EXPECT_FALSE(images.IsReady(Named("registry/some:1")));
  const auto first = images.Obtain(Named("registry/some:1"));
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_TRUE(images.WasUsed());
  EXPECT_TRUE(images.IsReady(Named("registry/some:1")));
  EXPECT_TRUE(fs::exists(first->log));
  EXPECT_TRUE(first->image.id.starts_with("sha256:"));
  EXPECT_EQ(images.Obtain(Named("registry/some:1"))->image.id, first->image.id);
  EXPECT_EQ(Calls("pull"), 1);
  // Somebody cleaned up.
  fs::remove(root() / "images/registry_some_1");
  EXPECT_FALSE(images.IsReady(Named("registry/some:1")));
  ASSERT_TRUE(images.Obtain(Named("registry/some:1")));
  EXPECT_EQ(Calls("pull"), 2);
}

TEST_F(ContainerImagesTest, TheServersPolicySaysWhatIsPulled) {
  ContainerImages never = Images({"", ContainerSettings::Pull::kNever});
  EXPECT_THAT(never.Obtain(Named("some")).error().ToString(),
              HasSubstr("the image 'some' is not on this machine, and the server does not pull any"));
  EXPECT_EQ(Calls("pull"), 0);
  ContainerImages always = Images({"podman", ContainerSettings::Pull::kAlways});
  ASSERT_TRUE(always.Obtain(Named("some")));
  ASSERT_TRUE(always.Obtain(Named("some")));
  EXPECT_EQ(Calls("pull"), 2);
  EXPECT_FALSE(always.IsReady(Named("some")));
  ASSERT_TRUE(never.Obtain(Named("some")));
}

TEST_F(ContainerImagesTest, WhatTheEngineSaysOfAFailureIsTold) {
  ContainerImages images = Images();
  const std::string error = images.Obtain(Named("registry/nowhere:1")).error().ToString();
  EXPECT_THAT(error, HasSubstr("pulling the image 'registry/nowhere:1' failed (exit code 125)"));
  EXPECT_THAT(error, HasSubstr("Error: no route to host"));
  fs::remove(root() / "version");
  ASSERT_TRUE(WriteFileAtomic(root() / "version", "Docker version 20\n"));
  ASSERT_TRUE(WriteFileAtomic(root() / "bin/docker",
                              "#!/bin/sh\n[ $1 = info ] || { echo Docker; exit 0; }\necho down; exit 1\n", 0755));
  ContainerImages docker = Images({"docker", {}});
  EXPECT_THAT(docker.Obtain(Named("some")).error().ToString(),
              HasSubstr("the container engine does not answer:\ndown"));
  ContainerImages none = Images({"no-such-engine", {}});
  EXPECT_THAT(none.Check(Named("some")).error().ToString(),
              HasSubstr("containers need no-such-engine on the server's PATH"));
}

TEST_F(ContainerImagesTest, FilesBelongToTheUserInEveryKindOfEngine) {
  const std::string own = std::to_string(geteuid()) + ":" + std::to_string(getegid());
  const auto options = [&] { return Images().Obtain(Named("some"))->image.user_options; };
  EXPECT_EQ(options().back(), own);
  EXPECT_EQ(options().front(), geteuid() == 0 ? "--user" : "--userns=keep-id");
  ASSERT_TRUE(WriteFileAtomic(root() / "version", "Docker version 20.10.24\n"));
  ASSERT_TRUE(WriteFileAtomic(root() / "info", "[name=apparmor name=seccomp]\n"));
  EXPECT_EQ(options(), (std::vector<std::string>{"--user", own}));
  ASSERT_TRUE(WriteFileAtomic(root() / "info", "[name=seccomp name=rootless]\n"));
  EXPECT_EQ(options(), (std::vector<std::string>{"--user", "0:0"}));
}

TEST_F(ContainerImagesTest, AContextIsBuiltOnceForItsContent) {
  ContainerImages images = Images();
  ASSERT_TRUE(WriteFileAtomic(root() / "context/Dockerfile", "FROM tiny\n"));
  EnvironmentBody body;
  body.build_path = (root() / "context").string();
  body.dockerfile_path = "Dockerfile";
  EXPECT_FALSE(images.IsReady(body));
  const auto first = images.Obtain(body);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_TRUE(images.IsReady(body));
  EXPECT_EQ(images.Obtain(body)->image.id, first->image.id);
  EXPECT_EQ(Calls("build"), 1);
  ASSERT_TRUE(WriteFileAtomic(root() / "context/more", "x"));
  EXPECT_NE(images.Obtain(body)->image.id, first->image.id);
  EXPECT_EQ(Calls("build"), 2);
  ASSERT_TRUE(WriteFileAtomic(root() / "context/Dockerfile", "FROM nothing\n"));
  EXPECT_THAT(images.Obtain(body).error().ToString(), HasSubstr("Error: there is no nothing"));
}

TEST_F(ContainerImagesTest, ACondaFileIsAddedToTheImage) {
  ContainerImages images = Images();
  EnvironmentBody body = Named("registry/conda:1");
  body.conda_file = "dependencies: [python=3.11]\n";
  const auto image = images.Obtain(body);
  ASSERT_TRUE(image) << image.error().ToString();
  EXPECT_NE(image->image.id, images.Obtain(Named("registry/conda:1"))->image.id);
  EXPECT_THAT(ReadFile(root() / "dockerfile").value(), HasSubstr("FROM registry/conda:1\nUSER root\nCOPY conda.yaml"));
  EXPECT_EQ(ReadFile(image->log.parent_path() / "context/conda.yaml").value(), body.conda_file);
  EXPECT_TRUE(images.IsReady(body));
  EXPECT_EQ(Calls("build"), 1);
  body.conda_file = "dependencies: 1\n";
  EXPECT_THAT(images.Obtain(body).error().ToString(), HasSubstr("'dependencies' must be a list"));
}

TEST_F(ContainerImagesTest, WhatAnImageCannotGiveIsRefused) {
  ContainerImages images = Images();
  EnvironmentBody body;
  body.native = domain::NativeProvider{};
  body.native->provider = "container";
  EXPECT_THAT(images.Check(body).error().ToString(), HasSubstr("needs 'image' or 'build'"));
  body.image = "some";
  EXPECT_TRUE(images.Check(body));
  body.native->build_command = "make";
  EXPECT_THAT(images.Check(body).error().ToString(), HasSubstr("are of this machine"));
  body = {};
  body.build_path = "somewhere";
  body.conda_file = "dependencies: []";
  EXPECT_THAT(images.Check(body).error().ToString(), HasSubstr("'conda_file' needs 'image'"));
}

}  // namespace
}  // namespace slipway::environments
