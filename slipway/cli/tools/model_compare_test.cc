#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/cli/run.h"

namespace slipway::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CompareTool : public testing::Test {
 protected:
  void SetUp() override {
    Train("old", Put("old.csv", Rows(300, "debt")));
    Train("new", Put("train.csv", Rows(600, "income")));
  }

  int Run(std::vector<std::string> words) {
    console_ = {};
    const auto environment = [&](std::string_view name) -> std::optional<std::string> {
      return name == "SLIPWAY_HOME" ? std::optional((folder_->path() / "home").string()) : std::nullopt;
    };
    return cli::Run(std::move(words), console_, environment, clock_);
  }
  int Compare(std::vector<std::string> more) {
    std::vector<std::string> words = {"model",     "compare", "--champion", Path("old"), "--challenger",
                                      Path("new"), "--data",  data_,        "--target",  "default"};
    words.insert(words.end(), more.begin(), more.end());
    return Run(std::move(words));
  }
  void Train(const std::string& name, const std::string& data) {
    ASSERT_EQ(Run({"train", "--data", data, "--target", "default", "--model", Path(name), "--set", "n_estimators=10",
                   "--no-importances"}),
              kExitOk)
        << console_.err;
  }

  std::string Path(const std::string& name) const { return (folder_->path() / name).string(); }
  std::string Put(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(WriteFileAtomic(Path(name), text).has_value());
    return Path(name);
  }
  static std::string Rows(int rows, const std::string& cause) {
    std::string csv = "zip,income,debt,sex,default\n";
    for (int i = 0; i < rows; ++i) {
      const int income = i * 37 % 101, debt = i * 53 % 89;
      csv += "0" + std::to_string(i % 3) + "," + std::to_string(income) + "," + std::to_string(debt) + "," +
             (i % 2 == 0 ? "f" : "m") + "," + ((cause == "income" ? income : debt) > 45 ? "yes" : "no") + "\n";
    }
    return csv;
  }

  const std::string& out() const { return console_.out; }
  const std::string& err() const { return console_.err; }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  const std::string data_ = Put("hold-out.csv", Rows(520, "income"));

 private:
  CapturingConsole console_;
  ManualClock clock_{Timestamp{}};
};

TEST_F(CompareTool, PrintsTheVerdict) {
  ASSERT_EQ(Compare({"--fail-unless", "better"}), kExitOk) << err();
  const auto report = nlohmann::json::parse(out());
  EXPECT_EQ(report["verdict"], "better");
  EXPECT_EQ(report["metric"], "roc_auc");
  EXPECT_EQ(report["champion_model"], Path("old"));
  EXPECT_GT(report["low"], 0.1);
  EXPECT_THAT(err(), HasSubstr("better: roc_auc is"));
}

TEST_F(CompareTool, FailsUnlessBetterAndStillSaysWhy) {
  EXPECT_EQ(Compare({"--champion", Path("new"), "--fail-unless", "better"}), 1);
  EXPECT_EQ(nlohmann::json::parse(out())["verdict"], "not better");
  EXPECT_EQ(Compare({"--champion", Path("new")}), kExitOk);  // unless it is asked to
}

TEST_F(CompareTool, PrintsATableAndAPage) {
  const std::string traffic = Put("traffic.csv", "zip,income,debt,sex\n01,3,4,f\n");
  ASSERT_EQ(Compare({"-o", "table", "--html", Path("page.html"), "--traffic", traffic, "--metric", "accuracy"}),
            kExitOk)
      << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("decides"), HasSubstr("accuracy where sex is f")));
  EXPECT_THAT(ReadFile(Path("page.html")).value(), HasSubstr("On 1 rows of"));
}

TEST_F(CompareTool, SaysWhatIsWrong) {
  const auto why = [&](std::vector<std::string> more) {
    EXPECT_NE(Compare(std::move(more)), kExitOk);
    EXPECT_TRUE(out().empty());
    return err();
  };
  EXPECT_THAT(why({"--champion", Path("none")}), AllOf(HasSubstr("--champion"), HasSubstr("no file or folder")));
  EXPECT_THAT(why({"--target", "defalt"}), HasSubstr("did you mean 'default'"));
  EXPECT_THAT(why({"--metric", "auc"}), HasSubstr("there is no metric 'auc' of these models; there are accuracy"));
  EXPECT_THAT(why({"--margin", "-1"}), HasSubstr("--margin is a number from 0 on"));
  EXPECT_THAT(why({"--min-rows", "x"}), HasSubstr("--min-rows is a whole number"));
  EXPECT_THAT(why({"--fail-unless", "worse"}), HasSubstr("better"));
  EXPECT_THAT(why({"--data", Put("few.csv", "zip,income,debt,sex,default\n01,3,4,f,\n")}),
              HasSubstr("row 0: 'default' has no value"));
}

}  // namespace
}  // namespace slipway::cli
