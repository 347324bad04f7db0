// Online endpoints over REST, by requests as values.
#include "slipway/api/arm_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slipway/api/operations.h"
#include "slipway/api/routing_routes.h"
#include "slipway/api/testing/ask.h"
#include "slipway/base/hash.h"
#include "slipway/endpoints/testing/endpoint_world.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kServer = "https://localhost:7301";

class ArmEndpointsTest : public ::testing::Test, protected endpoints::testing::EndpointWorld {
 protected:
  ArmEndpointsTest() { Mount(); }

  void Mount() {
    router.emplace();
    MountEndpoints(*router, {*service, endpoints, workspaces, "http://127.0.0.1:7300"});
    MountRouting(*router, *service);
  }

  net::Response Call(const std::string& method, const std::string& target, const json& body = nullptr) {
    net::Headers headers;
    headers.Set("Host", "localhost:7301");
    return testing::Ask(*router, method, target, body.is_null() ? "" : body.dump(), std::move(headers), true);
  }
  net::Response CallIn(const std::string& method, const std::string& path, const json& body = nullptr) {
    return Call(method, scope.ArmId() + path, body);
  }
  // The path of an absolute link.
  net::Response Follow(const net::Response& response, const char* header) {
    const std::string* link = response.headers.Find(header);
    if (!link) return {0, {}, std::string("no ") + header};
    EXPECT_THAT(*link, StartsWith(kServer));
    return Call("GET", link->substr(std::string_view(kServer).size()));
  }
  static json Body(const net::Response& response) { return json::parse(response.body, nullptr, false); }
  static std::string Message(const net::Response& response) {
    return Body(response)["error"].value("message", response.body);
  }
  static std::string HeaderOf(const net::Response& response, const char* name) {
    const std::string* value = response.headers.Find(name);
    return value ? *value : "";
  }

  static json EndpointBody(json properties = json::object()) {
    properties.emplace("authMode", "Key");
    return {{"location", "local"}, {"identity", {{"type", "systemAssigned"}}}, {"properties", std::move(properties)}};
  }
  static json DeploymentBody(json properties = json::object()) {
    properties.emplace("endpointComputeType", "Managed");
    properties.emplace("model", "azureml:m:1");
    return {
        {"location", "local"}, {"sku", {{"name", "Default"}, {"capacity", 1}}}, {"properties", std::move(properties)}};
  }
  net::Response PutEndpoint(json properties = json::object(), const std::string& name = "credit") {
    return CallIn("PUT", "/onlineEndpoints/" + name, EndpointBody(std::move(properties)));
  }
  net::Response PutDeployment(json properties = json::object(), const std::string& name = "blue") {
    return CallIn("PUT", "/onlineEndpoints/credit/deployments/" + name, DeploymentBody(std::move(properties)));
  }
  // As the gateway would.
  void MakeReady(const std::string& name = "blue") {
    const auto prepared = WaitUntilPrepared(name);
    const json report = {{"endpoint", "credit"},
                         {"deployment", name},
                         {"revision", prepared.revision},
                         {"state", "Succeeded"},
                         {"message", ""}};
    EXPECT_EQ(Call("POST", "/slipway/gateway/status", {{"deployments", {report}}}).status, 200);
    AcknowledgeRouting();
  }
  // A gateway that has applied the newest snapshot, so that changes do not wait for it.
  void AcknowledgeRouting() {
    Snapshot();
    (void)service->WaitForRouting(etag, std::chrono::milliseconds(0));
  }
  void HaveEndpointWithBlue() {
    ASSERT_EQ(PutEndpoint().status, 201);
    ASSERT_EQ(PutDeployment().status, 201);
    MakeReady();
  }

  std::optional<net::Router> router;
};

TEST_F(ArmEndpointsTest, AnEndpointIsMadeChangedShownListedAndDeleted) {
  const auto created =
      PutEndpoint({{"description", "d"}, {"traffic", json::object()}, {"mirrorTraffic", json::object()}});
  ASSERT_EQ(created.status, 201) << created.body;
  const json shape = Body(created);
  EXPECT_EQ(shape["name"], "credit");
  EXPECT_EQ(shape["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(shape["properties"]["scoringUri"], "https://127.0.0.1:7443/endpoints/credit/score");
  EXPECT_EQ(shape["properties"]["swaggerUri"], "https://127.0.0.1:7443/endpoints/credit/swagger.json");
  EXPECT_EQ(shape["properties"]["properties"]["azureml.onlineendpointid"], shape["id"]);
  EXPECT_EQ(shape["properties"]["properties"]["AzureAsyncOperationUri"], HeaderOf(created, "Azure-AsyncOperation"));
  EXPECT_FALSE(shape["properties"].contains("keys"));
  EXPECT_EQ(Body(Follow(created, "Azure-AsyncOperation"))["status"], "Succeeded");

  json changed = shape;  // clients send back what they were shown
  changed["properties"]["description"] = "other";
  EXPECT_EQ(CallIn("PUT", "/onlineEndpoints/credit", changed).status, 200);
  EXPECT_TRUE(endpoints.GetEndpoint(scope, "credit")->properties.empty());
  EXPECT_EQ(Body(CallIn("GET", "/onlineEndpoints/CREDIT"))["properties"]["description"], "other");
  const auto patched = CallIn("PATCH", "/onlineEndpoints/credit", {{"tags", {{"a", "b"}}}, {"properties", {{"x", 1}}}});
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(Body(patched)["tags"], json({{"a", "b"}}));
  EXPECT_EQ(Body(patched)["properties"]["description"], "other");

  const auto deleted = CallIn("DELETE", "/onlineEndpoints/credit");
  EXPECT_EQ(deleted.status, 202);
  EXPECT_EQ(Body(Follow(deleted, "Azure-AsyncOperation"))["status"], "Succeeded");
  EXPECT_EQ(Follow(deleted, "Location").status, 204);
  EXPECT_EQ(CallIn("DELETE", "/onlineEndpoints/credit").status, 204);
  EXPECT_EQ(CallIn("GET", "/onlineEndpoints/credit").status, 404);
  EXPECT_EQ(Body(Follow(created, "Azure-AsyncOperation"))["status"], "Canceled");
}

TEST_F(ArmEndpointsTest, ListsAreFilteredSortedAndPaged) {
  for (const char* name : {"first", "second", "third"}) {
    ASSERT_EQ(PutEndpoint({}, name).status, 201);
    clock.Advance(std::chrono::seconds(1));
  }
  ASSERT_EQ(CallIn("PATCH", "/onlineEndpoints/first", {{"tags", {{"team", "risk"}}}}).status, 200);
  const auto names = [&](const std::string& query) {
    std::string all;
    const json page = Body(CallIn("GET", "/onlineEndpoints" + query));
    for (const json& item : page["value"]) all += item["name"].get<std::string>() + " ";
    return all;
  };
  EXPECT_EQ(names(""), "third second first ");
  EXPECT_EQ(names("?orderBy=CreatedAtAsc"), "first second third ");
  EXPECT_EQ(names("?orderBy=UpdatedAtDesc"), "first third second ");
  EXPECT_EQ(names("?name=Second"), "second ");
  EXPECT_EQ(names("?tags=team%3Drisk"), "first ");
  EXPECT_EQ(names("?tags=team%3Dother"), "");
  EXPECT_EQ(names("?tags=team"), "first ");
  EXPECT_EQ(names("?properties=team"), "");
  EXPECT_EQ(names("?computeType=Kubernetes"), "");
  EXPECT_EQ(names("?count=2"), "third second ");
  EXPECT_EQ(names("?count=2&$skip=2"), "first ");
  EXPECT_TRUE(Body(CallIn("GET", "/onlineEndpoints?count=2")).contains("nextLink"));
}

TEST_F(ArmEndpointsTest, EndpointsThatCannotBeAreRefused) {
  EXPECT_THAT(Message(PutEndpoint({{"authMode", "AADToken"}})), HasSubstr("AADToken is not supported yet"));
  EXPECT_EQ(PutEndpoint({{"authMode", "Passport"}}).status, 400);
  EXPECT_THAT(Message(PutEndpoint({}, "c")), HasSubstr("3 to 32 characters"));
  EXPECT_THAT(Message(PutEndpoint({{"traffic", {{"blue", 100}}}})), HasSubstr("no deployment 'blue'"));
  EXPECT_EQ(CallIn("PUT", "/onlineEndpoints/credit", {{"location", "local"}}).status, 400);
  const std::string nowhere = domain::Scope{scope.subscription, scope.resource_group, "nowhere"}.ArmId();
  EXPECT_EQ(Call("PUT", nowhere + "/onlineEndpoints/credit", EndpointBody()).status, 404);
  EXPECT_EQ(Call("GET", nowhere + "/onlineEndpoints").status, 404);
  domain::Workspace other;
  other.scope.workspace = "other";
  ASSERT_TRUE(workspaces.PutWorkspace(other));
  ASSERT_EQ(PutEndpoint().status, 201);
  EXPECT_EQ(Call("PUT", other.scope.ArmId() + "/onlineEndpoints/credit", EndpointBody()).status, 409);
}

TEST_F(ArmEndpointsTest, KeysAreListedAndRegenerated) {
  ASSERT_EQ(PutEndpoint().status, 201);
  const json keys = Body(CallIn("POST", "/onlineEndpoints/credit/listKeys"));
  EXPECT_EQ(Snapshot()["endpoints"][0]["key_sha256"], json({Sha256Hex(keys["primaryKey"].get<std::string>()),
                                                            Sha256Hex(keys["secondaryKey"].get<std::string>())}));
  AcknowledgeRouting();
  // As Azure's Python client does: with the present key.
  const auto regenerated = CallIn("POST", "/onlineEndpoints/credit/regenerateKeys",
                                  {{"keyType", "Primary"}, {"keyValue", keys["primaryKey"]}});
  EXPECT_EQ(regenerated.status, 202);
  EXPECT_EQ(Follow(regenerated, "Location").status, 200);
  EXPECT_EQ(Body(Follow(regenerated, "Azure-AsyncOperation"))["status"], "Succeeded");
  const json now = Body(CallIn("POST", "/onlineEndpoints/credit/listKeys", json::object()));
  EXPECT_NE(now["primaryKey"], keys["primaryKey"]);
  EXPECT_EQ(now["secondaryKey"], keys["secondaryKey"]);
  EXPECT_THAT(Message(CallIn("POST", "/onlineEndpoints/credit/regenerateKeys", {{"keyType", "Third"}})),
              HasSubstr("Primary or Secondary, not 'Third'"));
  EXPECT_EQ(CallIn("POST", "/onlineEndpoints/other/listKeys").status, 404);
  EXPECT_EQ(CallIn("POST", "/onlineEndpoints/other/regenerateKeys", {{"keyType", "Primary"}}).status, 404);
  EXPECT_EQ(CallIn("POST", "/onlineEndpoints/credit/token").status, 400);
}

TEST_F(ArmEndpointsTest, TokensAreForTokenEndpoints) {
  ASSERT_EQ(PutEndpoint({{"authMode", "AMLToken"}}).status, 201);
  const json token = Body(CallIn("POST", "/onlineEndpoints/credit/token"));
  EXPECT_THAT(token["accessToken"].get<std::string>(), StartsWith("slp1.credit."));
  EXPECT_EQ(token["expiryTimeUtc"].get<int64_t>() - token["refreshAfterTimeUtc"].get<int64_t>(), 900);
  EXPECT_EQ(token["tokenType"], "Bearer");
  EXPECT_THAT(Message(CallIn("POST", "/onlineEndpoints/credit/listKeys")), HasSubstr("takes tokens, not keys"));
}

TEST_F(ArmEndpointsTest, TheLocalAddressIsTold) {
  ASSERT_EQ(PutEndpoint().status, 201);
  service->SetGatewayAddress("127.0.0.1", 9999);
  EXPECT_EQ(Body(CallIn("GET", "/slipway/endpoints/credit/url")),
            json({{"scoringUri", "https://127.0.0.1:9999/endpoints/credit/score"}}));
  EXPECT_EQ(CallIn("GET", "/slipway/endpoints/other/url").status, 404);
}

TEST_F(ArmEndpointsTest, ADeploymentIsMadeAndPolledUntilItServes) {
  ASSERT_EQ(PutEndpoint().status, 201);
  const auto created = PutDeployment();
  ASSERT_EQ(created.status, 201) << created.body;
  const json shape = Body(created);
  EXPECT_EQ(shape["properties"]["provisioningState"], "Creating");
  EXPECT_EQ(shape["properties"]["model"], scope.ArmId() + "/models/m/versions/1");
  EXPECT_EQ(shape["properties"]["properties"]["AzureAsyncOperationUri"], HeaderOf(created, "Azure-AsyncOperation"));
  EXPECT_TRUE(shape["properties"].contains("scaleSettings"));
  const auto under_way = Follow(created, "Azure-AsyncOperation");
  EXPECT_EQ(Body(under_way)["status"], "InProgress");
  EXPECT_EQ(HeaderOf(under_way, "Retry-After"), "1");
  MakeReady();
  EXPECT_EQ(Body(Follow(created, "Azure-AsyncOperation"))["status"], "Succeeded");
  EXPECT_EQ(Body(CallIn("GET", "/onlineEndpoints/credit/deployments/blue"))["properties"]["provisioningState"],
            "Succeeded");
  EXPECT_EQ(Body(CallIn("GET", "/onlineEndpoints/credit/deployments"))["value"].size(), 1u);
  const json sku = Body(CallIn("GET", "/onlineEndpoints/credit/deployments/blue/skus"))["value"][0];
  EXPECT_EQ(sku["sku"]["name"], "Standard_DS3_v2");
  EXPECT_EQ(sku["capacity"]["scaleType"], "Manual");

  const auto again = CallIn("PUT", "/onlineEndpoints/credit/deployments/blue", shape);  // what was shown, sent back
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(Body(again)["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(Body(Follow(again, "Azure-AsyncOperation"))["status"], "Succeeded");
}

TEST_F(ArmEndpointsTest, OperationsOutliveTheServer) {
  ASSERT_EQ(PutEndpoint().status, 201);
  const auto created = PutDeployment();
  WaitUntilPrepared();
  StopServer();
  StartServer();
  Mount();
  EXPECT_EQ(Body(Follow(created, "Azure-AsyncOperation"))["status"], "InProgress");
  MakeReady();
  EXPECT_EQ(Body(Follow(created, "Azure-AsyncOperation"))["status"], "Succeeded");
}

TEST_F(ArmEndpointsTest, AFailedDeploymentTellsCodeAndReason) {
  ASSERT_EQ(PutEndpoint().status, 201);
  const auto created =
      PutDeployment({{"codeConfiguration", {{"codeId", "azureml:code:1"}, {"scoringScript", "score.cpp"}}},
                     {"environmentId", scope.ArmId() + "/environments/breaks/versions/1"}});
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_THAT(Body(created)["properties"]["codeConfiguration"]["codeId"].get<std::string>(),
              EndsWith("/codes/code/versions/1"));
  WaitUntilPrepared();
  const json status = Body(Follow(created, "Azure-AsyncOperation"));
  EXPECT_EQ(status["status"], "Failed");
  EXPECT_EQ(status["error"]["code"], "ImageBuildFailure");
  EXPECT_THAT(status["error"]["message"].get<std::string>(), HasSubstr("no such header"));
  const auto logs = CallIn("POST", "/onlineEndpoints/credit/deployments/blue/getLogs", {{"tail", 3}});
  EXPECT_THAT(Body(logs)["content"].get<std::string>(), HasSubstr("no such header"));
}

TEST_F(ArmEndpointsTest, ANewerChangeCancelsTheOperationOfTheOlder) {
  ASSERT_EQ(PutEndpoint().status, 201);
  const auto first = PutDeployment();
  const auto second = PutDeployment({{"environmentVariables", {{"A", "1"}}}});
  EXPECT_EQ(second.status, 200);
  const json status = Body(Follow(first, "Azure-AsyncOperation"));
  EXPECT_EQ(status["status"], "Canceled");
  EXPECT_EQ(status["error"]["code"], "OperationCanceled");
  MakeReady();
  EXPECT_EQ(Body(Follow(second, "Azure-AsyncOperation"))["status"], "Succeeded");
}

TEST_F(ArmEndpointsTest, PatchScalesAndTags) {
  HaveEndpointWithBlue();
  const std::string blue = "/onlineEndpoints/credit/deployments/blue";
  const auto tagged = CallIn("PATCH", blue, {{"tags", {{"a", "b"}}}});
  EXPECT_EQ(tagged.status, 200);
  EXPECT_EQ(Body(tagged)["tags"], json({{"a", "b"}}));
  const auto scaled = CallIn("PATCH", blue, {{"sku", {{"name", "Default"}, {"capacity", 2}}}});
  EXPECT_EQ(scaled.status, 202);
  EXPECT_EQ(Body(scaled)["properties"]["provisioningState"], "Scaling");
  EXPECT_EQ(Body(scaled)["tags"], json({{"a", "b"}}));
  EXPECT_EQ(Follow(scaled, "Location").status, 202);
  MakeReady();
  EXPECT_EQ(Body(Follow(scaled, "Azure-AsyncOperation"))["status"], "Succeeded");
  const auto result = Follow(scaled, "Location");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(Body(result)["sku"]["capacity"], 2);
  EXPECT_EQ(CallIn("PATCH", blue, {{"sku", {{"capacity", 0}}}}).status, 400);
  EXPECT_EQ(CallIn("PATCH", "/onlineEndpoints/credit/deployments/green", {{"tags", json::object()}}).status, 404);
}

TEST_F(ArmEndpointsTest, DeploymentsThatCannotBeAreRefused) {
  EXPECT_EQ(PutDeployment().status, 404);  // no endpoint yet
  ASSERT_EQ(PutEndpoint().status, 201);
  const auto unknown = PutDeployment({{"model", "azureml:nothing:1"}});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(Message(unknown), HasSubstr("model: there is no model 'nothing'"));
  EXPECT_THAT(
      Message(PutDeployment({{"codeConfiguration", {{"codeId", "azureml:code:1"}, {"scoringScript", "score.cpp"}}},
                             {"environmentId", "azureml:nothing:1"}})),
      HasSubstr("environment: there is no environment 'nothing'"));
  EXPECT_EQ(PutDeployment({}, "b").status, 400);
  EXPECT_THAT(Message(PutDeployment({{"endpointComputeType", "Kubernetes"}})),
              HasSubstr("Kubernetes is not supported yet"));
  EXPECT_THAT(Message(PutDeployment({{"requestSettings", {{"requestTimeout", "PT10M"}}}})), HasSubstr("to 180000"));
  EXPECT_EQ(CallIn("PUT", "/onlineEndpoints/credit/deployments/blue", {{"location", "local"}}).status, 400);
  EXPECT_EQ(CallIn("GET", "/onlineEndpoints/credit/deployments/blue").status, 404);
  EXPECT_EQ(CallIn("GET", "/onlineEndpoints/nothing/deployments").status, 404);
  EXPECT_EQ(CallIn("GET", "/onlineEndpoints/credit/deployments/blue/skus").status, 404);
}

TEST_F(ArmEndpointsTest, TrafficIsSetByAPutOfTheEndpoint) {
  HaveEndpointWithBlue();
  EXPECT_THAT(Message(PutEndpoint({{"traffic", {{"blue", 90}}}})), HasSubstr("sums to 90 %"));
  EXPECT_THAT(Message(PutEndpoint({{"traffic", {{"green", 100}}}})), HasSubstr("no deployment 'green'"));
  EXPECT_THAT(Message(PutEndpoint({{"mirrorTraffic", {{"blue", 51}}}})), HasSubstr("from 0 to 50"));
  EXPECT_THAT(Message(PutEndpoint({{"traffic", {{"blue", 100}}}, {"mirrorTraffic", {{"blue", 10}}}})),
              HasSubstr("not both"));
  const auto set = PutEndpoint({{"traffic", {{"blue", 100}}}});
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(Body(set)["properties"]["traffic"], json({{"blue", 100}}));
  EXPECT_EQ(Body(set)["properties"]["slipway"]["trafficWasSet"], true);
  EXPECT_EQ(Snapshot()["endpoints"][0]["traffic"], json({{"blue", 100}}));
  AcknowledgeRouting();

  const auto refused = CallIn("DELETE", "/onlineEndpoints/credit/deployments/blue");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(Message(refused), AllOf(HasSubstr("'blue' of 'credit' gets 100 %"), HasSubstr("set that to 0")));
  ASSERT_EQ(PutEndpoint({{"traffic", {{"blue", 0}}}}).status, 200);
  AcknowledgeRouting();
  const auto deleted = CallIn("DELETE", "/onlineEndpoints/credit/deployments/blue");
  EXPECT_EQ(deleted.status, 202);
  EXPECT_EQ(Follow(deleted, "Location").status, 204);
  EXPECT_EQ(CallIn("DELETE", "/onlineEndpoints/credit/deployments/blue").status, 204);
}

TEST_F(ArmEndpointsTest, LogsAreReadByContainer) {
  HaveEndpointWithBlue();
  ASSERT_TRUE(WriteFileAtomic(home.path() / "gateway" / "logs" / "credit" / "blue.log", "one\ntwo\nthree\n"));
  const std::string route = "/onlineEndpoints/credit/deployments/blue/getLogs";
  EXPECT_EQ(Body(CallIn("POST", route))["content"], "one\ntwo\nthree");
  EXPECT_EQ(Body(CallIn("POST", route, {{"containerType", "InferenceServer"}, {"tail", 1}}))["content"], "three");
  EXPECT_THAT(Body(CallIn("POST", route, {{"containerType", "StorageInitializer"}}))["content"].get<std::string>(),
              HasSubstr("model m:1 is in"));
  EXPECT_EQ(CallIn("POST", route, {{"containerType", "Sidecar"}}).status, 400);
  EXPECT_EQ(CallIn("POST", route, {{"tail", 0}}).status, 400);
  EXPECT_EQ(CallIn("POST", "/onlineEndpoints/credit/deployments/green/getLogs").status, 404);
}

TEST_F(ArmEndpointsTest, UnknownOperationsAreNotFound) {
  const std::string base =
      "/subscriptions/" + scope.subscription + "/providers/Microsoft.MachineLearningServices/locations/local/";
  for (const char* id : {"x", "endpoint:a:b:c", "deployment:a:b:c:d:e", "other:a:b:c:d:1"}) {
    EXPECT_EQ(Call("GET", base + "mfeOperationsStatus/" + id).status, 404) << id;
    EXPECT_EQ(Call("GET", base + "mfeOperationResults/" + id).status, 404) << id;
  }
}

TEST_F(ArmEndpointsTest, TheGatewayPollsAndReports) {
  HaveEndpointWithBlue();
  const auto first = Call("GET", "/slipway/routing?after=");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(Body(first)["endpoints"][0]["deployments"][0]["name"], "blue");
  StopServer();
  StartServer();
  Mount();
  EXPECT_EQ(Call("GET", "/slipway/routing?after=" + Body(first)["etag"].get<std::string>()).status, 204);
  EXPECT_EQ(Call("POST", "/slipway/gateway/status", {{"deployments", {{{"endpoint", "credit"}}}}}).status, 400);
  EXPECT_EQ(Call("POST", "/slipway/gateway/status", {{"x", 1}}).status, 400);
  EXPECT_EQ(Call("POST", "/slipway/gateway/status", {{"deployments", json::array()}}).status, 200);
}

TEST(OperationIds, SurviveTheirText) {
  const Operation operation{Operation::Kind::kPutDeployment, {"sub", "my.rg_(1)", "ws"}, "credit", "blue", 7};
  const auto read = ParseOperationId("sub", "deployment:my.rg_(1):ws:credit:blue:7");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scope, operation.scope);
  EXPECT_EQ(OperationId(*read), OperationId(operation));
  EXPECT_EQ(OperationId(operation), "deployment:my.rg_%281%29:ws:credit:blue:7");
}

}  // namespace
}  // namespace slipway::api
