#include "slipway/api/arm_assets.h"

#include "slipway/api/testing/face_fixture.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AssetsFace : public testing::FaceFixture {
 protected:
  void SetUp() override {
    FaceFixture::SetUp();
    MountAssets(router, {*registry, workspaces});
  }

  static json Data(const std::string& path, json more = json::object()) {
    json properties = {{"dataType", "uri_folder"}, {"dataUri", Uri(path)}};
    properties.update(more);
    return {{"properties", properties}};
  }
  Answer PutData(const std::string& version, const std::string& path, json more = json::object()) {
    return SendJson("PUT", W("/data/credit/versions/" + version), Data(path, std::move(more)));
  }
  // Three versions, an hour apart.
  void PutThree() {
    for (const char* version : {"1", "2", "3"}) {
      ASSERT_EQ(PutData(version, version, {{"tags", {{"n", version}}}}).status, 201);
      clock.Advance(std::chrono::hours(1));
    }
  }
  static std::vector<std::string> Names(const Answer& answer) {
    std::vector<std::string> names;
    for (const json& value : answer.body["value"]) names.push_back(value["name"]);
    return names;
  }
};

TEST_F(AssetsFace, AVersionHasArmsEnvelope) {
  const auto made = PutData("1", "a", {{"tags", {{"team", "a"}}}, {"description", "d"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body["id"], W("/data/credit/versions/1"));
  EXPECT_EQ(made.body["name"], "1");
  EXPECT_EQ(made.body["type"], "Microsoft.MachineLearningServices/workspaces/data/versions");
  EXPECT_EQ(made.body["properties"]["dataUri"], Uri("a"));
  EXPECT_EQ(made.body["properties"]["dataType"], "uri_folder");
  EXPECT_EQ(made.body["properties"]["tags"]["team"], "a");
  EXPECT_EQ(made.body["properties"]["isArchived"], false);
  EXPECT_EQ(made.body["systemData"]["createdAt"], FormatTimestamp(clock.Now()));
  const auto read = Send("GET", W("/data/credit/versions/1"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, made.body);
  EXPECT_EQ(PutData("1", "a").status, 200);
}

TEST_F(AssetsFace, AContainerCountsVersions) {
  EXPECT_EQ(Send("GET", W("/data/credit")).status, 404);
  EXPECT_EQ(Send("GET", W("/data/credit")).code(), "ResourceNotFound");
  PutThree();
  const auto container = Send("GET", W("/data/credit"));
  EXPECT_EQ(container.body["properties"]["latestVersion"], "3");
  EXPECT_EQ(container.body["properties"]["nextVersion"], "4");
  EXPECT_EQ(container.body["properties"]["dataType"], "uri_folder");
  EXPECT_EQ(container.body["id"], W("/data/credit"));
  EXPECT_THAT(Names(Send("GET", W("/data"))), ElementsAre("credit"));
}

TEST_F(AssetsFace, AnotherDefinitionIsAConflict) {
  PutData("1", "a");
  const auto refused = PutData("1", "b");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "Conflict");
  EXPECT_THAT(refused.message(), HasSubstr("version '1' already"));
}

TEST_F(AssetsFace, WhatIsLeftOutStays) {
  PutData("1", "a", {{"tags", {{"t", "1"}}}, {"description", "d"}, {"properties", {{"p", "q"}}}});
  auto again = PutData("1", "a");
  EXPECT_EQ(again.body["properties"]["tags"]["t"], "1");
  EXPECT_EQ(again.body["properties"]["description"], "d");
  EXPECT_EQ(again.body["properties"]["properties"]["p"], "q");
  again = PutData("1", "a", {{"tags", json::object()}});
  EXPECT_TRUE(again.body["properties"]["tags"].empty());
}

TEST_F(AssetsFace, ArchivingIsGetAndPut) {
  PutThree();
  json version = Send("GET", W("/data/credit/versions/3")).body;
  version["properties"]["isArchived"] = true;
  EXPECT_EQ(SendJson("PUT", W("/data/credit/versions/3"), version).status, 200);
  EXPECT_THAT(Names(Send("GET", W("/data/credit/versions"))), ElementsAre("2", "1"));
  EXPECT_THAT(Names(Send("GET", W("/data/credit/versions?listViewType=ArchivedOnly"))), ElementsAre("3"));
  EXPECT_THAT(Names(Send("GET", W("/data/credit/versions?listViewType=All"))), ElementsAre("3", "2", "1"));
  EXPECT_EQ(Send("GET", W("/data/credit")).body["properties"]["latestVersion"], "2");
}

TEST_F(AssetsFace, AnArchivedContainerHidesItsVersions) {
  PutThree();
  json container = Send("GET", W("/data/credit")).body;
  container["properties"]["isArchived"] = true;
  EXPECT_EQ(SendJson("PUT", W("/data/credit"), container).status, 200);
  EXPECT_TRUE(Names(Send("GET", W("/data"))).empty());
  EXPECT_THAT(Names(Send("GET", W("/data?listViewType=ArchivedOnly"))), ElementsAre("credit"));
  EXPECT_TRUE(Names(Send("GET", W("/data/credit/versions"))).empty());
  json version = Send("GET", W("/data/credit/versions/3")).body;
  EXPECT_EQ(version["properties"]["isArchived"], true);
  version["properties"]["isArchived"] = false;
  const auto refused = SendJson("PUT", W("/data/credit/versions/3"), version);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "PreconditionFailed");
  container["properties"]["isArchived"] = false;
  EXPECT_EQ(SendJson("PUT", W("/data/credit"), container).body["properties"]["isArchived"], false);
  EXPECT_EQ(Names(Send("GET", W("/data/credit/versions"))).size(), 3u);
}

TEST_F(AssetsFace, ListsComeInPages) {
  PutThree();
  net::Headers host;
  host.Set("Host", "localhost:7301");
  const std::string first = W("/data/credit/versions?api-version=2024-04-01&$top=2&listViewType=All");
  auto page = Send("GET", first, "", host);
  EXPECT_THAT(Names(page), ElementsAre("3", "2"));
  const std::string next = page.body["nextLink"];
  EXPECT_THAT(next, HasSubstr("http://localhost:7301/subscriptions/"));
  // The JS client adds its own parameters to the link again.
  page = Send("GET", next.substr(std::string("http://localhost:7301").size()) + "&$top=2&$skip=0");
  EXPECT_THAT(Names(page), ElementsAre("1"));
  EXPECT_FALSE(page.body.contains("nextLink"));
  EXPECT_THAT(Names(Send("GET", W("/data/credit/versions?$skip=9"))), ElementsAre());
  EXPECT_EQ(Send("GET", W("/data/credit/versions?$top=x")).status, 400);
  EXPECT_EQ(Send("GET", W("/data/credit/versions?$skip=-1")).status, 400);
  EXPECT_EQ(Send("GET", W("/data?listViewType=Some")).status, 400);
}

TEST_F(AssetsFace, LinksWithoutAHostAreRelative) {
  PutThree();
  const std::string next = Send("GET", W("/data/credit/versions?$top=1")).body["nextLink"];
  EXPECT_EQ(next.substr(0, 1), "/");
  EXPECT_THAT(Names(Send("GET", next)), ElementsAre("2"));
}

TEST_F(AssetsFace, VersionsAreOrderedAndFiltered) {
  PutThree();
  clock.Advance(std::chrono::hours(1));
  PutData("1", "1", {{"tags", {{"n", "1"}, {"x", "y"}}}});  // the last one changed
  const std::string all = W("/data/credit/versions");
  EXPECT_THAT(Names(Send("GET", all + "?$orderBy=createdtime%20desc&$top=1")), ElementsAre("3"));
  EXPECT_THAT(Names(Send("GET", all + "?$orderBy=CreatedAtAsc")), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Names(Send("GET", all + "?$orderBy=updatedtime%20desc")), ElementsAre("1", "3", "2"));
  EXPECT_EQ(Send("GET", all + "?$orderBy=size").status, 400);
  EXPECT_THAT(Names(Send("GET", all + "?$tags=n%3D2")), ElementsAre("2"));
  EXPECT_THAT(Names(Send("GET", all + "?tags=x,n=1")), ElementsAre("1"));
  EXPECT_THAT(Names(Send("GET", all + "?version=2")), ElementsAre("2"));
  EXPECT_THAT(Names(Send("GET", all + "?description=none")), ElementsAre());
}

TEST_F(AssetsFace, DeletingTwiceIsNoError) {
  PutThree();
  EXPECT_EQ(Send("DELETE", W("/data/credit/versions/1")).status, 200);
  EXPECT_EQ(Send("DELETE", W("/data/credit/versions/1")).status, 204);
  EXPECT_EQ(Send("GET", W("/data/credit/versions/1")).status, 404);
  EXPECT_EQ(Send("DELETE", W("/data/credit")).status, 200);
  EXPECT_EQ(Send("DELETE", W("/data/credit")).status, 204);
  EXPECT_EQ(Send("GET", W("/data/credit")).status, 404);
}

TEST_F(AssetsFace, AContainerWithoutVersionsComesAndGoes) {
  const json body = {{"properties", {{"dataType", "uri_file"}, {"description", "d"}}}};
  EXPECT_EQ(SendJson("PUT", W("/data/empty"), body).status, 201);
  EXPECT_EQ(SendJson("PUT", W("/data/empty"), body).status, 200);
  EXPECT_EQ(Send("GET", W("/data/empty")).body["properties"]["nextVersion"], "1");
  EXPECT_TRUE(Names(Send("GET", W("/data/empty/versions"))).empty());
  EXPECT_EQ(Send("DELETE", W("/data/empty")).status, 200);
  EXPECT_EQ(Send("GET", W("/data/empty")).status, 404);
}

TEST_F(AssetsFace, BadBodiesAreExplained) {
  const std::string path = W("/data/credit/versions/1");
  EXPECT_THAT(Send("PUT", path, "{").message(), HasSubstr("not JSON"));
  EXPECT_EQ(Send("PUT", path, "[]").status, 400);
  EXPECT_EQ(Send("PUT", path, "").status, 400);
  EXPECT_THAT(SendJson("PUT", path, json::object()).message(), HasSubstr("properties"));
  EXPECT_EQ(SendJson("PUT", path, {{"properties", 7}}).status, 400);
  EXPECT_THAT(SendJson("PUT", path, {{"properties", {{"dataType", "csv"}}}}).message(), HasSubstr("uri_file"));
  EXPECT_EQ(SendJson("PUT", W("/data/bad%20name!/versions/1"), Data("a")).status, 400);
  EXPECT_EQ(SendJson("PUT", W("/data/a%2Fb/versions/1"), Data("a")).status, 400);
  EXPECT_EQ(SendJson("PUT", W("/data/credit/versions/.."), Data("a")).status, 400);
}

TEST_F(AssetsFace, MissingThingsAre404) {
  EXPECT_EQ(Send("GET", W("/models/m/versions/1")).status, 404);
  EXPECT_EQ(Send("GET", W("/models/m/versions")).status, 404);
  scope.workspace = "elsewhere";
  for (const char* collection : {"data", "models", "environments", "components", "codes"}) {
    EXPECT_EQ(Send("GET", W(std::string("/") + collection)).status, 404) << collection;
  }
  EXPECT_EQ(PutData("1", "a").status, 404);
}

TEST_F(AssetsFace, PathsAndWorkspacesCompareWithoutCase) {
  PutData("1", "a");
  std::string path = W("/DATA/credit/Versions/1");
  path.replace(path.find("workspaces/default"), 18, "WORKSPACES/Default");
  const auto read = Send("GET", path);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body["id"], W("/data/credit/versions/1"));
}

TEST_F(AssetsFace, ModelsAnswerWhatThePythonClientNeeds) {
  WriteStored("m/weights", "w");
  const json body = {{"properties", {{"modelType", "custom_model"}, {"modelUri", Uri("m")}}}};
  const auto made = SendJson("PUT", W("/models/m/versions/1"), body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["properties"]["flavors"], json::object());
  EXPECT_EQ(made.body["properties"]["properties"]["slipway.tree_sha256"].get<std::string>().size(), 64u);
  const auto missing = SendJson("PUT", W("/models/m/versions/2"), {{"properties", {{"modelUri", Uri("gone")}}}});
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.code(), "UserError");
}

TEST_F(AssetsFace, AnOlderClientArchivesWithoutLosingWhatItDoesNotKnow) {
  const json body = {{"properties", {{"image", "i"}, {"slipway", {{"provider", "native"}, {"programs", {"cc"}}}}}}};
  ASSERT_EQ(SendJson("PUT", W("/environments/e/versions/1"), body).status, 201);
  const auto archived = SendJson("PUT", W("/environments/e/versions/1"),
                                 {{"properties", {{"image", "i"}, {"osType", "Linux"}, {"isArchived", true}}}});
  EXPECT_EQ(archived.status, 200) << archived.text;
  EXPECT_EQ(archived.body["properties"]["slipway"]["programs"][0], "cc");
}

TEST_F(AssetsFace, EnvironmentsThatCannotBeMadeRealAreRefused) {
  environment_error = Status(FailedPrecondition("podman is missing"));
  const auto refused = SendJson("PUT", W("/environments/e/versions/1"), {{"properties", {{"image", "i"}}}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "PreconditionFailed");
  EXPECT_EQ(refused.message(), "podman is missing");
}

TEST_F(AssetsFace, ComponentsAndCodeAreVersionedLikeTheRest) {
  WriteStored("code/abc/f", "1");
  EXPECT_EQ(SendJson("PUT", W("/codes/abc/versions/1"), {{"properties", {{"codeUri", Uri("code/abc/")}}}}).status, 201);
  ASSERT_EQ(SendJson("PUT", W("/environments/e/versions/1"), {{"properties", {{"image", "i"}}}}).status, 201);
  const json spec = {{"type", "command"},
                     {"command", "./f"},
                     {"environment", W("/environments/e/versions/1")},
                     {"code", "azureml:" + W("/codes/abc/versions/1")}};
  const auto made = SendJson("PUT", W("/components/c/versions/1"), {{"properties", {{"componentSpec", spec}}}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["properties"]["componentSpec"]["environment"], "azureml:e:1");
  EXPECT_EQ(made.body["properties"]["componentSpec"]["code"], "azureml:abc:1");
  EXPECT_EQ(SendJson("PUT", W("/components/c/versions/1"), made.body).status, 200);
}

TEST_F(AssetsFace, PendingUploadsSayWhereFilesGo) {
  const auto refused = SendJson("POST", W("/codes/abc/versions/1/startPendingUpload"), json::object());
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "NotSupported");
  EXPECT_THAT(refused.message(), HasSubstr("slipway/files"));
}

}  // namespace
}  // namespace slipway::api
