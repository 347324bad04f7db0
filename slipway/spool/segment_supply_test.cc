#include "slipway/spool/segment_supply.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/spool/segment_reader.h"

namespace slipway::spool {
namespace {

namespace fs = std::filesystem;

constexpr WriterOptions kOptions = {.segment_bytes = 64 << 10, .total_bytes_max = 4 * (64 << 10)};
constexpr std::chrono::seconds kPatience{60};

template <class Condition>
bool ComesTrue(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class SegmentSupplyTest : public testing::Test {
 protected:
  Segment First(uint64_t bytes = kOptions.segment_bytes) {
    auto first = Segment::Create(folder_, 1, bytes);
    EXPECT_TRUE(first) << first.error().ToString();
    first->Activate();
    return std::move(*first);
  }
  bool IsThere(uint64_t number) const { return fs::exists(SegmentPath(folder_, number)); }
  // Whether readers see the segment.
  bool IsActive(uint64_t number) const {
    const auto segment = SegmentReader::Open(folder_, number);
    return segment && segment->has_value();
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  fs::path folder_ = root_.path();
};

TEST_F(SegmentSupplyTest, MakesTheNextSegmentWhileOneIsFilledAndShowsItWhenItIsTaken) {
  Segment active = First();
  SegmentSupply supply(folder_, kOptions, 2);
  for (uint64_t filled = 0; filled < kOptions.segment_bytes; filled += supply.pace_bytes()) supply.Pace();
  ASSERT_TRUE(ComesTrue([&] { return IsThere(2); }));
  EXPECT_FALSE(IsActive(2));
  ASSERT_TRUE(supply.Exchange(active));
  EXPECT_EQ(active.number(), 2u);
  EXPECT_TRUE(IsActive(2));
  EXPECT_FALSE(IsThere(3));
}

TEST_F(SegmentSupplyTest, ASegmentThatWasNotMadeAheadIsWaitedFor) {
  Segment active = First();
  SegmentSupply supply(folder_, kOptions, 2);
  for (uint64_t number = 2; number <= 4; ++number) {
    ASSERT_TRUE(supply.Exchange(active));
    EXPECT_EQ(active.number(), number);
    active.Store(sizeof(SegmentHeader), "T", "{}", RecordCrc("T", "{}"));
  }
}

TEST_F(SegmentSupplyTest, ASegmentThatIsNotTakenIsRemoved) {
  {
    SegmentSupply supply(folder_, kOptions, 2);
    supply.Pace();
    ASSERT_TRUE(ComesTrue([&] { return IsThere(2); }));
  }
  EXPECT_FALSE(IsThere(2));
}

TEST_F(SegmentSupplyTest, ASegmentThatTheReaderFreedIsClearedAndUsedAgain) {
  Segment active = First();
  active.Store(sizeof(SegmentHeader), "T", "{}", RecordCrc("T", "{}"));
  SegmentSupply supply(folder_, kOptions, 2);
  ASSERT_TRUE(supply.Exchange(active));
  fs::rename(SegmentPath(folder_, 1), FreePath(folder_, 1));
  supply.Pace();
  ASSERT_TRUE(ComesTrue([&] { return fs::exists(NextPath(folder_, 3)) || IsThere(3); }));
  EXPECT_FALSE(fs::exists(FreePath(folder_, 1)));
  for (uint64_t filled = 0; filled < kOptions.segment_bytes; filled += supply.pace_bytes()) supply.Pace();
  ASSERT_TRUE(ComesTrue([&] { return IsThere(3); }));
  EXPECT_TRUE(*IsBlankFile(SegmentPath(folder_, 3)));
  ASSERT_TRUE(supply.Exchange(active));
  EXPECT_EQ(active.number(), 3u);
  EXPECT_TRUE(IsActive(3));
}

TEST_F(SegmentSupplyTest, ASegmentThatWasTakenBackAndIsNotUsedIsRemoved) {
  {
    Segment active = First(1 << 20);  // of several steps
    SegmentSupply supply(folder_, {.segment_bytes = 1 << 20}, 2);
    ASSERT_TRUE(supply.Exchange(active));
    fs::rename(SegmentPath(folder_, 1), FreePath(folder_, 1));
    supply.Pace();
    ASSERT_TRUE(ComesTrue([&] { return fs::exists(NextPath(folder_, 3)); }));
  }
  EXPECT_FALSE(fs::exists(NextPath(folder_, 3)));
  EXPECT_FALSE(IsThere(3));
}

TEST_F(SegmentSupplyTest, AtItsBoundItGivesNothingUntilThereIsRoom) {
  Segment active = First();
  SegmentSupply supply(folder_, kOptions, 2);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(supply.Exchange(active));
  EXPECT_FALSE(supply.Exchange(active));
  EXPECT_EQ(active.number(), 4u);
  fs::remove(SegmentPath(folder_, 1));
  EXPECT_TRUE(ComesTrue([&] { return supply.Exchange(active); }));
  EXPECT_EQ(active.number(), 5u);
}

}  // namespace
}  // namespace slipway::spool
