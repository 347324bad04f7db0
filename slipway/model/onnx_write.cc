#include <onnx/onnx_pb.h>

#include "slipway/model/onnx_graph.h"

namespace slipway::model {
namespace {

void Write(const Tensor& tensor, onnx::TensorProto& out) {
  out.set_name(tensor.name);
  out.set_data_type(static_cast<int>(tensor.type));
  for (const int64_t dim : tensor.dims) out.add_dims(dim);
  out.mutable_float_data()->Add(tensor.floats.begin(), tensor.floats.end());
  out.mutable_double_data()->Add(tensor.doubles.begin(), tensor.doubles.end());
  for (const std::string& text : tensor.strings) out.add_string_data(text);
  switch (tensor.type) {
    case ElementType::kInt64:
      out.mutable_int64_data()->Add(tensor.ints.begin(), tensor.ints.end());
      break;
    case ElementType::kUint32:
    case ElementType::kUint64:
      for (const int64_t value : tensor.ints) out.add_uint64_data(static_cast<uint64_t>(value));
      break;
    default:  // the narrow integers and bool share int32_data
      for (const int64_t value : tensor.ints) out.add_int32_data(static_cast<int32_t>(value));
  }
}

void Write(const Attribute& attribute, onnx::AttributeProto& out) {
  out.set_name(attribute.name);
  out.set_type(static_cast<onnx::AttributeProto::AttributeType>(attribute.kind));
  switch (attribute.kind) {
    case Attribute::Kind::kFloat:
      return out.set_f(attribute.number);
    case Attribute::Kind::kInt:
      return out.set_i(attribute.integer);
    case Attribute::Kind::kString:
      return out.set_s(attribute.text);
    case Attribute::Kind::kTensor:
      return Write(attribute.tensor, *out.mutable_t());
    case Attribute::Kind::kFloats:
      return out.mutable_floats()->Add(attribute.floats.begin(), attribute.floats.end());
    case Attribute::Kind::kInts:
      return out.mutable_ints()->Add(attribute.ints.begin(), attribute.ints.end());
    case Attribute::Kind::kStrings:
      for (const std::string& text : attribute.strings) out.add_strings(text);
      return;
  }
}

void Write(const Node& node, onnx::NodeProto& out) {
  out.set_op_type(node.op_type);
  out.set_domain(node.domain);
  out.set_name(node.name);
  for (const std::string& input : node.inputs) out.add_input(input);
  for (const std::string& output : node.outputs) out.add_output(output);
  for (const Attribute& attribute : node.attributes) Write(attribute, *out.add_attribute());
}

void Write(const ValueInfo& value, onnx::ValueInfoProto& out) {
  out.set_name(value.name);
  if (value.kind == ValueInfo::Kind::kMaps) {
    auto* map = out.mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_map_type();
    map->set_key_type(static_cast<int>(value.element));
    map->mutable_value_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    return;
  }
  auto* tensor = out.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(static_cast<int>(value.element));
  auto* shape = tensor->mutable_shape();
  for (const int64_t dim : value.shape) {
    auto* dimension = shape->add_dim();
    if (dim >= 0) dimension->set_dim_value(dim);
  }
}

void Write(const OnnxGraph& graph, onnx::GraphProto& out) {
  out.set_name(graph.name);
  for (const Node& node : graph.nodes) Write(node, *out.add_node());
  for (const Tensor& tensor : graph.initializers) Write(tensor, *out.add_initializer());
  for (const ValueInfo& input : graph.inputs) Write(input, *out.add_input());
  for (const ValueInfo& output : graph.outputs) Write(output, *out.add_output());
}

}  // namespace

std::string WriteOnnx(const OnnxModel& model) {
  onnx::ModelProto out;
  out.set_ir_version(model.ir_version);
  out.set_producer_name(model.producer_name);
  out.set_producer_version(model.producer_version);
  for (const auto& [domain, version] : model.opsets) {
    auto* opset = out.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }
  for (const auto& [key, value] : model.metadata) {
    auto* entry = out.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  Write(model.graph, *out.mutable_graph());
  return out.SerializeAsString();
}

}  // namespace slipway::model
