#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <limits>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor MakeTensor(std::string name, ElementType type, std::vector<int64_t> dims) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = type;
  tensor.dims = std::move(dims);
  return tensor;
}

// A model with every kind of attribute and tensor that can be written.
OnnxModel MakeModel() {
  Tensor floats = MakeTensor("floats", ElementType::kFloat, {3});
  floats.floats = {1.5F, -0.0F, std::numeric_limits<float>::infinity()};
  Tensor doubles = MakeTensor("doubles", ElementType::kDouble, {1, 2});
  doubles.doubles = {1e300, -2.5};
  Tensor strings = MakeTensor("strings", ElementType::kString, {2});
  strings.strings = {"", std::string("a\0\xff", 3)};
  Tensor flags = MakeTensor("flags", ElementType::kBool, {2});
  flags.ints = {1, 0};
  Tensor unsigned_ints = MakeTensor("unsigned", ElementType::kUint64, {1});
  unsigned_ints.ints = {-1};  // 2^64 - 1
  Tensor bytes = MakeTensor("bytes", ElementType::kInt8, {2});
  bytes.ints = {-128, 127};
  Attribute tensor;
  tensor.name = "value";
  tensor.kind = Attribute::Kind::kTensor;
  tensor.tensor = floats;

  OnnxModel model;
  model.producer_version = "1.2";
  model.opsets = {{"", 15}, {"ai.onnx.ml", 2}};
  model.metadata = {{"key", "value"}, {"other", ""}};
  model.graph.name = "all kinds";
  model.graph.initializers = {
      floats, doubles, strings, flags, unsigned_ints, bytes, Tensor::Of("ints", {2}, {-7, 1LL << 60})};
  model.graph.inputs = {{.name = "x", .shape = {-1, 1}},
                        {.name = "job", .element = ElementType::kString, .shape = {-1, 1}}};
  model.graph.outputs = {{.name = "z", .shape = {-1, 2}},
                         {.name = "maps", .kind = ValueInfo::Kind::kMaps, .element = ElementType::kInt64}};
  Node node;
  node.op_type = "Everything";
  node.domain = "ai.onnx.ml";
  node.name = "n";
  node.inputs = {"x", "", "floats"};
  node.outputs = {"z", "maps"};
  node.attributes = {Attribute::Float("f", -0.25F),
                     Attribute::Int("i", -3),
                     Attribute::Text("s", "\xc3\xa9"),
                     Attribute::Floats("fs", {1, 2}),
                     Attribute::Ints("is", {-1, 1LL << 40}),
                     Attribute::Strings("ss", {"", "b"}),
                     Attribute::Ints("none", {}),
                     tensor};
  model.graph.nodes = {node};
  return model;
}

// A protobuf that a test damages before it is read.
onnx::ModelProto MakeProto() {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(WriteOnnx(MakeModel())));
  return proto;
}

std::string FailureOf(const onnx::ModelProto& proto) {
  const auto model = ReadOnnx(proto.SerializeAsString());
  return model ? "read" : model.error().ToString();
}

TEST(Onnx, ReadsBackWhatItWrote) {
  const OnnxModel model = MakeModel();
  const std::string bytes = WriteOnnx(model);
  const OnnxModel read = ReadOnnx(bytes).value();
  EXPECT_EQ(WriteOnnx(read), bytes);
  EXPECT_EQ(read.producer_version, "1.2");
  EXPECT_EQ(read.opset("ai.onnx.ml"), 2);
  EXPECT_EQ(read.opset("elsewhere"), 0);
  EXPECT_EQ(read.metadata, model.metadata);
  ASSERT_EQ(read.graph.nodes.size(), 1u);
  const Node& node = read.graph.nodes[0];
  EXPECT_THAT(node.inputs, ElementsAre("x", "", "floats"));
  EXPECT_EQ(node.Find("f")->number, -0.25F);
  EXPECT_EQ(node.Find("i")->integer, -3);
  EXPECT_EQ(node.Find("s")->text, "\xc3\xa9");
  EXPECT_THAT(node.Find("is")->ints, ElementsAre(-1, 1LL << 40));
  EXPECT_EQ(node.Find("none")->kind, Attribute::Kind::kInts);
  EXPECT_EQ(node.Find("value")->tensor.floats, model.graph.initializers[0].floats);
  EXPECT_EQ(node.Find("absent"), nullptr);
  for (size_t i = 0; i < model.graph.initializers.size(); ++i) {
    const Tensor& want = model.graph.initializers[i];
    const Tensor& got = read.graph.initializers[i];
    EXPECT_EQ(got.dims, want.dims) << want.name;
    EXPECT_EQ(got.floats, want.floats) << want.name;
    EXPECT_EQ(got.doubles, want.doubles) << want.name;
    EXPECT_EQ(got.ints, want.ints) << want.name;
    EXPECT_EQ(got.strings, want.strings) << want.name;
  }
  EXPECT_THAT(read.graph.inputs[0].shape, ElementsAre(-1, 1));
  EXPECT_EQ(read.graph.outputs[1].kind, ValueInfo::Kind::kMaps);
  EXPECT_EQ(read.graph.outputs[1].element, ElementType::kInt64);
}

TEST(Onnx, WritesTheSameBytesForTheSameModel) {
  EXPECT_EQ(WriteOnnx(MakeModel()), WriteOnnx(MakeModel()));
}

TEST(Onnx, ReadsRawData) {
  const auto read_raw = [](ElementType type, std::string raw, int64_t count) {
    onnx::ModelProto proto = MakeProto();
    onnx::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name("raw");
    tensor->set_data_type(static_cast<int>(type));
    tensor->add_dims(count);
    tensor->set_raw_data(std::move(raw));
    return ReadOnnx(proto.SerializeAsString()).value().graph.initializers.back();
  };
  EXPECT_THAT(read_raw(ElementType::kFloat, std::string("\0\0\x80\x3f", 4), 1).floats, ElementsAre(1.0F));
  EXPECT_THAT(read_raw(ElementType::kInt8, "\xff\x01", 2).ints, ElementsAre(-1, 1));
  EXPECT_THAT(read_raw(ElementType::kUint8, "\xff", 1).ints, ElementsAre(255));
  EXPECT_THAT(read_raw(ElementType::kBool, "\x01", 1).ints, ElementsAre(1));
  EXPECT_THAT(read_raw(ElementType::kInt16, "\xfe\xff", 1).ints, ElementsAre(-2));
  EXPECT_THAT(read_raw(ElementType::kUint16, "\xfe\xff", 1).ints, ElementsAre(65534));
  EXPECT_THAT(read_raw(ElementType::kInt32, "\xff\xff\xff\xff", 1).ints, ElementsAre(-1));
  EXPECT_THAT(read_raw(ElementType::kInt64, "\xff\xff\xff\xff\xff\xff\xff\xff", 1).ints, ElementsAre(-1));
  EXPECT_THAT(read_raw(ElementType::kDouble, std::string("\0\0\0\0\0\0\xf0\x3f", 8), 1).doubles, ElementsAre(1.0));
}

TEST(Onnx, TakesTheHighestOfRepeatedOpsetsAndLeavesOverridableInitializersOut) {
  onnx::ModelProto proto = MakeProto();
  for (const int version : {9, 17, 12}) {
    auto* opset = proto.add_opset_import();
    opset->set_domain("ai.onnx");
    opset->set_version(version);
  }
  auto* input = proto.mutable_graph()->add_input();
  *input = proto.graph().input(0);
  input->set_name("floats");
  const OnnxModel model = ReadOnnx(proto.SerializeAsString()).value();
  EXPECT_EQ(model.opset(""), 17);
  EXPECT_EQ(model.graph.inputs.size(), 2u);
}

TEST(Onnx, GuessesTheTypeOfAttributesFromTheTimeBeforeTypes) {
  onnx::ModelProto proto = MakeProto();
  for (auto& attribute : *proto.mutable_graph()->mutable_node(0)->mutable_attribute()) attribute.clear_type();
  EXPECT_EQ(WriteOnnx(ReadOnnx(proto.SerializeAsString()).value()), WriteOnnx(MakeModel()));
}

TEST(Onnx, SaysWhatIsWrongWithADamagedFile) {
  const auto damaged = [](const auto& damage) {
    onnx::ModelProto proto = MakeProto();
    damage(proto);
    return FailureOf(proto);
  };
  EXPECT_THAT(damaged([](auto& p) { p.clear_graph(); }), HasSubstr("no ONNX graph"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_node(0)->clear_op_type(); }), HasSubstr("no operator"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_node(0)->set_input(0, "y"); }),
              HasSubstr("reads 'y', which nothing before it writes"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_node(0)->set_output(1, "z"); }),
              HasSubstr("writes 'z', which is written already"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_output(0)->set_name("q"); }), HasSubstr("output 'q'"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_input(0)->clear_name(); }), HasSubstr("no name"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_node(0)->mutable_attribute(0)->clear_name(); }),
              HasSubstr("an attribute has no name"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_node(0)->mutable_attribute(0)->set_name("i"); }),
              HasSubstr("attribute 'i' twice"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_initializer(0)->set_dims(0, 4); }),
              HasSubstr("announces 4 values and holds 3"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_initializer(0)->set_dims(0, -4); }),
              HasSubstr("impossible dimensions"));
  EXPECT_THAT(damaged([](auto& p) {
                for (int i = 0; i < 8; ++i) p.mutable_graph()->mutable_initializer(0)->add_dims(int64_t{1} << 33);
              }),
              HasSubstr("impossible dimensions"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_initializer(2)->set_raw_data("ab"); }),
              HasSubstr("strings as raw data"));
  EXPECT_THAT(damaged([](auto& p) { p.mutable_graph()->mutable_initializer(0)->set_raw_data("abc"); }),
              HasSubstr("announces 3 values and holds 3 bytes"));
}

TEST(Onnx, NamesWhatItDoesNotSupport) {
  const auto unsupported = [](const auto& change) {
    onnx::ModelProto proto = MakeProto();
    change(proto);
    const auto model = ReadOnnx(proto.SerializeAsString());
    EXPECT_FALSE(model);
    if (model) return std::string();
    EXPECT_EQ(model.error().code(), Code::kUnimplemented);
    return model.error().ToString();
  };
  EXPECT_THAT(unsupported([](auto& p) { p.add_functions(); }), HasSubstr("functions"));
  EXPECT_THAT(unsupported([](auto& p) { p.mutable_graph()->add_sparse_initializer(); }), HasSubstr("sparse"));
  EXPECT_THAT(unsupported([](auto& p) {
                p.mutable_graph()->mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
              }),
              HasSubstr("tensor 'floats'"));
  EXPECT_THAT(unsupported([](auto& p) { p.mutable_graph()->mutable_initializer(0)->set_data_type(16); }),
              HasSubstr("type 16"));
  EXPECT_THAT(unsupported([](auto& p) {
                auto* attribute = p.mutable_graph()->mutable_node(0)->add_attribute();
                attribute->set_name("body");
                attribute->mutable_g();
                attribute->set_type(onnx::AttributeProto::GRAPH);
              }),
              HasSubstr("Everything of ai.onnx.ml (node 'n'): attribute 'body'"));
  EXPECT_THAT(unsupported([](auto& p) {
                p.mutable_graph()->mutable_input(0)->mutable_type()->mutable_map_type()->set_key_type(7);
              }),
              HasSubstr("'x'"));
}

TEST(Onnx, KeepsToItsLimits) {
  const std::string bytes = WriteOnnx(MakeModel());
  const auto code_of = [&](OnnxLimits limits) {
    const auto model = ReadOnnx(bytes, limits);
    return model ? std::nullopt : std::optional(model.error().code());
  };
  EXPECT_EQ(code_of({}), std::nullopt);
  EXPECT_EQ(code_of({.bytes = bytes.size() - 1}), Code::kResourceExhausted);
  EXPECT_EQ(code_of({.nodes = 0}), Code::kResourceExhausted);
  EXPECT_EQ(code_of({.values = 12}), Code::kResourceExhausted);
}

// Every prefix and a thousand flipped bytes: an error or a model, never a crash; what is read can be written.
TEST(Onnx, SurvivesDamagedBytes) {
  const std::string bytes = WriteOnnx(MakeModel());
  size_t refused = 0;
  const auto read = [&](std::string_view text) {
    const auto model = ReadOnnx(text);
    if (!model) return void(++refused);
    EXPECT_TRUE(ReadOnnx(WriteOnnx(*model)));
  };
  for (size_t length = 0; length < bytes.size(); ++length) read(std::string_view(bytes).substr(0, length));
  EXPECT_GT(refused, bytes.size() / 2);
  SplitMix64 random(7);
  for (int i = 0; i < 1'000; ++i) {
    std::string damaged = bytes;
    damaged[random.NextBelow(bytes.size())] = static_cast<char>(random.Next());
    read(damaged);
  }
}

TEST(Onnx, NamesTheFileItCouldNotRead) {
  const TemporaryDirectory folder = TemporaryDirectory::Make().value();
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "bad.onnx", "not a model"));
  const auto damaged = ReadOnnxFile(folder.path() / "bad.onnx");
  EXPECT_EQ(damaged.error().code(), Code::kDataLoss);
  EXPECT_THAT(damaged.error().ToString(), HasSubstr("bad.onnx"));
  EXPECT_EQ(ReadOnnxFile(folder.path() / "none.onnx").error().code(), Code::kNotFound);
}

TEST(Onnx, NamesElementTypes) {
  EXPECT_EQ(ElementTypeName(ElementType::kInt64), "int64");
  EXPECT_EQ(ElementTypeName(static_cast<ElementType>(16)), "type 16");
}

}  // namespace
}  // namespace slipway::model
