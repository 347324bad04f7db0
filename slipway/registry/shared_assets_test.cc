#include "slipway/registry/shared_assets.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/registry/model_files.h"
#include "slipway/registry/seal.h"
#include "slipway/registry/testing/shared_fixture.h"

namespace slipway::registry {
namespace {

using namespace domain;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SharedAssetsTest : public testing::SharedFixture {
 protected:
  AssetVersion MustShare(const ShareRequest& request) {
    const auto shared_version = sharing->Share(scope, request);
    EXPECT_TRUE(shared_version) << shared_version.error().ToString();
    return shared_version ? shared_version->version : AssetVersion{};
  }
  // Of the registry's one blob with this content.
  std::filesystem::path BlobOf(const std::string& content) {
    const std::string digest = Sha256Hex(content);
    return home->path() / "registries" / registries->Get("prod")->id / "blobs" / "sha256" / digest.substr(0, 2) /
           digest.substr(2);
  }
  static void Overwrite(const std::filesystem::path& file, const std::string& content) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    std::ofstream(file, std::ios::trunc) << content;
  }
};

TEST_F(SharedAssetsTest, AModelIsFoundWithItsFilesFromEverywhere) {
  MakeModel("3");
  const AssetVersion made = MustShare(Request("3"));
  EXPECT_EQ(std::get<ModelBody>(made.body).path, Address("3").ToString());
  for (const std::string& text : {Address("3").ToString(), Address("").ToString()}) {
    const auto found = registry->catalog().Find(production, text, AssetKind::kModel);
    ASSERT_TRUE(found) << found.error().ToString();
    EXPECT_EQ(found->version, "3");
    EXPECT_EQ(registry->catalog().Pin(production, text, AssetKind::kModel).value(), Address("3").ToString());
  }
  const auto file = registry->catalog().LocalPath(production, Address("3").ToString());
  ASSERT_TRUE(file) << file.error().ToString();
  EXPECT_EQ(file->filename(), "model");
  EXPECT_EQ(ReadFile(*file / "weights").value(), "w");
  EXPECT_THAT(audit.Actions(), ElementsAre("model.share"));
}

TEST_F(SharedAssetsTest, UnknownThingsAreNamed) {
  MakeModel("3");
  MustShare(Request("3"));
  EXPECT_THAT(shared->Find({"prd", AssetKind::kModel, "credit", "3"}).error().message(),
              HasSubstr("did you mean 'prod'"));
  EXPECT_THAT(shared->Find({"prod", AssetKind::kModel, "credt", "3"}).error().message(),
              HasSubstr("did you mean 'credit'"));
  EXPECT_THAT(shared->Find(Address("4")).error().message(), HasSubstr("the newest is '3'"));
  EXPECT_EQ(sharing->Share(scope, Request("9")).error().code(), Code::kNotFound);
}

TEST_F(SharedAssetsTest, SharingTwiceIsSharingOnce) {
  MakeModel("3");
  MustShare(Request("3"));
  clock.Advance(std::chrono::hours(1));
  const auto again = sharing->Share(scope, Request("3"));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_FALSE(again->is_new);
  EXPECT_THAT(audit.Actions(), ElementsAre("model.share"));
}

TEST_F(SharedAssetsTest, ManyAtOnceShareOnce) {
  MakeModel("3");
  std::atomic<int> is_new = 0, failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i)
    threads.emplace_back([&] {
      const auto done = sharing->Share(scope, Request("3"));
      if (!done) ++failed;
      if (done && done->is_new) ++is_new;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(is_new, 1);
  EXPECT_THAT(audit.Actions(), ElementsAre("model.share"));
}

TEST_F(SharedAssetsTest, OtherContentUnderAVersionIsRefusedByWhatDiffers) {
  MakeModel("3", "old");
  MakeModel("4", "new");
  MustShare(Request("3"));
  const auto refused = sharing->Share(scope, Request("4", "3"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(refused.error().message(), HasSubstr("file 'model/weights'"));
  EXPECT_EQ(TreeOf(*shared->Find(Address("3"))), TreeOf(*registry->Get(scope, AssetKind::kModel, "credit", "3")));
}

TEST_F(SharedAssetsTest, KeepsWhereAVersionCameFrom) {
  Job pipeline;
  pipeline.name = pipeline.root = "train-1";
  pipeline.spec.properties = {{"azureml.git.commit", "c0ffee"}};
  pipeline.resolved_inputs = {{"raw", "azureml:credit-data:7"}, {"seed", "42"}};
  ASSERT_TRUE(jobs.InsertJob(scope, pipeline));
  Job step;
  step.name = "train-1-fit";
  step.parent = step.root = "train-1";
  step.step = "data_quality";
  step.output_uris = {{"report", Uri("reports/1")}};
  ASSERT_TRUE(jobs.InsertJob(scope, step));
  domain::Run run;
  run.id = "train-1-fit";
  ASSERT_TRUE(runs.InsertRun(scope, run));
  ASSERT_TRUE(runs.LogBatch(scope, run.id, {{"f1", 0.47, 1, 0}}, {{"trees", "221"}}, {}));
  WriteStored("m/model/weights", "w");
  AssetVersion model;
  model.kind = AssetKind::kModel;
  model.name = "credit";
  model.version = "3";
  ModelBody body;
  body.path = Uri("m/model");
  body.job_name = "train-1-fit";
  model.body = body;
  ASSERT_TRUE(registry->Put(scope, model));
  const json provenance = ProvenanceOf(MustShare(Request("3")));
  EXPECT_EQ(provenance["workspace"], scope.ArmId());
  EXPECT_EQ(provenance["job"], "train-1-fit");
  EXPECT_EQ(provenance["pipeline"], "train-1");
  EXPECT_EQ(provenance["commit"], "c0ffee");
  EXPECT_EQ(provenance["data"], json({{"raw", "azureml:credit-data:7"}}));
  EXPECT_EQ(provenance["metrics"]["f1"], 0.47);
  EXPECT_EQ(provenance["parameters"]["trees"], "221");
  EXPECT_EQ(provenance["reports"]["data_quality.report"], Uri("reports/1"));
}

TEST_F(SharedAssetsTest, AComponentTakesCodeAndEnvironmentAlong) {
  WriteStored("code/main.py", "print()");
  AssetVersion code;
  code.kind = AssetKind::kCode;
  code.name = "c0de";
  code.version = "1";
  code.body = CodeBody{Uri("code"), "c0de"};
  ASSERT_TRUE(registry->Put(scope, code));
  AssetVersion environment;
  environment.kind = AssetKind::kEnvironment;
  environment.name = "env";
  environment.version = "2";
  EnvironmentBody image;
  image.image = "image:1";
  environment.body = image;
  ASSERT_TRUE(registry->Put(scope, environment));
  AssetVersion component;
  component.kind = AssetKind::kComponent;
  component.name = "train";
  component.version = "1";
  CommandComponent command;
  command.command = "./train";
  command.environment = "azureml:env:2";
  command.code = "azureml:c0de:1";
  component.body = command;
  ASSERT_TRUE(registry->Put(scope, component));
  ShareRequest request = Request("1");
  request.kind = AssetKind::kComponent;
  request.name = "train";
  const AssetVersion made = MustShare(request);
  const auto& body = std::get<CommandComponent>(made.body);
  EXPECT_EQ(body.environment, "azureml://registries/prod/environments/env/versions/2");
  EXPECT_EQ(body.code, "azureml://registries/prod/codes/c0de/versions/1");
  const auto found = registry->catalog().Find(production, body.code, AssetKind::kCode);
  ASSERT_TRUE(found) << found.error().ToString();
  const auto folder = registry->catalog().LocalPath(production, std::get<CodeBody>(found->body).uri);
  ASSERT_TRUE(folder) << folder.error().ToString();
  EXPECT_EQ(ReadFile(*folder / "main.py").value(), "print()");
}

TEST_F(SharedAssetsTest, AWorkspaceModelCanBeMadeOfARegistrysOne) {
  MakeModel("3");
  MustShare(Request("3"));
  AssetVersion copy;
  copy.kind = AssetKind::kModel;
  copy.name = "credit";
  copy.version = "1";
  ModelBody body;
  body.path = Address("").ToString();
  copy.body = body;
  const auto put = registry->Put(production, copy);
  ASSERT_TRUE(put) << put.error().ToString();
  EXPECT_EQ(std::get<ModelBody>(put->version.body).path, Address("3").ToString());
  EXPECT_EQ(TreeOf(put->version), TreeOf(*shared->Find(Address("3"))));
}

TEST_F(SharedAssetsTest, ATamperedFileIsNotLoaded) {
  MakeModel("3", "weights that count");
  MustShare(Request("3"));
  const auto folder = shared->FolderOf(Address("3"));
  ASSERT_TRUE(folder) << folder.error().ToString();
  Overwrite(BlobOf("weights that count"), "weights that cheat");
  const auto refused = shared->FolderOf(Address("3"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kDataLoss);
  EXPECT_THAT(refused.error().ToString(), HasSubstr("'model/weights' was tampered with"));
}

TEST_F(SharedAssetsTest, ATamperedFileOfTheSourceIsNotShared) {
  MakeModel("3", "weights that count");
  const auto source = model_files->Materialize(scope, *registry->Get(scope, AssetKind::kModel, "credit", "3"));
  ASSERT_TRUE(source);
  Overwrite(source->model / "weights", "weights that cheat");
  EXPECT_EQ(sharing->Share(scope, Request("3")).error().code(), Code::kDataLoss);
  EXPECT_FALSE(shared->Find(Address("3")));
}

TEST_F(SharedAssetsTest, ATamperedVersionIsNotFound) {
  MakeModel("3", "good");
  MakeModel("4", "bad");
  MustShare(Request("3"));
  MustShare(Request("4"));
  AssetVersion version = *shared->Find(Address("3"));
  const std::string good_signature = version.properties.at(kSignatureOfSealProperty);
  version.properties[kTreeProperty] = TreeOf(*shared->Find(Address("4")));
  ASSERT_TRUE(assets.UpdateVersion(RegistryScope(), version));
  EXPECT_EQ(shared->Find(Address("3")).error().code(), Code::kDataLoss);
  // Nor with a statement made to fit, since nobody can sign it.
  json statement = json::parse(version.properties.at(kStatementProperty));
  statement["tree"] = version.properties.at(kTreeProperty);
  version.properties[kStatementProperty] = statement.dump();
  version.properties[kStatementDigestProperty] = Sha256Hex(statement.dump());
  ASSERT_TRUE(assets.UpdateVersion(RegistryScope(), version));
  EXPECT_THAT(shared->Find(Address("3")).error().message(), HasSubstr("its signature is not that of the key"));
}

TEST_F(SharedAssetsTest, UnsignedContentIsRefusedWhereSignaturesAreDemanded) {
  MakeModel("3");
  MustShare(Request("3"));
  AssetVersion version = *shared->Find(Address("3"));
  version.properties.erase(kSignatureOfSealProperty);
  version.properties.erase(kSignerProperty);
  ASSERT_TRUE(assets.UpdateVersion(RegistryScope(), version));
  EXPECT_TRUE(shared->Find(Address("3")));
  ASSERT_TRUE(policy->Require("prod", true));
  const auto refused = shared->Find(Address("3"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(refused.error().ToString(), HasSubstr("this was not signed"));
}

TEST_F(SharedAssetsTest, ARevokedKeysContentIsRefused) {
  MakeModel("3");
  MustShare(Request("3"));
  ASSERT_TRUE(policy->Revoke(key->public_key()));
  EXPECT_THAT(shared->FolderOf(Address("3")).error().ToString(), HasSubstr("revoked"));
}

TEST_F(SharedAssetsTest, AnUploadBecomesAVersion) {
  const auto upload = shared->StartUpload("prod");
  ASSERT_TRUE(upload) << upload.error().ToString();
  ASSERT_TRUE(shared->WriteUpload("prod", *upload, "model/weights", "w"));
  EXPECT_FALSE(shared->WriteUpload("prod", *upload, "../weights", "w"));
  for (const char* unknown : {"other", "", "."})
    EXPECT_EQ(shared->WriteUpload("prod", unknown, "model/weights", "w").error().code(), Code::kNotFound) << unknown;
  AssetVersion model;
  model.kind = AssetKind::kModel;
  model.name = "credit";
  model.version = "1";
  ModelBody body;
  body.path = "https://127.0.0.1:7301/uploads/prod/" + *upload + "/model";
  model.body = body;
  const auto put = shared->Put(RegistryScope(), model);
  ASSERT_TRUE(put) << put.error().ToString();
  EXPECT_TRUE(put->is_new);
  EXPECT_EQ(ReadFile(*shared->FolderOf(Address("1")) / "model" / "weights").value(), "w");
  EXPECT_FALSE(shared->WriteUpload("prod", *upload, "late", "w"));
  // Tags may change, the definition may not.
  AssetVersion changed = put->version;
  changed.tags = {{"stage", "gold"}};
  EXPECT_EQ(shared->Put(RegistryScope(), changed)->version.tags.at("stage"), "gold");
  EXPECT_TRUE(shared->Find(Address("1")));
}

TEST_F(SharedAssetsTest, AssetsOfRegistriesNeedFilesThatAreThere) {
  AssetVersion model;
  model.kind = AssetKind::kModel;
  model.name = "credit";
  model.version = "1";
  ModelBody body;
  for (const std::string& path : {Uri("m"), std::string("https://x/uploads/prod/abc/model"),
                                  std::string("https://x/uploads/prod/."), std::string("/tmp/m")}) {
    body.path = path;
    model.body = body;
    const auto refused = shared->Put(RegistryScope(), model);
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().code(), Code::kInvalidArgument) << refused.error().ToString();
  }
}

TEST_F(SharedAssetsTest, ARegistryGoesWithItsFiles) {
  MakeModel("3");
  MustShare(Request("3"));
  const auto folder = home->path() / "registries" / registries->Get("prod")->id;
  ASSERT_TRUE(std::filesystem::exists(folder));
  EXPECT_TRUE(registries->Delete("prod").value());
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_FALSE(registries->Delete("prod").value());
  EXPECT_EQ(shared->Find(Address("3")).error().code(), Code::kNotFound);
}

TEST_F(SharedAssetsTest, NamesOfRegistriesAreChecked) {
  AssetRegistry made;
  made.scope.registry = "Slipway";
  EXPECT_THAT(registries->Put(made).error().message(), HasSubstr("comes with Slipway"));
  made.scope.registry = "x";
  EXPECT_FALSE(registries->Put(made));
  made.scope.registry = "prod";
  made.remote = RemoteRegistry{"https://hub", "", "/t", ""};
  EXPECT_EQ(registries->Put(made).error().code(), Code::kFailedPrecondition);
  made.scope.registry = "hub";
  made.remote->url = "hub:7301";
  EXPECT_EQ(registries->Put(made).error().code(), Code::kInvalidArgument);
}

TEST_F(SharedAssetsTest, ARemoteThatDoesNotAnswerLeavesNothing) {
  MakeModel("3");
  ASSERT_TRUE(WriteFileAtomic(home->path() / "token", "t"));
  AssetRegistry hub;
  hub.scope.workspace.clear();
  hub.scope.registry = "hub";
  hub.remote = RemoteRegistry{"http://127.0.0.1:1", "", (home->path() / "token").string(), ""};
  ASSERT_TRUE(registries->Put(hub));
  ShareRequest request = Request("3");
  request.registry = "hub";
  const auto refused = sharing->Share(scope, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable) << refused.error().ToString();
  EXPECT_THAT(refused.error().ToString(), HasSubstr("the registry 'hub' at http://127.0.0.1:1"));
  EXPECT_THAT(audit.Actions(), ElementsAre());
}

}  // namespace
}  // namespace slipway::registry
