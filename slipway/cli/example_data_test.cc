#include "slipway/cli/example_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::cli {
namespace {

TEST(ExampleData, TheSameSeedGivesTheSameText) {
  EXPECT_EQ(MakeCreditCardClientsCsv(200, 1), MakeCreditCardClientsCsv(200, 1));
  EXPECT_NE(MakeCreditCardClientsCsv(200, 1), MakeCreditCardClientsCsv(200, 2));
}

TEST(ExampleData, AboutOneClientInFiveDefaults) {
  const std::string text = MakeCreditCardClientsCsv(5000, 1);
  const auto lines = Split(text, '\n');
  const auto defaults = std::count_if(lines.begin(), lines.end(), [](auto line) { return line.ends_with(",True"); });
  EXPECT_GT(defaults, 800);
  EXPECT_LT(defaults, 1400);
}

TEST(ExampleData, InferenceFilesHaveNoTarget) {
  const TemporaryDirectory folder = *TemporaryDirectory::Make();
  ASSERT_TRUE(WriteExampleData(folder.path(), 3000, 1));
  EXPECT_NE(ReadFile(folder.path() / "curated/01.csv")->find("default_payment_next_month"), std::string::npos);
  for (const char* name : {"batch", "stable", "drifted"}) {
    const std::string text = *ReadFile(folder.path() / "inference" / name / "01.csv");
    EXPECT_EQ(text.find("default_payment_next_month"), std::string::npos) << name;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::string(name) == "batch" ? 81 : 2001) << name;
  }
}

}  // namespace
}  // namespace slipway::cli
