#include "slipway/monitor/live_drift/feeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"

namespace slipway::monitor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Timestamp kNow = *ParseTimestamp("2026-03-04T05:30:00Z");

TEST(RowsOfLineTest, TakesTheFormsThatScriptsPrint) {
  const std::vector<std::string> columns = {"age", "job"};
  const std::string rows = R"([{"age":30},{"age":40}])";
  EXPECT_EQ(RowsOfLine(R"(online/m/1 | InputData | {"data": [{"age": 30}, {"age": 40}]})", columns), rows);
  EXPECT_EQ(RowsOfLine(R"(x|InputData| {"data": "[{\"age\": 30}, {\"age\": 40}]"})", columns), rows);
  EXPECT_EQ(RowsOfLine(R"(InputData: [{"age": 30}, {"age": 40}])", columns), rows);
  EXPECT_EQ(RowsOfLine(R"(InputData {"data": [[30, "cook"]]})", columns), R"([{"age":30,"job":"cook"}])");
  EXPECT_EQ(RowsOfLine(R"(InputData | {"input_data": {"columns": ["age"], "data": [[30], [40]]}})", columns), rows);
}

TEST(RowsOfLineTest, OtherLinesHaveNone) {
  for (const char* line : {"", "OutputData | [1]", "InputData", "InputData | {", R"(InputData | {"question": 1})",
                           R"(InputData | {"data": "no JSON"})"})
    EXPECT_EQ(RowsOfLine(line, {}), "") << line;
}

class ConsoleFeedTest : public ::testing::Test {
 protected:
  void Add(const std::string& message, Timestamp time) {
    ASSERT_TRUE(logs_->Ingest("AmlOnlineEndpointConsoleLog", {json{{"TimeGenerated", FormatTimestamp(time)},
                                                                   {"WorkspaceId", "w-1"},
                                                                   {"_ResourceId", "/x/onlineEndpoints/credit"},
                                                                   {"DeploymentName", "blue"},
                                                                   {"Message", message}}
                                                                  .dump()}));
  }
  std::vector<std::string> Messages(size_t lines_max = 5'000) {
    std::vector<std::string> messages;
    const auto lines = feed_.ReadNew(kNow, lines_max);
    EXPECT_TRUE(lines) << lines.error().ToString();
    for (const ConsoleLine& line : *lines) messages.push_back(line.message);
    std::sort(messages.begin(), messages.end());
    return messages;
  }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  ManualClock clock_{kNow};
  std::unique_ptr<logstore::LogStore> logs_ =
      std::move(*logstore::LogStore::Open(folder_->path() / "logs", folder_->path() / "spool", clock_));
  ConsoleFeed feed_{*logs_};
};

TEST_F(ConsoleFeedTest, GivesEachLineOnceAndNoOldOnes) {
  EXPECT_THAT(Messages(), IsEmpty());
  Add("InputData a", kNow - std::chrono::minutes(10));
  Add("InputData old", kNow - std::chrono::minutes(70));
  Add("something else", kNow);
  EXPECT_THAT(Messages(), ElementsAre("InputData a"));
  EXPECT_THAT(Messages(), IsEmpty());
  Add("OutputData b", kNow);
  Add("InputData c", kNow);
  EXPECT_THAT(Messages(), ElementsAre("InputData c", "OutputData b"));
}

TEST_F(ConsoleFeedTest, NamesTheDeploymentAndTheTime) {
  Add("InputData a", kNow - std::chrono::minutes(10));
  const auto lines = feed_.ReadNew(kNow).value();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].resource_id, "/x/onlineEndpoints/credit");
  EXPECT_EQ(lines[0].deployment, "blue");
  EXPECT_EQ(lines[0].time, kNow - std::chrono::minutes(10));
}

TEST_F(ConsoleFeedTest, TakesASampleOfTooMany) {
  for (int i = 0; i < 10; ++i) Add("InputData", kNow);
  EXPECT_THAT(Messages(4), SizeIs(4));
  EXPECT_THAT(Messages(4), IsEmpty());
  for (int i = 0; i < 3; ++i) Add("InputData " + std::string(3 << 20, 'x'), kNow);
  EXPECT_THAT(Messages(), SizeIs(1));
}

class CollectionFeedTest : public ::testing::Test {
 protected:
  void Append(const std::string& file, std::string_view text) {
    const fs::path path = folder_->path() / file;
    ASSERT_TRUE(MakeDirectories(path.parent_path()));
    ASSERT_TRUE(AppendFile(path, text));
  }
  std::vector<std::string> Lines(Timestamp now = kNow, uint64_t bytes_max = 1000) {
    auto lines = feed_.ReadNew(now, bytes_max);
    EXPECT_TRUE(lines) << lines.error().ToString();
    return lines ? *lines : std::vector<std::string>();
  }
  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  CollectionFeed feed_{folder_->path()};
};

TEST_F(CollectionFeedTest, GivesWholeLinesOnce) {
  EXPECT_THAT(Lines(), IsEmpty());
  Append("2026/03/04/05/blue-0.jsonl", "one\ntwo\nthr");
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
  EXPECT_THAT(Lines(), IsEmpty());
  Append("2026/03/04/05/blue-0.jsonl", "ee\n");
  EXPECT_THAT(Lines(), ElementsAre("three"));
}

TEST_F(CollectionFeedTest, LooksAtTheFilesOfTheLastHourWhateverTheirPeriod) {
  Append("2026/03/04/05/blue-0.30.jsonl", "minute\n");
  Append("2026/03/04/04/blue-0.jsonl", "hour\n");
  Append("2026/03/04/03/blue-0.jsonl", "too old\n");
  Append("2026/03/04/blue-0.jsonl", "day\n");
  Append("2026/blue-0.jsonl", "year\n");
  Append("2026/03/04/05/notes.txt", "no records\n");
  EXPECT_THAT(Lines(), ::testing::UnorderedElementsAre("minute", "hour", "day", "year"));
}

TEST_F(CollectionFeedTest, TakesTheEndOfWhatGrewTooFast) {
  Append("2026/03/04/05/blue-0.jsonl", "first line\nsecond line\nthird line\n");
  EXPECT_THAT(Lines(kNow, 20), ElementsAre("third line"));
  EXPECT_THAT(Lines(kNow, 20), IsEmpty());
}

TEST_F(CollectionFeedTest, BeginsAnewWithAFileThatWasCutOff) {
  Append("2026/03/04/05/blue-0.jsonl", "one\ntwo\n");
  EXPECT_THAT(Lines(), SizeIs(2));
  ASSERT_TRUE(WriteFileAtomic(folder_->path() / "2026/03/04/05/blue-0.jsonl", "three\n"));
  EXPECT_THAT(Lines(), ElementsAre("three"));
}

TEST_F(CollectionFeedTest, ScoresOfAStretchOfTimeAreTheLatest) {
  const auto record = [](const char* time, const char* rows) {
    return std::string(R"({"time": ")") + time + R"(", "data": )" + rows + "}\n";
  };
  Append("2026/03/04/03/blue-0.jsonl",
         record("2026-03-04T03:10:00Z", R"([{"predictions": 1, "probabilities": [0.9, 0.1]}])"));
  Append("2026/03/04/05/blue-0.jsonl",
         record("2026-03-04T05:10:00Z", R"([{"predictions": 7.5}, {"predictions": 8.5}])") + "no record\n" +
             record("2026-03-04T05:50:00Z", R"([{"predictions": 9}])"));
  const auto scores = [&](Timestamp begin, size_t most) {
    return ReadCollectedScores(folder_->path(), begin, kNow, most).value();
  };
  EXPECT_THAT(scores(kNow - std::chrono::hours(9), 100), ElementsAre(7.5, 8.5, 0.1));
  EXPECT_THAT(scores(kNow - std::chrono::hours(9), 2), ElementsAre(7.5, 8.5));
  EXPECT_THAT(scores(kNow - std::chrono::hours(1), 100), ElementsAre(7.5, 8.5));
  EXPECT_THAT(scores(kNow, 100), IsEmpty());
}

}  // namespace
}  // namespace slipway::monitor
