#include "slipway/gateway/trace_context.h"

#include <gmock/gmock.h>

#include "slipway/gateway/gateway_fixture.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kUuid = "01234567-89ab-4def-bedc-ba9876543210";
constexpr std::string_view kSent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, KeepsTheTraceAndGivesItselfASpan) {
  const auto trace = ContinueTrace(kSent, kUuid);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->caller_id, "b7ad6b7169203331");
  EXPECT_EQ(trace->Header(), "00-0af7651916cd43dd8448eb211c80319c-bedcba9876543210-01");
  EXPECT_TRUE(ContinueTrace("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", kUuid));
}

TEST(TraceContextTest, WhatIsNotWellFormedIsLeftAlone) {
  for (const std::string_view sent : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                                      "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                                      "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    EXPECT_FALSE(ContinueTrace(sent, kUuid)) << sent;
}

TEST_F(GatewayTest, ATraceGoesThroughToTheScriptTheCallerAndTheLog) {
  ASSERT_TRUE(WriteFileAtomic(code() / "trace.py",
                              "def init(): pass\n"
                              "def run(data, request_headers):\n"
                              "    return {k.lower(): v for k, v in request_headers.items()}.get('traceparent')\n"));
  Json blue = PythonDeployment("blue");
  blue["scoring_script"] = "trace.py";
  blue["app_insights_enabled"] = true;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {blue})));
  const net::Response traced = Score("{}", Header("traceparent", std::string(kSent)));
  const std::string answered = HeaderOf(traced, "traceresponse");
  EXPECT_EQ(answered.substr(0, 36), kSent.substr(0, 36));
  EXPECT_NE(answered, kSent);
  EXPECT_EQ(traced.body, "\"" + answered + "\"");
  const auto rows = Rows("AppRequests");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["OperationId"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(rows[0]["ParentId"], "b7ad6b7169203331");
  EXPECT_EQ(HeaderOf(Score("{}"), "traceresponse"), "");
}

}  // namespace
}  // namespace slipway::gateway
