#include "slipway/api/answer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace slipway::api {
namespace {

TEST(ErrorAnswer, SaysEachComplaintOnce) {
  const Error error = NotFound("there is no 'a'").With("step 'x'").Also({InvalidArgument("two\nlines"), NotFound("c")});
  const net::Response response = ErrorAnswer(error);
  EXPECT_EQ(response.status, 404);
  const auto body = nlohmann::json::parse(response.body)["error"];
  EXPECT_EQ(body["message"], "step 'x': there is no 'a'");
  ASSERT_EQ(body["details"].size(), 2);
  EXPECT_EQ(body["details"][0]["message"], "two\nlines");
  EXPECT_EQ(body["details"][1]["message"], "c");
}

TEST(ErrorAnswer, HasNoDetailsOfASingleComplaint) {
  const auto body = nlohmann::json::parse(ErrorAnswer(NotFound("gone")).body)["error"];
  EXPECT_EQ(body["message"], "gone");
  EXPECT_FALSE(body.contains("details"));
}

}  // namespace
}  // namespace slipway::api
