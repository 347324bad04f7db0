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
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  splitter.Feed("a", sink);
  splitter.Feed("b\r\nc\n\nd", sink);
  EXPECT_EQ(lines, (std::vector<std::string>{"ab", "c", ""}));
  splitter.Flush(sink);
  EXPECT_EQ(lines.back(), "d");
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
  ASSERT_EQ(writer.tables, (std::vector<std::string>{"AmlOnlineEndpointTrafficLog", "AmlOnlineEndpointConsoleLog"}));
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
}

}  // namespace
}  // namespace slipway::gateway
