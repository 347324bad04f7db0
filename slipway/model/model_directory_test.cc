#include "slipway/model/model_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::model {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

OnnxModel MakeModel() {
  OnnxModel model;
  model.opsets = {{"", 15}};
  model.graph.inputs = {{.name = "age", .shape = {-1, 1}},
                        {.name = "job", .element = ElementType::kString, .shape = {-1}},
                        {.name = "pixels", .element = ElementType::kDouble, .shape = {-1, 4}}};
  model.graph.outputs = {{.name = "age", .element = ElementType::kInt64, .shape = {-1}},
                         {.name = "job", .kind = ValueInfo::Kind::kMaps, .element = ElementType::kInt64}};
  return model;
}

class ModelDirectoryTest : public testing::Test {
 protected:
  fs::path Path(const std::string& name) const { return root_.path() / name; }

  void Put(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(WriteFileAtomic(Path(name), content));
  }

  std::string FailureOf(const std::string& name) const {
    const auto directory = ReadModelDirectory(Path(name));
    return directory ? "read" : directory.error().ToString();
  }

  // The complaint about an MLmodel of that text beside a model.onnx.
  std::string ComplaintAbout(const std::string& text) const {
    Put("m/model.onnx", WriteOnnx(MakeModel()));
    Put("m/MLmodel", text);
    return FailureOf("m");
  }

  const TemporaryDirectory root_ = TemporaryDirectory::Make().value();
  const OnnxModel onnx_ = MakeModel();
};

TEST_F(ModelDirectoryTest, ReadsBackWhatItWrote) {
  const Signature signature = {
      {{.name = "it's \"age\""}, {.name = "j: #ob", .type = DataType::kString, .required = false}},
      {{.name = "", .type = DataType::kLong}}};
  const ModelToWrite model{.onnx = onnx_,
                           .signature = signature,
                           .input_example = R"({"columns":["a"],"data":[[1]]})",
                           .model_uuid = "0badaf06aa254da9811188d6c060a176",
                           .run_id = "12345678901234567890",
                           .created = ParseTimestamp("2026-03-04T05:06:07.000089Z").value(),
                           .metadata = {{"accuracy", "0.82"}, {"note", "yes: 'quoted'"}}};
  ASSERT_TRUE(WriteModelDirectory(Path("a/model"), model));
  const ModelDirectory read = ReadModelDirectory(Path("a/model")).value();
  EXPECT_EQ(read.folder, Path("a/model"));
  EXPECT_EQ(read.onnx_file, Path("a/model/model.onnx"));
  EXPECT_EQ(read.signature, signature);
  EXPECT_FALSE(read.signature_from_graph);
  EXPECT_THAT(read.flavors, ElementsAre("onnx", "python_function"));
  EXPECT_EQ(read.artifact_path, "model");
  EXPECT_EQ(read.run_id, model.run_id);
  EXPECT_EQ(read.model_uuid, model.model_uuid);
  EXPECT_EQ(read.utc_time_created, "2026-03-04 05:06:07.000089");
  EXPECT_EQ(read.input_example, Path("a/model/input_example.json"));
  EXPECT_EQ(read.metadata, model.metadata);
  EXPECT_EQ(ReadFile(read.onnx_file).value(), WriteOnnx(onnx_));
  EXPECT_EQ(ReadFile(Path("a/model/serving_input_example.json")).value(),
            R"({"dataframe_split": {"columns":["a"],"data":[[1]]}})");
}

TEST_F(ModelDirectoryTest, WritesKeysInMlflowsOrder) {
  ASSERT_TRUE(WriteModelDirectory(Path("m"), {.onnx = onnx_, .signature = {{{.name = "a"}}, {}}, .model_uuid = "ab"}));
  size_t bytes = 0;
  const std::vector<FileEntry> files = ListFiles(Path("m")).value();
  for (const FileEntry& entry : files) bytes += entry.path == "MLmodel" ? 0 : entry.size;
  EXPECT_EQ(ReadFile(Path("m/MLmodel")).value(), R"(artifact_path: 'model'
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_session_options: null
    onnx_version: 1.12.0
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: 3.11.2
mlflow_version: 2.16.0
model_size_bytes: )" + std::to_string(bytes) + R"(
model_uuid: 'ab'
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}]'
  outputs: null
  params: null
utc_time_created: '1970-01-01 00:00:00.000000'
)");
}

TEST_F(ModelDirectoryTest, LeavesNothingBesideTheModel) {
  ASSERT_TRUE(WriteModelDirectory(Path("out/m"), {.onnx = onnx_}));
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("out")), fs::directory_iterator()), 1);
  EXPECT_THAT(ReadFile(Path("out/m/MLmodel")).value(), Not(HasSubstr("input_example")));
}

TEST_F(ModelDirectoryTest, ReplacesAnEmptyFolderOrAnOlderModelOnly) {
  fs::create_directories(Path("m"));
  ASSERT_TRUE(WriteModelDirectory(Path("m"), {.onnx = onnx_, .run_id = "first"}));
  Put("m/extra.txt", "of the old model");
  ASSERT_TRUE(WriteModelDirectory(Path("m/"), {.onnx = onnx_, .run_id = "second"}));
  EXPECT_EQ(ReadModelDirectory(Path("m")).value().run_id, "second");
  EXPECT_FALSE(fs::exists(Path("m/extra.txt")));

  Put("thesis/chapter1.txt", "irreplaceable");
  const Status refused = WriteModelDirectory(Path("thesis"), {.onnx = onnx_});
  EXPECT_EQ(refused.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(ReadFile(Path("thesis/chapter1.txt")).value(), "irreplaceable");
  Put("file", "");
  EXPECT_THAT(WriteModelDirectory(Path("file"), {.onnx = onnx_}).error().ToString(), HasSubstr("is a file"));
}

TEST_F(ModelDirectoryTest, FindsTheOneModelBelowAFolder) {
  ASSERT_TRUE(WriteModelDirectory(Path("deep/down/here"), {.onnx = onnx_, .run_id = "r"}));
  Put("deep/readme.txt", "");
  EXPECT_EQ(ReadModelDirectory(Path("deep")).value().folder, Path("deep/down/here"));
  ASSERT_TRUE(WriteModelDirectory(Path("deep/too"), {.onnx = onnx_}));
  EXPECT_THAT(FailureOf("deep"), HasSubstr("holds 2 models (down/here/MLmodel, too/MLmodel); name one of them"));
}

TEST_F(ModelDirectoryTest, DerivesTheSignatureOfABareOnnxFile) {
  Put("bare/net.onnx", WriteOnnx(onnx_));
  for (const char* path : {"bare", "bare/net.onnx"}) {
    const ModelDirectory directory = ReadModelDirectory(Path(path)).value();
    EXPECT_EQ(directory.onnx_file, Path("bare/net.onnx"));
    EXPECT_TRUE(directory.signature_from_graph);
    EXPECT_EQ(
        PrintColumnSpecs(directory.signature.inputs),
        R"([{"type": "float", "name": "age", "required": true}, {"type": "string", "name": "job", "required": true}, )"
        R"({"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}, "name": "pixels"}])");
    EXPECT_EQ(PrintColumnSpecs(directory.signature.outputs), R"([{"type": "long", "name": "age", "required": true}])");
  }
}

TEST_F(ModelDirectoryTest, ReadsWhatMlflowWrote) {
  Put("m/model.onnx", WriteOnnx(onnx_));
  Put("m/MLmodel", R"(artifact_path: model
flavors:
  onnx: {code: null, data: model.onnx, onnx_session_options: null, onnx_version: 1.16.0, providers: [CPUExecutionProvider]}
  python_function:
    data: model.onnx
    env: conda.yaml
    loader_module: mlflow.onnx
mlflow_version: 2.14.2
model_id: null
prompts: null
run_id: 8f61417c580541cb84d88586a3a1a44a
signature:
  inputs: '[{"type": "double", "name": "age", "required": false}]'
  outputs: null
  params: null
metadata:
  task: x
  nested: {a: b}
utc_time_created: '2025-06-11 22:09:41.968097'
)");
  const ModelDirectory directory = ReadModelDirectory(Path("m")).value();
  EXPECT_EQ(directory.mlflow_version, "2.14.2");
  EXPECT_EQ(directory.run_id, "8f61417c580541cb84d88586a3a1a44a");
  ASSERT_EQ(directory.signature.inputs.size(), 1u);
  EXPECT_FALSE(directory.signature.inputs[0].required);
  EXPECT_TRUE(directory.input_example.empty());
  EXPECT_THAT(directory.metadata, ElementsAre(std::pair<const std::string, std::string>("task", "x")));
}

TEST_F(ModelDirectoryTest, PointsAtWhatIsWrongInMlmodel) {
  EXPECT_THAT(ComplaintAbout("a: [1\n"), HasSubstr("MLmodel:2"));
  EXPECT_THAT(ComplaintAbout("- a\n"), HasSubstr("MLmodel:1:1"));
  EXPECT_THAT(ComplaintAbout("run_id: x\n"), HasSubstr("has no 'flavors'"));
  EXPECT_THAT(ComplaintAbout("flavors:\n  - onnx\n"), HasSubstr("MLmodel:2:3"));
  EXPECT_THAT(ComplaintAbout("flavors:\n  onnx: yes\n"), HasSubstr("MLmodel:2:9"));
  EXPECT_THAT(ComplaintAbout("flavors:\n  onnx:\n    data: other.onnx\n"),
              HasSubstr("MLmodel:3:11: the directory has no file 'other.onnx'"));
  EXPECT_THAT(ComplaintAbout("flavors:\n  onnx:\n    data: ../model.onnx\n"), HasSubstr("does not stay inside"));
  EXPECT_THAT(ComplaintAbout("flavors:\n  onnx: {}\nrun_id: [1]\n"), HasSubstr("MLmodel:3:9: 'run_id' must be a text"));
  EXPECT_THAT(ComplaintAbout("flavors: {onnx: {}}\nsignature: text\n"), HasSubstr("MLmodel:2:12"));
  EXPECT_THAT(ComplaintAbout("flavors: {onnx: {}}\nsignature:\n  inputs: [1]\n"), HasSubstr("MLmodel:3:11"));
  EXPECT_THAT(ComplaintAbout("flavors: {onnx: {}}\nsignature:\n  inputs: '[{}]'\n"), HasSubstr("has no 'type'"));
  EXPECT_THAT(ComplaintAbout("flavors: {onnx: {}}\nsaved_input_example_info: {artifact_path: gone.json}\n"),
              HasSubstr("no file 'gone.json'"));
}

TEST_F(ModelDirectoryTest, SaysThatOtherFlavorsAreNotSupported) {
  Put("m/MLmodel", "flavors:\n  sklearn: {pickled_model: model.pkl}\n  python_function: {}\n");
  const auto directory = ReadModelDirectory(Path("m"));
  EXPECT_EQ(directory.error().code(), Code::kUnimplemented);
  EXPECT_THAT(directory.error().ToString(), HasSubstr("sklearn, python_function"));
}

TEST_F(ModelDirectoryTest, SaysThatThereIsNoModel) {
  EXPECT_THAT(FailureOf("nowhere"), HasSubstr("there is no model at"));
  fs::create_directories(Path("empty"));
  EXPECT_THAT(FailureOf("empty"), HasSubstr("neither an MLmodel file nor an .onnx file"));
  Put("notes.txt", "");
  EXPECT_THAT(FailureOf("notes.txt"), HasSubstr("is no model"));
  Put("bad.onnx", "damaged");
  EXPECT_EQ(ReadModelDirectory(Path("bad.onnx")).error().code(), Code::kDataLoss);
}

// What a process that was killed while writing leaves behind: the staging folder without MLmodel, nothing at the
// target.
TEST_F(ModelDirectoryTest, AHalfWrittenModelIsNotFoundAtItsPlace) {
  Put("slipway-a1b2c3/model/model.onnx", WriteOnnx(onnx_));
  EXPECT_THAT(FailureOf("m"), HasSubstr("there is no model at"));
  ASSERT_TRUE(WriteModelDirectory(Path("m"), {.onnx = onnx_}));
  EXPECT_EQ(ReadModelDirectory(root_.path()).value().folder, Path("m"));
}

}  // namespace
}  // namespace slipway::model
