#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/cli/run.h"

namespace slipway::cli {
namespace {

using testing::HasSubstr;

class TrainTool : public testing::Test {
 protected:
  int Call(std::vector<std::string> words) {
    words.insert(words.begin(), "train");
    return CallTool(std::move(words));
  }

  int CallTool(std::vector<std::string> words) {
    console_ = {};
    const auto environment = [&](std::string_view name) -> std::optional<std::string> {
      return name == "SLIPWAY_HOME" ? std::optional((folder_->path() / "home").string()) : std::nullopt;
    };
    return cli::Run(std::move(words), console_, environment, clock_);
  }

  std::string Path(const std::string& name) const { return (folder_->path() / name).string(); }

  std::string Put(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(WriteFileAtomic(Path(name), text).has_value());
    return Path(name);
  }

  static std::string Loans() {
    std::string csv = "zip,income,sex,empty,default,amount\n";
    for (int i = 0; i < 300; ++i) {
      const int income = 1000 + i * 37 % 3000;
      csv += "0" + std::to_string(i % 3) + "," + std::to_string(income) + "," + (i % 2 == 0 ? "f" : "m") + ",," +
             (income > 2500 ? "no" : "yes") + "," + std::to_string(income / 2.0 + i % 7) + "\n";
    }
    return csv;
  }

  const std::string& out() const { return console_.out; }
  const std::string& err() const { return console_.err; }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  const std::string data_ = Put("loans.csv", Loans());

 private:
  CapturingConsole console_;
  ManualClock clock_{Timestamp{}};
};

TEST_F(TrainTool, WritesAModelWithItsCardAndPrintsMetrics) {
  ASSERT_EQ(Call({"--data", data_, "--target", "default", "--exclude", "empty,amount", "--model", Path("model"),
                  "--set", "n_estimators=20", "max_depth=6"}),
            kExitOk)
      << err();
  const auto report = nlohmann::json::parse(out());
  EXPECT_EQ(report["task"], "classification");
  EXPECT_EQ(report["parameters"]["max_depth"], "6");
  EXPECT_GT(report["metrics"]["accuracy"]["value"], 0.95);
  EXPECT_EQ(report["test_rows"], 60);
  for (const char* file :
       {"MLmodel", "model.onnx", "model_card.html", "evaluation.json", "input_example.json", "baseline.json"})
    EXPECT_TRUE(std::filesystem::exists(Path("model") + "/" + file)) << file;
  EXPECT_THAT(err(), HasSubstr("random_forest on 240 rows and 3 columns"));
  EXPECT_GT(report["fit"]["seconds"], 0);
  EXPECT_GT(report["fit"]["peak_memory_bytes"], 1 << 20);
  EXPECT_THAT(err(), HasSubstr("the fit took "));
}

// A table without rows is answered with the same header.
TEST_F(TrainTool, ScoresOfNoRowsHaveTheirHeader) {
  ASSERT_EQ(Call({"--data", data_, "--target", "default", "--exclude", "empty,amount", "--model", Path("model"),
                  "--set", "n_estimators=3", "--no-importances"}),
            kExitOk)
      << err();
  const std::string header = "zip,income,sex\n";
  const std::string none = Put("none.csv", header), one = Put("one.csv", header + "01,2000,f\n");
  for (const std::string explain : {"none", "shap"}) {
    const auto score = [&](const std::string& rows) {
      EXPECT_EQ(CallTool({"score", "--model", Path("model"), "--input", rows, "--explain", explain, "-o", "csv"}),
                kExitOk)
          << err();
      return out();
    };
    const std::string answer = score(one);
    EXPECT_THAT(answer, testing::StartsWith("prediction,probability_no,probability_yes"));
    EXPECT_EQ(score(none), answer.substr(0, answer.find('\n') + 1));
  }
}

TEST_F(TrainTool, TakesATableOfMetrics) {
  ASSERT_EQ(Call({"--data", data_, "--target", "amount", "--exclude", "empty", "default", "--algorithm", "linear", "-o",
                  "table"}),
            kExitOk)
      << err();
  EXPECT_THAT(out(), HasSubstr("r2_score"));
}

TEST_F(TrainTool, ASchemaSaysHowColumnsAreRead) {
  const std::string schema = Put("schema.yml", "columns:\n  zip: {type: text}\n  empty: {type: ignore}\n");
  ASSERT_EQ(Call({"--data", data_, "--target", "default", "--schema", schema, "--model", Path("model"), "--set",
                  "n_estimators=5"}),
            kExitOk)
      << err();
  const auto example = nlohmann::json::parse(*ReadFile(Path("model") + "/input_example.json"));
  EXPECT_TRUE(example["data"][0][0].is_string());
}

TEST_F(TrainTool, SaysWhatIsWrong) {
  const auto why = [&](std::vector<std::string> words) {
    EXPECT_NE(Call(std::move(words)), kExitOk);
    return err();
  };
  EXPECT_THAT(why({"--data", data_, "--target", "defalt"}), HasSubstr("did you mean 'default'"));
  EXPECT_THAT(why({"--data", data_, "--target", "default"}), HasSubstr("column 'empty' has no values"));
  EXPECT_THAT(why({"--data", data_, "--target", "empty"}), HasSubstr("'empty' is missing in 240 of 240 rows"));
  EXPECT_THAT(why({"--data", Put("same.csv", "x,y\n1,a\n2,a\n3,a\n4,a\n5,a\n"), "--target", "y"}),
              HasSubstr("the target 'y' is 'a' in every row"));
  EXPECT_THAT(why({"--data", data_, "--target", "default", "--algorithm", "random_forrest"}),
              HasSubstr("did you mean 'random_forest'"));
  EXPECT_THAT(why({"--data", data_, "--target", "default", "--set", "trees=5"}), HasSubstr("no parameter 'trees'"));
  EXPECT_THAT(why({"--data", data_, "--target", "default", "--set", "n_estimators"}), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(why({"--data", data_, "--target", "default", "--test-size", "2"}), HasSubstr("between 0 and 1"));
  EXPECT_THAT(why({"--data", Path("none.csv"), "--target", "y"}), HasSubstr("none.csv"));
  EXPECT_THAT(why({"--data", Put("one.csv", "x,y\n1,a\n"), "--target", "y"}), HasSubstr("too few"));
  EXPECT_FALSE(std::filesystem::exists(Path("model")));
}

}  // namespace
}  // namespace slipway::cli
