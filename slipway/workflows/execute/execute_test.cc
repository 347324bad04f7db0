#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/workflows/execute/commands.h"
#include "slipway/workflows/execute/environment_file.h"
#include "slipway/workflows/execute/glob.h"
#include "slipway/workflows/execute/masker.h"
#include "slipway/workflows/execute/step_log.h"
#include "slipway/workflows/token.h"
#include "slipway/workflows/vault.h"

namespace slipway::workflows {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(Masker, HidesAllForms) {
  Masker masker;
  masker.Add("s3cret \"value\"\nsecond line");
  masker.Add("");
  EXPECT_EQ(masker.Mask("a s3cret \"value\" b"), "a *** b");
  EXPECT_EQ(masker.Mask("second line."), "***.");
  Masker plain;
  plain.Add("correct'horse&battery");
  for (const std::string& form : {std::string("correct'horse&battery"), Base64Encode("correct'horse&battery"),
                                  std::string("correct'\\''horse&battery"), UrlEncode("correct'horse&battery"),
                                  HtmlEscape("correct'horse&battery")})
    EXPECT_EQ(plain.Mask("<" + form + ">"), "<***>") << form;
  for (const char* before : {"", "u", "us", "use", "user:"}) {
    const std::string masked = plain.Mask(Base64Encode(std::string(before) + "correct'horse&battery"));
    EXPECT_THAT(masked, HasSubstr("***")) << before;
  }
}

TEST(Masker, MergesWhatOverlaps) {
  Masker masker;
  masker.Add("abcd");
  masker.Add("cdef");
  EXPECT_EQ(masker.Mask("xabcdefx"), "x***x");
}

TEST(StepLog, CutsNoSecretOfALongLine) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  Masker masker;
  masker.Add("the-secret-value");
  // Wherever the secret stands around the place where the line is torn.
  for (size_t shift = 0; shift < 40; ++shift) {
    const auto file = folder->path() / std::to_string(shift);
    auto log = StepLog::Open(file, masker);
    ASSERT_TRUE(log);
    const std::string line =
        std::string(StepLog::kLineMax - 20 + shift, 'x') + "the-secret-value" + std::string(100, 'y');
    for (size_t at = 0; at < line.size(); at += 65536) log->Append(0, std::string_view(line).substr(at, 65536));
    log->Append(0, "\n");
    log->Append(0, {});
    const auto text = ReadFile(file);
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, Not(HasSubstr("secret")));
    EXPECT_EQ(text->size(), line.size() - 16 + 3 + 1);
  }
}

TEST(Commands, AreReadAndUnescaped) {
  const auto command = ParseCommand("  ::Error file=a%2Cb,Line=3,title=x%3Ay::50%25%0Aof");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->name, "error");
  EXPECT_THAT(command->properties, ElementsAre(Pair("file", "a,b"), Pair("line", "3"), Pair("title", "x:y")));
  EXPECT_EQ(command->message, "50%\nof");
  EXPECT_EQ(ParseCommand("##[warning file=x;line=1]text")->message, "text");
  EXPECT_EQ(ParseCommand("::debug::%20::x")->message, "%20::x");
  for (const char* line : {"x ::error::y", "::error", ":error::", "", "::::x"})
    EXPECT_FALSE(ParseCommand(line)) << line;
}

TEST(EnvironmentFile, HasTwoForms) {
  const auto entries = ParseEnvironmentFile("a=1=2\n\nb<<END\nx\ny<<=z\nEND\nc<<E\nE\nd=x<<y\n");
  ASSERT_TRUE(entries) << entries.error().ToString();
  EXPECT_THAT(*entries, ElementsAre(Pair("a", "1=2"), Pair("b", "x\ny<<=z"), Pair("c", ""), Pair("d", "x<<y")));
  for (const char* text : {"nothing", "<<E\nE", "a<<", "a<<E\nx", "=x"})
    EXPECT_FALSE(ParseEnvironmentFile(text)) << text;
}

TEST(Glob, HashesAsTheReferenceDoes) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  for (const auto& [path, text] : {std::pair("b/x.txt", "1"), {"a.txt", "2"}, {"b/.h/y.txt", "3"}, {"c.md", "4"}})
    ASSERT_TRUE(WriteFileAtomic(folder->path() / path, text));
  const auto hash = [&](std::vector<std::string> patterns) { return *HashFiles(folder->path(), patterns, "/nowhere"); };
  const auto raw = [](const char* text) {
    std::string bytes;
    const std::string hex = Sha256Hex(text);
    for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
  };
  EXPECT_EQ(hash({"a.txt"}), Sha256Hex(raw("2")));
  EXPECT_EQ(hash({"**/*.txt"}), Sha256Hex(raw("2") + raw("3") + raw("1")));
  EXPECT_EQ(hash({"b"}), hash({"b/**"}));
  EXPECT_EQ(hash({"**/*.txt", "!b/**"}), Sha256Hex(raw("2")));
  EXPECT_EQ(hash({"# comment\nc.md"}), Sha256Hex(raw("4")));
  EXPECT_EQ(hash({"nothing*"}), "");
  EXPECT_EQ(hash({"/etc/hostname"}), "") << "outside the workspace";
}

TEST(Vault, KeepsSecretsInTheirPlaces) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  const auto vault = Vault::Open(folder->path() / "key");
  ASSERT_TRUE(vault);
  const auto one = vault->Encrypt("hello", "place"), two = vault->Encrypt("hello", "place");
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_EQ(*vault->Decrypt(*one, "place"), "hello");
  EXPECT_FALSE(vault->Decrypt(*one, "elsewhere"));
  std::string damaged = *one;
  damaged[10] = damaged[10] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(vault->Decrypt(damaged, "place"));
  EXPECT_FALSE(vault->Decrypt("v1:AAAA", "place"));
  EXPECT_EQ(*Vault::Open(folder->path() / "key")->Decrypt(*one, "place"), "hello");
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "bad", "no key"));
  EXPECT_FALSE(Vault::Open(folder->path() / "bad"));
}

TEST(JobToken, IsGoodForItsTimeAndServer) {
  const Timestamp now{std::chrono::hours(1000)};
  JobToken token;
  token.scope.workspace = "staging";
  token.run = 7;
  token.job = "a/b";
  token.expires_at = now + std::chrono::minutes(1);
  const std::string text = MakeJobToken(token, "server");
  const auto read = ReadJobToken(text, "server", now);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scope.workspace, "staging");
  EXPECT_EQ(read->job, "a/b");
  EXPECT_FALSE(ReadJobToken(text, "other", now));
  EXPECT_FALSE(ReadJobToken(text, "server", now + std::chrono::minutes(1)));
  EXPECT_FALSE(ReadJobToken(text + "0", "server", now));
  EXPECT_FALSE(ReadJobToken("slwj_x.y", "server", now));
}

}  // namespace
}  // namespace slipway::workflows
