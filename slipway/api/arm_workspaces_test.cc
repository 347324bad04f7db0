#include "slipway/api/arm_workspaces.h"

#include "slipway/api/testing/face_fixture.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkspacesFace : public testing::FaceFixture {
 protected:
  void SetUp() override {
    FaceFixture::SetUp();
    MountWorkspaces(router, {*service, workspaces, "http://127.0.0.1:7300"});
  }
  std::string Sub(const std::string& rest = "") const { return "/subscriptions/" + scope.subscription + rest; }
  std::string Group(const std::string& rest = "") const {
    return Sub("/resourceGroups/" + scope.resource_group + rest);
  }
  std::string Named(const std::string& name) const {
    return Group("/providers/Microsoft.MachineLearningServices/workspaces/" + name);
  }
  static std::vector<std::string> Names(const Answer& answer) {
    std::vector<std::string> names;
    for (const json& value : answer.body["value"]) names.push_back(value["name"]);
    return names;
  }
};

TEST_F(WorkspacesFace, AWorkspaceTellsItsAddresses) {
  const auto read = Send("GET", W());
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body["id"], W());
  EXPECT_EQ(read.body["name"], "default");
  EXPECT_EQ(read.body["type"], "Microsoft.MachineLearningServices/workspaces");
  EXPECT_EQ(read.body["location"], "local");
  const json& properties = read.body["properties"];
  EXPECT_EQ(properties["workspaceId"], workspace_id);
  EXPECT_EQ(properties["provisioningState"], "Succeeded");
  EXPECT_EQ(properties["mlFlowTrackingUri"], "http://127.0.0.1:7300/mlflow/v1.0" + W());
  const auto insights = Send("GET", properties["applicationInsights"]);
  EXPECT_EQ(insights.body["properties"]["InstrumentationKey"], workspace_id);
  EXPECT_EQ(insights.body["properties"]["ConnectionString"],
            "InstrumentationKey=" + workspace_id + ";IngestionEndpoint=http://127.0.0.1:7300/");
  const auto logs = Send("GET", insights.body["properties"]["WorkspaceResourceId"]);
  EXPECT_EQ(logs.body["properties"]["customerId"], workspace_id);
  EXPECT_EQ(Send("GET", "/discovery").body["api"], "http://127.0.0.1:7300");
}

TEST_F(WorkspacesFace, AWorkspaceIsMadeChangedAndDeleted) {
  const auto made = SendJson("PUT", Named("team-a"),
                             {{"location", "here"}, {"tags", {{"t", "1"}}}, {"properties", {{"description", "d"}}}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["id"], Named("team-a"));
  EXPECT_EQ(made.body["location"], "here");
  EXPECT_EQ(made.body["properties"]["friendlyName"], "team-a");
  EXPECT_EQ(SendJson("PUT", Named("team-a"), made.body).status, 200);
  const auto patched = SendJson("PATCH", Named("team-a"), {{"properties", {{"friendlyName", "Team A"}}}});
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.body["properties"]["friendlyName"], "Team A");
  EXPECT_EQ(patched.body["properties"]["description"], "d");
  EXPECT_EQ(patched.body["properties"]["workspaceId"], made.body["properties"]["workspaceId"]);
  EXPECT_EQ(patched.body["tags"]["t"], "1");
  EXPECT_EQ(SendJson("PATCH", Named("team-a"), {{"tags", {{"u", "2"}}}}).body["tags"], (json{{"u", "2"}}));
  EXPECT_EQ(Send("GET", Named("team-a") + "/datastores?isDefault=true").body["value"][0]["name"], "workspaceblobstore");
  EXPECT_EQ(Send("GET", Named("team-a") + "/computes/cpu-cluster").status, 200);
  EXPECT_EQ(Send("DELETE", Named("team-a")).status, 200);
  EXPECT_EQ(Send("DELETE", Named("team-a")).status, 204);
  EXPECT_EQ(Send("GET", Named("team-a")).status, 404);
}

TEST_F(WorkspacesFace, BadWorkspacesAreRefused) {
  EXPECT_EQ(SendJson("PUT", Named("x"), json::object()).status, 400);
  EXPECT_EQ(SendJson("PUT", Named("a%2F..%2Fb"), json::object()).status, 400);
  EXPECT_EQ(Send("PUT", Named("team"), "no json").status, 400);
  EXPECT_THAT(SendJson("PUT", Named("team"), {{"name", "other"}}).message(), HasSubstr("'other'"));
  EXPECT_EQ(SendJson("PATCH", Named("nowhere"), json::object()).status, 404);
  EXPECT_EQ(SendJson("PATCH", W(), {{"tags", 7}}).status, 400);
  const auto kept = Send("DELETE", W());
  EXPECT_EQ(kept.status, 400);
  EXPECT_EQ(kept.code(), "PreconditionFailed");
}

TEST_F(WorkspacesFace, ListsGoBySubscriptionAndGroup) {
  SendJson("PUT", Named("team-a"), json::object());
  const std::string other = Sub("/resourceGroups/other/providers/Microsoft.MachineLearningServices/workspaces");
  SendJson("PUT", other + "/team-b", json::object());
  const std::string all = "/providers/Microsoft.MachineLearningServices/workspaces";
  EXPECT_EQ(Names(Send("GET", Sub(all))).size(), 3u);
  EXPECT_THAT(Names(Send("GET", other)), ElementsAre("team-b"));
  EXPECT_EQ(Names(Send("GET", Group(all))).size(), 2u);
  EXPECT_TRUE(Names(Send("GET", "/subscriptions/unknown" + all)).empty());
  EXPECT_TRUE(Send("GET", Sub(all) + "?$top=2").body.contains("nextLink"));
}

TEST_F(WorkspacesFace, SubscriptionsAndGroupsAreThoseOfWorkspaces) {
  EXPECT_EQ(Send("GET", "/subscriptions").body["value"][0]["subscriptionId"], scope.subscription);
  EXPECT_EQ(Send("GET", Sub()).body["state"], "Enabled");
  EXPECT_EQ(Send("GET", "/subscriptions/unknown").status, 404);
  EXPECT_THAT(Names(Send("GET", Sub("/resourcegroups"))), ElementsAre("local"));
  EXPECT_EQ(Send("GET", Group()).body["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(Send("GET", Sub("/resourceGroups/nothing")).status, 404);
  EXPECT_EQ(Send("GET", "/tenants").body["value"].size(), 1u);
  const std::string provider = Sub("/providers/Microsoft.MachineLearningServices");
  EXPECT_EQ(Send("GET", provider).body["registrationState"], "Registered");
  EXPECT_EQ(Send("POST", provider + "/register").body["registrationState"], "Registered");
}

TEST_F(WorkspacesFace, WhatIsNotHereIsAnEmptyList) {
  for (const char* list : {"/connections", "/privateEndpointConnections", "/privateLinkResources", "/features",
                           "/outboundNetworkDependenciesEndpoints"}) {
    EXPECT_EQ(Send("GET", W(list)).body, (json{{"value", json::array()}})) << list;
    EXPECT_EQ(Send("GET", Named("nowhere") + list).status, 404) << list;
  }
  EXPECT_EQ(Send("GET", Sub("/providers/Microsoft.MachineLearningServices/locations/local/usages")).status, 200);
  EXPECT_EQ(Send("GET", "/providers/Microsoft.MachineLearningServices/operations").status, 200);
}

TEST_F(WorkspacesFace, ActionsOfAWorkspace) {
  EXPECT_EQ(Send("POST", W("/listKeys")).body["appInsightsInstrumentationKey"], workspace_id);
  EXPECT_EQ(Send("POST", W("/resyncKeys")).status, 200);
  EXPECT_TRUE(Send("POST", W("/diagnose"), "{}").body.contains("value"));
  const auto refused = Send("POST", W("/prepareNotebook"));
  EXPECT_EQ(refused.code(), "NotSupported");
  EXPECT_THAT(refused.message(), HasSubstr("'prepareNotebook'"));
  EXPECT_EQ(Send("POST", Named("nowhere") + "/listKeys").status, 404);
}

TEST_F(WorkspacesFace, DatastoresAreFoundByFilter) {
  EXPECT_EQ(Names(Send("GET", W("/datastores"))).size(), 4u);
  EXPECT_THAT(Names(Send("GET", W("/datastores?count=30&orderByAsc=false&isDefault=true"))),
              ElementsAre("workspaceblobstore"));
  EXPECT_EQ(Names(Send("GET", W("/datastores?isDefault=false"))).size(), 3u);
  EXPECT_THAT(Names(Send("GET", W("/datastores?searchText=ARTIFACT"))), ElementsAre("workspaceartifactstore"));
  EXPECT_EQ(Names(Send("GET", W("/datastores?names=workspaceblobstore,workspacefilestore"))).size(), 2u);
  EXPECT_TRUE(Send("GET", W("/datastores?count=1")).body.contains("nextLink"));
}

TEST_F(WorkspacesFace, SecretsOfDatastoresAreToldOnRequestOnly) {
  const json body = {
      {"properties",
       {{"datastoreType", "AzureBlob"},
        {"accountName", "acct"},
        {"containerName", "c"},
        {"credentials",
         {{"credentialsType", "AccountKey"}, {"secrets", {{"secretsType", "AccountKey"}, {"key", "hush"}}}}}}}};
  const auto made = SendJson("PUT", W("/datastores/azure?skipValidation=false"), body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_THAT(made.text, Not(HasSubstr("hush")));
  EXPECT_EQ(made.body["properties"]["credentials"]["credentialsType"], "AccountKey");
  EXPECT_EQ(made.body["properties"]["isDefault"], false);
  EXPECT_THAT(Send("GET", W("/datastores/azure")).text, Not(HasSubstr("hush")));
  EXPECT_THAT(Send("GET", W("/datastores")).text, Not(HasSubstr("hush")));
  EXPECT_EQ(Send("POST", W("/datastores/azure/listSecrets")).body,
            (json{{"secretsType", "AccountKey"}, {"key", "hush"}}));
  EXPECT_EQ(SendJson("PUT", W("/datastores/azure"), made.body).status, 200);
  EXPECT_EQ(Send("POST", W("/datastores/azure/listsecrets")).body["key"], "hush");
  EXPECT_THAT(Send("POST", W("/datastores/workspaceblobstore/listSecrets")).message(), HasSubstr("has no secrets"));
}

TEST_F(WorkspacesFace, LocalDatastoresComeAndGo) {
  const auto at = [&](const std::string& path) {
    return json{{"properties", {{"datastoreType", "SlipwayLocal"}, {"slipway", {{"path", path}}}}}};
  };
  const std::string folder = (home->path() / "mine").string();
  const auto made = SendJson("PUT", W("/datastores/mine"), at(folder));
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["properties"]["slipway"]["path"], folder);
  EXPECT_EQ(SendJson("PUT", W("/datastores/mine"), at("relative")).status, 400);
  EXPECT_EQ(SendJson("PUT", W("/datastores/mine"), json::object()).status, 400);
  EXPECT_EQ(SendJson("PUT", W("/datastores/bad-name"), at(folder)).status, 400);
  EXPECT_EQ(Send("DELETE", W("/datastores/mine")).status, 200);
  EXPECT_EQ(Send("DELETE", W("/datastores/mine")).status, 204);
  EXPECT_EQ(Send("GET", W("/datastores/mine")).status, 404);
  EXPECT_EQ(Send("DELETE", W("/datastores/workspaceblobstore")).status, 400);
  EXPECT_EQ(Send("GET", Named("nowhere") + "/datastores").status, 404);
}

TEST_F(WorkspacesFace, ComputesComeScaleAndGo) {
  const json body = {{"location", "local"},
                     {"properties",
                      {{"computeType", "AmlCompute"},
                       {"properties", {{"vmSize", "Standard_D2"}, {"scaleSettings", {{"maxNodeCount", 2}}}}}}}};
  const auto made = SendJson("PUT", W("/computes/gpu"), body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["properties"]["provisioningState"], "Succeeded");
  const auto scaled = SendJson("PATCH", W("/computes/gpu"),
                               {{"properties", {{"properties", {{"scaleSettings", {{"maxNodeCount", 7}}}}}}}});
  EXPECT_EQ(scaled.status, 200);
  EXPECT_EQ(scaled.body["properties"]["properties"]["scaleSettings"]["maxNodeCount"], 7);
  EXPECT_EQ(scaled.body["properties"]["properties"]["vmSize"], "Standard_D2");
  EXPECT_EQ(Names(Send("GET", W("/computes"))).size(), 2u);
  EXPECT_EQ(Send("POST", W("/computes/gpu/listNodes")).body["nodes"], json::array());
  EXPECT_EQ(Send("POST", W("/computes/gpu/start")).code(), "NotSupported");
  EXPECT_EQ(Send("DELETE", W("/computes/gpu?underlyingResourceAction=Delete")).status, 200);
  EXPECT_EQ(Send("DELETE", W("/computes/gpu?underlyingResourceAction=Delete")).status, 204);
  EXPECT_EQ(Send("GET", W("/computes/gpu")).status, 404);
}

TEST_F(WorkspacesFace, BadComputesAreRefused) {
  const auto put = [&](const std::string& name, json properties) {
    return SendJson("PUT", W("/computes/" + name), {{"properties", std::move(properties)}});
  };
  EXPECT_EQ(put("k", {{"computeType", "AmlCompute"}}).status, 400);  // the name
  EXPECT_EQ(put("kube", {{"computeType", "Kubernetes"}}).code(), "NotSupported");
  EXPECT_EQ(put("gpu", json::object()).status, 400);
  EXPECT_EQ(
      put("gpu", {{"computeType", "AmlCompute"}, {"properties", {{"scaleSettings", {{"maxNodeCount", 0}}}}}}).status,
      400);
  EXPECT_EQ(SendJson("PATCH", W("/computes/gpu"), json::object()).status, 404);
  EXPECT_EQ(Send("POST", W("/computes/gpu/start")).status, 404);
}

}  // namespace
}  // namespace slipway::api
