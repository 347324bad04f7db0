// An ONNX model as plain values: what importers write into, what training exports, what scoring compiles. No protobuf
// type appears here. Facts: ONNX IR (onnx.proto); models-and-tracking notes in docs/formats.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::model {

// Numbers as in TensorProto.DataType.
enum class ElementType {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
};
// "float", "int64", "string", …; "type 16" for one without a name here.
std::string ElementTypeName(ElementType type);

// Row-major. Exactly one list is filled, by type: floats (kFloat), doubles (kDouble), strings (kString), ints (all
// integer types and kBool).
struct Tensor {
  std::string name;
  ElementType type = ElementType::kFloat;
  std::vector<int64_t> dims;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;

  size_t size() const { return floats.size() + doubles.size() + ints.size() + strings.size(); }
  static Tensor Of(std::string name, std::vector<int64_t> dims, std::vector<int64_t> values);
};

struct Attribute {
  // Numbers as in AttributeProto.AttributeType.
  enum class Kind { kFloat = 1, kInt = 2, kString = 3, kTensor = 4, kFloats = 6, kInts = 7, kStrings = 8 };

  std::string name;
  Kind kind = Kind::kInt;
  float number = 0;     // kFloat
  int64_t integer = 0;  // kInt
  std::string text;     // kString
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  Tensor tensor;

  static Attribute Float(std::string name, float value);
  static Attribute Int(std::string name, int64_t value);
  static Attribute Text(std::string name, std::string value);
  static Attribute Floats(std::string name, std::vector<float> values);
  static Attribute Ints(std::string name, std::vector<int64_t> values);
  static Attribute Strings(std::string name, std::vector<std::string> values);
};

struct Node {
  std::string op_type;
  std::string domain;  // "" is ai.onnx; "ai.onnx.ml"
  std::string name;
  std::vector<std::string> inputs;  // an optional input that is absent is ""
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;

  const Attribute* Find(std::string_view attribute) const;
  // "TreeEnsembleClassifier (ai.onnx.ml, node 'x')": for error messages.
  std::string Describe() const;
};

// The type of a graph's input or output.
struct ValueInfo {
  enum class Kind { kTensor, kMaps };  // kMaps: a sequence of maps from a label to a float (ZipMap)

  std::string name;
  Kind kind = Kind::kTensor;
  ElementType element = ElementType::kFloat;  // of the tensor; of the maps' keys
  std::vector<int64_t> shape = {};            // -1 = unknown
};

struct OnnxGraph {
  std::string name;
  std::vector<Node> nodes;  // topological order
  std::vector<Tensor> initializers;
  std::vector<ValueInfo> inputs;  // without those that are initializers
  std::vector<ValueInfo> outputs;
};

struct OnnxModel {
  int64_t ir_version = 8;
  std::string producer_name = "slipway";
  std::string producer_version;
  std::map<std::string, int64_t> opsets;  // domain → version; "" is ai.onnx
  std::map<std::string, std::string> metadata;
  OnnxGraph graph;

  int64_t opset(std::string_view domain) const;  // 0 when not imported
};

// Bounds of what is read; a file beyond them is refused (kResourceExhausted).
struct OnnxLimits {
  size_t bytes = size_t{2} << 30;
  size_t nodes = 100'000;
  size_t values = 400'000'000;  // elements of all attributes and tensors
};

// Errors: kDataLoss for a damaged file (the message says what is wrong with it), kUnimplemented for parts that are
// legal but not read here (subgraphs, sparse tensors, external data, functions), naming node and attribute.
Result<OnnxModel> ReadOnnx(std::string_view bytes, const OnnxLimits& limits = {});
Result<OnnxModel> ReadOnnxFile(const std::filesystem::path& path, const OnnxLimits& limits = {});

// The same model gives the same bytes.
std::string WriteOnnx(const OnnxModel& model);

}  // namespace slipway::model
