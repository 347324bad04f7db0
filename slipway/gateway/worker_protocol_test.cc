#include "slipway/gateway/worker_protocol.h"

#include <gtest/gtest.h>

namespace slipway::gateway {
namespace {

TEST(WorkerProtocolTest, RequestsAndAnswersSurviveTheTrip) {
  const std::string body("a\0b", 3);
  MessageReader reader;
  reader.Feed(EncodeRequest({"POST", "/score?x=1", "A: b\r\n", body}));
  const auto message = reader.Next();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->kind, MessageKind::kRequest);
  const auto request = DecodeRequest((*message)->payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->target, "/score?x=1");
  EXPECT_EQ(request->header_block, "A: b\r\n");
  EXPECT_EQ(request->body, body);

  reader.Feed(EncodeAnswer({418, true, 1.5, "X: y\r\n", "tea"}));
  const auto answer = DecodeAnswer((*reader.Next())->payload);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 418);
  EXPECT_TRUE(answer->run_failed);
  EXPECT_EQ(answer->exec_ms, 1.5);
  EXPECT_EQ(answer->body, "tea");
}

TEST(WorkerProtocolTest, MessagesArriveInAnyPieces) {
  const std::string bytes = EncodeReady({}) + EncodeFailed("why") + EncodeAnswer({});
  MessageReader reader;
  std::vector<MessageKind> kinds;
  for (const char byte : bytes) {
    reader.Feed({&byte, 1});
    const auto message = reader.Next();
    ASSERT_TRUE(message);
    if (*message) kinds.push_back((*message)->kind);
  }
  EXPECT_EQ(kinds, (std::vector{MessageKind::kReady, MessageKind::kFailed, MessageKind::kAnswer}));
}

TEST(WorkerProtocolTest, WhatIsNoMessageIsRefused) {
  MessageReader unknown_kind;
  unknown_kind.Feed(std::string("\0\0\0\0\x09", 5));
  EXPECT_FALSE(unknown_kind.Next());
  MessageReader too_large;
  too_large.Feed("\xff\xff\xff\xff\x04");
  EXPECT_FALSE(too_large.Next());
  EXPECT_FALSE(DecodeAnswer("xx"));
  EXPECT_FALSE(DecodeRequest(std::string("\xff\0\0\0x", 5)));
  std::string bad_status = EncodeAnswer({});
  bad_status[5] = bad_status[6] = 0;
  EXPECT_FALSE(DecodeAnswer(std::string_view(bad_status).substr(5)));
}

TEST(WorkerProtocolTest, RowsPingsAndReadinessComeThrough) {
  MessageReader reader;
  reader.Feed(EncodeRows({"model_inputs", "id", "[{}]", "frame"}) + EncodePing(7) + EncodePong(8) +
              EncodeReady({true, "{}"}));
  auto message = reader.Next();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->kind, MessageKind::kRows);
  const auto rows = DecodeRows((*message)->payload);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->collection, "model_inputs");
  EXPECT_EQ(rows->correlation_id, "id");
  EXPECT_EQ(rows->rows, "[{}]");
  EXPECT_EQ(rows->data_type, "frame");
  EXPECT_FALSE(DecodeRows(std::string_view((*message)->payload).substr(0, 20)));
  message = reader.Next();
  EXPECT_EQ((*message)->kind, MessageKind::kPing);
  EXPECT_EQ(DecodeNumber((*message)->payload).value_or(0), 7u);
  message = reader.Next();
  EXPECT_EQ((*message)->kind, MessageKind::kPong);
  EXPECT_FALSE(DecodeNumber("abc"));
  message = reader.Next();
  EXPECT_TRUE(DecodeReady((*message)->payload).takes_http);
  EXPECT_EQ(DecodeReady((*message)->payload).schema, "{}");
  EXPECT_FALSE(DecodeReady("").takes_http);  // as workers of an older version send it
}

}  // namespace
}  // namespace slipway::gateway
