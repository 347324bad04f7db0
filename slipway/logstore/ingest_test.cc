#include "slipway/logstore/ingest.h"

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/logstore/log_store.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace {

class Ingest : public testing::Test {
 protected:
  std::unique_ptr<spool::Writer> OpenWriter() {
    auto writer = spool::Writer::Open(root_.path() / "spool" / "writer", {.segment_bytes = 1 << 16});
    EXPECT_TRUE(writer) << writer.error().ToString();
    return std::move(*writer);
  }
  static bool Append(spool::Writer& writer, int number) {
    return writer.Append("AppTraces", fmt::format(R"({{"Message":"{}"}})", number));
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  ManualClock clock_{*ParseTimestamp("2026-03-04T12:00:00Z")};
  std::unique_ptr<LogStore> store_ = std::move(*LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_));
};

// Whoever asks for the logs of an endpoint under load would wait for ever otherwise.
TEST_F(Ingest, ADrainEndsThoughTheWriterNeverPauses) {
  const auto writer = OpenWriter();
  for (int number = 0; number < 100; ++number) ASSERT_TRUE(Append(*writer, number));
  std::atomic<bool> is_drained{false};
  std::thread appender([&] {
    for (int number = 100; !is_drained; ++number) {
      EXPECT_TRUE(Append(*writer, number));
      std::this_thread::sleep_for(std::chrono::microseconds(50));  // faster than a commit, slower than a disk fills
    }
  });
  const auto drained = store_->DrainSpools();
  is_drained = true;
  appender.join();
  ASSERT_TRUE(drained) << drained.error().ToString();
  EXPECT_GE(*drained, 100u);
}

std::vector<std::string> Messages(LogStore& store, std::string_view kql, std::string_view workspace) {
  const auto result = store.Query(kql, {}, workspace);
  EXPECT_TRUE(result) << result.error().ToString();
  std::vector<std::string> messages;
  for (const auto& row : result->rows) messages.push_back(row[0]);
  return messages;
}

TEST_F(Ingest, ADamagedSegmentIsToldToTheWorkspacesWithEndpointsOnce) {
  for (const char* name : {"first", "second"}) {
    const auto writer = OpenWriter();
    for (const char* part : {"a", "b", "c"})
      ASSERT_TRUE(writer->Append("AmlOnlineEndpointTrafficLog",
                                 fmt::format(R"({{"WorkspaceId":"w-1","XMSClientRequestId":"{} {}"}})", name, part)));
  }
  const auto file = root_.path() / "spool" / "writer" / "00000000000000000001.segment";
  std::string content = *ReadFile(file);
  content.replace(content.find("first b"), 5, "FIRST");
  ASSERT_TRUE(WriteFileAtomic(file, content));
  const std::string events = "AmlOnlineEndpointEventLog | where Name == 'LogSegmentDamaged' | project Message";
  for (int look = 0; look < 2; ++look) {
    const auto messages = Messages(*store_, events, "w-1");
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_THAT(messages.front(), testing::HasSubstr("Segment 1 of 'writer'"));
    EXPECT_THAT(messages.front(), testing::HasSubstr("the checksum does not match"));
  }
  EXPECT_EQ(Messages(*store_, "AmlOnlineEndpointTrafficLog | project XMSClientRequestId", "w-1").size(), 5u);
  EXPECT_TRUE(std::filesystem::exists(root_.path() / "spool" / "quarantine" / "writer-00000000000000000001.segment"));
}

}  // namespace
}  // namespace slipway::logstore
