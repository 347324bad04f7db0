#include <gtest/gtest.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include "slipway/api/logs/gzip.h"
#include "slipway/api/logs/mount.h"
#include "slipway/api/logs/timespan.h"
#include "slipway/api/testing/ask.h"
#include "slipway/base/file.h"
#include "slipway/domain/testing/memory_workspace_store.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr const char* kWorkspace = "11111111-2222-3333-4444-555555555555";

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return packed;
}

class LogsApi : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = logstore::LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    store_ = std::move(*opened);
    MountLogs(router_, {*store_, workspaces_, clock_});
  }

  net::Response Send(const std::string& method, const std::string& target, std::string body = "",
                     const net::Headers& headers = {}) {
    return testing::Ask(router_, method, target, std::move(body), headers);
  }
  json Query(const std::string& kql, int status = 200) {
    const auto response = Send("POST", QueryPath(), json{{"query", kql}}.dump());
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }
  json Rows(const std::string& kql) { return Query(kql)["tables"][0]["rows"]; }
  static std::string QueryPath() { return std::string("/v1/workspaces/") + kWorkspace + "/query"; }

  static json Envelope(const std::string& base_type, const json& base_data, const std::string& key = kWorkspace) {
    return {{"name", "Microsoft.ApplicationInsights.X"},
            {"time", "2026-03-04T10:00:00.1234567Z"},
            {"iKey", key},
            {"tags", {{"ai.cloud.role", "drift"}}},
            {"data", {{"baseType", base_type}, {"baseData", base_data}}}};
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  ManualClock clock_{*ParseTimestamp("2026-03-04T12:00:00Z")};
  domain::testing::MemoryWorkspaceStore workspaces_{domain::testing::MemoryWorkspaceStore::Default(kWorkspace)};
  std::unique_ptr<logstore::LogStore> store_;
  net::Router router_;
};

TEST_F(LogsApi, AQueryAnswersTablesColumnsAndRows) {
  EXPECT_EQ(Query("print a = 1, b = 'x', c = dynamic({\"k\":[1]}), d = datetime(2026-01-02 03:04:05.5), e = "
                  "real(null), f = 1.5h"),
            json::parse(R"({"tables":[{"name":"PrimaryResult",
              "columns":[{"name":"a","type":"long"},{"name":"b","type":"string"},{"name":"c","type":"dynamic"},{"name":"d","type":"datetime"},
                         {"name":"e","type":"real"},{"name":"f","type":"timespan"}],
              "rows":[[1,"x","{\"k\":[1]}","2026-01-02T03:04:05.5Z",null,"01:30:00"]]}]})"));
}

TEST_F(LogsApi, GetTakesTheQueryFromTheAddress) {
  const auto response = Send("GET", QueryPath() + "?query=print%20x%3D7&timespan=P1D");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["tables"][0]["rows"], json::parse("[[7]]"));
}

TEST_F(LogsApi, AMistakeInAQueryHasCodeLineAndPosition) {
  const json error = Query("traces\n| where mesage has 'x'", 400)["error"];
  EXPECT_EQ(error["code"], "BadArgumentError");
  EXPECT_EQ(error["innererror"]["code"], "SemanticError");
  const json& inner = error["innererror"]["innererror"];
  EXPECT_EQ(inner["code"], "SEM0100");
  EXPECT_EQ(inner["line"], 2);
  EXPECT_EQ(inner["pos"], 8);
  EXPECT_EQ(inner["message"],
            "no column or variable is named 'mesage'; did you mean 'message'?\n| where mesage has 'x'\n        ^^^^^^");
}

TEST_F(LogsApi, ASyntaxErrorIsOneAndEveryMistakeIsListed) {
  const json error = Query("traces | wher x | taek 5", 400)["error"];
  EXPECT_EQ(error["innererror"]["code"], "SyntaxError");
  EXPECT_EQ(error["innererror"]["innererror"]["code"], "SYN0002");
  EXPECT_EQ(error["details"].size(), 1u);
}

TEST_F(LogsApi, AQueryIsExplainedByStage) {
  const std::string target = std::string("/v1/workspaces/") + kWorkspace + "/explain";
  const auto explained = [&](const char* stage) {
    const auto response = Send("POST", target, json{{"query", "traces | take 1"}, {"stage", stage}}.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body).value("text", "");
  };
  EXPECT_EQ(explained("tree"), "traces\n| take 1\n");
  EXPECT_NE(explained("tokens").find("traces"), std::string::npos);
  EXPECT_NE(explained("optimized").find("limit 1"), std::string::npos);
  EXPECT_NE(explained("sql").find("LIMIT 1"), std::string::npos);
  const auto refused = Send("POST", target, json{{"query", "traces"}, {"stage", "soup"}}.dump());
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("the stages are tokens, tree, plan, optimized and sql"), std::string::npos);
}

TEST_F(LogsApi, BadRequestsSayWhatIsWrong) {
  const auto status = [&](const std::string& path, const std::string& body) { return Send("POST", path, body).status; };
  EXPECT_EQ(status(QueryPath(), "{"), 400);
  EXPECT_EQ(status(QueryPath(), "{}"), 400);
  EXPECT_EQ(status(QueryPath(), R"({"query":5})"), 400);
  EXPECT_EQ(status(QueryPath(), R"({"query":"print 1","timespan":"yesterday"})"), 400);
  EXPECT_EQ(status(QueryPath(), R"({"query":"print 1","workspaces":["other"]})"), 400);
  EXPECT_EQ(status("/v1/workspaces/nobody/query", R"({"query":"print 1"})"), 404);
}

TEST_F(LogsApi, AResourceIdLeadsToItsWorkspace) {
  const auto response = Send("POST",
                             "/v1/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
                             "microsoft.insights/components/default/query",
                             R"({"query":"print 1"})");
  EXPECT_EQ(response.status, 200) << response.body;
}

TEST_F(LogsApi, StatisticsAndRenderComeWhenAskedFor) {
  net::Headers headers;
  headers.Set("prefer", "wait=30, include-statistics=true, include-render=true");
  const auto response = Send("POST", QueryPath(), R"({"query":"print x = 1 | render piechart"})", headers);
  const json body = json::parse(response.body);
  EXPECT_EQ(body["render"]["visualization"], "piechart");
  EXPECT_TRUE(body["statistics"]["query"]["executionTime"].is_number());
}

TEST_F(LogsApi, ABatchAnswersEachRequestOnItsOwn) {
  const json batch = {
      {"requests", json::array({{{"id", "0"}, {"workspace", kWorkspace}, {"body", {{"query", "print 1"}}}},
                                {{"id", "1"}, {"workspace", kWorkspace}, {"body", {{"query", "nothing"}}}},
                                {{"id", "2"}, {"workspace", "?"}, {"body", {{"query", "print 1"}}}}})}};
  const auto response = Send("POST", "/v1/$batch", batch.dump());
  const json answers = json::parse(response.body)["responses"];
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["status"], 200);
  EXPECT_EQ(answers[1]["status"], 400);
  EXPECT_EQ(answers[2]["status"], 404);
  EXPECT_EQ(answers[2]["id"], "2");
}

TEST_F(LogsApi, TheTimespanLimitsEveryTable) {
  json items =
      json::array({Envelope("MessageData", {{"message", "old"}}), Envelope("MessageData", {{"message", "new"}})});
  items[0]["time"] = "2026-03-04T08:00:00Z";
  ASSERT_EQ(Send("POST", "/v2/track", items.dump()).status, 200);
  const auto rows = [&](const std::string& timespan) {
    const auto response =
        Send("POST", QueryPath(), json{{"query", "traces | project message"}, {"timespan", timespan}}.dump());
    return json::parse(response.body)["tables"][0]["rows"];
  };
  EXPECT_EQ(rows("PT3H"), json::parse(R"([["new"]])"));
  EXPECT_EQ(rows("2026-03-04T07:00:00Z/2026-03-04T09:00:00Z"), json::parse(R"([["old"]])"));
  EXPECT_EQ(rows("").size(), 2u);
}

TEST_F(LogsApi, TelemetryOfEveryKindIsFoundUnderBothNames) {
  const json items = json::array({
      Envelope("MessageData", {{"message", "hello"}, {"severityLevel", "Warning"}, {"properties", {{"a", "b"}}}}),
      Envelope("MetricData", {{"metrics", json::array({{{"name", "share"}, {"value", 0.5}, {"count", 2}}})}}),
      Envelope("EventData", {{"name", "started"}, {"measurements", {{"n", 3}}}}),
      Envelope("RequestData", {{"id", "r"},
                               {"name", "GET /"},
                               {"duration", "00:00:00.3000000"},
                               {"responseCode", "200"},
                               {"success", true}}),
      Envelope("RemoteDependencyData",
               {{"name", "db"}, {"type", "SQL"}, {"duration", "00:00:02"}, {"success", false}, {"resultCode", "5"}}),
      Envelope("ExceptionData", {{"exceptions", json::array({{{"typeName", "E"},
                                                              {"message", "boom"},
                                                              {"parsedStack", json::array({{{"method", "f"}}})}}})}}),
  });
  const auto response = Send("POST", "/v2.1/track", items.dump());
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json::parse(response.body),
            (json{{"itemsReceived", 6}, {"itemsAccepted", 6}, {"errors", json::array()}, {"appId", kWorkspace}}));
  EXPECT_EQ(Rows("AppTraces | project TimeGenerated, Message, SeverityLevel, a = tostring(Properties.a), AppRoleName, "
                 "TenantId"),
            json::parse(
                R"([["2026-03-04T10:00:00.1234567Z","hello",2,"b","drift","11111111-2222-3333-4444-555555555555"]])"));
  EXPECT_EQ(Rows("customMetrics | where name == 'share' | project name, value, valueCount, valueMin, valueMax"),
            json::parse(R"([["share",0.5,2,0.5,0.5]])"));
  EXPECT_EQ(Rows("customEvents | project name, tolong(customMeasurements.n)"), json::parse(R"([["started",3]])"));
  EXPECT_EQ(Rows("requests | project name, duration, success, resultCode, performanceBucket"),
            json::parse(R"([["GET /",300,"True","200","250ms-500ms"]])"));
  EXPECT_EQ(Rows("AppDependencies | project Name, DependencyType, DurationMs, Success"),
            json::parse(R"([["db","SQL",2000,false]])"));
  EXPECT_EQ(Rows("exceptions | project type, message, method, problemId, innermostType"),
            json::parse(R"([["E","boom","f","E at f","E"]])"));
}

TEST_F(LogsApi, LinesAndGzipAreTakenToo) {
  const std::string lines = Envelope("MessageData", {{"message", "one"}}).dump() + "\n\n" +
                            Envelope("MessageData", {{"message", "two"}}).dump() + "\n";
  net::Headers headers;
  headers.Set("Content-Encoding", "gzip");
  EXPECT_EQ(Send("POST", "/v2.1/track", Gzip(lines), headers).status, 200);
  EXPECT_EQ(Send("POST", "/v2/track", Envelope("MessageData", {{"message", "three"}}).dump()).status, 200);
  EXPECT_EQ(Rows("traces | count"), json::parse("[[3]]"));
}

TEST_F(LogsApi, RefusedItemsAreNamedAndTheOthersKept) {
  json bad_time = Envelope("MessageData", {{"message", "x"}});
  bad_time["time"] = "noon";
  const json items = json::array({Envelope("MessageData", {{"message", "kept"}}), bad_time,
                                  Envelope("MessageData", json::object(), "someone-else"),
                                  Envelope("ProfileData", {{"name", "p"}}), 5});
  const auto response = Send("POST", "/v2/track", items.dump());
  EXPECT_EQ(response.status, 206);
  const json answer = json::parse(response.body);
  EXPECT_EQ(answer["itemsReceived"], 5);
  EXPECT_EQ(answer["itemsAccepted"], 1);
  ASSERT_EQ(answer["errors"].size(), 4u);
  EXPECT_EQ(answer["errors"][1]["message"], "Invalid instrumentation key");
  EXPECT_EQ(Rows("traces | project message"), json::parse(R"([["kept"]])"));
  EXPECT_EQ(Send("POST", "/v2/track", json::array({5}).dump()).status, 400);
  EXPECT_EQ(Send("POST", "/v2/track", "").status, 400);
}

TEST_F(LogsApi, AnotherWorkspacesRowsAreNotSeen) {
  ASSERT_TRUE(store_->Ingest("AppTraces", {R"({"Message":"foreign","WorkspaceId":"other"})"}));
  EXPECT_EQ(Rows("AppTraces | count"), json::parse("[[0]]"));
}

TEST(Decompression, RefusesWhatIsNoGzipCutOrTooLarge) {
  const std::string packed = Gzip(std::string(100'000, 'x'));
  EXPECT_EQ(Decompress(packed, 1 << 20)->size(), 100'000u);
  EXPECT_EQ(Decompress(packed, 1000).error().code(), Code::kResourceExhausted);
  EXPECT_EQ(Decompress(packed.substr(0, packed.size() / 2), 1 << 20).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Decompress("plain text", 1 << 20).error().code(), Code::kInvalidArgument);
}

TEST(Timespans, AreReadInAllTheirForms) {
  const Timestamp now = *ParseTimestamp("2026-03-04T12:00:00Z"), day_before = *ParseTimestamp("2026-03-03T12:00:00Z");
  const auto expect = [&](const char* text) {
    const auto range = ParseTimespan(text, now);
    ASSERT_TRUE(range) << text;
    EXPECT_EQ(range->begin, day_before) << text;
    EXPECT_EQ(range->end, now) << text;
  };
  expect("P1D");
  expect("PT24H");
  expect("2026-03-03T12:00:00.000Z/2026-03-04T12:00:00Z");
  expect("2026-03-03T12:00:00Z/P1D");
  expect("P1D/2026-03-04T12:00:00Z");
  EXPECT_FALSE(ParseTimespan("", now)->begin);
  EXPECT_FALSE(ParseTimespan("1d", now));
}

}  // namespace
}  // namespace slipway::api
