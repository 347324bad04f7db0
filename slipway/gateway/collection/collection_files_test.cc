#include "slipway/gateway/collection/collection_files.h"

#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/gateway/collection/record.h"

#include <nlohmann/json.hpp>

namespace slipway::gateway::collection {
namespace {

const Timestamp kTime = *ParseTimestamp("2026-03-04T05:06:07Z");

TEST(PeriodFileTest, ThePeriodIsInThePath) {
  EXPECT_EQ(PeriodFile("/c", "minute", "blue-0", kTime), "/c/2026/03/04/05/blue-0.06.jsonl");
  EXPECT_EQ(PeriodFile("/c", "hour", "blue-0", kTime), "/c/2026/03/04/05/blue-0.jsonl");
  EXPECT_EQ(PeriodFile("/c", "day", "blue-0", kTime), "/c/2026/03/04/blue-0.jsonl");
  EXPECT_EQ(PeriodFile("/c", "month", "blue-0", kTime), "/c/2026/03/blue-0.jsonl");
  EXPECT_EQ(PeriodFile("/c", "year", "blue-0", kTime), "/c/2026/blue-0.jsonl");
}

class CollectionFilesTest : public testing::Test {
 protected:
  TemporaryDirectory folder_ = std::move(*TemporaryDirectory::Make());
  const std::filesystem::path file_ = folder_.path() / "2026" / "blue-0.jsonl";
  const std::filesystem::path journal_ = folder_.path() / "journal";
  std::string Content() const { return ReadFile(file_).value_or("missing"); }
};

TEST_F(CollectionFilesTest, LinesAreAppended) {
  {
    CollectionFiles files(journal_);
    EXPECT_TRUE(files.Append(file_, "1\n2\n"));
    EXPECT_TRUE(files.Append(file_, "3\n"));
  }
  CollectionFiles again(journal_);
  EXPECT_TRUE(again.Append(file_, "4\n"));
  EXPECT_EQ(Content(), "1\n2\n3\n4\n");
}

TEST_F(CollectionFilesTest, ATornLineIsCutOffByTheNextStart) {
  const std::string torn = "{\"a\":\"" + std::string(200'000, 'x');
  ASSERT_TRUE(WriteFileAtomic(file_, "1\n2\n" + torn));
  ASSERT_TRUE(WriteFileAtomic(journal_, file_.string() + "\n/no/such/file\n"));
  const CollectionFiles files(journal_);
  EXPECT_EQ(Content(), "1\n2\n");
}

TEST_F(CollectionFilesTest, ATornLineIsCutOffBeforeTheNextOne) {
  ASSERT_TRUE(WriteFileAtomic(file_, "no line at all"));
  CollectionFiles files(journal_);
  EXPECT_TRUE(files.Append(file_, "1\n"));
  EXPECT_EQ(Content(), "1\n");
}

TEST_F(CollectionFilesTest, ADeletedFileIsMadeAnew) {
  CollectionFiles files(journal_);
  EXPECT_TRUE(files.Append(file_, "1\n"));
  std::filesystem::remove_all(file_.parent_path());
  EXPECT_TRUE(files.Append(file_, "2\n"));
  EXPECT_EQ(Content(), "2\n");
}

TEST_F(CollectionFilesTest, WhatCannotBeWrittenIsAnError) {
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "file", ""));
  CollectionFiles files(journal_);
  EXPECT_FALSE(files.Append(folder_.path() / "file" / "x.jsonl", "1\n"));
}

TEST(RecordTest, IsOneLineOfACloudEvent) {
  Record record;
  record.collection = "request";
  record.source = "/x/deployments/blue";
  record.id = "i";
  record.correlation_id = "c";
  record.time = kTime;
  record.agent = "a";
  record.extra = {{"path", "/score"}};
  record.headers = {{"x-tenant", "t\"1"}};
  auto payload = PayloadOf("{\n \"a\": [1, 2.50]\r\n}");
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->text, R"({"a":[1,2.50]})");
  const std::string line = RecordLine(record, *payload);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed, nlohmann::json::parse(R"({"specversion":"1.0","id":"i","source":"/x/deployments/blue",
      "type":"azureml.inference.request","datacontenttype":"application/json","time":"2026-03-04T05:06:07Z",
      "data":{"a":[1,2.5]},"contentrange":"bytes 0-19/20","correlationid":"c","xrequestid":"c","modelversion":"default",
      "agent":"a","path":"/score","headers":{"x-tenant":"t\"1"}})"));
}

TEST(PayloadTest, TextIsKeptAsTextAndBytesNeedAFile) {
  const auto text = PayloadOf("age,job\n1,2\n");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->kind, Payload::Kind::kText);
  const auto parsed = nlohmann::json::parse(RecordLine({}, *text));
  EXPECT_EQ(parsed["data"], "age,job\n1,2\n");
  EXPECT_EQ(parsed["datacontenttype"], "text/plain");
  EXPECT_FALSE(PayloadOf("\xff\xfe"));
  EXPECT_EQ(PayloadOf("")->kind, Payload::Kind::kText);
  EXPECT_EQ(PayloadOf("{} {}")->kind, Payload::Kind::kText);
}

}  // namespace
}  // namespace slipway::gateway::collection
