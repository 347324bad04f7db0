// The faces beside the query API: Logs Ingestion, ARM tables and rules, OTLP, Kusto, tail, administration.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stop_token>
#include <thread>

#include "slipway/api/ingestion/columns.h"
#include "slipway/api/logs/mount.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/api/otlp/wire_format.h"
#include "slipway/api/testing/ask.h"
#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/domain/testing/memory_workspace_store.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr const char* kWorkspace = "11111111-2222-3333-4444-555555555555";
constexpr const char* kOwnRule = "/dataCollectionRules/dcr-11111111222233334444555555555555/streams/";
constexpr const char* kGroup = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/";

class LogFaces : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = logstore::LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    store_ = std::move(*opened);
    MountLogs(router_, {*store_, workspaces_, clock_});
  }

  net::Response Send(const std::string& method, const std::string& target, std::string body = "",
                     const std::string& type = "application/json") {
    net::Headers headers;
    headers.Set("Content-Type", type);
    headers.Set("Host", "localhost:7301");
    return testing::Ask(router_, method, target, std::move(body), std::move(headers));
  }
  json Ask(const std::string& kql) {
    const auto answer =
        Send("POST", std::string("/v1/workspaces/") + kWorkspace + "/query", json{{"query", kql}}.dump());
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body)["tables"][0]["rows"];
  }
  json SendJson(const std::string& method, const std::string& target, const json& body, int status = 200) {
    const auto answer = Send(method, target, body.dump());
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  json Kusto(const std::string& csl, const char* path = "/v2/rest/query", int status = 200) {
    return SendJson("POST", path, {{"db", "default"}, {"csl", csl}}, status);
  }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  ManualClock clock_{*ParseTimestamp("2026-03-04T12:00:00Z")};
  domain::testing::MemoryWorkspaceStore workspaces_{domain::testing::MemoryWorkspaceStore::Default(kWorkspace)};
  std::unique_ptr<logstore::LogStore> store_;
  net::Router router_;
};

TEST_F(LogFaces, TheFirstRowsOfACustomStreamMakeItsTable) {
  const std::string rows =
      R"([{"TimeGenerated":"2026-03-04T10:00:00Z","Customer":"a","Amount":1,"When":"2026-01-02T03:04:05Z","Ok":true},
                               {"Customer":"b","Amount":2.5,"Extra":{"x":[1]},"bad name":1,"TenantId":"forged","WorkspaceId":"forged"}])";
  const auto taken = Send("POST", std::string(kOwnRule) + "Custom-Orders_CL?api%2Dversion=2023-01-01", rows);
  EXPECT_EQ(taken.status, 204) << taken.body;
  EXPECT_EQ(
      Ask("Orders_CL | project TimeGenerated, Customer, Amount, When, Ok, Extra, TenantId | sort by Customer asc"),
      json::parse(
          R"([["2026-03-04T10:00:00Z","a",1,"2026-01-02T03:04:05Z",true,null,"11111111-2222-3333-4444-555555555555"],
                            ["2026-03-04T12:00:00Z","b",2.5,null,null,"{\"x\":[1]}","11111111-2222-3333-4444-555555555555"]])"));
  // The next ones are taken as far as they fit.
  EXPECT_EQ(Send("POST", std::string(kOwnRule) + "Custom-Orders_CL", R"([{"Customer":7,"Amount":"x","New":1}])").status,
            204);
  EXPECT_EQ(Ask("Orders_CL | where Customer == '7' | project Amount"), json::parse("[[null]]"));
}

TEST_F(LogFaces, WrongStreamsAndBodiesAreRefused) {
  const auto status = [&](const std::string& path, const std::string& body) { return Send("POST", path, body).status; };
  EXPECT_EQ(status("/dataCollectionRules/dcr-unknown/streams/Custom-A_CL", "[]"), 404);
  EXPECT_EQ(status(std::string(kOwnRule) + "Microsoft-Syslog", "[]"), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A_CL", R"({"a":1})"), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A_CL", "[1]"), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A_CL", "[{"), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A_CL", std::string(200, '[') + std::string(200, ']')), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A%22_CL", R"([{"a":1}])"), 400);
  EXPECT_EQ(status(std::string(kOwnRule) + "Custom-A_CL", "[]"), 204);
}

TEST_F(LogFaces, ARuleLeadsItsStreamToATable) {
  const std::string path = std::string(kGroup) + "Microsoft.Insights/dataCollectionRules/orders";
  json rule = {{"location", "local"},
               {"properties",
                {{"streamDeclarations",
                  {{"Custom-Raw",
                    {{"columns", json::array({{{"name", "TimeGenerated"}, {"type", "datetime"}},
                                              {{"name", "n"}, {"type", "long"}}})}}}}},
                 {"dataFlows", json::array({{{"streams", json::array({"Custom-Raw"})},
                                             {"transformKql", "source"},
                                             {"outputStream", "Custom-Counts_CL"}}})}}}};
  const json made = SendJson("PUT", path, rule, 201);
  const std::string id = made["properties"]["immutableId"];
  EXPECT_TRUE(id.starts_with("dcr-"));
  EXPECT_EQ(made["properties"]["endpoints"]["logsIngestion"], "http://localhost:7301");
  EXPECT_EQ(SendJson("PUT", path, rule, 200)["properties"]["immutableId"], id);
  EXPECT_EQ(Send("POST", "/dataCollectionRules/" + id + "/streams/Custom-Raw", R"([{"n":"5","other":1}])").status, 204);
  EXPECT_EQ(Ask("Counts_CL | project n, TimeGenerated"), json::parse(R"([[5,"2026-03-04T12:00:00Z"]])"));
  EXPECT_EQ(Send("POST", "/dataCollectionRules/" + id + "/streams/Custom-Other", "[]").status, 404);
  rule["properties"]["dataFlows"][0]["transformKql"] = "source | where n > 1";
  EXPECT_NE(SendJson("PUT", path, rule, 400)["error"]["message"].get<std::string>().find("transformKql"),
            std::string::npos);
  EXPECT_EQ(
      SendJson("GET", std::string(kGroup) + "Microsoft.Insights/dataCollectionRules", json::object())["value"].size(),
      1u);
  EXPECT_EQ(Send("DELETE", path).status, 200);
  EXPECT_EQ(Send("DELETE", path).status, 204);
  EXPECT_EQ(Send("GET", path).status, 404);
}

TEST_F(LogFaces, TablesAreArmResources) {
  const std::string tables = std::string(kGroup) + "Microsoft.OperationalInsights/workspaces/default/tables";
  const json body = {{"properties",
                      {{"retentionInDays", 30},
                       {"schema",
                        {{"name", "A_CL"},
                         {"columns", json::array({{{"name", "TimeGenerated"}, {"type", "dateTime"}},
                                                  {{"name", "x"}, {"type", "boolean"}}})}}}}}};
  const json made = SendJson("PUT", tables + "/A_CL", body);
  EXPECT_EQ(made["properties"]["retentionInDays"], 30);
  EXPECT_EQ(made["properties"]["schema"]["columns"],
            (json::parse(R"([{"name":"TimeGenerated","type":"dateTime"},{"name":"x","type":"boolean"}])")));
  EXPECT_EQ(SendJson("GET", tables + "/a_cl", json::object())["name"], "A_CL");
  EXPECT_EQ(SendJson("PATCH", tables + "/AppTraces",
                     {{"properties", {{"retentionInDays", 45}}}})["properties"]["retentionInDays"],
            45);
  EXPECT_EQ(SendJson("PATCH", tables + "/AppTraces", {{"properties", {{"retentionInDays", 1}}}}, 400)["error"]["code"],
            "UserError");
  EXPECT_GT(SendJson("GET", tables, json::object())["value"].size(), 10u);
  EXPECT_EQ(Send("DELETE", tables + "/AppTraces").status, 400);
  EXPECT_EQ(Send("DELETE", tables + "/A_CL").status, 200);
  EXPECT_EQ(Send("GET", tables + "/A_CL").status, 404);
}

TEST(Columns, AreInferredFromAllRows) {
  const auto columns = InferColumns(json::parse(
      R"([{"n":1,"m":1,"t":"2026-01-02","s":"x","b":true,"o":null,"mix":1,"_x":1},{"n":2.5,"m":2,"t":"2026-01-02T00:00:00Z","b":false,"d":{},"mix":"a"}])"));
  std::string text;
  for (const auto& column : columns) text += column.name + ":" + column.type + " ";
  EXPECT_EQ(text, "b:bool m:long mix:string n:real o:string s:string t:datetime d:dynamic ");
}

constexpr const char* kSpans = R"({"resourceSpans":[{"resource":{"attributes":[
  {"key":"service.name","value":{"stringValue":"scorer"}},{"key":"service.namespace","value":{"stringValue":"ml"}}]},
  "scopeSpans":[{"spans":[
    {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"POST /score","kind":2,
     "startTimeUnixNano":"1772618400000000000","endTimeUnixNano":"1772618400300000000",
     "attributes":[{"key":"http.response.status_code","value":{"intValue":"200"}},{"key":"url.path","value":{"stringValue":"/score"}},
                   {"key":"server.address","value":{"stringValue":"h"}}],
     "events":[{"timeUnixNano":"1772618400100000000","name":"exception",
                "attributes":[{"key":"exception.type","value":{"stringValue":"E"}},{"key":"exception.message","value":{"stringValue":"boom"}}]},
               {"timeUnixNano":"1772618400200000000","name":"cache miss"}]},
    {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","parentSpanId":"eee19b7ec3c1b174","name":"SELECT","kind":3,
     "startTimeUnixNano":"1772618400100000000","endTimeUnixNano":"1772618400101000000","status":{"code":2},
     "attributes":[{"key":"db.system","value":{"stringValue":"postgresql"}},{"key":"db.statement","value":{"stringValue":"select 1"}},
                   {"key":"server.address","value":{"stringValue":"db"}},{"key":"server.port","value":{"intValue":5432}}]},
    {"name":"without ids"}]}]}]})";

TEST_F(LogFaces, SpansBecomeRequestsAndDependencies) {
  const json answer = SendJson("POST", "/v1/traces", json::parse(kSpans));
  EXPECT_EQ(answer["partialSuccess"]["rejectedSpans"], "1");
  EXPECT_EQ(
      Ask("requests | project timestamp, name, url, success, resultCode, duration, id, operation_Id, cloud_RoleName"),
      json::parse(R"([["2026-03-04T10:00:00Z","POST /score","http://h/score","True","200",300,"eee19b7ec3c1b174",
                             "5b8efff798038103d269b633813fc60c","ml.scorer"]])"));
  EXPECT_EQ(Ask("AppDependencies | project Name, Target, DependencyType, Data, Success, DurationMs, ParentId"),
            json::parse(R"([["SELECT","db:5432","postgresql","select 1",false,1,"eee19b7ec3c1b174"]])"));
  EXPECT_EQ(Ask("exceptions | project type, message, operation_ParentId"),
            json::parse(R"([["E","boom","eee19b7ec3c1b174"]])"));
  EXPECT_EQ(Ask("traces | project message"), json::parse(R"([["cache miss"]])"));
}

TEST_F(LogFaces, MetricsAndLogsOfOpenTelemetryHaveTheirTables) {
  SendJson("POST", std::string("/otlp/") + kWorkspace + "/v1/metrics",
           json::parse(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"rows","unit":"1","sum":{"dataPoints":[{"timeUnixNano":"1772618400000000000","asInt":"7","attributes":[{"key":"a","value":{"boolValue":true}}]}]}},
    {"name":"ms","histogram":{"dataPoints":[{"timeUnixNano":"1772618400000000000","count":"4","sum":10.5,"min":1,"max":5}]}}]}]}]})"));
  EXPECT_EQ(Ask("AppMetrics | where Name in ('ms', 'rows') | project Name, Sum, Min, Max, ItemCount, "
                "tostring(Properties.a) | "
                "sort by Name asc"),
            json::parse(R"([["ms",10.5,1,5,4,""],["rows",7,7,7,1,"true"]])"));
  SendJson("POST", "/v1/logs", json::parse(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
    {"timeUnixNano":"1772618400000000000","severityNumber":13,"body":{"stringValue":"careful"},"traceId":"AA","spanId":"BB",
     "attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"},{"doubleValue":0.5}]}}}]},
    {"severityNumber":17,"body":{"stringValue":"x"},"attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]},
    {"attributes":[{"key":"microsoft.custom_event.name","value":{"stringValue":"bought"}}]}]}]}]})"));
  EXPECT_EQ(
      Ask("traces | project message, severityLevel, operation_Id, operation_ParentId, tostring(customDimensions.k)"),
      json::parse(R"([["careful",2,"aa","bb","[1,0.5]"]])"));
  EXPECT_EQ(Ask("exceptions | project type, severityLevel, timestamp"),
            json::parse(R"([["E",3,"2026-03-04T12:00:00Z"]])"));
  EXPECT_EQ(Ask("customEvents | project name"), json::parse(R"([["bought"]])"));
}

// resourceSpans{scopeSpans{spans{traceId 16, spanId 8, name "s", kind 2, start fixed64, an unknown field 99}}}
std::string ProtobufSpan() {
  std::string span("\x0a\x10", 2);
  span += std::string(16, '\x01') + std::string("\x12\x08", 2) + std::string(8, '\x02') + "\x2a\x01s" +
          std::string("\x30\x02\x39", 3);
  const uint64_t start = 1'772'618'400'000'000'000ULL;
  for (int i = 0; i < 8; ++i) span += static_cast<char>(start >> (8 * i));
  span += "\x9a\x06\x02hi";
  const auto wrap = [](char tag, const std::string& inner) {
    return std::string(1, tag) + static_cast<char>(inner.size()) + inner;
  };
  return wrap('\x0a', wrap('\x12', wrap('\x12', span)));
}

TEST_F(LogFaces, ProtobufIsReadAndAnsweredInProtobuf) {
  const auto answer = Send("POST", "/v1/traces", ProtobufSpan(), "application/x-protobuf");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(*answer.headers.Find("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(Ask("requests | project name, id"), json::parse(R"([["s","0202020202020202"]])"));
  EXPECT_EQ(Send("POST", "/v1/traces", "{}", "text/plain").status, 415);
  EXPECT_EQ(Send("POST", "/otlp/default/v1/traces", "{}").status, 404) << "a name is no key";
}

TEST(OtlpWireFormat, GarbledBytesAreRefused) {
  const std::string good = ProtobufSpan();
  for (size_t size = 1; size < good.size(); ++size)
    EXPECT_FALSE(otlp::DecodeRequest(otlp::Signal::kTraces, std::string_view(good).substr(0, size))) << size;
  EXPECT_FALSE(otlp::DecodeRequest(otlp::Signal::kLogs, std::string(20, '\xff')));
  const auto wrap = [](char tag, const std::string& inner) {
    std::string size;
    size_t left = inner.size();
    for (; left >= 0x80; left >>= 7) size += static_cast<char>(left | 0x80);
    return std::string(1, tag) + size + static_cast<char>(left) + inner;
  };
  std::string deep;
  for (int i = 0; i < 100; ++i) deep = wrap('\x2a', wrap('\x0a', deep));  // AnyValue{arrayValue{values{AnyValue …}}}
  const auto refused =
      otlp::DecodeRequest(otlp::Signal::kLogs, wrap('\x0a', wrap('\x12', wrap('\x12', wrap('\x2a', deep)))));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("nested deeper"), std::string::npos);
  EXPECT_EQ(otlp::EncodeResponse(3, "no"), std::string("\x0a\x06\x08\x03\x12\x02no", 8));
}

TEST_F(LogFaces, KustoAnswersInFramesAndTables) {
  ASSERT_TRUE(store_->Ingest(
      "AppTraces", {R"({"Message":"m","Properties":{"a":1},"WorkspaceId":"11111111-2222-3333-4444-555555555555"})"}));
  const json frames = Kusto("traces | project message, customDimensions, timestamp | render table");
  ASSERT_EQ(frames.size(), 5u);
  EXPECT_EQ(frames[0]["FrameType"], "DataSetHeader");
  EXPECT_EQ(frames[2]["TableKind"], "PrimaryResult");
  EXPECT_EQ(frames[2]["Rows"], json::parse(R"([["m",{"a":1},"2026-03-04T12:00:00Z"]])"));
  EXPECT_EQ(frames[4]["HasErrors"], false);
  const json tables = Kusto("print x = 1, s = 'a'", "/v1/rest/query");
  EXPECT_EQ(tables["Tables"][0]["Columns"][0],
            (json{{"ColumnName", "x"}, {"ColumnType", "long"}, {"DataType", "Int64"}}));
  EXPECT_EQ(tables["Tables"][0]["Rows"], json::parse(R"([[1,"a"]])"));
}

TEST_F(LogFaces, KustoNamesMistakes) {
  const json error = Kusto("traces | where nothing == 1", "/v2/rest/query", 400)["error"];
  EXPECT_EQ(error["code"], "General_BadRequest");
  EXPECT_NE(error["@message"].get<std::string>().find("SEM0100"), std::string::npos);
  EXPECT_EQ(error["@line"], 1);
  SendJson("POST", "/v2/rest/query", {{"db", "nowhere"}, {"csl", "print 1"}}, 404);
  SendJson("POST", "/v2/rest/query", {{"db", "default"}}, 400);
  SendJson("POST", "/v2/rest/query",
           {{"db", "default"}, {"csl", "print 1"}, {"properties", {{"Options", {{"servertimeout", "soon"}}}}}}, 400);
}

TEST_F(LogFaces, QueriesTakeValuesFromBeside) {
  const char* const query =
      "declare query_parameters(n:long = 5, s:string, t:datetime, w:timespan, d:dynamic, b:bool); "
      "print n, s, t, w, d, b";
  const json parameters = {{"s", "it's (\"quoted\") | take 1"},
                           {"t", "datetime(2026-03-04T10:00:00Z)"},
                           {"w", "1h"},
                           {"d", R"({"k":[1]})"},
                           {"b", true},
                           {"other", "x"}};
  for (const char* path : {"/v1/rest/query", "/v2/rest/query"}) {
    const json answer =
        SendJson("POST", path, {{"db", "default"}, {"csl", query}, {"properties", {{"Parameters", parameters}}}}, 200);
    EXPECT_NE(answer.dump().find(R"(it's (\"quoted\") | take 1)"), std::string::npos) << answer;
    EXPECT_NE(answer.dump().find("01:00:00"), std::string::npos) << answer;
  }
  const std::string path = std::string("/v1/workspaces/") + kWorkspace + "/query";
  const json rows = SendJson("POST", path, {{"query", query}, {"parameters", parameters}}, 200)["tables"][0]["rows"];
  EXPECT_EQ(rows,
            json::parse(R"([[5,"it's (\"quoted\") | take 1","2026-03-04T10:00:00Z","01:00:00","{\"k\":[1]}",true]])"));
  json wrong = parameters;
  wrong["t"] = "long(5)";
  const json refused = SendJson("POST", path, {{"query", query}, {"parameters", wrong}}, 400);
  EXPECT_NE(refused.dump().find("the value given for 't' is not a datetime: long(5)"), std::string::npos) << refused;
  wrong.erase("t");
  EXPECT_NE(SendJson("POST", path, {{"query", query}, {"parameters", wrong}}, 400)
                .dump()
                .find("the parameter 't' was given no value"),
            std::string::npos);
  SendJson("POST", path, {{"query", query}, {"parameters", "t=1"}}, 400);
}

// The client that asked has gone: nothing of what would take hours is done.
TEST_F(LogFaces, AQueryEndsWhenItsClientIsGone) {
  const std::string query = "range x from 1 to 1000000000000 step 1 | extend k = x % 1000 | summarize count() by k, x";
  std::stop_source client;
  client.request_stop();
  const auto ask = [&](const std::string& path, const json& body) {
    net::Request request;
    request.method = "POST";
    request.body = body.dump();
    request.client_gone = client.get_token();
    EXPECT_TRUE(net::ParseTarget(path, request));
    const auto match = router_.Find("POST", request.path);
    return (*match.handler)(request, match.parameters).body;
  };
  const std::string cancelled = "the query was cancelled";
  EXPECT_NE(ask("/v2/rest/query", {{"db", "default"}, {"csl", query}}).find(cancelled), std::string::npos);
  const std::string path = std::string("/v1/workspaces/") + kWorkspace + "/query";
  EXPECT_NE(ask(path, {{"query", query}}).find(cancelled), std::string::npos);
  const json part = {{"id", "1"}, {"workspace", kWorkspace}, {"body", {{"query", query}}}};
  EXPECT_NE(ask("/v1/$batch", {{"requests", {part}}}).find(cancelled), std::string::npos);
}

TEST_F(LogFaces, ControlCommandsShowWhatThereIs) {
  const auto rows = [&](const std::string& command) { return Kusto(command, "/v1/rest/mgmt")["Tables"][0]["Rows"]; };
  EXPECT_GT(rows(".show tables").size(), 10u);
  EXPECT_EQ(rows(".show databases")[0][0], "default");
  EXPECT_NE(rows(".show table ['AppTraces'] cslschema")[0][1].get<std::string>().find("Message:string"),
            std::string::npos);
  const json schema = json::parse(rows(".show database default schema as json")[0][0].get<std::string>());
  EXPECT_EQ(schema["Databases"]["default"]["Tables"]["AppTraces"]["OrderedColumns"][1],
            (json{{"Name", "TimeGenerated"}, {"Type", "System.DateTime"}, {"CslType", "datetime"}}));
  EXPECT_NE(
      Kusto(".drop table AppTraces", "/v1/rest/mgmt", 400)["error"]["@message"].get<std::string>().find(".show tables"),
      std::string::npos);
  Kusto(".show table Nothing", "/v1/rest/mgmt", 404);
}

TEST_F(LogFaces, ATailAnswersWhenRowsCome) {
  const std::string path = std::string("/v1/workspaces/") + kWorkspace + "/tail";
  const auto row = [](const char* message) {
    return std::string(R"({"WorkspaceId":"11111111-2222-3333-4444-555555555555","Message":")") + message + "\"}";
  };
  ASSERT_TRUE(store_->Ingest("AppTraces", {row("old")}));
  const json first = SendJson("POST", path, {{"table", "traces"}, {"lines", 10}});
  EXPECT_EQ(first["rows"].size(), 1u);
  json second;
  std::thread waiting([&] {
    second = SendJson("POST", path,
                      {{"table", "traces"}, {"where", "message has 'new'"}, {"after", first["after"]}, {"wait", 20}});
  });
  ASSERT_TRUE(store_->Ingest("AppTraces", {row("other")}));
  ASSERT_TRUE(store_->Ingest("AppTraces", {row("new one")}));
  waiting.join();
  EXPECT_EQ(second["rows"].size(), 1u);
  EXPECT_NE(second["rows"].dump().find("new one"), std::string::npos);
  EXPECT_EQ(SendJson("POST", path, {{"table", "traces"}, {"after", second["after"]}, {"wait", 0}})["rows"].size(), 0u);
  EXPECT_NE(SendJson("POST", path, {{"table", "trace"}}, 400)["error"]["message"].get<std::string>().find("traces"),
            std::string::npos);
  SendJson("POST", path, {{"table", "traces"}, {"where", "nothing == 1"}}, 400);
}

TEST_F(LogFaces, TheStoreIsLookedAfter) {
  ASSERT_TRUE(store_->Ingest("AppTraces", {R"({"Message":"m","TimeGenerated":"2026-03-01T00:00:00Z"})"}));
  const json sealed = SendJson("POST", "/slipway/logs/seal", {{"rowsMin", 1}});
  EXPECT_EQ(sealed["value"][0]["day"], "2026-03-01");
  EXPECT_EQ(SendJson("GET", "/slipway/logs/sealed", json::object())["value"].size(), 1u);
  EXPECT_EQ(SendJson("POST", "/slipway/logs/purge", json::object())["rows"], 0);
  const std::string folder = (root_.path() / "backup").string();
  SendJson("POST", "/slipway/logs/backup", {{"folder", folder}});
  SendJson("POST", "/slipway/logs/backup", {{"folder", "relative"}}, 400);
  EXPECT_TRUE(SendJson("POST", "/slipway/logs/restore", {{"folder", folder}}).contains("replaced"));
  for (const json& finding : SendJson("GET", "/slipway/logs/fsck", json::object())["value"])
    EXPECT_TRUE(finding["ok"]) << finding;
  EXPECT_NE(Send("GET", "/slipway/metrics").body.find("slipway_log_rows_total 1\n"), std::string::npos);
}

TEST_F(LogFaces, MetadataNamesTablesAndColumns) {
  const json metadata = SendJson("GET", std::string("/v1/workspaces/") + kWorkspace + "/metadata", json::object());
  EXPECT_EQ(metadata["workspaces"][0]["id"], kWorkspace);
  EXPECT_GT(metadata["tables"].size(), 10u);
}

TEST_F(LogFaces, PagesProbesAndCountersHaveTheirTables) {
  const auto envelope = [](const char* type, json data) {
    return json{{"time", "2026-03-04T10:00:00Z"},
                {"iKey", kWorkspace},
                {"data", {{"baseType", type}, {"baseData", std::move(data)}}}};
  };
  SendJson("POST", "/v2/track",
           json::array(
               {envelope("PageViewData", {{"name", "p"}, {"url", "u"}, {"duration", "00:00:00.5"}}),
                envelope("AvailabilityData",
                         {{"name", "probe"}, {"runLocation", "here"}, {"success", true}, {"duration", "00:00:01"}}),
                envelope("PageViewPerfData", {{"name", "p"}, {"perfTotal", "00:00:02"}, {"domProcessing", "00:00:01"}}),
                envelope("MetricData",
                         {{"metrics", json::array({{{"name", "\\Process(x)\\Private Bytes"}, {"value", 5}}})}})}));
  EXPECT_EQ(Ask("pageViews | project name, url, duration, performanceBucket"),
            json::parse(R"([["p","u",500,"500ms-1sec"]])"));
  EXPECT_EQ(Ask("availabilityResults | project name, location, success, duration"),
            json::parse(R"([["probe","here","True",1000]])"));
  EXPECT_EQ(Ask("browserTimings | project name, totalDuration, processingDuration"),
            json::parse(R"([["p",2000,1000]])"));
  EXPECT_EQ(Ask("performanceCounters | project category, counter, instance, value"),
            json::parse(R"([["Process","Private Bytes","x",5]])"));
}

TEST(TelemetryJson, IsBoundedInDepth) {
  EXPECT_TRUE(ParseTelemetryJson(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(ParseTelemetryJson(std::string(101, '[') + std::string(101, ']')));
  EXPECT_TRUE(ParseTelemetryJson('"' + std::string(500, '[') + '"'));
  EXPECT_FALSE(ParseTelemetryJson("{"));
}

}  // namespace
}  // namespace slipway::api
