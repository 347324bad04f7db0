#include "slipway/api/front_door.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace slipway::api {
namespace {

using net::Request;
using net::Response;

class FrontDoorTest : public testing::Test {
 protected:
  FrontDoorTest() : door_(router_, {"secret", {"slipway.example.org"}}) {
    const auto ok = [](const Request& request, const net::PathParameters&) {
      return Response::Text(200, request.method);
    };
    router_.Add("GET", "/healthz", ok);
    router_.Add("GET", "/things/{name}", ok);
    router_.Add("PUT", "/things/{name}", ok);
    router_.Add("POST", "/v2/track", ok);
  }

  static Request Of(std::string method, std::string target) {
    Request request;
    request.method = std::move(method);
    request.target = target;
    net::ParseTarget(target, request);
    request.headers.Set("Host", "127.0.0.1:7300");
    request.headers.Set("Authorization", "Bearer secret");
    return request;
  }

  static std::string CodeOf(const Response& response) { return nlohmann::json::parse(response.body)["error"]["code"]; }

  net::Router router_;
  FrontDoor door_;
};

TEST_F(FrontDoorTest, LetsTheTokenThrough) {
  EXPECT_EQ(door_.Handle(Of("GET", "/things/a")).status, 200);
}

TEST_F(FrontDoorTest, RefusesAMissingOrWrongToken) {
  for (const char* header : {"Bearer wrong", "Bearer ", "secret", "Basic secret", "Bearer secretx"}) {
    Request request = Of("GET", "/things/a");
    request.headers.Set("Authorization", header);
    const Response response = door_.Handle(request);
    EXPECT_EQ(response.status, 401) << header;
    EXPECT_NE(response.headers.Find("WWW-Authenticate"), nullptr);
  }
  Request request = Of("GET", "/things/a");
  request.headers.Remove("Authorization");
  EXPECT_EQ(door_.Handle(request).status, 401);
}

TEST_F(FrontDoorTest, LeavesHealthAndTelemetryOpen) {
  for (const auto& [method, path] : {std::pair{"GET", "/healthz"}, std::pair{"POST", "/v2/track"}}) {
    Request request = Of(method, path);
    request.headers.Remove("Authorization");
    EXPECT_EQ(door_.Handle(request).status, 200) << path;
  }
}

TEST_F(FrontDoorTest, TakesItsOwnNamesAlone) {
  for (const char* host : {"localhost", "LOCALHOST:7300", "127.0.0.1", "[::1]:7300", "slipway.example.org:7301"}) {
    Request request = Of("GET", "/healthz");
    request.headers.Set("Host", host);
    EXPECT_EQ(door_.Handle(request).status, 200) << host;
  }
  for (const char* host : {"evil.example.org", "127.0.0.1.evil.org", "", "localhost.evil.org:7300"}) {
    Request request = Of("GET", "/healthz");
    request.headers.Set("Host", host);
    EXPECT_EQ(CodeOf(door_.Handle(request)), "InvalidHost") << host;
  }
}

TEST_F(FrontDoorTest, RefusesPagesOfOthersOnEveryMethod) {
  for (const char* method : {"GET", "PUT"}) {
    Request request = Of(method, "/things/a");
    request.headers.Set("Origin", "http://evil.example.org");
    EXPECT_EQ(door_.Handle(request).status, 403) << method;
    request.headers.Set("Origin", "http://127.0.0.1:7300");
    EXPECT_EQ(door_.Handle(request).status, 200) << method;
  }
}

TEST_F(FrontDoorTest, SaysWhatIsNotThere) {
  EXPECT_EQ(door_.Handle(Of("GET", "/nothing")).status, 404);
  const Response response = door_.Handle(Of("DELETE", "/things/a"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(*response.headers.Find("Allow"), "GET, PUT");
}

TEST_F(FrontDoorTest, GivesTheRequestsIdBack) {
  Request request = Of("GET", "/things/a");
  request.headers.Set("x-ms-client-request-id", "1234");
  EXPECT_EQ(*door_.Handle(request).headers.Find("x-ms-client-request-id"), "1234");
}

}  // namespace
}  // namespace slipway::api
