#include "slipway/endpoints/prepare/scoring_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"

namespace slipway::endpoints {
namespace {

using ::testing::HasSubstr;

class ScoringScriptTest : public ::testing::Test {
 protected:
  void Add(const std::string& path) { ASSERT_TRUE(WriteFileAtomic(code_.path() / path, "")); }
  std::string Found(const std::string& script) {
    const auto found = FindScoringScript(code_.path(), script);
    return found ? found->language + " " + found->path : found.error().ToString();
  }
  TemporaryDirectory code_ = std::move(*TemporaryDirectory::Make());
};

TEST_F(ScoringScriptTest, PythonAndSharedObjectsAreTakenAsTheyAre) {
  Add("score.py");
  Add("lib/score.so");
  EXPECT_EQ(Found("score.py"), "python score.py");
  EXPECT_EQ(Found("lib/score.so"), "cpp lib/score.so");
  EXPECT_THAT(Found("other.py"), HasSubstr("no file 'other.py'"));
  EXPECT_THAT(Found("../score.py"), HasSubstr(".."));
}

TEST_F(ScoringScriptTest, CppMeansWhatTheBuildMadeOfIt) {
  Add("online_score.cpp");
  EXPECT_THAT(Found("online_score.cpp"), HasSubstr("made no 'online_score.so'"));
  Add("build/CMakeFiles/online_score.so.dir/x.o");
  Add("build/online_score.so");
  EXPECT_EQ(Found("online_score.cpp"), "cpp build/online_score.so");
  EXPECT_EQ(Found("src/online_score.cc"), "cpp build/online_score.so");
}

TEST_F(ScoringScriptTest, ALibraryPrefixWillDo) {
  Add("out/libscore.so");
  EXPECT_EQ(Found("score.cxx"), "cpp out/libscore.so");
}

TEST_F(ScoringScriptTest, OfSeveralTheOneInBuildIsMeant) {
  Add("score.so");
  Add("build/score.so");
  EXPECT_EQ(Found("score.cpp"), "cpp build/score.so");
  Add("build/sub/score.so");
  EXPECT_THAT(Found("score.cpp"), HasSubstr("made build/score.so, build/sub/score.so, score.so"));
}

TEST_F(ScoringScriptTest, OtherKindsAreRefused) {
  Add("score.R");
  EXPECT_THAT(Found("score.R"), HasSubstr("no known kind"));
}

}  // namespace
}  // namespace slipway::endpoints
