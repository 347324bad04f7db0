#include "slipway/model/onnx_graph.h"

#include <fmt/format.h>

namespace slipway::model {

std::string ElementTypeName(ElementType type) {
  static constexpr std::string_view kNames[] = {"undefined", "float",  "uint8",   "int8",   "uint16",  "int16",
                                                "int32",     "int64",  "string",  "bool",   "float16", "double",
                                                "uint32",    "uint64", "complex", "complex"};
  const size_t number = static_cast<size_t>(type);
  return number < std::size(kNames) ? std::string(kNames[number]) : fmt::format("type {}", number);
}

Tensor Tensor::Of(std::string name, std::vector<int64_t> dims, std::vector<int64_t> values) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = ElementType::kInt64;
  tensor.dims = std::move(dims);
  tensor.ints = std::move(values);
  return tensor;
}

namespace {

Attribute Named(std::string name, Attribute::Kind kind) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.kind = kind;
  return attribute;
}

}  // namespace

Attribute Attribute::Float(std::string name, float value) {
  Attribute attribute = Named(std::move(name), Kind::kFloat);
  attribute.number = value;
  return attribute;
}

Attribute Attribute::Int(std::string name, int64_t value) {
  Attribute attribute = Named(std::move(name), Kind::kInt);
  attribute.integer = value;
  return attribute;
}

Attribute Attribute::Text(std::string name, std::string value) {
  Attribute attribute = Named(std::move(name), Kind::kString);
  attribute.text = std::move(value);
  return attribute;
}

Attribute Attribute::Floats(std::string name, std::vector<float> values) {
  Attribute attribute = Named(std::move(name), Kind::kFloats);
  attribute.floats = std::move(values);
  return attribute;
}

Attribute Attribute::Ints(std::string name, std::vector<int64_t> values) {
  Attribute attribute = Named(std::move(name), Kind::kInts);
  attribute.ints = std::move(values);
  return attribute;
}

Attribute Attribute::Strings(std::string name, std::vector<std::string> values) {
  Attribute attribute = Named(std::move(name), Kind::kStrings);
  attribute.strings = std::move(values);
  return attribute;
}

const Attribute* Node::Find(std::string_view attribute) const {
  for (const Attribute& candidate : attributes) {
    if (candidate.name == attribute) return &candidate;
  }
  return nullptr;
}

std::string Node::Describe() const {
  std::string text = op_type;
  if (!domain.empty()) text += fmt::format(" of {}", domain);
  if (!name.empty()) text += fmt::format(" (node '{}')", name);
  return text;
}

int64_t OnnxModel::opset(std::string_view domain) const {
  const auto found = opsets.find(std::string(domain));
  return found == opsets.end() ? 0 : found->second;
}

}  // namespace slipway::model
