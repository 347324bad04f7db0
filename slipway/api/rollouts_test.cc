// Safe rollouts over REST, by requests as values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/api/rollout_routes.h"
#include "slipway/api/testing/ask.h"
#include "slipway/endpoints/testing/endpoint_world.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class RolloutRoutesTest : public ::testing::Test, protected endpoints::testing::EndpointWorld {
 protected:
  RolloutRoutesTest() {
    (void)service->PutEndpoint(scope, Endpoint());
    Deploy(ModelDeployment("blue"));
    Deploy(ModelDeployment("green"));
    (void)service->MoveTraffic(scope, "credit", {}, {{"blue", 100}});
    MountRollouts(router, {rollout_service, rollouts, workspaces});
  }

  std::pair<int, json> Call(const std::string& method, const std::string& path, const json& body = nullptr) {
    const net::Response response =
        testing::Ask(router, method, scope.ArmId() + "/slipway/rollouts" + path, body.is_null() ? "" : body.dump());
    return {response.status, json::parse(response.body, nullptr, false)};
  }
  static json Body(json guards = {"p99_ms<20"}) {
    return {{"properties",
             {{"endpoint", "credit"},
              {"to", "green"},
              {"steps", {5, 100}},
              {"every", "PT1M"},
              {"guards", std::move(guards)},
              {"status", "Completed"},  // a client says nothing of the state
              {"share", 77}}}};
  }

  endpoints::Rollouts rollout_service{
      {rollouts, workspaces, *service, [](const auto&) { return domain::RolloutEvidence{}; }, clock}};
  net::Router router;
};

TEST_F(RolloutRoutesTest, AreStartedShownAndSteered) {
  const auto [status, made] = Call("PUT", "/first", Body());
  EXPECT_EQ(status, 201);
  EXPECT_EQ(made["name"], "first");
  EXPECT_EQ(made["properties"]["from"], "blue");
  EXPECT_EQ(made["properties"]["status"], "Running");
  EXPECT_EQ(made["properties"]["share"], 5);
  EXPECT_EQ(service->GetEndpoint(scope, "credit")->traffic.at("green"), 5);
  EXPECT_EQ(Call("GET", "/FIRST").second["properties"]["every"], "PT1M");
  EXPECT_EQ(Call("GET", "").second["value"].size(), 1u);
  EXPECT_EQ(Call("GET", "?endpoint=other").second["value"].size(), 0u);
  EXPECT_EQ(Call("POST", "/first/pause").second["properties"]["status"], "Paused");
  EXPECT_EQ(Call("POST", "/first/resume").second["properties"]["status"], "Running");
  const json promoted = Call("POST", "/first/promote").second["properties"];
  EXPECT_EQ(promoted["status"], "Completed");
  EXPECT_EQ(promoted["decisions"].size(), 4u);
  const auto [late, error] = Call("POST", "/first/abort");
  EXPECT_EQ(late, 400);
  EXPECT_THAT(error["error"]["message"], HasSubstr("is over"));
}

TEST_F(RolloutRoutesTest, ABadGuardIsShownWithACaret) {
  const auto [status, answer] = Call("PUT", "/first", Body({"p99_ms = 20"}));
  EXPECT_EQ(status, 400);
  EXPECT_THAT(answer["error"]["message"], HasSubstr("p99_ms = 20\n         ^"));
  EXPECT_EQ(Call("GET", "/first").first, 404);
}

}  // namespace
}  // namespace slipway::api
