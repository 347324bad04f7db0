#include "slipway/spec/asset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/spec/print.h"
#include "slipway/spec/spec_test_support.h"

namespace slipway::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(DataAssets, AreReadWithPathsRelativeToTheirFile) {
  const ScratchFiles files;
  files.Write("curated/MLTable",
              "paths:\n  - pattern: ./*.csv\ntransformations:\n  - read_delimited: {delimiter: ','}\n");
  files.Write("curated/01.csv", "a\n1\n");
  auto data =
      ReadData(files.Load("$schema: x\nname: credit\nversion: 1\ntype: MLTable\npath: ./curated\ntags: {n: 3}\n"));
  ASSERT_TRUE(data) << data.error().ToString();
  EXPECT_EQ(data->version, "1");
  EXPECT_EQ(data->tags.at("n"), "3");
  const auto& body = std::get<domain::DataBody>(data->body);
  EXPECT_EQ(body.type, domain::DataType::kMltable);
  EXPECT_EQ(body.path, files.path("curated").string());
}

TEST(DataAssets, GetEveryComplaintAtOnceWithItsPlace) {
  const ScratchFiles files;
  auto data = ReadData(files.Load("nam: x\ntype: uri_folders\npath: azureml:./here\ntags: [a]\n"));
  EXPECT_THAT(
      files.Complaints(data),
      ElementsAre(
          HasSubstr("1:1 a data asset needs the key 'name'"),
          HasSubstr("4:7 tags: keys and values are needed here, this is a list"),
          HasSubstr("2:7 type: 'uri_folders' is not one of uri_file, uri_folder, mltable; did you mean 'uri_folder'?"),
          HasSubstr("3:7 path: 'azureml:./here': a local path has no 'azureml:' before it"),
          HasSubstr("1:1 nam: a data asset has no key 'nam'; did you mean 'name'?")));
}

TEST(DataAssets, NeedWhatTheirTypeSays) {
  const ScratchFiles files;
  files.Write("folder/a.csv", "a\n");
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\ntype: uri_file\npath: folder\n"))),
              ElementsAre(HasSubstr("3:7 path: type uri_file needs a file")));
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\ntype: uri_folder\npath: folder/a.csv\n"))),
              ElementsAre(AllOf(HasSubstr("type uri_folder needs a folder"), HasSubstr("is a file (type uri_file)"))));
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\ntype: mltable\npath: folder\n"))),
              ElementsAre(HasSubstr("needs a folder with the file 'MLTable'")));
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\npath: nowhere\n"))),
              ElementsAre(HasSubstr("2:7 path: no file or folder '")));
}

TEST(DataAssets, HaveTheirMltableFileChecked) {
  const ScratchFiles files;
  files.Write("t/MLTable", "path:\n  - file: a.csv\n");
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\ntype: mltable\npath: t\n"))),
              ElementsAre(HasSubstr("MLTable:1:1 an MLTable file needs the key 'paths'"),
                          HasSubstr("MLTable:1:1 path: an MLTable file has no key 'path'; did you mean 'paths'?")));
  files.Write("t/MLTable", "paths:\n  - pattern: ./*.csv\n  - {file: a.csv, folder: b}\n");
  const auto complaints = files.Complaints(ReadData(files.Load("name: x\ntype: mltable\npath: t\n")));
  EXPECT_THAT(complaints, testing::Contains(HasSubstr("MLTable:2:14 paths[0].pattern: nothing in '")));
  EXPECT_THAT(complaints, testing::Contains(HasSubstr("needs exactly one of 'file', 'folder' and 'pattern'")));
}

TEST(DataAssets, MayHaveNoVersionThatReferencesCannotName) {
  const ScratchFiles files;
  EXPECT_THAT(files.Complaints(ReadData(files.Load("name: x\nversion: a:b\npath: azureml://datastores/d/paths/p\n"))),
              ElementsAre(HasSubstr("2:10 version: the version 'a:b' may hold no")));
}

TEST(Environments, EmbedTheirCondaFile) {
  const ScratchFiles files;
  files.Write("conda/train.yml", "dependencies:\n  - python=3.8\n");
  auto environment = ReadEnvironment(files.Load("name: train\nversion: 1\nimage: i\nconda_file: conda/train.yml\n"));
  ASSERT_TRUE(environment) << environment.error().ToString();
  EXPECT_EQ(std::get<domain::EnvironmentBody>(environment->body).conda_file, "dependencies:\n  - python=3.8\n");
  EXPECT_EQ(ToJson(*environment)["conda_file"]["dependencies"][0], "python=3.8");
}

TEST(Environments, HaveANativeProvider) {
  const ScratchFiles files;
  auto environment = ReadEnvironment(
      files.Load("name: e\nimage: i\nslipway:\n  provider: Native\n  programs: [cmake, c++]\n  build_command: make\n"));
  ASSERT_TRUE(environment) << environment.error().ToString();
  const auto& native = std::get<domain::EnvironmentBody>(environment->body).native;
  ASSERT_TRUE(native);
  EXPECT_EQ(native->provider, "native");
  EXPECT_THAT(native->programs, ElementsAre("cmake", "c++"));
}

TEST(Environments, NeedASourceAndKnowCondaFiles) {
  const ScratchFiles files;
  EXPECT_THAT(files.Complaints(ReadEnvironment(files.Load("name: e\n"))),
              ElementsAre(HasSubstr("an environment needs 'image', 'build' or 'slipway'")));
  EXPECT_THAT(files.Complaints(ReadEnvironment(files.Load("dependencies: [python]\n"))),
              ElementsAre(HasSubstr("this is a conda file")));
  EXPECT_THAT(files.Complaints(ReadEnvironment(files.Load("name: e\nimage: i\nconda_file: none.yml\n"))),
              ElementsAre(HasSubstr("3:13 conda_file: no file '")));
}

TEST(Models, OfMlflowTypeNeedTheirFile) {
  const ScratchFiles files;
  files.Write("m/model.onnx", "x");
  EXPECT_THAT(files.Complaints(ReadModel(files.Load("name: m\ntype: mlflow_model\npath: m\n"))),
              ElementsAre(HasSubstr("3:7 path: type mlflow_model needs a folder with the file 'MLmodel'")));
  auto model =
      ReadModel(files.Load("name: m\npath: azureml://jobs/j/outputs/artifacts/paths/model\nstage: Production\n"));
  ASSERT_TRUE(model) << model.error().ToString();
  EXPECT_EQ(std::get<domain::ModelBody>(model->body).stage, "Production");
}

TEST(Components, HaveTypedPortsWithDefaults) {
  const ScratchFiles files;
  auto component = ReadComponent(files.Load(
      "name: train\nversion: 2\ninputs:\n  depth: {type: integer, default: 10.0, min: 1}\n  data: {type: uri_folder}\n"
      "outputs:\n  model: {type: mlflow_model}\nenvironment: azureml:e@latest\n"
      "command: run ${{inputs.depth}} ${{ inputs.data }} ${{outputs.model}}\n"));
  ASSERT_TRUE(component) << component.error().ToString();
  const auto& body = std::get<domain::CommandComponent>(component->component.body);
  EXPECT_EQ(body.inputs.at("depth").default_value->text, "10");
  EXPECT_EQ(body.outputs.at("model").type, "mlflow_model");
}

TEST(Components, MayNotUseWhatTheyDoNotDeclare) {
  const ScratchFiles files;
  EXPECT_THAT(
      files.Complaints(ReadComponent(files.Load("name: t\ninputs:\n  depth: {type: integer}\nenvironment: azureml:e:1\n"
                                                "command: run ${{inputs.dept}} ${{output.x}}\n"))),
      ElementsAre(HasSubstr("5:10 command: '${{inputs.dept}}' is not declared under 'inputs'; did you mean 'depth'?"),
                  HasSubstr("5:10 command: '${{output.x}}' means nothing in a command")));
}

TEST(Components, OfOtherTypesAreNotSupportedYet) {
  const ScratchFiles files;
  const auto complaints =
      files.Complaints(ReadComponent(files.Load("name: t\ntype: parallel\ncommand: x\nenvironment: azureml:e:1\n")));
  EXPECT_THAT(complaints, ElementsAre(HasSubstr("2:7 type: a component of type 'parallel' is not supported yet")));
}

TEST(PrintedAssets, AreReadBackTheSame) {
  const ScratchFiles files;
  auto environment =
      ReadEnvironment(files.Load("name: e\nversion: 3\nimage: i\ndescription: d\ntags: {a: b}\n"
                                 "conda_file: {dependencies: [python=3.8]}\nslipway: {build_command: make}\n"));
  ASSERT_TRUE(environment) << environment.error().ToString();
  const auto printed = ToJson(*environment);
  auto again = ReadEnvironment(*ParseDocument(printed.dump(), "printed", ""));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(ToJson(*again), printed);
}

}  // namespace
}  // namespace slipway::spec
