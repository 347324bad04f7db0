#include "slipway/gateway/call.h"

#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

TEST(UuidTest, IsAVersion4UuidOfItsNumbers) {
  EXPECT_EQ(UuidOf(0, 0), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(UuidOf(0x0123456789abcdef, 0xfedcba9876543210), "01234567-89ab-4def-bedc-ba9876543210");
}

TEST(CallTest, IdsAreEchoedAsTheInferenceServerDoes) {
  const auto headers_for = [](CallIds ids) {
    Call call;
    call.ids = std::move(ids);
    return AnswerOfModel(call, 200, "{}", 1.0604).headers;
  };
  const auto contains = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  const std::string none = headers_for({"a", "", ""});
  EXPECT_TRUE(contains(none, "x-request-id: a\r\n") && contains(none, "x-ms-request-id: a\r\n"));
  EXPECT_FALSE(contains(none, "x-ms-client-request-id"));
  const std::string client = headers_for({"a", "c", ""});
  EXPECT_TRUE(contains(client, "x-ms-request-id: c\r\n") && contains(client, "x-ms-client-request-id: c\r\n"));
  const std::string legacy = headers_for({"a", "", "b"});
  EXPECT_TRUE(contains(legacy, "x-ms-request-id: b\r\n") && contains(legacy, "x-ms-client-request-id: b\r\n"));
  const std::string both = headers_for({"a", "c", "b"});
  EXPECT_TRUE(contains(both, "x-ms-request-id: b\r\n") && contains(both, "x-ms-client-request-id: c\r\n"));
  EXPECT_TRUE(contains(both, "x-ms-run-fn-exec-ms: 1.060\r\n"));
}

TEST(CallTest, FailuresCarryTheReasonAndTheModelsStatus) {
  const Call call;
  EXPECT_EQ(AnswerOfFailure(call, ScoreOutcome::Kind::kTimedOut).status, 408);
  EXPECT_EQ(AnswerOfFailure(call, ScoreOutcome::Kind::kCrashed).model_status, 502);
  const CallAnswer unready = AnswerOfFailure(call, ScoreOutcome::Kind::kNotReady);
  EXPECT_EQ(unready.status, 424);
  EXPECT_NE(unready.headers.find("ms-azureml-model-error-reason: model_not_ready\r\n"), std::string::npos);
  EXPECT_EQ(AnswerTooManyPending(call).status, 429);
}

}  // namespace
}  // namespace slipway::gateway
