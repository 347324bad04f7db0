#include "slipway/registry/registry.h"

#include <gmock/gmock.h>

#include "slipway/model/model_directory.h"
#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/registry/testing/registry_fixture.h"

namespace slipway::registry {
namespace {

using namespace domain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RegistryTest : public testing::RegistryFixture {
 protected:
  static AssetVersion Data(const std::string& version, const std::string& path, DataType type = DataType::kUriFolder) {
    AssetVersion data;
    data.kind = AssetKind::kData;
    data.name = "credit";
    data.version = version;
    data.body = DataBody{type, path};
    return data;
  }

  static AssetVersion Model(const std::string& version, const std::string& path,
                            const std::string& type = "custom_model") {
    AssetVersion model;
    model.kind = AssetKind::kModel;
    model.name = "credit-model";
    model.version = version;
    ModelBody body;
    body.type = type;
    body.path = path;
    model.body = body;
    return model;
  }

  static AssetVersion Environment(const std::string& version, const std::string& conda_file = "name: x\n") {
    AssetVersion environment;
    environment.kind = AssetKind::kEnvironment;
    environment.name = "env";
    environment.version = version;
    EnvironmentBody body;
    body.image = "image:1";
    body.conda_file = conda_file;
    environment.body = body;
    return environment;
  }

  static AssetVersion Component(const std::string& environment) {
    AssetVersion component;
    component.kind = AssetKind::kComponent;
    component.name = "train";
    component.version = "1";
    CommandComponent body;
    body.command = "./train";
    body.environment = environment;
    component.body = body;
    return component;
  }

  AssetVersion MustPut(const AssetVersion& version) {
    auto put = registry->Put(scope, version);
    EXPECT_TRUE(put) << put.error().ToString();
    return put ? put->version : AssetVersion{};
  }

  Error Refusal(const AssetVersion& version) {
    const auto put = registry->Put(scope, version);
    EXPECT_FALSE(put) << "was accepted";
    return put ? Internal("") : put.error();
  }

  // An ONNX classifier of one column below `path`.
  void WriteOnnxModel(const std::string& path) {
    model::ColumnTransform column;
    column.name = "age";
    model::FlatForest forest{{0}, {1, -1, -1}, {2, -1, -1}, {0, 0, 0}, {0.5F, 0, 0}, {0, 0.25, 0.75}};
    const auto graph = model::TabularClassifierGraph({column}, forest, {"0", "1"}, true);
    ASSERT_TRUE(graph) << graph.error().ToString();
    model::ModelToWrite written{.onnx = *graph};
    written.signature.inputs = {{.name = "age", .type = model::DataType::kDouble}};
    const auto status = model::WriteModelDirectory(Store(path), written);
    ASSERT_TRUE(status) << status.error().ToString();
  }

  void AddJob(const std::string& name, const std::string& output, const std::string& uri) {
    Job job;
    job.name = name;
    job.output_uris[output] = uri;
    ASSERT_TRUE(jobs.InsertJob(scope, job));
  }
};

TEST_F(RegistryTest, VersionsCountUpFromOne) {
  EXPECT_EQ(MustPut(Data("", Uri("a/"))).version, "1");
  EXPECT_EQ(MustPut(Data("7", Uri("a/"))).version, "7");
  EXPECT_EQ(MustPut(Data("", Uri("b/"))).version, "8");
  EXPECT_EQ(registry->Get(scope, AssetKind::kData, "credit", "latest")->version, "8");
}

TEST_F(RegistryTest, TheSameDefinitionAgainIsTheSameVersion) {
  const auto made = registry->Put(scope, Data("1", Uri("a")));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->is_new);
  clock.Advance(std::chrono::hours(1));
  const auto again = registry->Put(
      scope,
      Data("1", "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/a/"));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->version.context.created_at, made->version.context.created_at);
  EXPECT_EQ(std::get<DataBody>(again->version.body).path, Uri("a"));
}

TEST_F(RegistryTest, AnotherDefinitionIsRefusedByWhatDiffers) {
  MustPut(Data("1", Uri("a")));
  const Error error = Refusal(Data("1", Uri("b"), DataType::kUriFile));
  EXPECT_EQ(error.code(), Code::kAlreadyExists);
  EXPECT_THAT(error.message(), HasSubstr("the data 'credit' has a version '1' already"));
  EXPECT_THAT(error.message(), HasSubstr("type ('uri_folder' is stored, 'uri_file' was sent)"));
  EXPECT_THAT(error.message(), HasSubstr("paths/b' was sent"));
}

TEST_F(RegistryTest, ARaceForOneVersionEndsLikeARepeat) {
  MustPut(Data("1", Uri("a")));
  assets.hide_next_get = true;
  const auto same = registry->Put(scope, Data("1", Uri("a")));
  ASSERT_TRUE(same) << same.error().ToString();
  EXPECT_FALSE(same->is_new);
  assets.hide_next_get = true;
  EXPECT_EQ(Refusal(Data("1", Uri("b"))).code(), Code::kAlreadyExists);
}

TEST_F(RegistryTest, TextsAndTagsMayChange) {
  AssetVersion data = Data("1", Uri("a"));
  data.tags = {{"a", "1"}};
  MustPut(data);
  data.tags = {{"b", "2"}};
  data.description = "new";
  data.properties = {{"p", "q"}};
  clock.Advance(std::chrono::hours(1));
  const AssetVersion changed = MustPut(data);
  EXPECT_EQ(changed.tags, (Tags{{"b", "2"}}));
  EXPECT_EQ(changed.description, "new");
  EXPECT_EQ(changed.properties, (Tags{{"p", "q"}}));
  EXPECT_EQ(changed.context.last_modified_at - changed.context.created_at, std::chrono::hours(1));
}

TEST_F(RegistryTest, ClientsCannotWriteTheServersProperties) {
  WriteStored("m/weights", "w");
  AssetVersion model = Model("1", Uri("m"));
  model.properties = {{kTreeProperty, "forged"}, {"mine", "1"}};
  const AssetVersion made = MustPut(model);
  EXPECT_NE(made.properties.at(kTreeProperty), "forged");
  EXPECT_EQ(made.properties.at("mine"), "1");
  const AssetVersion again = MustPut(model);
  EXPECT_EQ(again.properties.at(kTreeProperty), made.properties.at(kTreeProperty));
  AssetVersion registered = Data("1", Uri("a"));
  registered.properties = {{"slipway.source", "azureml://jobs/j/outputs/o"}};
  EXPECT_EQ(registry->Register(scope, registered)->properties.at("slipway.source"), "azureml://jobs/j/outputs/o");
}

TEST_F(RegistryTest, NamesAndVersionsAreChecked) {
  AssetVersion data = Data("1", Uri("a"));
  for (const char* name : {"", "-a", "a/b", "..", "a b", "a@b"}) {
    data.name = name;
    EXPECT_EQ(Refusal(data).code(), Code::kInvalidArgument) << name;
  }
  data.name = "ok";
  for (const char* version : {".", "..", "a/b", "a b", "a@b", "a:b", "latest", "a\nb", "a%2fb"}) {
    data.version = version;
    EXPECT_EQ(Refusal(data).code(), Code::kInvalidArgument) << version;
  }
  data.version = std::string(256, '1');
  EXPECT_EQ(Refusal(data).code(), Code::kInvalidArgument);
}

TEST_F(RegistryTest, AnUnknownWorkspaceHoldsNothing) {
  scope.workspace = "other";
  EXPECT_EQ(Refusal(Data("1", Uri("a"))).code(), Code::kNotFound);
  EXPECT_FALSE(registry->ListContainers(scope, AssetKind::kData, ListView::kAll));
}

TEST_F(RegistryTest, WhatIsMissingIsNamedWithItsNeighbours) {
  MustPut(Data("1", Uri("a")));
  const auto misspelt = registry->Get(scope, AssetKind::kData, "credti", "1");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().code(), Code::kNotFound);
  EXPECT_THAT(misspelt.error().message(), HasSubstr("did you mean 'credit'?"));
  EXPECT_THAT(registry->Get(scope, AssetKind::kData, "credit", "2").error().message(), HasSubstr("the newest is '1'"));
}

TEST_F(RegistryTest, AnArchivedVersionIsHiddenAndStaysUsable) {
  MustPut(Data("1", Uri("a")));
  AssetVersion second = Data("2", Uri("b"));
  MustPut(second);
  second.is_archived = true;
  EXPECT_TRUE(MustPut(second).is_archived);
  EXPECT_EQ(registry->ListVersions(scope, AssetKind::kData, "credit", ListView::kActiveOnly)->size(), 1u);
  EXPECT_EQ(registry->ListVersions(scope, AssetKind::kData, "credit", ListView::kArchivedOnly)->front().version, "2");
  EXPECT_EQ(registry->Get(scope, AssetKind::kData, "credit", "latest")->version, "1");
  EXPECT_TRUE(registry->Get(scope, AssetKind::kData, "credit", "2"));
  second.is_archived = false;
  EXPECT_FALSE(MustPut(second).is_archived);
  EXPECT_EQ(registry->Get(scope, AssetKind::kData, "credit", "latest")->version, "2");
}

TEST_F(RegistryTest, AllVersionsArchivedSaysSo) {
  AssetVersion data = Data("1", Uri("a"));
  MustPut(data);
  data.is_archived = true;
  MustPut(data);
  EXPECT_THAT(registry->Get(scope, AssetKind::kData, "credit", "latest").error().message(), HasSubstr("is archived"));
}

TEST_F(RegistryTest, AnArchivedContainerArchivesItsVersions) {
  AssetVersion data = Data("1", Uri("a"));
  MustPut(data);
  AssetContainer container = *registry->GetContainer(scope, AssetKind::kData, "credit");
  container.is_archived = true;
  ASSERT_TRUE(registry->PutContainer(scope, container));
  EXPECT_TRUE(registry->ListVersions(scope, AssetKind::kData, "credit", ListView::kActiveOnly)->empty());
  EXPECT_TRUE(registry->ListVersions(scope, AssetKind::kData, "credit", ListView::kAll)->front().is_archived);
  EXPECT_TRUE(registry->ListContainers(scope, AssetKind::kData, ListView::kActiveOnly)->empty());
  EXPECT_TRUE(registry->Get(scope, AssetKind::kData, "credit", "1")->is_archived);
  const Error error = Refusal(data);  // asks for is_archived = false
  EXPECT_EQ(error.code(), Code::kFailedPrecondition);
  EXPECT_THAT(error.message(), HasSubstr("slipway data restore --name credit"));
  data.is_archived = true;
  data.tags = {{"still", "changes"}};
  MustPut(data);
  container.is_archived = false;
  ASSERT_TRUE(registry->PutContainer(scope, container));
  EXPECT_FALSE(registry->Get(scope, AssetKind::kData, "credit", "1")->is_archived);
}

TEST_F(RegistryTest, ContainersCanBeMadeAndDescribed) {
  AssetContainer container;
  container.kind = AssetKind::kData;
  container.name = "fresh";
  container.description = "empty";
  const auto made = registry->PutContainer(scope, container);
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_TRUE(made->is_new);
  EXPECT_EQ(made->container.next_version, "1");
  container.description = "changed";
  const auto changed = registry->PutContainer(scope, container);
  EXPECT_FALSE(changed->is_new);
  EXPECT_EQ(changed->container.description, "changed");
  container.name = "bad name";
  EXPECT_EQ(registry->PutContainer(scope, container).error().code(), Code::kInvalidArgument);
}

TEST_F(RegistryTest, DeletingTellsWhetherItWasThere) {
  MustPut(Data("1", Uri("a")));
  EXPECT_TRUE(*registry->DeleteVersion(scope, AssetKind::kData, "credit", "1"));
  EXPECT_FALSE(*registry->DeleteVersion(scope, AssetKind::kData, "credit", "1"));
  MustPut(Data("2", Uri("a")));
  EXPECT_TRUE(*registry->DeleteContainer(scope, AssetKind::kData, "credit"));
  EXPECT_FALSE(*registry->DeleteContainer(scope, AssetKind::kData, "credit"));
}

TEST_F(RegistryTest, DataThatCanBeSeenHasToFitItsType) {
  WriteStored("folder/x.csv", "a\n1\n");
  EXPECT_THAT(Refusal(Data("1", Uri("folder"), DataType::kUriFile)).message(), HasSubstr("is a folder"));
  EXPECT_THAT(Refusal(Data("1", Uri("folder/x.csv"))).message(), HasSubstr("is a file"));
  EXPECT_THAT(Refusal(Data("1", Uri("folder"), DataType::kMltable)).message(), HasSubstr("has none"));
  WriteStored("folder/MLTable", "paths: []\n");
  MustPut(Data("1", Uri("folder"), DataType::kMltable));
  MustPut(Data("2", Uri("folder/x.csv"), DataType::kUriFile));
  MustPut(Data("3", Uri("to/come")));
  MustPut(Data("5", Uri("table/to/come"), DataType::kMltable));
  MustPut(Data("4", "https://example.com/data.csv", DataType::kUriFile));
}

TEST_F(RegistryTest, PathsThatCannotStandInDataAreExplained) {
  EXPECT_THAT(Refusal(Data("1", "./local")).ToString(), HasSubstr("has to be uploaded first"));
  EXPECT_THAT(Refusal(Data("1", "azureml:other:1")).ToString(), HasSubstr("is an asset"));
  EXPECT_THAT(Refusal(Data("1", "azureml://datastores/workspaceblobstor/paths/a")).ToString(),
              HasSubstr("did you mean 'workspaceblobstore'?"));
  EXPECT_EQ(Refusal(Data("1", Uri("../../../etc/passwd"))).code(), Code::kInvalidArgument);
  const Error error = Refusal(Data("1", "azureml://jobs/gone/outputs/o"));
  EXPECT_EQ(error.code(), Code::kInvalidArgument);
  EXPECT_THAT(error.ToString(), HasSubstr("there is no job 'gone'"));
}

TEST_F(RegistryTest, DataOfOtherStorageIsBelieved) {
  Datastore azure;
  azure.name = "azure";
  azure.type = "azure_blob";
  ASSERT_TRUE(workspaces.PutDatastore(scope, azure));
  MustPut(Data("1", "azureml://datastores/azure/paths/x", DataType::kMltable));
}

TEST_F(RegistryTest, OutputsOfJobsBecomeTheirDatastorePaths) {
  AddJob("j", "artifacts", Uri("ExperimentRun/dcid.j/"));
  WriteStored("ExperimentRun/dcid.j/model/weights", "w");
  const AssetVersion model = MustPut(Model("1", "azureml://jobs/j/outputs/artifacts/paths/model/"));
  EXPECT_EQ(std::get<ModelBody>(model.body).path, Uri("ExperimentRun/dcid.j/model/"));
  EXPECT_EQ(std::get<ModelBody>(model.body).job_name, "j");
  EXPECT_FALSE(registry->Put(scope, Model("1", "azureml://jobs/j/outputs/artifacts/paths/model"))->is_new);
  EXPECT_FALSE(registry->Put(scope, Model("1", "runs:/j/model"))->is_new);
}

TEST_F(RegistryTest, AModelKeepsItsFiles) {
  WriteStored("m/model/weights", "first");
  const AssetVersion model = MustPut(Model("1", Uri("m/model")));
  WriteStored("m/model/weights", "changed later");
  const auto folder = model_files->Materialize(scope, model);
  ASSERT_TRUE(folder) << folder.error().ToString();
  EXPECT_EQ(folder->folder, home->path() / "models" / workspace_id / "azureml-models" / "credit-model" / "1");
  EXPECT_EQ(folder->model, folder->folder / "model");
  EXPECT_EQ(*ReadFile(folder->model / "weights"), "first");
}

TEST_F(RegistryTest, AModelOfOneFileStandsUnderItsName) {
  WriteStored("m/model.pkl", "pickled");
  const auto folder = model_files->Materialize(scope, MustPut(Model("1", Uri("m/model.pkl"))));
  ASSERT_TRUE(folder) << folder.error().ToString();
  EXPECT_EQ(*ReadFile(folder->folder / "model.pkl"), "pickled");
  EXPECT_EQ(folder->model, folder->folder / "model.pkl");
}

TEST_F(RegistryTest, MaterializingAgainChangesNothing) {
  WriteStored("m/weights", "w");
  const AssetVersion model = MustPut(Model("1", Uri("m")));
  const auto first = model_files->Materialize(scope, model);
  ASSERT_TRUE(first);
  const auto written = std::filesystem::last_write_time(first->model);
  std::filesystem::last_write_time(first->model, written - std::chrono::hours(1));
  ASSERT_TRUE(model_files->Materialize(scope, model));
  EXPECT_EQ(std::filesystem::last_write_time(first->model), written - std::chrono::hours(1));
}

TEST_F(RegistryTest, ADamagedFolderIsMadeAgain) {
  WriteStored("m/weights", "w");
  const AssetVersion model = MustPut(Model("1", Uri("m")));
  const auto folder = model_files->Materialize(scope, model);
  ASSERT_TRUE(folder);
  ASSERT_TRUE(WriteFileAtomic(folder->model / "left by a reader", ""));
  ASSERT_TRUE(model_files->Materialize(scope, model));
  EXPECT_EQ(ListFiles(folder->folder)->size(), 1u);
}

TEST_F(RegistryTest, AFolderHalfFilledIsFilledAgain) {
  WriteStored("m/weights", "w");
  const AssetVersion model = MustPut(Model("1", Uri("m")));
  const auto folder = home->path() / "models" / workspace_id / "azureml-models" / "credit-model" / "1";
  ASSERT_TRUE(WriteFileAtomic(folder / "m" / "rest of a killed process", ""));
  ASSERT_TRUE(model_files->Materialize(scope, model));
  EXPECT_EQ(ListFiles(folder)->size(), 1u);
}

TEST_F(RegistryTest, AVersionMadeAgainWithOtherFilesGetsThem) {
  WriteStored("m/weights", "first");
  ASSERT_TRUE(model_files->Materialize(scope, MustPut(Model("1", Uri("m")))));
  ASSERT_TRUE(registry->DeleteVersion(scope, AssetKind::kModel, "credit-model", "1"));
  WriteStored("m/weights", "2nd..");  // of the same size
  const auto folder = model_files->Materialize(scope, MustPut(Model("1", Uri("m"))));
  EXPECT_EQ(*ReadFile(folder->model / "weights"), "2nd..");
}

TEST_F(RegistryTest, AModelWithoutKeptFilesCannotBeLaidOut) {
  EXPECT_EQ(model_files->Materialize(scope, Model("1", Uri("m"))).error().code(), Code::kFailedPrecondition);
}

TEST_F(RegistryTest, ModelsThatAreNotThereAreRefused) {
  EXPECT_THAT(Refusal(Model("1", Uri("gone"))).message(), HasSubstr("there is nothing at"));
  EXPECT_EQ(Refusal(Model("1", "https://example.com/model")).code(), Code::kUnimplemented);
  std::filesystem::create_directories(Store("empty"));
  EXPECT_THAT(Refusal(Model("1", Uri("empty"))).message(), HasSubstr("has no files"));
  EXPECT_THAT(Refusal(Model("1", Uri("x"), "pickle")).message(), HasSubstr("is no type of a model"));
  EXPECT_EQ(Refusal(Model("1", "azureml://registries/r/models/m/versions/1")).code(), Code::kInvalidArgument);
}

TEST_F(RegistryTest, AnMlflowModelTellsFlavorsAndSignature) {
  WriteOnnxModel("out/model");
  const AssetVersion model = MustPut(Model("1", Uri("out/model"), "mlflow_model"));
  const auto& flavors = std::get<ModelBody>(model.body).flavors;
  EXPECT_EQ(flavors.at("onnx").at("data"), "model.onnx");
  EXPECT_EQ(flavors.at("python_function").at("loader_module"), "mlflow.onnx");
  EXPECT_FALSE(flavors.at("onnx").contains("code"));  // null
  EXPECT_THAT(model.properties.at(kSignatureProperty), HasSubstr("age"));
  EXPECT_THAT(checked_models, ElementsAre("model"));
}

TEST_F(RegistryTest, WhatCannotBeScoredIsRefusedByName) {
  WriteOnnxModel("out/model");
  model_error = Status(Unimplemented("operator 'Foo' is not supported yet"));
  const Error error = Refusal(Model("1", Uri("out/model"), "mlflow_model"));
  EXPECT_EQ(error.code(), Code::kUnimplemented);
  EXPECT_THAT(error.message(), HasSubstr("operator 'Foo'"));
  EXPECT_EQ(registry->GetContainer(scope, AssetKind::kModel, "credit-model").error().code(), Code::kNotFound);
  MustPut(Model("1", Uri("out/model")));  // a custom model is the scoring script's matter
}

TEST_F(RegistryTest, ModelsOfXgboostAndLightgbmAreCheckedAsWell) {
  const std::string signature = "signature:\n  inputs: '[{\"name\": \"x\", \"type\": \"float\"}]'\n";
  WriteStored("xgb/MLmodel", "flavors:\n  xgboost:\n    data: model.xgb\n    model_format: xgb\n" + signature);
  WriteStored("xgb/model.xgb", "{}");
  WriteStored("lgb/MLmodel", "flavors:\n  lightgbm:\n    data: model.lgb\n" + signature);
  WriteStored("lgb/model.lgb", "tree\n");
  model_error = Status(Unimplemented("models of the objective 'rank:ndcg' are not supported yet"));
  const Error error = Refusal(Model("1", Uri("xgb"), "mlflow_model"));
  EXPECT_EQ(error.code(), Code::kUnimplemented);
  EXPECT_THAT(error.ToString(), AllOf(HasSubstr("rank:ndcg"), HasSubstr("custom_model")));
  EXPECT_EQ(Refusal(Model("1", Uri("lgb"), "mlflow_model")).code(), Code::kUnimplemented);
  EXPECT_THAT(checked_models, ElementsAre("xgb", "lgb"));
}

TEST_F(RegistryTest, AnMlflowModelNeedsItsFile) {
  WriteOnnxModel("out/model");
  EXPECT_THAT(Refusal(Model("1", Uri("out"), "mlflow_model")).message(), HasSubstr("its folder 'model' is one"));
  WriteStored("broken/MLmodel", "flavors: [1, 2]\n");
  const Error error = Refusal(Model("1", Uri("broken"), "mlflow_model"));
  EXPECT_THAT(error.message(), HasSubstr("'flavors'"));
  EXPECT_EQ(error.position()->line, 1);
}

TEST_F(RegistryTest, OtherFlavorsAreKeptUnscored) {
  WriteStored("sk/MLmodel", "flavors:\n  sklearn:\n    pickled_model: model.pkl\n    code: null\n    list: [1, 2]\n");
  const AssetVersion model = MustPut(Model("1", Uri("sk"), "mlflow_model"));
  EXPECT_EQ(std::get<ModelBody>(model.body).flavors,
            (std::map<std::string, std::map<std::string, std::string>>{
                {"sklearn", {{"pickled_model", "model.pkl"}, {"list", "[1, 2]"}}}}));
  EXPECT_TRUE(checked_models.empty());
}

TEST_F(RegistryTest, AStageStaysWhereAClientDoesNotKnowIt) {
  WriteStored("m/weights", "w");
  AssetVersion model = Model("1", Uri("m"));
  std::get<ModelBody>(model.body).stage = "Production";
  MustPut(model);
  EXPECT_EQ(std::get<ModelBody>(MustPut(Model("1", Uri("m"))).body).stage, "Production");
  std::get<ModelBody>(model.body).stage = "Archived";
  EXPECT_EQ(std::get<ModelBody>(MustPut(model).body).stage, "Archived");
}

TEST_F(RegistryTest, AnEnvironmentThatCannotBeMadeRealIsRefused) {
  environment_error = Status(FailedPrecondition("the provider conda needs the program 'micromamba'"));
  EXPECT_THAT(Refusal(Environment("1")).message(), HasSubstr("micromamba"));
  environment_error.reset();
  MustPut(Environment("1"));
  environment_error = Status(FailedPrecondition("gone in the meantime"));
  MustPut(Environment("1"));  // what is registered stays so
}

TEST_F(RegistryTest, CondaFilesCompareByWhatTheySay) {
  MustPut(Environment("1", "name: x\ndependencies:\n- python=3.10\n- pip:\n  - numpy\n"));
  EXPECT_FALSE(
      registry->Put(scope, Environment("1", R"({"dependencies": ["python=3.10", {"pip": ["numpy"]}], "name": x})"))
          ->is_new);
  EXPECT_THAT(Refusal(Environment("1", "name: x\ndependencies: [python=3.11]\n")).message(),
              HasSubstr("it differs in conda_file"));
}

TEST_F(RegistryTest, AnonymousNamesMakeAnonymousAssets) {
  AssetVersion environment = Environment("0a1b");
  environment.name = "CliV2AnonymousEnvironment";
  EXPECT_TRUE(MustPut(environment).is_anonymous);
  EXPECT_TRUE(registry->ListContainers(scope, AssetKind::kEnvironment, ListView::kAll)->empty());
}

TEST_F(RegistryTest, AComponentPinsWhatItNames) {
  MustPut(Environment("3"));
  const AssetVersion component = MustPut(Component("azureml:env@latest"));
  const auto& body = std::get<CommandComponent>(component.body);
  EXPECT_EQ(body.environment, "azureml:env:3");
  EXPECT_EQ(body.name, "train");
  EXPECT_EQ(body.version, "1");
  EXPECT_FALSE(registry->Put(scope, Component("azureml:env@latest"))->is_new);
  MustPut(Environment("4", "name: y\n"));
  EXPECT_THAT(Refusal(Component("azureml:env@latest")).message(),
              HasSubstr("environment ('azureml:env:3' is stored, 'azureml:env:4' was sent)"));
}

TEST_F(RegistryTest, AComponentNeedsWhatItNames) {
  const Error error = Refusal(Component("azureml:nothing:1"));
  EXPECT_EQ(error.code(), Code::kInvalidArgument);
  EXPECT_THAT(error.ToString(), HasSubstr("environment: there is no environment 'nothing'"));
  EXPECT_THAT(Refusal(Component("")).message(), HasSubstr("needs an environment"));
  MustPut(Environment("1"));
  AssetVersion component = Component("azureml:env:1");
  std::get<CommandComponent>(component.body).code = "azureml:missing:1";
  EXPECT_THAT(Refusal(component).ToString(), HasSubstr("code: there is no code 'missing'"));
}

TEST_F(RegistryTest, AComponentsDisplayNameMayChangeAndItsPortsMayNot) {
  MustPut(Environment("1"));
  AssetVersion component = Component("azureml:env:1");
  auto& body = std::get<CommandComponent>(component.body);
  body.inputs["depth"].type = "integer";
  MustPut(component);
  body.display_name = "Train it";
  EXPECT_EQ(std::get<CommandComponent>(MustPut(component).body).display_name, "Train it");
  body.inputs["depth"].default_value = Literal{Literal::Kind::kInteger, "3"};
  body.inputs["seed"].type = "integer";
  const Error error = Refusal(component);
  EXPECT_THAT(error.message(), HasSubstr("input 'depth'"));
  EXPECT_THAT(error.message(), HasSubstr("input 'seed' (was sent, is not stored)"));
}

TEST_F(RegistryTest, CodeHasToBeUploadedFirst) {
  AssetVersion code;
  code.kind = AssetKind::kCode;
  code.name = "abc123";
  code.version = "1";
  code.body = CodeBody{Uri("code/abc123/"), "abc123"};
  EXPECT_THAT(Refusal(code).message(), HasSubstr("has to be uploaded first"));
  WriteStored("code/abc123/train.cc", "int main() {}");
  MustPut(code);
  EXPECT_FALSE(registry->Put(scope, code)->is_new);
  code.body = CodeBody{Uri("code/abc123"), "other"};
  EXPECT_THAT(Refusal(code).message(), HasSubstr("hash ('abc123' is stored, 'other' was sent)"));
}

}  // namespace
}  // namespace slipway::registry
