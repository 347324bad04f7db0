// What is done about segments that a disk, a file system or a person has damaged: whatever is whole is read, once.
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/spool/quarantine.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/segment_reader.h"
#include "slipway/spool/spool.h"

namespace slipway::spool {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kBytes = 4096;
constexpr uint64_t kRecord = sizeof(RecordHeader) + 8;  // of "T" and a row of seven bytes
const Timestamp kNow = *ParseTimestamp("2026-03-04T12:00:00Z");

// Offset of the segment's record `index`.
constexpr uint64_t At(uint64_t index) {
  return sizeof(SegmentHeader) + index * kRecord;
}

class DamagedSpool : public testing::Test {
 protected:
  // One segment more, with the rows "<name> 1" to "<name> 4"; the writer is gone afterwards.
  void WriteSegment(const std::string& name) {
    const auto writer = Writer::Open(folder_, {.segment_bytes = kBytes});
    ASSERT_TRUE(writer) << writer.error().ToString();
    for (int i = 1; i <= 4; ++i) ASSERT_TRUE((*writer)->Append("T", fmt::format("{} {}", name, i)));
  }
  void WriteThree() {
    for (const char* name : {"first", "secnd", "third"}) WriteSegment(name);
  }

  void Clear() {
    ASSERT_TRUE(RemoveAll(root_.path() / "quarantine"));
    ASSERT_TRUE(RemoveAll(folder_));
    damages_.clear();
  }

  fs::path File(uint64_t number = 2) const { return SegmentPath(folder_, number); }
  void Overwrite(uint64_t offset, std::string_view bytes, uint64_t number = 2) const {
    std::fstream file(File(number), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void FlipBit(uint64_t offset) const {
    const std::string content = *ReadFile(File());
    Overwrite(offset, std::string(1, static_cast<char>(content[offset] ^ 0x40)));
  }

  // Everything, with a reader anew for every record, as a log store that is killed all the time would.
  std::vector<std::string> ReadAll() {
    std::vector<std::string> rows;
    Position position;
    for (bool has_more = true; has_more;) {
      const auto reader = Reader::Open(folder_, position);
      EXPECT_TRUE(reader) << reader.error().ToString();
      const auto records = (*reader)->Read(1);
      EXPECT_TRUE(records) << records.error().ToString();
      if (!records) return rows;
      for (const Record& record : *records) rows.push_back(record.row);
      const auto damages = (*reader)->TakeDamages();
      EXPECT_TRUE(Quarantine(folder_).Note(damages, kNow));
      for (const Damage& damage : damages)
        damages_.push_back(fmt::format("{}: {}", damage.segment, DamageText(damage)));
      has_more = (*reader)->position() != position;
      position = (*reader)->position();
      EXPECT_TRUE((*reader)->Release(position));
    }
    return rows;
  }

  std::vector<std::string> Quarantined() const {
    std::vector<std::string> names;
    const auto files = ListFiles(root_.path() / "quarantine");
    if (files)
      for (const FileEntry& file : *files) names.push_back(file.path);
    return names;
  }
  static testing::Matcher<std::vector<std::string>> SegmentTwoAndItsReason() {
    return ElementsAre("writer-00000000000000000002.reason.txt", "writer-00000000000000000002.segment");
  }
  void ExpectNeighbours(const std::vector<std::string>& rows) const {
    for (const char* row : {"first 1", "first 4", "third 1", "third 4"})
      EXPECT_EQ(std::count(rows.begin(), rows.end(), row), 1) << row;
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  fs::path folder_ = root_.path() / "writer";
  std::vector<std::string> damages_;
};

std::vector<std::string> Second(std::initializer_list<int> numbers) {
  std::vector<std::string> rows;
  for (int i = 1; i <= 4; ++i) rows.push_back(fmt::format("first {}", i));
  for (const int i : numbers) rows.push_back(fmt::format("secnd {}", i));
  for (int i = 1; i <= 4; ++i) rows.push_back(fmt::format("third {}", i));
  return rows;
}

// The file loses its end while a reader has it open: an answer, not a signal.
TEST_F(DamagedSpool, AFileThatIsCutWhileItIsReadIsDamage) {
  const std::string row(60'000, 'x');
  {
    const auto writer = Writer::Open(folder_, {.segment_bytes = 1 << 20});
    ASSERT_TRUE(writer);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE((*writer)->Append("T", row));
  }
  WriteSegment("after");
  const auto reader = Reader::Open(folder_, {});
  ASSERT_TRUE(reader);
  ASSERT_EQ((*reader)->Read(1)->size(), 1u);
  fs::resize_file(File(1), 400'000);
  const auto rest = (*reader)->Read(100);
  ASSERT_TRUE(rest) << rest.error().ToString();
  EXPECT_EQ(rest->size(), 5u + 4u) << "the whole ones, and those of the segment behind";
  const auto damages = (*reader)->TakeDamages();
  ASSERT_FALSE(damages.empty());
  EXPECT_THAT(DamageText(damages.back()), HasSubstr("the file has lost its last 648576 bytes"));
}

// As pread, but for a disk that has lost the file's second block.
ssize_t ReadAroundALostBlock(int descriptor, void* to, size_t bytes, off_t offset) {
  constexpr off_t kLost = 4096, kLostEnd = 8192;
  if (offset < kLost) return pread(descriptor, to, std::min(bytes, static_cast<size_t>(kLost - offset)), offset);
  if (offset >= kLostEnd) return pread(descriptor, to, bytes, offset);
  errno = EIO;
  return -1;
}

TEST_F(DamagedSpool, WhatADiskCannotReadIsDamageAndTheRestIsRead) {
  const std::string row(1000, 'x');
  {
    const auto writer = Writer::Open(folder_, {.segment_bytes = 1 << 16});
    ASSERT_TRUE(writer);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE((*writer)->Append("T", row));
  }
  auto opened = SegmentReader::Open(folder_, 1, ReadAroundALostBlock);
  ASSERT_TRUE(opened && *opened);
  SegmentReader& segment = **opened;
  const uint64_t size = PaddedSize(sizeof(RecordHeader) + 1 + row.size());
  uint64_t offset = sizeof(SegmentHeader);
  for (; offset + size <= 4096; offset += size) EXPECT_EQ(segment.LookAt(offset).kind, Look::Kind::kRecord) << offset;
  EXPECT_EQ(segment.LookAt(offset).kind, Look::Kind::kDamage);
  const Look lost = segment.LookAt(4096);
  EXPECT_EQ(lost.kind, Look::Kind::kDamage);
  EXPECT_THAT(lost.damage, HasSubstr("cannot be read"));
  const uint64_t next = segment.FindRecord(offset + 8);
  EXPECT_GE(next, 8192u);
  EXPECT_LT(next, 8192 + size);
  EXPECT_EQ((next - sizeof(SegmentHeader)) % size, 0u);
}

TEST_F(DamagedSpool, WholeSegmentsAreReadAndLeaveNothingBehind) {
  WriteThree();
  EXPECT_EQ(ReadAll(), Second({1, 2, 3, 4}));
  EXPECT_THAT(damages_, IsEmpty());
  EXPECT_THAT(Quarantined(), IsEmpty());
  EXPECT_THAT(*ListSegments(folder_), ElementsAre(3));
}

TEST_F(DamagedSpool, ARecordWhoseBytesChangedIsLeftOut) {
  WriteThree();
  FlipBit(At(1) + sizeof(RecordHeader) + 3);
  EXPECT_EQ(ReadAll(), Second({1, 3, 4}));
  EXPECT_THAT(damages_, ElementsAre("2: 24 bytes from byte 88 on: the checksum does not match"));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, EveryFieldOfARecordHeaderMayChange) {
  for (const uint64_t field : {0, 1, 3, 4, 8, 12}) {
    SCOPED_TRACE(field);
    Clear();
    WriteThree();
    FlipBit(At(2) + field);
    EXPECT_EQ(ReadAll(), Second({1, 2, 4}));
    EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
  }
}

TEST_F(DamagedSpool, ALengthOfZeroInTheMiddleHidesNothing) {
  WriteThree();
  Overwrite(At(1), std::string(2 * kRecord, '\0'));
  EXPECT_EQ(ReadAll(), Second({1, 4}));
  EXPECT_THAT(damages_, ElementsAre("2: 48 bytes from byte 88 on: zeros where there were records"));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, TheLastRecordOfASegmentMayBeTheDamagedOne) {
  WriteThree();
  FlipBit(At(3) + sizeof(RecordHeader));
  EXPECT_EQ(ReadAll(), Second({1, 2, 3}));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, EveryByteOfASegmentHeaderIsCheckedAndItsNeighboursAreRead) {
  for (const uint64_t offset : {0, 7, 9, 12, 16, 23, 24, 31}) {
    SCOPED_TRACE(offset);
    Clear();
    WriteThree();
    FlipBit(offset);
    EXPECT_EQ(ReadAll(), Second({}));
    ASSERT_EQ(damages_.size(), 1u);
    EXPECT_THAT(damages_.front(), HasSubstr("header"));
    EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
  }
}

TEST_F(DamagedSpool, AHeaderOfZerosIsNotTakenForASegmentThatWasNeverUsed) {
  for (const char* name : {"first", "secnd"}) WriteSegment(name);
  Overwrite(0, std::string(sizeof(SegmentHeader), '\0'));
  WriteSegment("third");  // a new writer tidies first
  EXPECT_EQ(ReadAll(), Second({}));
  EXPECT_THAT(damages_, ElementsAre("2: 4096 bytes from byte 0 on: its header is gone"));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, AFileThatIsCutOffKeepsItsBeginning) {
  for (const auto& [bytes, kept] : std::map<uint64_t, std::vector<std::string>>{{At(4), Second({1, 2, 3, 4})},
                                                                                {At(3), Second({1, 2, 3})},
                                                                                {At(2) + 20, Second({1, 2})},
                                                                                {At(2) + 5, Second({1, 2})},
                                                                                {At(0), Second({})},
                                                                                {40, Second({})},
                                                                                {0, Second({})}}) {
    SCOPED_TRACE(bytes);
    Clear();
    WriteThree();
    fs::resize_file(File(), bytes);
    EXPECT_EQ(ReadAll(), kept);
    EXPECT_FALSE(damages_.empty());
    EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
  }
}

TEST_F(DamagedSpool, AFileThatHasGrownIsNotRead) {
  WriteThree();
  fs::resize_file(File(), kBytes + 512);
  EXPECT_EQ(ReadAll(), Second({}));
  EXPECT_THAT(damages_, ElementsAre(HasSubstr("the file has 4608 bytes, the header says 4096")));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, ACopyUnderAnotherNumberIsNotReadAgain) {
  for (const char* name : {"first", "secnd"}) WriteSegment(name);
  fs::copy_file(File(1), File(3));
  WriteSegment("third");
  EXPECT_EQ(ReadAll(), Second({1, 2, 3, 4}));
  EXPECT_THAT(damages_, ElementsAre(HasSubstr("it is the one of segment 1")));
  EXPECT_THAT(Quarantined(),
              ElementsAre("writer-00000000000000000003.reason.txt", "writer-00000000000000000003.segment"));
}

TEST_F(DamagedSpool, ASegmentPutBackFromQuarantineIsNotReadAgain) {
  WriteThree();
  FlipBit(At(1) + sizeof(RecordHeader));
  EXPECT_EQ(ReadAll(), Second({1, 3, 4}));
  fs::rename(root_.path() / "quarantine" / "writer-00000000000000000002.segment", File());
  const auto reader = Reader::Open(folder_, {3, sizeof(SegmentHeader) + 4 * kRecord});
  EXPECT_THAT(*(*reader)->Read(10), IsEmpty());
  ASSERT_TRUE((*reader)->Release((*reader)->position()));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason()) << "it is kept";
}

TEST_F(DamagedSpool, GarbageIsAllDamage) {
  WriteThree();
  Overwrite(0, std::string(kBytes, '\x5a'));
  EXPECT_EQ(ReadAll(), Second({}));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, DamageAtTheEndOfALiveSegmentHidesNothingThatComes) {
  const auto writer = Writer::Open(folder_, {.segment_bytes = kBytes});
  ASSERT_TRUE((*writer)->Append("T", "first 1"));
  ASSERT_TRUE((*writer)->Append("T", "first 2"));
  Overwrite(At(1) + sizeof(RecordHeader), "X", 1);
  const auto reader = Reader::Open(folder_, {});
  EXPECT_EQ((*reader)->Read(10)->size(), 1u);
  EXPECT_THAT((*reader)->TakeDamages(), IsEmpty()) << "it has not been passed yet";
  ASSERT_TRUE((*writer)->Append("T", "first 3"));
  const auto records = (*reader)->Read(10);
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->front().row, "first 3");
  EXPECT_EQ((*reader)->TakeDamages().size(), 1u);
}

TEST_F(DamagedSpool, ANewerFormatIsRefusedNotGuessed) {
  WriteThree();
  Overwrite(8, "\x03");
  const auto reader = Reader::Open(folder_, {});
  const auto records = (*reader)->Read(100);
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code(), Code::kFailedPrecondition);
}

// Version 1 had no salt in its checksums; a gateway of that time may still be writing.
TEST_F(DamagedSpool, TheFirstVersionIsRead) {
  WriteThree();
  Overwrite(8, "\x01");
  for (int i = 0; i < 4; ++i) {
    const uint32_t crc = RecordCrc("T", fmt::format("secnd {}", i + 1));
    Overwrite(At(static_cast<uint64_t>(i)) + offsetof(RecordHeader, crc),
              {reinterpret_cast<const char*>(&crc), sizeof(crc)});
  }
  EXPECT_EQ(ReadAll(), Second({1, 2, 3, 4}));
  EXPECT_THAT(damages_, IsEmpty());
}

// After a power cut, what stood in a file before the writer cleared it may be there again.
TEST_F(DamagedSpool, RecordsThatAnEarlierSegmentLeftInTheFileAreNotReadAgain) {
  WriteThree();
  const std::string earlier = *ReadFile(File(1));
  Overwrite(At(2), std::string_view(earlier).substr(At(2), 2 * kRecord));
  EXPECT_EQ(ReadAll(), Second({1, 2}));
  EXPECT_THAT(damages_, ElementsAre(HasSubstr("2: 3984 bytes from byte 112 on: the checksum does not match")));
  EXPECT_THAT(Quarantined(), SegmentTwoAndItsReason());
}

TEST_F(DamagedSpool, ThePlaceAndTheReasonAreWrittenOnce) {
  WriteThree();
  FlipBit(At(1) + sizeof(RecordHeader));
  ReadAll();
  const Quarantine quarantine(folder_);
  const std::vector<Damage> again = {{2, 88, 24, "the checksum does not match"}, {2, 200, 8, "zeros"}};
  ASSERT_TRUE(quarantine.Note(again, kNow));
  ASSERT_TRUE(quarantine.Note(again, kNow + std::chrono::hours(1)));
  const auto listed = ListQuarantine(root_.path());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().first_reason,
            "2026-03-04T12:00:00Z  24 bytes from byte 88 on: the checksum does not match");
  EXPECT_EQ(*ReadFile(listed->front().reason_file),
            "2026-03-04T12:00:00Z  24 bytes from byte 88 on: the checksum does not match\n"
            "2026-03-04T12:00:00Z  8 bytes from byte 200 on: zeros\n");
}

TEST_F(DamagedSpool, ASpoolWithoutQuarantineHasAnEmptyList) {
  EXPECT_THAT(*ListQuarantine(root_.path()), IsEmpty());
}

}  // namespace
}  // namespace slipway::spool
