#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/cli/run.h"

namespace slipway::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DriftTool : public testing::Test {
 protected:
  int Call(std::vector<std::string> words) {
    console_ = {};
    const auto environment = [&](std::string_view name) -> std::optional<std::string> {
      return name == "SLIPWAY_HOME" ? std::optional((folder_->path() / "home").string()) : std::nullopt;
    };
    words.insert(words.begin(), "drift");
    return cli::Run(std::move(words), console_, environment, clock_);
  }

  std::string Put(const std::string& name, std::string_view csv) {
    const auto path = folder_->path() / name;
    EXPECT_TRUE(WriteFileAtomic(path, csv).has_value());
    return path.string();
  }

  const std::string& out() const { return console_.out; }
  const std::string& err() const { return console_.err; }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  const std::string reference_ = Put("r.csv", "age,job\n20,a\n30,b\n40,a\n50,b\n60,a\n70,b\n80,a\n90,b\n");
  const std::string current_ =
      Put("c.csv", "age,job,new\n200,a,1\n300,b,1\n400,a,1\n500,b,1\n600,a,1\n700,b,1\n800,a,1\n");

 private:
  CapturingConsole console_;
  ManualClock clock_{Timestamp{}};
};

TEST_F(DriftTool, PrintsJson) {
  ASSERT_EQ(Call({"--reference", reference_, "--current", current_}), kExitOk) << err();
  const auto report = nlohmann::json::parse(out());
  EXPECT_EQ(report["dataset_drift"], true);
  EXPECT_EQ(report["n_features"], 2);
  EXPECT_EQ(report["n_drifted_features"], 1);
  EXPECT_EQ(report["only_in_current"], nlohmann::json::parse(R"(["new"])"));
  EXPECT_EQ(report["columns"][0]["column"], "age");
  EXPECT_EQ(report["columns"][0]["test"], "ks");
  EXPECT_EQ(report["columns"][0]["drifted"], true);
  EXPECT_EQ(report["columns"][1]["test"], "z");
  EXPECT_THAT(err(), HasSubstr("1 of 2 columns drifted (50.0 %): the data set drifted"));
}

TEST_F(DriftTool, PrintsATable) {
  ASSERT_EQ(Call({"--reference", reference_, "--current", current_, "-o", "table"}), kExitOk) << err();
  EXPECT_THAT(out(), StartsWith("Column"));
  EXPECT_THAT(out(), HasSubstr("age"));
  EXPECT_THAT(out(), HasSubstr("yes"));
}

TEST_F(DriftTool, TakesColumnsAndTests) {
  ASSERT_EQ(Call({"--reference", reference_, "--current", current_, "--numeric", "age", "--categorical", "job",
                  "--test", "age=psi", "--query", "columns[].[column, test]", "-o", "tsv"}),
            kExitOk)
      << err();
  EXPECT_EQ(out(), "age\tpsi\njob\tz\n");
}

TEST_F(DriftTool, WritesAPage) {
  const std::string page = (folder_->path() / "out" / "drift.html").string();
  ASSERT_EQ(Call({"--reference", reference_, "--current", current_, "--html", page}), kExitOk) << err();
  EXPECT_THAT(ReadFile(page).value(), StartsWith("<!doctype html>"));
}

// The same table with each row ten times: a few rows may be anywhere by chance.
std::string TenTimes(const std::string& path) {
  const std::string text = ReadFile(path).value();
  const size_t rows = text.find('\n') + 1;
  std::string more = text;
  for (int i = 1; i < 10; ++i) more += text.substr(rows);
  EXPECT_TRUE(WriteFileAtomic(path + ".ten.csv", more));
  return path + ".ten.csv";
}

TEST_F(DriftTool, TellsWhatElseChangedAndGatesByIt) {
  const std::string reference = TenTimes(reference_), current = TenTimes(current_);
  ASSERT_EQ(Call({"--reference", reference, "--current", current, "--fail-on", "error"}), 1) << err();
  const auto findings = nlohmann::json::parse(out())["findings"];
  EXPECT_EQ(findings[0]["kind"], "out_of_range");
  EXPECT_EQ(findings[0]["severity"], "error");
  EXPECT_THAT(err(), HasSubstr("error: age: 100.0 % of the values are outside of 20 to 90"));
  EXPECT_EQ(Call({"--reference", reference_, "--current", current_}), kExitOk);
  EXPECT_EQ(Call({"--reference", reference_, "--current", reference_, "--fail-on", "warning"}), kExitOk) << err();
}

TEST_F(DriftTool, LooksAtWindowsAndAllColumnsTogether) {
  ASSERT_EQ(
      Call({"--reference", reference_, "--current", current_, "--every", "4", "--bad-windows", "1/2", "--together"}),
      kExitOk)
      << err();
  const auto report = nlohmann::json::parse(out());
  EXPECT_EQ(report["windows"]["verdict"], "not enough data");
  EXPECT_EQ(report["windows"]["windows"].size(), 2U);
  EXPECT_EQ(report["domain_classifier"]["verdict"], "not enough data");
  EXPECT_THAT(err(), HasSubstr("over time: not enough data: no window has 100 rows"));
}

// The score of a row's own class is 0.8 in the reference, where four rows of five are of it, and 0.4 now.
TEST_F(DriftTool, EstimatesSeveralClasses) {
  std::string reference = "kind,p_a,p_b,p_c\n", current = "p_a,p_b,p_c\n";
  for (int i = 0; i < 3000; ++i) {
    const int said = i % 3, kind = i / 3 % 5 == 0 ? (said + 1 + i % 2) % 3 : said;
    reference += std::string(1, static_cast<char>('a' + kind));
    for (int k = 0; k < 3; ++k) {
      reference += k == said ? ",0.8" : ",0.1";
      current += std::string(k == 0 ? "" : ",") + (k == said ? "0.4" : "0.3");
    }
    reference += "\n", current += "\n";
  }
  const std::vector<std::string> words = {"--reference", Put("kr.csv", reference),
                                          "--current",   Put("kc.csv", current),
                                          "--target",    "kind",
                                          "--fail-on",   "error",
                                          "--score"};
  const auto with = [&](std::vector<std::string> scores) {
    scores.insert(scores.begin(), words.begin(), words.end());
    return scores;
  };
  ASSERT_EQ(Call(with({"a=p_a,b=p_b", "c=p_c"})), 1) << err();
  EXPECT_THAT(err(), HasSubstr("of the newest 300 rows is"));
  const auto performance = nlohmann::json::parse(out())["performance"];
  EXPECT_EQ(performance["mean_over_classes"], nlohmann::json({"a", "b", "c"}));
  EXPECT_NE(Call(with({"a=p_a,b=p_b,c"})), kExitOk);
  EXPECT_THAT(err(), HasSubstr("--score: scores are a column, or CLASS=COLUMN for each class"));
  EXPECT_NE(Call(with({"a=p_a,b=p_b,d=p_c"})), kExitOk);
  EXPECT_THAT(err(), HasSubstr("the class 'c', which has no scores"));
}

TEST_F(DriftTool, ErrorsSayWhatWouldBeRight) {
  const auto failing = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"--reference", reference_, "--current", current_};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_NE(Call(words), kExitOk);
    return err();
  };
  EXPECT_THAT(failing({"--current", "nowhere.csv"}), HasSubstr("nowhere.csv"));
  EXPECT_THAT(failing({"--numeric", "agee"}), HasSubstr("did you mean 'age'"));
  EXPECT_THAT(failing({"--test", "age=kx"}), HasSubstr("known: ks, chisquare, z, wasserstein"));
  EXPECT_THAT(failing({"--test", "=ks"}), HasSubstr("--test takes COLUMN=TEST or TEST"));
  EXPECT_THAT(failing({"--every", "often"}), HasSubstr("--every"));
  EXPECT_THAT(failing({"--every", "1d", "--bad-windows", "5"}), HasSubstr("K/N"));
  EXPECT_THAT(failing({"--score", "age"}), HasSubstr("name their column as the target"));
  EXPECT_THAT(failing({"--current", Put("o.csv", "name\nx\n")}), HasSubstr("no column in common"));
}

}  // namespace
}  // namespace slipway::cli
