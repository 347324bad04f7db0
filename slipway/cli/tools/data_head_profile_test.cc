#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/cli/run.h"

namespace slipway::cli {
namespace {

using testing::HasSubstr;

// A folder with a table, and a command line that sees nothing else of the machine.
class DataTools : public testing::Test {
 protected:
  int Call(std::vector<std::string> words) {
    console_ = {};
    const auto environment = [&](std::string_view name) -> std::optional<std::string> {
      if (name == "SLIPWAY_HOME") return (folder_->path() / "home").string();
      if (name == "SLIPWAY_URL") return "http://127.0.0.1:1";
      return std::nullopt;
    };
    return cli::Run(std::move(words), console_, environment, clock_);
  }

  std::string PutTable(std::string_view csv) {
    const auto path = folder_->path() / "t.csv";
    EXPECT_TRUE(WriteFileAtomic(path, csv).has_value());
    return path.string();
  }

  const std::string& out() const { return console_.out; }
  const std::string& err() const { return console_.err; }

 private:
  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  CapturingConsole console_;
  ManualClock clock_{Timestamp{}};
};

TEST_F(DataTools, HeadPrintsTheFirstRows) {
  const std::string path = PutTable("b,id\n1,x\n2,\n3,z\n");
  ASSERT_EQ(Call({"data", "head", path, "-n", "2", "-o", "tsv"}), kExitOk) << err();
  EXPECT_EQ(out(), "1\tx\n2\tNone\n");
  ASSERT_EQ(Call({"data", "head", path, "-o", "json"}), kExitOk) << err();
  EXPECT_EQ(nlohmann::json::parse(out()),
            nlohmann::json::parse(R"([{"b":1,"id":"x"},{"b":2,"id":null},{"b":3,"id":"z"}])"));
  ASSERT_EQ(Call({"data", "head", path, "-o", "table"}), kExitOk) << err();
  EXPECT_THAT(out(), testing::StartsWith("B    Id\n"));
}

TEST_F(DataTools, ProfileDescribesColumns) {
  const std::string path = PutTable("n,s,t\n1,x,2026-01-01\n4,x,2026-01-03\n,y,\n");
  ASSERT_EQ(Call({"data", "profile", path}), kExitOk) << err();
  const auto profiles = nlohmann::json::parse(out());
  ASSERT_EQ(profiles.size(), 3u);
  EXPECT_EQ(profiles[0]["type"], "long");
  EXPECT_EQ(profiles[0]["nulls"], 1);
  EXPECT_EQ(profiles[0]["median"], 2.5);
  EXPECT_EQ(profiles[0]["max"], 4);
  EXPECT_EQ(profiles[0]["histogram"].size(), 10u);
  EXPECT_EQ(profiles[1]["top"][0], (nlohmann::json{{"value", "x"}, {"count", 2}}));
  EXPECT_FALSE(profiles[1].contains("mean"));
  EXPECT_EQ(profiles[2]["median"], "2026-01-02T00:00:00Z");
  EXPECT_NEAR(profiles[2]["standard_deviation"].get<double>(), 122188.0, 1);  // two days apart, in seconds
  ASSERT_EQ(Call({"data", "profile", path, "-o", "table"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("x (2)"));
}

TEST_F(DataTools, AMeanThatIsNoNumberIsLeftOut) {
  const std::string path = PutTable("n\ninf\n-inf\n1\n");
  ASSERT_EQ(Call({"data", "profile", path, "-o", "table"}), kExitOk) << err();
  EXPECT_THAT(out(), HasSubstr("inf"));
  EXPECT_THAT(out(), testing::Not(HasSubstr("nan")));
}

TEST_F(DataTools, QualityOfATargetOfOneValueSaysWhatWasNotChecked) {
  const std::string path = PutTable("n,t\n1,no\n2,no\n3,no\n");
  ASSERT_EQ(Call({"data", "quality", "--data", path, "--target", "t"}), kExitOk) << err();
  std::map<std::string, std::string> reasons;
  const auto report = nlohmann::json::parse(out());
  for (const auto& check : report["data_integrity"]["checks"])
    if (check.contains("reason")) reasons[check["check"]] = check["reason"];
  EXPECT_EQ(reasons.at("ConflictingLabels"), "the label 't' has one value only: no");
  EXPECT_EQ(reasons.at("FeatureLabelCorrelation"), "the label 't' has one value only: no");
  EXPECT_THAT(err(), HasSubstr("4 did not run"));
}

TEST_F(DataTools, SayWhatIsWrong) {
  EXPECT_EQ(Call({"data", "head", "nowhere.csv"}), kExitNotFound);
  EXPECT_THAT(err(), HasSubstr("there is no file or folder 'nowhere.csv'; for a data asset write azureml:NAME"));
  EXPECT_EQ(Call({"data", "head", PutTable("a,b\n1\n")}), kExitError);
  EXPECT_THAT(err(), HasSubstr("t.csv:2:1: the line has 1 field, the first line has 2"));
  EXPECT_EQ(Call({"data", "head", PutTable("a\n1\n"), "-n", "0"}), kExitError);
  EXPECT_THAT(err(), HasSubstr("--rows takes a whole number from 1"));
  EXPECT_EQ(Call({"data", "profile", "curated:1"}), kExitError);
  EXPECT_THAT(err(), HasSubstr("no Slipway server answers"));
}

}  // namespace
}  // namespace slipway::cli
