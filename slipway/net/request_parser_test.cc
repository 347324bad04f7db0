#include "slipway/net/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace slipway::net {
namespace {

using State = RequestParser::State;

State FeedAll(RequestParser& parser, std::string_view input) {
  size_t consumed = 0;
  return parser.Feed(input, consumed);
}

TEST(RequestParserTest, ReadsARequestWithABody) {
  RequestParser parser({});
  ASSERT_EQ(FeedAll(parser, "POST /score?a=1 HTTP/1.1\r\nHost: h\r\nX-A:  b \r\nContent-Length: 5\r\n\r\nhello"),
            State::kComplete);
  const RequestView& request = parser.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/score?a=1");
  EXPECT_EQ(request.path(), "/score");
  EXPECT_EQ(request.Find("x-a"), "b");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(parser.keep_alive());
}

TEST(RequestParserTest, AWholeUriAsTheTargetBringsItsOwnHost) {
  const auto read = [](const std::string& target) {
    RequestParser parser({});
    EXPECT_EQ(FeedAll(parser, "GET " + target + " HTTP/1.1\r\nhost: other\r\n\r\n"), State::kComplete) << target;
    return std::string(parser.request().Find("Host")) + " " + std::string(parser.request().target);
  };
  EXPECT_EQ(read("http://a.example:80/score?x=1"), "a.example:80 /score?x=1");
  EXPECT_EQ(read("HTTPS://a.example"), "a.example /");
  EXPECT_EQ(read("http://a.example?x=/1"), "a.example /?x=/1");
  EXPECT_EQ(read("/http://a"), "other /http://a");
}

TEST(RequestParserTest, ReadsTheSameWhateverTheCutsAre) {
  const std::string text =
      "POST /s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n";
  for (size_t cut = 1; cut < text.size(); ++cut) {
    RequestParser parser({});
    size_t consumed = 0;
    ASSERT_EQ(parser.Feed(std::string_view(text).substr(0, cut), consumed), State::kNeedMore) << cut;
    const std::string rest = text.substr(consumed);
    ASSERT_EQ(FeedAll(parser, rest), State::kComplete) << cut;
    EXPECT_EQ(parser.request().body, "abcdefg") << cut;
  }
}

TEST(RequestParserTest, LeavesThePipelinedRequestBehindTheFirst) {
  RequestParser parser({});
  const std::string_view both = "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  size_t consumed = 0;
  ASSERT_EQ(parser.Feed(both, consumed), State::kComplete);
  EXPECT_EQ(parser.request().target, "/a");
  parser.Reset();
  ASSERT_EQ(FeedAll(parser, both.substr(consumed)), State::kComplete);
  EXPECT_EQ(parser.request().target, "/b");
}

TEST(RequestParserTest, KnowsWhenTheClientWaitsForContinue) {
  RequestParser parser({});
  ASSERT_EQ(FeedAll(parser, "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            State::kNeedMore);
  EXPECT_TRUE(parser.wants_continue());
}

TEST(RequestParserTest, RefusesHeadersAndBodiesOverTheLimits) {
  RequestParser large_header({.header_bytes_max = 200, .body_bytes_max = 10});
  EXPECT_EQ(FeedAll(large_header, "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'x') + "\r\n\r\n"),
            State::kFailed);
  EXPECT_EQ(large_header.error_status(), 431);
  RequestParser large_body({.header_bytes_max = 200, .body_bytes_max = 10});
  EXPECT_EQ(FeedAll(large_body, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), State::kFailed);
  EXPECT_EQ(large_body.error_status(), 413);
  RequestParser large_chunks({.header_bytes_max = 200, .body_bytes_max = 10});
  EXPECT_EQ(
      FeedAll(large_chunks, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n"),
      State::kFailed);
  EXPECT_EQ(large_chunks.error_status(), 413);
}

TEST(RequestParserTest, TrailersAreNoHeaders) {
  RequestParser parser({});
  ASSERT_EQ(FeedAll(parser,
                    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                    "Authorization: Bearer x\r\nX: y\r\n\r\n"),
            State::kComplete);
  EXPECT_EQ(parser.request().body, "abc");
  EXPECT_EQ(parser.request().Find("Authorization"), "");
  EXPECT_EQ(parser.request().headers.size(), 2u);
}

TEST(RequestParserTest, ANulInAHeaderIsRefused) {
  RequestParser parser({});
  EXPECT_EQ(FeedAll(parser, std::string_view("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 29)), State::kFailed);
  EXPECT_EQ(parser.error_status(), 400);
}

struct Malformed {
  const char* name;
  const char* text;
  int status;
};
class MalformedRequestTest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedRequestTest, IsRefused) {
  RequestParser parser({});
  ASSERT_EQ(FeedAll(parser, GetParam().text), State::kFailed);
  EXPECT_EQ(parser.error_status(), GetParam().status);
  EXPECT_NE(parser.error(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Smuggling, MalformedRequestTest,
    testing::Values(
        Malformed{"LengthThenEncoding",
                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Malformed{"EncodingThenLength",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        Malformed{"TwoLengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
        Malformed{"TwoEqualLengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
                  400},
        Malformed{"LengthList", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\n", 400},
        Malformed{"SignedLength", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n", 400},
        Malformed{"HugeLength", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
        Malformed{"OtherCoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        Malformed{"MaskedCoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
        Malformed{"TwoCodings",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                  400},
        Malformed{"FoldedLine", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
        Malformed{"BlankBeforeColon", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\n", 400},
        Malformed{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Malformed{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Malformed{"TwoCredentials",
                  "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400},
        Malformed{"TwoContentTypes",
                  "GET / HTTP/1.1\r\nHost: h\r\nContent-Type: text/csv\r\nContent-Type: application/json\r\n\r\n", 400},
        Malformed{"BadChunkSize", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400},
        Malformed{"BareLineFeeds", "GET / HTTP/1.1\nHost: h\n\n", 400},
        Malformed{"BareLineFeedInAHeader", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
        Malformed{"BareReturnInAHeader", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rContent-Length: 3\r\n\r\n", 400},
        Malformed{"FoldedCoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", 400},
        Malformed{"VerticalTabBeforeCoding",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0b"
                  "chunked\r\n\r\n",
                  400},
        Malformed{"BlankInAName", "GET / HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n", 400},
        Malformed{"NoColon", "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding chunked\r\n\r\n", 400},
        Malformed{"EmptyLength", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", 400},
        Malformed{"HexLength", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\n", 400},
        Malformed{"NegativeLength", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
        Malformed{"EmptyCoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \r\n\r\n", 501},
        Malformed{"HexChunkSize",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 400},
        Malformed{"HugeChunkSize",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n", 400},
        Malformed{"EmptyChunkSize", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\r\nabc\r\n", 400},
        Malformed{"BareLineFeedAfterChunkSize",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400},
        Malformed{"ChunkLongerThanItSays",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
        Malformed{"BareLineFeedAfterAChunk",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", 400},
        Malformed{"TwoTargets", "GET /a /b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Malformed{"BlankBeforeAMethod", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Malformed{"Http09", "GET /\r\n\r\n", 400}, Malformed{"NoHttp", "hello\r\n\r\n", 400},
        Malformed{"Http2", "PRI * HTTP/2.0\r\n\r\n", 505}, Malformed{"Tls", "\x16\x03\x01\x02\r\n\r\n", 400}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slipway::net
