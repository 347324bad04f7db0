#include "slipway/spool/spool.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/spool/segment.h"

namespace slipway::spool {
namespace {

namespace fs = std::filesystem;

constexpr WriterOptions kSmall = {.segment_bytes = 8192};

class Spool : public testing::Test {
 protected:
  std::unique_ptr<Writer> OpenWriter(WriterOptions options = kSmall) {
    auto writer = Writer::Open(folder_, options);
    EXPECT_TRUE(writer) << writer.error().ToString();
    return std::move(*writer);
  }
  std::unique_ptr<Reader> OpenReader(Position start = {}) {
    auto reader = Reader::Open(folder_, start);
    EXPECT_TRUE(reader) << reader.error().ToString();
    return std::move(*reader);
  }
  static std::vector<std::string> Rows(Reader& reader, size_t records_max = 1'000'000) {
    std::vector<std::string> rows;
    const auto records = reader.Read(records_max);
    EXPECT_TRUE(records) << records.error().ToString();
    for (const Record& record : *records) rows.push_back(record.row);
    return rows;
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  fs::path folder_ = root_.path() / "writer";
};

TEST_F(Spool, AReaderFollowsALiveWriter) {
  const auto writer = OpenWriter();
  const auto reader = OpenReader();
  EXPECT_TRUE(Rows(*reader).empty());
  for (int i = 0; i < 1000; ++i) {
    const std::string row = fmt::format("{{\"i\":{}}}", i);
    ASSERT_TRUE(writer->Append("Table", row));
    ASSERT_EQ(Rows(*reader), std::vector<std::string>{row});
  }
  EXPECT_GT(reader->position().segment, 1u) << "the test is meant to cross segments";
}

TEST_F(Spool, RecordsKeepTheirTableAndBytes) {
  const auto writer = OpenWriter();
  const std::string odd("\0\n\xff{\"", 5);
  ASSERT_TRUE(writer->Append("A", odd));
  ASSERT_TRUE(writer->Append("", ""));
  const auto records = OpenReader()->Read(10);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].table, "A");
  EXPECT_EQ((*records)[0].row, odd);
  EXPECT_EQ((*records)[1].row, "");
}

TEST_F(Spool, APositionContinuesWhereAnEarlierReaderStopped) {
  const auto writer = OpenWriter();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(writer->Append("T", std::to_string(i)));
  std::vector<std::string> rows;
  Position position;
  while (rows.size() < 500) {
    const auto reader = OpenReader(position);
    const auto part = Rows(*reader, 7);
    ASSERT_FALSE(part.empty());
    rows.insert(rows.end(), part.begin(), part.end());
    position = reader->position();
  }
  for (int i = 0; i < 500; ++i) EXPECT_EQ(rows[i], std::to_string(i));
}

TEST_F(Spool, ASecondWriterOfAFolderIsRefused) {
  const auto writer = OpenWriter();
  const auto second = Writer::Open(folder_, kSmall);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kFailedPrecondition);
}

TEST_F(Spool, ReleaseTakesOnlySegmentsBeforeThePosition) {
  const auto writer = OpenWriter();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer->Append("T", "a row of some length, to fill segments"));
  const auto reader = OpenReader();
  Rows(*reader, 500);
  const Position half = reader->position();
  ASSERT_TRUE(reader->Release(half));
  EXPECT_EQ(ListSegments(folder_)->front(), half.segment);
  EXPECT_EQ(Rows(*OpenReader(half)).size(), 500u);
}

// The folder's segments by number, with what the file system calls their files.
std::map<uint64_t, ino_t> FilesOf(const fs::path& folder) {
  std::map<uint64_t, ino_t> files;
  const auto numbers = ListSegments(folder);
  EXPECT_TRUE(numbers);
  for (const uint64_t number : *numbers) {
    struct stat info {};
    if (::stat(SegmentPath(folder, number).c_str(), &info) == 0) files[number] = info.st_ino;
  }
  return files;
}

TEST_F(Spool, TheWriterTakesBackWhatTheReaderIsThroughWith) {
  const auto writer = OpenWriter({.segment_bytes = 4096, .total_bytes_max = 3 * 4096, .at_bound = AtBound::kBlock});
  const auto reader = OpenReader();
  std::set<ino_t> files;
  uint64_t newest = 0;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(writer->Append("T", fmt::format("{:0200}", i)));
    ASSERT_EQ(Rows(*reader), std::vector<std::string>{fmt::format("{:0200}", i)});
    ASSERT_TRUE(reader->TakeDamages().empty());
    ASSERT_TRUE(reader->Release(reader->position()));
    for (const auto& [number, file] : FilesOf(folder_)) {
      files.insert(file);
      newest = std::max(newest, number);
    }
    ASSERT_LE(ListFreeSegments(folder_)->size(), kFreeSegmentsMax);
  }
  EXPECT_GT(newest, 100u);
  EXPECT_LE(files.size(), 2 * (kFreeSegmentsMax + 2));
}

TEST_F(Spool, WhatADeadWriterCouldHaveTakenBackIsRemoved) {
  {
    const auto writer = OpenWriter();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer->Append("T", "a row of some length, to fill segments"));
  }
  const auto reader = OpenReader();
  Rows(*reader);
  ASSERT_TRUE(reader->Release(reader->position()));
  ASSERT_EQ(ListFreeSegments(folder_)->size(), kFreeSegmentsMax);
  fs::rename(FreePath(folder_, ListFreeSegments(folder_)->front()), NextPath(folder_, 99));
  OpenWriter();
  EXPECT_TRUE(ListFreeSegments(folder_)->empty());
  EXPECT_FALSE(fs::exists(NextPath(folder_, 99)));
}

TEST_F(Spool, SegmentsThatWaitForTheReaderAreCountedByTheirBytes) {
  const auto writer = OpenWriter({.segment_bytes = 4096, .total_bytes_max = 3 * 4096});
  while (writer->Append("T", "a row of some length, to fill segments")) continue;
  EXPECT_EQ(SegmentBytes(folder_), 3 * 4096u);
  const auto reader = OpenReader();
  Rows(*reader);
  ASSERT_TRUE(reader->Release(reader->position()));
  ASSERT_FALSE(ListFreeSegments(folder_)->empty());
  EXPECT_LE(SegmentBytes(folder_), 2 * 4096u);
}

TEST_F(Spool, AtItsBoundItDropsAndCounts) {
  const auto writer = OpenWriter({.segment_bytes = 4096, .total_bytes_max = 4 * 4096});
  const std::string row(200, 'x');
  uint64_t accepted = 0;
  for (int i = 0; i < 200; ++i) accepted += writer->Append("T", row) ? 1 : 0;
  EXPECT_GT(accepted, 50u);
  EXPECT_EQ(accepted + writer->dropped(), 200u);
  EXPECT_GT(writer->dropped(), 0u);
  EXPECT_EQ(Rows(*OpenReader()).size(), accepted);
}

TEST_F(Spool, AtItsBoundItWaitsForTheReaderWhenTold) {
  const auto writer = OpenWriter({.segment_bytes = 4096, .total_bytes_max = 3 * 4096, .at_bound = AtBound::kBlock});
  std::thread appender([&] {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(writer->Append("T", fmt::format("{:0200}", i)));
  });
  std::vector<std::string> rows;
  const auto reader = OpenReader();
  while (rows.size() < 500) {
    const auto part = Rows(*reader);
    rows.insert(rows.end(), part.begin(), part.end());
    ASSERT_TRUE(reader->Release(reader->position()));
    std::this_thread::yield();
  }
  appender.join();
  for (int i = 0; i < 500; ++i) EXPECT_EQ(rows[i], fmt::format("{:0200}", i));
  EXPECT_EQ(writer->dropped(), 0u);
}

TEST_F(Spool, ARecordLargerThanASegmentIsDroppedAndCounted) {
  const auto writer = OpenWriter();
  EXPECT_FALSE(writer->Append("T", std::string(9000, 'x')));
  EXPECT_EQ(writer->dropped(), 1u);
}

TEST_F(Spool, ThreadsAppendAtOnceAndNothingIsLost) {
  const auto writer = OpenWriter();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) EXPECT_TRUE(writer->Append("T", fmt::format("{}/{}", t, i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto rows = Rows(*OpenReader());
  EXPECT_EQ(rows.size(), 8000u);
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 8000u);
}

// Appends numbered records for ever and writes each number to `pipe` once Append took it.
[[noreturn]] void AppendUntilKilled(const fs::path& folder, int pipe, int first) {
  auto writer = Writer::Open(folder, {.segment_bytes = 65536});
  if (!writer) ::_exit(3);
  for (int i = first;; ++i) {
    if (!(*writer)->Append("T", fmt::format("{}", i))) ::_exit(4);
    if (::write(pipe, &i, sizeof(i)) != sizeof(i)) ::_exit(5);
  }
}

// Starts a writer process, kills it after `acknowledgements` and gives the last number it acknowledged.
int RunAndKillWriter(
    const fs::path& folder, int first, int acknowledgements, const std::function<void()>& meanwhile = [] {}) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    AppendUntilKilled(folder, pipe[1], first);
  }
  ::close(pipe[1]);
  int last = first - 1;
  for (int value = 0; ::read(pipe[0], &value, sizeof(value)) == sizeof(value);) {
    last = value;
    meanwhile();
    if (value == first + acknowledgements) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  return last;
}

TEST_F(Spool, EveryAcknowledgedRecordOfKilledWritersIsReadExactlyOnce) {
  ASSERT_TRUE(MakeDirectories(folder_));
  Position position;
  int expected = 0;
  for (int round = 0; round < 8; ++round) {
    const int first = expected;
    const int last = RunAndKillWriter(folder_, first, 500 + 700 * round);
    for (bool more = true; more;) {
      const auto reader = OpenReader(position);
      const auto rows = Rows(*reader, 97);
      for (const std::string& row : rows) ASSERT_EQ(row, std::to_string(expected++));
      position = reader->position();
      ASSERT_TRUE(reader->TakeDamages().empty());
      more = !rows.empty();
    }
    // One more than acknowledged may be there: appended, and killed before its acknowledgement.
    ASSERT_GE(expected, last + 1);
    ASSERT_LE(expected, last + 2);
  }
}

// As above, while segments go round.
TEST_F(Spool, EveryAcknowledgedRecordIsReadExactlyOnceThoughFilesAreUsedAgain) {
  ASSERT_TRUE(MakeDirectories(folder_));
  Position position;
  int expected = 0;
  const auto drain = [&] {
    const auto reader = OpenReader(position);
    while (true) {
      const auto rows = Rows(*reader, 97);
      if (rows.empty()) break;
      for (const std::string& row : rows) ASSERT_EQ(row, std::to_string(expected++));
    }
    ASSERT_TRUE(reader->TakeDamages().empty());
    position = reader->position();
    ASSERT_TRUE(reader->Release(position));
  };
  for (int round = 0; round < 8; ++round) {
    int acknowledged = 0;
    const int last = RunAndKillWriter(folder_, expected, 9000 + 1700 * round, [&] {
      if (++acknowledged % 500 == 0) drain();
    });
    drain();
    ASSERT_GE(expected, last + 1);
    ASSERT_LE(expected, last + 2);
  }
  EXPECT_GT(position.segment, 20u);
}

}  // namespace
}  // namespace slipway::spool
