#include <gtest/gtest.h>

#include <atomic>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/json_nesting.h"
#include "slipway/base/text.h"
#include "slipway/base/thread_pool.h"
#include "slipway/base/time.h"

namespace slipway {
namespace {

TEST(Error, PrintsPositionThenContextFromTheOutsideIn) {
  const Error error = NotFound("no column 'x'").With("step 'prepare'").With("job 'train'").At({"a.yml", 3, 7});
  EXPECT_EQ(error.ToString(), "a.yml:3:7: job 'train': step 'prepare': no column 'x'");
}

TEST(JsonNesting, CountsBracketsOutsideOfTexts) {
  EXPECT_FALSE(IsNestedDeeperThan(R"({"a":[1],"b":[2]})", 2));
  EXPECT_TRUE(IsNestedDeeperThan(R"({"a":[[1]]})", 2));
  EXPECT_FALSE(IsNestedDeeperThan(R"(["[[[[","\"[[","{{\\"])", 1));
  EXPECT_TRUE(IsNestedDeeperThan(std::string(101, '['), 100));
}

TEST(Time, ReadsWhatAzureClientsWrite) {
  const Timestamp expected = *ParseTimestamp("2024-01-31T22:05:06.5Z");
  EXPECT_EQ(*ParseTimestamp("2024-01-31T22:05:06.5000000+00:00"), expected);
  EXPECT_EQ(*ParseTimestamp("2024-02-01T00:05:06.5+0200"), expected);
  EXPECT_EQ(*ParseTimestamp("2024-01-31 22:05:06.5"), expected);
  EXPECT_EQ(FormatTimestamp(expected, 3), "2024-01-31T22:05:06.500Z");
}

TEST(Time, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2024-02-30", "2024-1-1", "2024-01-01T", "2024-01-01T25:00", "2024-01-01T00:00:00.", "x"}) {
    EXPECT_FALSE(ParseTimestamp(text)) << text;
  }
}

TEST(Time, IsoDurationsRoundTrip) {
  for (const char* text : {"PT5S", "PT0.5S", "P1D", "P1DT2H", "PT3M", "PT0S", "PT1H0.000001S"}) {
    EXPECT_EQ(FormatIsoDuration(*ParseIsoDuration(text)), text);
  }
  EXPECT_EQ(*ParseIsoDuration("PT180S"), *ParseIsoDuration("PT3M"));
  for (const char* text : {"", "P", "PT", "5S", "P1M", "PT-5S", "PT5"}) EXPECT_FALSE(ParseIsoDuration(text)) << text;
}

TEST(Text, SuggestsTheNearestNameOnlyWhenItIsNear) {
  const std::vector<std::string> names = {"environment", "experiment_name", "inputs"};
  EXPECT_EQ(DidYouMean("enviroment", names), "; did you mean 'environment'?");
  EXPECT_EQ(DidYouMean("zzz", names), "");
}

TEST(Text, GlobStarStaysInsideOneFolderAndTwoCross) {
  EXPECT_TRUE(GlobMatch("*.csv", "a.csv"));
  EXPECT_FALSE(GlobMatch("*.csv", "d/a.csv"));
  EXPECT_TRUE(GlobMatch("**/*.csv", "d/e/a.csv"));
  EXPECT_TRUE(GlobMatch("**/*.csv", "a.csv"));
  EXPECT_TRUE(GlobMatch("0[1-3]?.csv", "02x.csv"));
  EXPECT_FALSE(GlobMatch("0[!1-3].csv", "02.csv"));
}

TEST(Text, EncodingsRoundTrip) {
  const std::string bytes("\x00\xff /+%abc", 9);
  EXPECT_EQ(*UrlDecode(UrlEncode(bytes)), bytes);
  EXPECT_EQ(*Base64Decode(Base64Encode(bytes)), bytes);
  EXPECT_FALSE(UrlDecode("%4"));
  EXPECT_FALSE(Base64Decode("a*=="));
  EXPECT_TRUE(IsUtf8("Zürich €"));
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), 0xE3069283u);
  EXPECT_TRUE(EqualConstantTime("key", "key"));
  EXPECT_FALSE(EqualConstantTime("key", "kez"));
  EXPECT_FALSE(EqualConstantTime("key", "ke"));
}

TEST(File, JoinBelowRefusesEveryWayOut) {
  for (const char* path : {"/etc/passwd", "../x", "a/../../x", "a//b", "a\\b"})
    EXPECT_FALSE(JoinBelow("/r", path)) << path;
  EXPECT_EQ(*JoinBelow("/r", "a/./b/"), "/r/a/b");
  EXPECT_FALSE(JoinBelow("/r", std::string_view("a\0b", 3)));
}

TEST(File, WriteReplacesAndReadsBack) {
  const TemporaryDirectory folder = *TemporaryDirectory::Make();
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "a/b.txt", "one"));
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "a/b.txt", "two"));
  EXPECT_EQ(*ReadFile(folder.path() / "a/b.txt"), "two");
  const auto files = *ListFiles(folder.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "a/b.txt");
  EXPECT_EQ(ReadFile(folder.path() / "none").error().code(), Code::kNotFound);
}

TEST(File, ASecondLockIsRefused) {
  const TemporaryDirectory folder = *TemporaryDirectory::Make();
  const auto first = FileLock::Acquire(folder.path() / "lock");
  ASSERT_TRUE(first);
  const auto second = FileLock::Acquire(folder.path() / "lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kFailedPrecondition);
}

TEST(ThreadPool, ParallelForVisitsEveryIndexOnce) {
  ThreadPool pool(3);
  std::vector<std::atomic<int>> seen(1000);
  pool.ParallelFor(seen.size(), [&](size_t i) { ++seen[i]; });
  for (const auto& count : seen) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace slipway
