#include "slipway/cli/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/cli/command_table.h"
#include "slipway/cli/context.h"

namespace slipway::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Command Sample() {
  Command command;
  command.path = "thing create";
  command.summary = "Create a thing.";
  command.flags = {{"file", 'f', "A file.", Flag::Takes::kValue, true},
                   {"endpoint-name", 'e', "An endpoint."},
                   {"set", 0, "Settings.", Flag::Takes::kValues},
                   {"stream", 's', "Follow.", Flag::Takes::kNothing},
                   {"mode", 0, "How.", Flag::Takes::kValue, false, {"Fast", "slow"}}};
  return command;
}

Result<Arguments> Parse(std::vector<std::string> words) {
  static const Command command = Sample();
  return ParseArguments(command, words);
}

std::string ErrorOf(std::vector<std::string> words) {
  auto arguments = Parse(std::move(words));
  return arguments ? "no error" : arguments.error().ToString();
}

TEST(Arguments, AreReadInAllTheirSpellings) {
  for (std::vector<std::string> words : {std::vector<std::string>{"--file", "a", "--stream"},
                                         {"--file=a", "-s"},
                                         {"-f", "a", "--str"},
                                         {"-fa", "-s"},
                                         {"-f=a", "-s"}}) {
    auto arguments = Parse(words);
    ASSERT_TRUE(arguments) << words[0] << ": " << arguments.error().ToString();
    EXPECT_EQ(arguments->Get("file"), "a") << words[0];
    EXPECT_TRUE(arguments->Has("stream"));
    EXPECT_FALSE(arguments->Has("mode"));
  }
}

TEST(Arguments, TakePrefixesThatAreUnambiguous) {
  auto arguments = Parse({"-f", "a", "--endpoint", "oe"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->Get("endpoint-name"), "oe");
  EXPECT_THAT(ErrorOf({"-f", "a", "--s"}),
              HasSubstr("'--s' is ambiguous: it could be --set, --stream, --subscription"));
}

TEST(Arguments, TakeSeveralValuesAfterOneFlag) {
  auto arguments = Parse({"--set", "a=1", "b=2", "-f", "x", "--set", "c=-3"});
  ASSERT_TRUE(arguments);
  EXPECT_THAT(arguments->All("set"), ElementsAre("a=1", "b=2", "c=-3"));
  EXPECT_EQ(arguments->Get("file"), "x");
}

TEST(Arguments, MayBeNegativeNumbersAndTextsWithBlanks) {
  EXPECT_EQ(Parse({"-f", "-5"})->Get("file"), "-5");
  EXPECT_EQ(Parse({"-f", "-x y"})->Get("file"), "-x y");
}

TEST(Arguments, ChooseAmongTheirValuesWithoutCase) {
  EXPECT_EQ(Parse({"-f", "a", "--mode", "FAST"})->Get("mode"), "Fast");
  EXPECT_EQ(ErrorOf({"-f", "a", "--mode", "slwo"}),
            "argument --mode: 'slwo' is not one of Fast, slow; did you mean 'slow'?");
}

TEST(Arguments, TellWhatIsMissingOrUnknown) {
  EXPECT_EQ(ErrorOf({}), "the following arguments are required: --file/-f");
  EXPECT_EQ(ErrorOf({"-f"}), "argument --file: expected one value");
  EXPECT_EQ(ErrorOf({"-f", "--stream"}), "argument --file: expected one value");
  EXPECT_EQ(ErrorOf({"-f", "a", "--fiel", "b"}), "unrecognized argument '--fiel'; did you mean 'file'?");
  EXPECT_EQ(ErrorOf({"-f", "a", "b"}), "unrecognized argument 'b'");
  EXPECT_EQ(ErrorOf({"-f", "a", "-x"}), "unrecognized argument '-x'");
  EXPECT_EQ(ErrorOf({"-f", "a", "--stream=1"}), "argument --stream takes no value");
}

TEST(Arguments, NeedNothingWhenHelpIsAskedFor) {
  EXPECT_TRUE(Parse({"--help"}));
}

TEST(Arguments, AreReplacedByTheFileTheyName) {
  auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "q", "traces\n| take 5\n\n"));
  EXPECT_THAT(ExpandFiles({"query", "@" + (folder->path() / "q").string(), "@nowhere"}),
              ElementsAre("query", "traces\n| take 5", "@nowhere"));
}

CommandTable Table() {
  Command nested = Sample();
  nested.path = "deep group act";
  Command both = Sample();
  both.path = "thing";
  return {"tool", "A tool.", {{"thing", "Things."}, {"deep", "Deep."}, {"gone", "", true}}, {Sample(), nested, both}};
}

TEST(CommandTables, FindCommandsAndGroups) {
  const CommandTable table = Table();
  const std::vector<std::string> words{"deep", "group", "act", "-f", "x"};
  auto match = table.Find(words);
  ASSERT_TRUE(match);
  ASSERT_NE(match->command, nullptr);
  EXPECT_EQ(match->command->path, "deep group act");
  EXPECT_EQ(match->words, 3u);
  match = table.Find(std::vector<std::string>{"deep"});
  ASSERT_TRUE(match);
  EXPECT_EQ(match->command, nullptr);
  EXPECT_EQ(match->group, "deep");
}

TEST(CommandTables, TellACommandFromTheGroupOfItsName) {
  const CommandTable table = Table();
  EXPECT_EQ(table.Find(std::vector<std::string>{"thing", "create"})->command->path, "thing create");
  EXPECT_EQ(table.Find(std::vector<std::string>{"thing", "x.csv"})->command->path, "thing");
}

TEST(CommandTables, SuggestTheNearestName) {
  auto match = Table().Find(std::vector<std::string>{"deep", "gruop"});
  ASSERT_FALSE(match);
  EXPECT_EQ(match.error().ToString(), "'gruop' is not a command of 'tool deep'; did you mean 'group'?");
  EXPECT_EQ(Table().Find(std::vector<std::string>{"gone", "x"}).error().ToString(), "'tool gone' is not supported yet");
}

TEST(Help, ListsArgumentsRequiredOnesFirst) {
  const std::string help = Table().CommandHelp(Sample());
  EXPECT_THAT(help, HasSubstr("Command\n    tool thing create : Create a thing.\n"));
  EXPECT_LT(help.find("--file -f [Required]"), help.find("--endpoint-name -e"));
  EXPECT_THAT(Table().GroupHelp(""), HasSubstr("Subgroups:\n    deep  : Deep."));
}

}  // namespace
}  // namespace slipway::cli
