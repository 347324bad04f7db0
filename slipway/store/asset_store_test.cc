// Assets over every database: numbering, order, archives, containers.
#include <atomic>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/store/store_fixture.h"
#include "slipway/wire/asset.h"

namespace slipway::store {
namespace {

using domain::AssetKind;
using domain::AssetVersion;
using domain::ListView;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AssetVersion MakeModel(const std::string& name, const std::string& version = "") {
  AssetVersion asset;
  asset.kind = AssetKind::kModel;
  asset.name = name;
  asset.version = version;
  asset.body = domain::ModelBody{"mlflow_model", "azureml://p", "", "job", {{"onnx", {{"v", "1"}}}}};
  return asset;
}

class Assets : public AnyStore {
 protected:
  domain::AssetStore& assets() { return store_->assets(); }
  AssetVersion Insert(const AssetVersion& asset) { return Must(assets().InsertVersion(scope_, asset)); }
  std::vector<std::string> Versions(const std::string& name, ListView view = ListView::kActiveOnly) {
    std::vector<std::string> versions;
    for (const auto& one : Must(assets().ListVersions(scope_, AssetKind::kModel, name, view)))
      versions.push_back(one.version);
    return versions;
  }
  std::vector<std::string> Containers(ListView view = ListView::kActiveOnly) {
    std::vector<std::string> names;
    for (const auto& one : Must(assets().ListContainers(scope_, AssetKind::kModel, view))) names.push_back(one.name);
    return names;
  }
  domain::AssetContainer Container(const std::string& name) {
    return Must(assets().GetContainer(scope_, AssetKind::kModel, name));
  }
};
SLIPWAY_OVER_ALL_DATABASES(Assets);

std::vector<AssetVersion> OneOfEachKind() {
  domain::EnvironmentBody environment;
  environment.image = "i";
  environment.conda_file = "dependencies: []\n";
  environment.scoring_route = domain::Route{5001, "/score"};
  environment.native = domain::NativeProvider{"native", "make", {"cmake"}, {"c++"}, {{"K", "v"}}};
  domain::CommandComponent component;
  component.name = "Thing";
  component.version = "1";
  component.command = "run ${{inputs.x}}";
  component.environment = "azureml:e:1";
  component.inputs["x"].type = "number";
  component.inputs["x"].default_value = domain::Literal{domain::Literal::Kind::kNumber, "0.5"};
  component.outputs["y"] = {"uri_file", "d", ""};
  std::vector<AssetVersion> assets = {MakeModel("Thing", "1")};
  for (auto& [kind, body] : std::vector<std::pair<AssetKind, domain::AssetBody>>{
           {AssetKind::kData, domain::DataBody{domain::DataType::kMltable, "azureml://d"}},
           {AssetKind::kEnvironment, environment},
           {AssetKind::kComponent, component},
           {AssetKind::kCode, domain::CodeBody{"azureml://c", "abc"}}}) {
    AssetVersion asset;
    asset.kind = kind;
    asset.name = "Thing";
    asset.version = "1";
    asset.description = "d";
    asset.tags = {{"k", "v"}};
    asset.properties = {{"p", "q"}};
    asset.context.created_at = *ParseTimestamp("2026-01-02T03:04:05.678901Z");
    asset.body = body;
    assets.push_back(asset);
  }
  return assets;
}

TEST_P(Assets, OfEveryKindComeBackWhole) {
  for (const AssetVersion& asset : OneOfEachKind()) {
    Insert(asset);
    const auto found = Must(assets().GetVersion(scope_, asset.kind, "thing", "1"));
    EXPECT_EQ(wire::AssetVersionToArm(scope_, found), wire::AssetVersionToArm(scope_, asset));
  }
  EXPECT_EQ(Must(assets().GetContainer(scope_, AssetKind::kData, "THING")).data_type, domain::DataType::kMltable);
}

TEST_P(Assets, GetTheNextNumberWhenTheyBringNone) {
  EXPECT_EQ(Insert(MakeModel("m")).version, "1");
  EXPECT_EQ(Insert(MakeModel("m", "7")).version, "7");
  EXPECT_EQ(Insert(MakeModel("m", "2026-01-rc")).version, "2026-01-rc");
  EXPECT_EQ(Insert(MakeModel("m")).version, "8");
  EXPECT_EQ(Container("m").next_version, "9");
  EXPECT_EQ(Container("m").latest_version, "8");
  EXPECT_THAT(Versions("m"), ElementsAre("8", "2026-01-rc", "7", "1"));
}

TEST_P(Assets, AreNeverDoubled) {
  Insert(MakeModel("Credit", "1"));
  const auto twice = assets().InsertVersion(scope_, MakeModel("CREDIT", "1"));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(twice.error().message(), HasSubstr("version '1' of 'Credit'"));
  EXPECT_EQ(Insert(MakeModel("credit")).name, "Credit");
}

TEST_P(Assets, InsertedByFiftyThreadsGetFiftyNumbers) {
  std::mutex mutex;
  std::set<std::string> versions;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i)
    threads.emplace_back([&] {
      const auto inserted = assets().InsertVersion(scope_, MakeModel("m"));
      std::lock_guard lock(mutex);
      EXPECT_TRUE(inserted) << inserted.error().ToString();
      if (inserted) versions.insert(inserted->version);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(versions.size(), 50u);
  EXPECT_EQ(Container("m").next_version, "51");
}

TEST_P(Assets, ChangeOnlyWhatMayChange) {
  AssetVersion asset = Insert(MakeModel("m"));
  asset.description = "new";
  asset.tags = {{"a", "b"}};
  asset.properties = {{"c", "d"}};
  auto& body = std::get<domain::ModelBody>(asset.body);
  body.stage = "Production";
  body.path = "azureml://elsewhere";
  SLIPWAY_ASSERT_OK(assets().UpdateVersion(scope_, asset));
  const auto found = Must(assets().GetVersion(scope_, AssetKind::kModel, "m", "1"));
  EXPECT_EQ(found.description, "new");
  EXPECT_EQ(found.tags, asset.tags);
  EXPECT_EQ(std::get<domain::ModelBody>(found.body).stage, "Production");
  EXPECT_EQ(std::get<domain::ModelBody>(found.body).path, "azureml://p");
  EXPECT_EQ(assets().UpdateVersion(scope_, MakeModel("m", "9")).error().code(), Code::kNotFound);
}

TEST_P(Assets, ThatAreArchivedAreNotTheLatest) {
  Insert(MakeModel("m"));
  AssetVersion second = Insert(MakeModel("m"));
  second.is_archived = true;
  SLIPWAY_ASSERT_OK(assets().UpdateVersion(scope_, second));
  EXPECT_EQ(Must(assets().GetLatest(scope_, AssetKind::kModel, "M")).version, "1");
  EXPECT_EQ(Container("m").latest_version, "1");
  EXPECT_THAT(Versions("m"), ElementsAre("1"));
  EXPECT_THAT(Versions("m", ListView::kArchivedOnly), ElementsAre("2"));
  EXPECT_THAT(Versions("m", ListView::kAll), ElementsAre("2", "1"));
  const auto none = assets().GetLatest(scope_, AssetKind::kModel, "other");
  EXPECT_EQ(none.error().code(), Code::kNotFound);
}

TEST_P(Assets, ThatAreDeletedLeaveTheirNumbersTaken) {
  Insert(MakeModel("m"));
  Insert(MakeModel("m"));
  SLIPWAY_ASSERT_OK(assets().DeleteVersion(scope_, AssetKind::kModel, "M", "2"));
  EXPECT_EQ(Insert(MakeModel("m")).version, "3");
  for (const char* version : {"1", "3", "99"})
    SLIPWAY_ASSERT_OK(assets().DeleteVersion(scope_, AssetKind::kModel, "m", version));
  EXPECT_THAT(Containers(), IsEmpty());
  EXPECT_EQ(assets().GetContainer(scope_, AssetKind::kModel, "m").error().code(), Code::kNotFound);
  EXPECT_EQ(Insert(MakeModel("m")).version, "4");
}

TEST_P(Assets, HaveContainersNewestFirstWithoutAnonymousOnes) {
  AssetVersion anonymous = MakeModel("hidden");
  anonymous.is_anonymous = true;
  Insert(anonymous);
  for (const char* name : {"b", "a", "c"}) Insert(MakeModel(name));
  Insert(MakeModel("b"));
  EXPECT_THAT(Containers(), ElementsAre("c", "a", "b"));
  Insert(MakeModel("hidden"));
  EXPECT_THAT(Containers(), ElementsAre("c", "a", "b", "hidden"));
}

TEST_P(Assets, HaveContainersThatCanBeDescribedAndArchived) {
  Insert(MakeModel("Credit"));
  domain::AssetContainer container = Container("credit");
  container.name = "CREDIT";
  container.description = "scores";
  container.tags = {{"k", "v"}};
  container.is_archived = true;
  container.next_version = "77";
  SLIPWAY_ASSERT_OK(assets().PutContainer(scope_, container));
  const auto found = Container("credit");
  EXPECT_EQ(found.name, "Credit");
  EXPECT_EQ(found.description, "scores");
  EXPECT_EQ(found.tags, container.tags);
  EXPECT_EQ(found.next_version, "2");
  EXPECT_THAT(Containers(), IsEmpty());
  EXPECT_THAT(Containers(ListView::kArchivedOnly), ElementsAre("Credit"));
  EXPECT_THAT(Containers(ListView::kAll), ElementsAre("Credit"));
  domain::AssetContainer empty;
  empty.kind = AssetKind::kModel;
  empty.name = "empty";
  SLIPWAY_ASSERT_OK(assets().PutContainer(scope_, empty));
  EXPECT_EQ(Container("empty").next_version, "1");
  EXPECT_EQ(Container("empty").latest_version, "");
}

TEST_P(Assets, GoWithTheirDeletedContainer) {
  Insert(MakeModel("m"));
  Insert(MakeModel("m"));
  Insert(MakeModel("other"));
  SLIPWAY_ASSERT_OK(assets().DeleteContainer(scope_, AssetKind::kModel, "M"));
  SLIPWAY_ASSERT_OK(assets().DeleteContainer(scope_, AssetKind::kModel, "M"));
  EXPECT_THAT(Versions("m", ListView::kAll), IsEmpty());
  EXPECT_THAT(Containers(), ElementsAre("other"));
}

TEST_P(Assets, OfOtherKindsAndWorkspacesAreOthers) {
  Insert(MakeModel("m"));
  EXPECT_EQ(assets().GetVersion(scope_, AssetKind::kData, "m", "1").error().code(), Code::kNotFound);
  const domain::Scope other{"s", "g", "w"};
  EXPECT_EQ(assets().GetLatest(other, AssetKind::kModel, "m").error().code(), Code::kNotFound);
  EXPECT_EQ(Must(assets().InsertVersion(other, MakeModel("m"))).version, "1");
}

}  // namespace
}  // namespace slipway::store
