#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/spec/document.h"
#include "slipway/spec/spec_test_support.h"

namespace slipway::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  auto document = ParseDocument(text, "a.yml", "/base");
  return document ? "no error" : document.error().ToString();
}

TEST(Documents, KeepTheTextOfScalarsAndTheirPositions) {
  auto document = ParseDocument("name: x\nversion: 1.10\nlist:\n  - 'a'\n", "a.yml", "/base");
  ASSERT_TRUE(document);
  const Node* version = document->root.Find("version");
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->text, "1.10");
  EXPECT_EQ(version->mark.Position().ToString(), "a.yml:2:10");
  EXPECT_TRUE(document->root.Find("list")->items[0].quoted);
}

TEST(Documents, ResolveAnchorsAndMergeKeys) {
  auto document = ParseDocument("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\nagain: *b\n", "a.yml", "");
  ASSERT_TRUE(document);
  const Node* use = document->root.Find("use");
  EXPECT_EQ(use->Find("x")->text, "1");
  EXPECT_EQ(use->Find("y")->text, "3");
  EXPECT_EQ(document->root.Find("again")->Find("y")->text, "2");
}

TEST(Documents, RefuseWhatIsNotYamlWithItsPosition) {
  EXPECT_THAT(ErrorOf("a: [1, 2\nb: 3\n"), HasSubstr("a.yml:2:2: not valid YAML"));
  EXPECT_THAT(ErrorOf("a: 1\na: 2\n"), HasSubstr("a.yml:2:1: the key 'a' is given twice"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("the file is empty"));
  EXPECT_THAT(ErrorOf("- a\n"), HasSubstr("keys and values are expected here"));
  EXPECT_THAT(ErrorOf("a: \xff\n"), HasSubstr("not UTF-8"));
}

TEST(Documents, RefuseAliasesThatMultiply) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char level = 'b'; level <= 'g'; ++level) {
    const std::string before(1, static_cast<char>(level - 1));
    bomb += std::string(1, level) + ": &" + level + " [";
    for (int i = 0; i < 10; ++i) bomb += (i ? ",*" : "*") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorOf(bomb), HasSubstr("has more than 200000 values"));
}

TEST(Documents, RefuseDeepNesting) {
  std::string deep = "a: ";
  for (int i = 0; i < 100; ++i) deep += "[";
  for (int i = 0; i < 100; ++i) deep += "]";
  EXPECT_THAT(ErrorOf(deep), HasSubstr("nested deeper than 64 levels"));
}

TEST(Documents, SayWhichFileIsMissing) {
  auto document = LoadDocument("/nowhere/job.yml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().ToString(), "no file '/nowhere/job.yml'");
}

TEST(Overrides, SplitAtTheFirstEqualsSign) {
  auto setting = ParseSetting("tags.url=https://a/?b=c");
  ASSERT_TRUE(setting);
  EXPECT_EQ(setting->path, "tags.url");
  EXPECT_EQ(setting->value, "https://a/?b=c");
  EXPECT_FALSE(ParseSetting("tags.url"));
  EXPECT_FALSE(ParseSetting("=x"));
}

TEST(Overrides, ReplaceValuesAndMakeMissingKeys) {
  auto document = ParseDocument("name: x\n", "a.yml", "/base");
  const Override changes[] = {*ParseSetting("name=y"), *ParseSetting("settings.default_compute=azureml:cpu")};
  ASSERT_TRUE(Apply(*document, changes));
  EXPECT_EQ(document->root.Find("name")->text, "y");
  EXPECT_EQ(document->root.Find("settings")->Find("default_compute")->text, "azureml:cpu");
}

TEST(Overrides, DoNotGoThroughText) {
  auto document = ParseDocument("environment: azureml:e:1\n", "a.yml", "/base");
  const Override changes[] = {*ParseSetting("environment.image=x")};
  auto applied = Apply(*document, changes);
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().ToString(), HasSubstr("the value before 'image' is text ('azureml:e:1')"));
}

TEST(Paths, AreRelativeToTheFileThatHoldsThem) {
  auto document = ParseDocument("path: ../data\n", "a.yml", "/base/folder");
  EXPECT_EQ(ResolvePath(*document->root.Find("path"), "../data").string(), "/base/data");
}

TEST(Emitting, GivesBackTheSameYaml) {
  const std::string text = "channels:\n  - conda-forge\ndependencies:\n  - python=3.8\n  - pip:\n      - numpy~=1.2\n";
  auto document = ParseDocument(text, "a.yml", "");
  EXPECT_EQ(EmitYaml(document->root), text);
}

}  // namespace
}  // namespace slipway::spec
