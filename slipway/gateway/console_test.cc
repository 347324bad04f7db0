// Lines on their way into files and log rows.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/gateway/console_file.h"
#include "slipway/gateway/json_row.h"
#include "slipway/gateway/line_splitter.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/long_line.h"

namespace slipway::gateway {
namespace {

std::string Content(const std::filesystem::path& path) {
  const auto content = ReadFile(path);
  return content ? *content : "";
}

TEST(ConsoleFileTest, KeepsTheLastLines) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "e" / "blue.log";
  {
    ConsoleFile file(path, 3);
    for (int i = 0; i < 6; ++i) file.Append("line " + std::to_string(i));
    EXPECT_EQ(Content(path), "line 3\nline 4\nline 5\n");
    file.Append("line 6");
  }
  ConsoleFile again(path, 3);
  again.Append("line 7");
  EXPECT_EQ(Content(path), "line 3\nline 4\nline 5\nline 6\nline 7\n");
  again.Append("line 8");
  EXPECT_EQ(Content(path), "line 6\nline 7\nline 8\n");
}

TEST(LineSplitterTest, CutsAtLineBreaksWhateverThePieces) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  const auto on_line = [&](std::string_view line) { lines.emplace_back(line); };
  const auto on_part = [](std::string_view, bool) { FAIL(); };
  splitter.Feed("a", on_line, on_part);
  splitter.Feed(std::string_view("b\r\nc\0c\n\nd", 9), on_line, on_part);
  EXPECT_EQ(lines, (std::vector<std::string>{"ab\r", std::string("c\0c", 3), ""}));
  splitter.Flush(on_line, on_part);
  EXPECT_EQ(lines.back(), "d");
  splitter.Flush(on_line, on_part);
  EXPECT_EQ(lines.size(), 4u);
}

TEST(LineSplitterTest, ALongLineComesInPartsAndNoByteIsLost) {
  for (const size_t extra : {0, 1, 5'000'000}) {
    LineSplitter splitter;
    std::string whole, parts;
    int ends = 0;
    const auto on_line = [&](std::string_view line) { whole.append(line).append("|"); };
    const auto on_part = [&](std::string_view part, bool is_last) {
      parts.append(part);
      ends += is_last;
    };
    const std::string line = std::string(LineSplitter::kWholeBytesMax, 'x') + std::string(extra, 'y');
    const std::string text = line + "\nshort\n";
    for (size_t i = 0; i < text.size(); i += 65'536)
      splitter.Feed(std::string_view(text).substr(i, 65'536), on_line, on_part);
    splitter.Flush(on_line, on_part);
    EXPECT_EQ(ends, extra > 0);
    EXPECT_EQ(parts, extra > 0 ? line : "");
    EXPECT_EQ(whole, extra > 0 ? "short|" : line + "|short|");
  }
}

TEST(JsonRowTest, IsValidJsonWhateverTheText) {
  std::string text;
  JsonRow row(text);
  row.Text("a", "q\"\\\n\x01").Text("b", "\xff\xfe").Number("n", -3).Boolean("t", true).Members("").Members("\"m\":1");
  row.Close();
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded()) << text;
  EXPECT_EQ(parsed["a"], "q\"\\\n\x01");
  EXPECT_EQ(parsed["b"], "??");
  EXPECT_EQ(parsed["m"], 1);
}

// Texts are looked at eight bytes at a time.
TEST(JsonRowTest, EscapesASpecialByteWhereverItStands) {
  for (const char special : {'"', '\\', '\n', '\x1f', '\0', '\xff'}) {
    for (size_t size = 1; size < 40; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::string value(size, '~');
        value[at] = special;
        std::string text;
        JsonRow(text).Text("key", value).Close();
        if (special == '\xff') value[at] = '?';
        EXPECT_EQ(nlohmann::json::parse(text, nullptr, false)["key"], value) << size << " " << at;
      }
    }
  }
}

TEST(JsonRowTest, TakesTextsOfAnyLength) {
  for (size_t size = 0; size < 600; ++size) {
    std::string text;
    JsonRow(text).Text("a", std::string(size, 'x')).Number("b", 1).Close();
    EXPECT_EQ(text, "{\"a\":\"" + std::string(size, 'x') + "\",\"b\":1}");
  }
}

class RecordingWriter final : public spool::Writer {
 public:
  bool Append(std::string_view table, std::string_view row) noexcept override {
    tables.emplace_back(table);
    rows.push_back(nlohmann::json::parse(row, nullptr, false));
    return true;
  }
  uint64_t dropped() const override { return 0; }
  std::vector<std::string> tables;
  std::vector<nlohmann::json> rows;
};

TEST(LogSinkTest, RowsCarryTheTablesColumns) {
  RecordingWriter writer;
  const ManualClock clock(*ParseTimestamp("2026-03-04T05:06:07Z"));
  LogSink sink(writer, clock);
  WantedEndpoint endpoint;
  endpoint.name = "credit";
  endpoint.workspace = "default";
  endpoint.workspace_id = "w-1";
  endpoint.arm_id = "/x/credit";
  const LogIdentity identity(endpoint);
  TrafficRecord record;
  record.deployment = "blue";
  record.method = "POST";
  record.path = "/endpoints/credit/score";
  record.user_agent = std::string_view("0123456789012345678901234567890123456789012345678901234567890123456789-cut");
  record.response_code = 424;
  record.model_status = 400;
  sink.Traffic(identity, record);
  sink.Console(identity, {"blue", "blue-0", "a | b | {\"x\": 1}"});
  sink.Console(identity, {"blue", "blue-0", std::string_view("\0\t\xc3\xa4\r", 5)});
  sink.Console(identity, {"blue", "blue-0", "caf\xe9"});
  ASSERT_EQ(writer.tables.size(), 4u);
  EXPECT_EQ(writer.tables[0], "AmlOnlineEndpointTrafficLog");
  EXPECT_EQ(writer.tables[1], "AmlOnlineEndpointConsoleLog");
  for (const auto& row : writer.rows) {
    ASSERT_TRUE(row.is_object());
    EXPECT_EQ(row["WorkspaceId"], "w-1");
    EXPECT_EQ(row["_ResourceId"], "/x/credit");
    EXPECT_EQ(row["DeploymentName"], "blue");
    EXPECT_TRUE(ParseTimestamp(row["TimeGenerated"].get<std::string>()));
  }
  EXPECT_EQ(writer.rows[0]["ResponseCode"], 424);
  EXPECT_EQ(writer.rows[0]["ModelStatusCode"], 400);
  EXPECT_EQ(writer.rows[0]["UserAgent"].get<std::string>().size(), 70u);
  EXPECT_EQ(writer.rows[1]["Message"], "a | b | {\"x\": 1}");
  EXPECT_FALSE(writer.rows[1].contains("MessageBase64"));
  EXPECT_EQ(writer.rows[2]["Message"], std::string("\0\t\xc3\xa4\r", 5));
  EXPECT_EQ(writer.rows[3]["Message"], "caf\xef\xbf\xbd");
  EXPECT_EQ(writer.rows[3]["MessageBase64"], "Y2Fm6Q==");
}

TEST(LongLineTest, IsWholeInAFileOfItsOwn) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  const WantedFolder wanted{folder->path().string(), "azureml://datastores/d/paths/long"};
  LongLine line(wanted, "blue-0", *ParseTimestamp("2026-03-04T05:06:07Z"));
  line.Append(std::string(1'500'000, 'x') + '\0' + "\xff");
  line.Append("end");
  const std::string text = line.Finish();
  EXPECT_EQ(text.find("slipway: a line of 1500005 bytes is in azureml://datastores/d/paths/long/2026-03-04/blue-0-"),
            0u)
      << text.substr(0, 200);
  EXPECT_LT(text.size(), 1'500u);
  const std::string relative = line.uri().substr(wanted.uri.size() + 1);
  EXPECT_EQ(Content(folder->path() / relative), std::string(1'500'000, 'x') + '\0' + "\xff" + "end");
}

TEST(LongLineTest, SaysSoWhenItCannotBeKept) {
  const auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "file", ""));
  LongLine line({(folder->path() / "file" / "x").string(), "u"}, "blue-0", Timestamp());
  line.Append("abc");
  EXPECT_NE(line.Finish().find("a line of 3 bytes could not be kept ("), std::string::npos);
  EXPECT_EQ(line.uri(), "");
}

}  // namespace
}  // namespace slipway::gateway
