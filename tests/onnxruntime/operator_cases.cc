#include "operator_cases.h"

namespace slipway::ort_cases {

using model::Attribute;
using model::ElementType;
using model::Tensor;

std::vector<float> Random::Numbers(size_t count) {
  std::vector<float> numbers;
  for (size_t i = 0; i < count; ++i) numbers.push_back(Number());
  return numbers;
}

std::vector<int64_t> Random::Integers(size_t count, size_t below) {
  std::vector<int64_t> integers;
  for (size_t i = 0; i < count; ++i) integers.push_back(static_cast<int64_t>(Below(below)));
  return integers;
}

std::vector<std::string> Random::Texts(size_t count) {
  static const std::vector<std::string> kTexts = {"", "a", "b", "Bee", "ä", "none", "2", "a longer text with blanks"};
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(Of(kTexts));
  return texts;
}

namespace {

Tensor TensorOf(ElementType type, std::vector<int64_t> dims) {
  Tensor tensor;
  tensor.type = type;
  tensor.dims = std::move(dims);
  return tensor;
}

}  // namespace

Tensor Floats(std::vector<int64_t> dims, std::vector<float> values) {
  Tensor tensor = TensorOf(ElementType::kFloat, std::move(dims));
  tensor.floats = std::move(values);
  return tensor;
}

Tensor Doubles(std::vector<int64_t> dims, const std::vector<float>& values) {
  Tensor tensor = TensorOf(ElementType::kDouble, std::move(dims));
  tensor.doubles.assign(values.begin(), values.end());
  return tensor;
}

Tensor Integers(std::vector<int64_t> dims, std::vector<int64_t> values, ElementType type) {
  Tensor tensor = TensorOf(type, std::move(dims));
  tensor.ints = std::move(values);
  return tensor;
}

Tensor Texts(std::vector<int64_t> dims, std::vector<std::string> values) {
  Tensor tensor = TensorOf(ElementType::kString, std::move(dims));
  tensor.strings = std::move(values);
  return tensor;
}

Tensor NumbersOf(ElementType type, std::vector<int64_t> dims, const std::vector<float>& values) {
  if (type == ElementType::kFloat) return Floats(std::move(dims), values);
  if (type == ElementType::kDouble) return Doubles(std::move(dims), values);
  std::vector<int64_t> integers;
  for (const float value : values) integers.push_back(static_cast<int64_t>(value));
  return Integers(std::move(dims), std::move(integers), type);
}

Attribute TensorAttribute(std::string name, Tensor tensor) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = Attribute::Kind::kTensor;
  attribute.tensor = std::move(tensor);
  attribute.tensor.name = attribute.name;
  return attribute;
}

Case OneNode(std::string op, int64_t ml_version, std::vector<Tensor> inputs, std::vector<Attribute> attributes,
             const std::vector<ElementType>& outputs, double tolerance) {
  Case made;
  made.name = op + " (ai.onnx.ml " + std::to_string(ml_version) + ")";
  made.tolerance = tolerance;
  made.onnx.opsets = {{"", 17}, {"ai.onnx.ml", ml_version}};
  model::Node node;
  node.op_type = std::move(op);
  node.domain = "ai.onnx.ml";
  node.attributes = std::move(attributes);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    node.inputs.push_back(name);
    made.onnx.graph.inputs.push_back({.name = name, .element = inputs[i].type, .shape = inputs[i].dims});
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string name = "y" + std::to_string(i);
    node.outputs.push_back(name);
    made.onnx.graph.outputs.push_back({.name = name, .element = outputs[i], .shape = {-1, -1}});
  }
  made.onnx.graph.name = "one";
  made.onnx.graph.nodes = {std::move(node)};
  made.inputs = std::move(inputs);
  return made;
}

}  // namespace slipway::ort_cases
