#include "slipway/api/arm_registries.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/api/arm_assets.h"
#include "slipway/api/audit_routes.h"
#include "slipway/api/promotion_routes.h"
#include "slipway/api/testing/ask.h"
#include "slipway/base/hash.h"
#include "slipway/registry/testing/shared_fixture.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RegistriesFace : public registry::testing::SharedFixture {
 protected:
  struct Answer {
    int status = 0;
    std::string text;
    json body;
    std::string message() const {
      return body.is_object() && body.contains("error") ? body["error"].value("message", "") : "";
    }
  };

  void SetUp() override {
    SharedFixture::SetUp();
    MountAssets(router, {*registry, workspaces});
    MountRegistryAssets(router, {*shared, *registries, audit, clock});
    MountRegistries(router, {*registries, *shared, *sharing, *policy, audit, workspaces, clock});
    MountPromotions(router, {*promotions, promotion_store, workspaces});
    MountAudit(router, audit, clock);
  }

  Answer Send(const std::string& method, const std::string& path, const std::string& text = "",
              const std::string& actor = "ada") {
    net::Headers headers;
    headers.Set("x-slipway-actor", actor);
    headers.Set("Host", "127.0.0.1:7300");
    net::Response response = testing::Ask(router, method, path, text, std::move(headers));
    json body = json::parse(response.body, nullptr, false);
    return {response.status, std::move(response.body), body.is_discarded() ? json() : std::move(body)};
  }
  Answer SendJson(const std::string& method, const std::string& path, const json& body,
                  const std::string& actor = "ada") {
    return Send(method, path, body.dump(), actor);
  }
  std::string R(const std::string& rest = "") { return RegistryScope().ArmId() + rest; }
  std::string W(const std::string& rest = "") const { return scope.ArmId() + rest; }
  Answer Share(const std::string& version, const std::string& as_version = "") {
    return SendJson("POST", W("/slipway/share"),
                    {{"kind", "models"},
                     {"name", "credit"},
                     {"version", version},
                     {"registry", "prod"},
                     {"shareWithVersion", as_version}});
  }

  net::Router router;
};

TEST_F(RegistriesFace, RegistriesHaveArmsShape) {
  const std::string path = domain::Scope{"s", "g", "", "beta"}.ArmId();
  const json body =
      json::parse(R"({"location":"local","tags":{"team":"a"},"properties":{"publicNetworkAccess":"Disabled",
      "description":"d","regionDetails":[{"location":"local","acrDetails":[]}]}})");
  const Answer made = SendJson("PUT", path, body);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body["id"], path);
  EXPECT_EQ(made.body["type"], "Microsoft.MachineLearningServices/registries");
  EXPECT_EQ(made.body["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(made.body["properties"]["publicNetworkAccess"], "Disabled");
  EXPECT_EQ(made.body["properties"]["discoveryUrl"], "http://127.0.0.1:7300/discovery");
  EXPECT_EQ(SendJson("PUT", path, body).status, 200);
  const Answer patched = SendJson("PATCH", path, {{"tags", {{"team", "b"}}}});
  EXPECT_EQ(patched.body["tags"]["team"], "b");
  EXPECT_EQ(patched.body["properties"]["description"], "d");
  const Answer list = Send("GET", "/subscriptions/s/providers/Microsoft.MachineLearningServices/registries");
  EXPECT_EQ(list.body["value"].size(), 2u);  // with the one that comes with Slipway
  EXPECT_EQ(list.body["value"][0]["name"], "beta");
  EXPECT_EQ(Send("DELETE", path).status, 200);
  EXPECT_EQ(Send("DELETE", path).status, 204);
  EXPECT_EQ(Send("GET", path).status, 404);
}

TEST_F(RegistriesFace, TheRegistryThatComesWithSlipwayIsReadAndNotChanged) {
  const std::string path = domain::Scope{"s", "g", "", "slipway"}.ArmId();
  const Answer shown = Send("GET", path);
  EXPECT_EQ(shown.status, 200) << shown.text;
  EXPECT_EQ(shown.body["id"], path);
  EXPECT_FALSE(shown.body["systemData"].contains("createdAt"));
  const Answer components = Send("GET", path + "/components");
  std::vector<std::string> names;
  for (const json& component : components.body["value"]) names.push_back(component["name"]);
  EXPECT_THAT(names, ElementsAre("split", "data-quality", "train-tabular", "compare", "register", "drift", "export"));
  EXPECT_EQ(components.body["value"][0]["id"], path + "/components/split");
  EXPECT_EQ(components.body["value"][0]["properties"]["latestVersion"], "1");
  EXPECT_EQ(Send("GET", path + "/components?listViewType=ArchivedOnly").body["value"].size(), 0u);
  EXPECT_EQ(Send("GET", path + "/models").body["value"].size(), 0u);
  EXPECT_EQ(Send("GET", path + "/components/split").body["name"], "split");
  EXPECT_EQ(Send("GET", path + "/components/split/versions").body["value"][0]["name"], "1");
  for (const std::string version : {"1", "latest"}) {
    const Answer found = Send("GET", path + "/components/split/versions/" + version);
    EXPECT_EQ(found.body["properties"]["componentSpec"]["command"], "slipway-step split") << found.text;
  }
  EXPECT_THAT(Send("GET", path + "/components/splt/versions/1").message(), HasSubstr("did you mean 'split'"));
  EXPECT_EQ(Send("GET", path + "/components/splt").status, 404);

  const std::string says = "comes with Slipway";
  EXPECT_THAT(SendJson("PUT", path, {{"location", "local"}}).message(), HasSubstr(says));
  EXPECT_THAT(SendJson("PATCH", path, {{"tags", {{"a", "b"}}}}).message(), HasSubstr(says));
  EXPECT_THAT(Send("DELETE", path).message(), HasSubstr(says));
  EXPECT_THAT(Send("DELETE", path + "/components/split").message(), HasSubstr(says));
  EXPECT_THAT(Send("DELETE", path + "/components/split/versions/1").message(), HasSubstr(says));
  MakeModel("3");
  EXPECT_THAT(SendJson("POST", W("/slipway/share"),
                       {{"kind", "models"}, {"name", "credit"}, {"version", "3"}, {"registry", "slipway"}})
                  .message(),
              HasSubstr(says));
}

TEST_F(RegistriesFace, SharesOnceAndTellsWhatDiffers) {
  MakeModel("3", "old");
  MakeModel("4", "new");
  const Answer made = Share("3");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["id"], R("/models/credit/versions/3"));
  EXPECT_EQ(made.body["type"], "Microsoft.MachineLearningServices/registries/models/versions");
  EXPECT_EQ(Share("3").status, 200);
  const Answer refused = Share("4", "3");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.message(), HasSubstr("file 'model/weights'"));
  EXPECT_EQ(SendJson("POST", W("/slipway/share"), {{"kind", "jobs"}}).status, 400);
  EXPECT_EQ(SendJson("POST", W("/slipway/share"), {{"kind", "models"}}).status, 400);
}

TEST_F(RegistriesFace, AssetsAreListedAndRead) {
  MakeModel("3");
  ASSERT_EQ(Share("3").status, 201);
  EXPECT_EQ(Send("GET", R("/models")).body["value"][0]["name"], "credit");
  EXPECT_EQ(Send("GET", R("/models/credit/versions")).body["value"][0]["name"], "3");
  const Answer version = Send("GET", R("/models/credit/versions/latest"));
  EXPECT_EQ(version.body["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(version.body["properties"]["modelUri"], Address("3").ToString());
  EXPECT_EQ(Send("GET", R("/slipway/files/models/credit/3/")).body["files"],
            json::parse(R"([{"path":"model/weights","size":1}])"));
  EXPECT_EQ(Send("GET", R("/slipway/files/models/credit/3/model/weights")).text, "w");
  EXPECT_EQ(Send("GET", R("/slipway/files/models/credit/4/")).status, 404);
}

TEST_F(RegistriesFace, APendingUploadBecomesAVersion) {
  const std::string path = R("/models/fresh/versions/1");
  const Answer pending = Send("POST", path + "/startPendingUpload", "{}");
  ASSERT_EQ(pending.status, 200) << pending.text;
  const std::string uri = pending.body["blobReferenceForConsumption"]["credential"]["sasUri"];
  const std::string place = uri.substr(uri.find("/uploads/"));
  EXPECT_EQ(Send("PUT", place + "/model/weights", "w").status, 201);
  EXPECT_EQ(Send("PUT", place + "/model/weights?comp=block&blockid=1", "w").status, 400);
  EXPECT_EQ(Send("PUT", "/uploads/prod/0123/model/weights", "w").status, 404);
  const json body = {{"properties", {{"modelType", "custom_model"}, {"modelUri", uri + "/model"}}}};
  const Answer made = SendJson("PUT", path, body);
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["properties"]["modelUri"], "azureml://registries/prod/models/fresh/versions/1");
  EXPECT_EQ(Send("POST", path + "/startPendingUpload", "{}").status, 409);
  EXPECT_EQ(Send("POST", W("/models/m/versions/1/startPendingUpload"), "{}").status, 400);
}

TEST_F(RegistriesFace, AnotherServerSendsContentThenTheSealedVersion) {
  MakeModel("3");
  const json sealed = Share("3").body;
  const std::string tree = sealed["properties"]["properties"]["slipway.tree_sha256"];
  const std::string manifest = Send("GET", R("/slipway/blobs/" + tree)).text;
  MakeRegistry("other");
  const std::string other = registries->Get("other")->scope.ArmId();
  const std::string version = other + "/slipway/sealed/models/credit/3";
  EXPECT_EQ(Send("HEAD", other + "/slipway/blobs/" + tree).status, 404);
  const Answer early = SendJson("PUT", version, sealed);
  EXPECT_EQ(early.status, 404);
  EXPECT_THAT(early.message(), HasSubstr("the files have to be sent first"));
  EXPECT_EQ(Send("GET", other + "/models/credit").status, 404);
  EXPECT_EQ(Send("PUT", other + "/slipway/blobs/" + Sha256Hex("w"), "v").status, 400);
  EXPECT_EQ(Send("PUT", other + "/slipway/blobs/" + Sha256Hex("w"), "w").status, 201);
  EXPECT_EQ(Send("PUT", other + "/slipway/blobs/" + tree, manifest).status, 201);
  EXPECT_EQ(SendJson("PUT", version, sealed).status, 201);
  EXPECT_EQ(SendJson("PUT", version, sealed).status, 200);
  json forged = sealed;
  forged["properties"]["properties"]["slipway.tree_sha256"] = Sha256Hex("x");
  EXPECT_EQ(SendJson("PUT", other + "/slipway/sealed/models/credit/4", forged).status, 500);
  EXPECT_EQ(Send("GET", other + "/models/credit/versions/4").status, 404);
}

TEST_F(RegistriesFace, ChangesOfTrustAreOnRecord) {
  const Answer listed = Send("GET", "/slipway/signing/keys");
  ASSERT_EQ(listed.body["value"].size(), 1u);
  const std::string own = listed.body["value"][0]["key"];
  EXPECT_EQ(SendJson("DELETE", "/slipway/signing/keys", {{"key", own}, {"reason", "lost"}}).body["value"][0]["status"],
            "revoked");
  EXPECT_EQ(SendJson("PUT", "/slipway/signing/keys", {{"key", own}}).body["value"][0]["status"], "trusted");
  EXPECT_EQ(SendJson("PUT", "/slipway/signing/keys", {{"key", "x"}}).status, 400);
  EXPECT_EQ(SendJson("PUT", "/slipway/signing/required/prod", {{"required", true}}).body["requireSignatures"],
            json::array({"prod"}));
  EXPECT_EQ(SendJson("PUT", "/slipway/signing/required/prod", {{"required", "yes"}}).status, 400);
  EXPECT_THAT(audit.Actions(), ElementsAre("key.revoke", "key.trust", "signatures.require"));
  const json entry = Send("GET", "/slipway/audit").body["value"][2];
  EXPECT_EQ(entry["actor"], "ada");
  EXPECT_EQ(entry["reason"], "lost");
  EXPECT_EQ(Send("GET", "/slipway/audit/verify").body["isIntact"], true);
}

TEST_F(RegistriesFace, DeletionsAreOnRecord) {
  MakeModel("3");
  MakeModel("4");
  Share("3");
  Share("4");
  const std::string own = R();
  EXPECT_EQ(Send("DELETE", own + "/models/credit/versions/3").status, 200);
  EXPECT_EQ(Send("DELETE", own + "/models/credit/versions/3").status, 204);
  EXPECT_EQ(Send("DELETE", own + "/models/credit", "", "grace").status, 200);
  EXPECT_EQ(Send("DELETE", own).status, 200);
  EXPECT_EQ(Send("DELETE", own).status, 204);
  EXPECT_EQ(Send("DELETE", W("/models/credit")).status, 200);  // a workspace's are its own
  EXPECT_THAT(audit.Actions(),
              ElementsAre("model.share", "model.share", "model.delete", "model.delete", "registry.delete"));
  const json entries = Send("GET", "/slipway/audit").body["value"];
  EXPECT_EQ(entries[0]["subject"], "prod");
  EXPECT_EQ(entries[1]["subject"], "azureml:credit");
  EXPECT_EQ(entries[1]["actor"], "grace");
  EXPECT_EQ(entries[2]["subject"], "azureml:credit:3");
  EXPECT_EQ(entries[2]["scope"], own);
}

TEST_F(RegistriesFace, PromotionsWaitForTheirReviewer) {
  domain::EnvironmentGate gate;
  gate.name = "production";
  gate.reviewers = {"grace"};
  ASSERT_TRUE(gates.PutGate(production, gate));
  MakeModel("3");
  const std::string all = production.ArmId() + "/slipway/promotions";
  json wish = {{"model", "credit"}, {"version", "3"}, {"from", "default"}, {"preview", true}};
  EXPECT_EQ(SendJson("POST", all, wish).body["reviewers"], json::array({"grace"}));
  EXPECT_EQ(Send("GET", all).body["value"].size(), 0u);
  wish["preview"] = false;
  const Answer made = SendJson("POST", all, wish);
  ASSERT_EQ(made.body["status"], "Waiting") << made.text;
  const std::string one = all + "/" + made.body["name"].get<std::string>();
  EXPECT_EQ(SendJson("POST", one + "/approve", {{"comment", ""}}).status, 403);
  EXPECT_EQ(SendJson("POST", one + "/approve", {{"comment", "good"}}, "grace").body["status"], "Promoted");
  EXPECT_EQ(Send("GET", one).body["decidedBy"], "grace");
  EXPECT_EQ(SendJson("POST", all + "/rollback", {{"model", "credit"}}).status, 400);
  EXPECT_EQ(SendJson("POST", all, {{"model", "credit"}}).status, 400);
  EXPECT_EQ(Send("GET", all + "/nothing").status, 404);
}

}  // namespace
}  // namespace slipway::api
