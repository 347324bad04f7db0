#include "slipway/api/front_door.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/api/operations.h"
#include "slipway/base/text.h"

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

TEST_F(FrontDoorTest, TakesTheTokenAsAPasswordToo) {
  Request request = Of("GET", "/things/a");
  request.headers.Set("Authorization", "Basic " + Base64Encode("anybody:secret"));
  EXPECT_EQ(door_.Handle(request).status, 200);
  for (const char* pair : {"anybody:wrong", "secret", "secret:", ":"}) {
    request.headers.Set("Authorization", "Basic " + Base64Encode(pair));
    EXPECT_EQ(door_.Handle(request).status, 401) << pair;
  }
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

// What a workflow's job may ask with its own token.
class TokenOfAWorkspace : public testing::Test {
 protected:
  static Result<domain::Scope> ScopeOf(std::string_view token) {
    if (token == "job") return Staging();
    return Error(Code::kUnauthenticated, "no token of ours");
  }
  static domain::Scope Staging() { return {"sub", "local", "staging"}; }
  int Status(const std::string& method, const std::string& path) const {
    Request request;
    request.method = method;
    request.target = path;
    EXPECT_TRUE(net::ParseTarget(path, request));
    request.headers.Set("Host", "127.0.0.1:7300");
    request.headers.Set("Authorization", "Bearer job");
    return door_.Handle(request).status;
  }
  // 404 is what a door says that let through: there is no route behind it.
  bool LetsIn(const std::string& method, const std::string& path) const { return Status(method, path) != 401; }

  net::Router router_;
  FrontDoor door_{router_, {"secret", {}, ScopeOf}};
};

TEST_F(TokenOfAWorkspace, OpensThatWorkspaceAlone) {
  const std::string staging = Staging().ArmId();
  EXPECT_TRUE(LetsIn("PUT", staging + "/models/m/versions/1"));
  EXPECT_TRUE(LetsIn("POST", "/mlflow/v2.0" + staging + "/api/2.0/mlflow/runs/create"));
  EXPECT_FALSE(LetsIn("GET", domain::Scope{"sub", "local", "staging2"}.ArmId()));
  EXPECT_FALSE(LetsIn("GET", domain::Scope{"sub", "local", "production"}.ArmId() + "/models"));
}

TEST_F(TokenOfAWorkspace, LetsNoJobApproveItself) {
  const std::string staging = Staging().ArmId();
  EXPECT_TRUE(LetsIn("GET", staging + "/slipway/workflows/runs/1"));
  EXPECT_FALSE(LetsIn("POST", staging + "/slipway/workflows/runs/1/approve"));
  EXPECT_FALSE(LetsIn("PUT", staging + "/slipway/environmentGates/Production"));
}

TEST_F(TokenOfAWorkspace, UsesRegistriesAndDoesNotManageThem) {
  const std::string registry = domain::Scope{"sub", "local", "", "shared"}.ArmId();
  EXPECT_TRUE(LetsIn("GET", registry));
  EXPECT_TRUE(LetsIn("PUT", registry + "/environments/e/versions/1"));
  EXPECT_TRUE(LetsIn("POST", registry + "/models/m/versions/1/startPendingUpload"));
  EXPECT_TRUE(LetsIn("GET", registry + "/slipway/files/models/m/1/"));
  EXPECT_TRUE(LetsIn("POST", Staging().ArmId() + "/slipway/share"));
  EXPECT_FALSE(LetsIn("PUT", registry));
  EXPECT_FALSE(LetsIn("DELETE", registry + "/models/m/versions/1"));
  EXPECT_FALSE(LetsIn("PUT", registry + "/slipway/sealed/models/m/1"));
  EXPECT_FALSE(LetsIn("PUT", domain::Scope{"sub", "other", "", "shared"}.ArmId() + "/models/m/versions/1"));
  EXPECT_FALSE(LetsIn("PUT", "/slipway/signing/keys"));
  EXPECT_FALSE(LetsIn("GET", "/slipway/audit"));
  EXPECT_TRUE(LetsIn("POST", Staging().ArmId() + "/slipway/promotions"));
  EXPECT_FALSE(LetsIn("POST", Staging().ArmId() + "/slipway/promotions/m-1/approve"));
}

TEST_F(TokenOfAWorkspace, FollowsTheOperationsOfThatWorkspace) {
  const auto path_of = [](const std::string& workspace) {
    return StatusUrl("", {Operation::Kind::kPutDeployment, {"sub", "local", workspace}, "scores", "blue", 1});
  };
  EXPECT_TRUE(LetsIn("GET", path_of("staging")));
  EXPECT_FALSE(LetsIn("GET", path_of("production")));
  EXPECT_FALSE(LetsIn("DELETE", path_of("staging")));
}

}  // namespace
}  // namespace slipway::api
