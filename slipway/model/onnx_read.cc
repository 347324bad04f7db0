#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>

#include "slipway/model/onnx_graph.h"

namespace slipway::model {
namespace {

// Reads one file; counts what it has read so far against the limits.
class Reader {
 public:
  explicit Reader(const OnnxLimits& limits) : limits_(limits) {}

  // Frees what it has read of `in` as it goes: models of millions of nodes would stand in memory twice.
  Result<OnnxModel> Read(onnx::ModelProto& in);

 private:
  Status Read(onnx::GraphProto& in, OnnxGraph& out);
  Result<Node> Read(onnx::NodeProto& in);
  Result<Attribute> Read(const onnx::AttributeProto& in);
  Result<Tensor> Read(const onnx::TensorProto& in);
  Result<ValueInfo> Read(const onnx::ValueInfoProto& in);
  Status Count(size_t values);

  const OnnxLimits& limits_;
  size_t values_ = 0;
};

Status Reader::Count(size_t values) {
  values_ += values;
  if (values_ <= limits_.values) return {};
  return Error(Code::kResourceExhausted, fmt::format("the ONNX file holds more than {} values", limits_.values));
}

template <typename T>
std::vector<T> RawValues(const std::string& raw) {
  std::vector<T> values(raw.size() / sizeof(T));
  std::memcpy(values.data(), raw.data(), values.size() * sizeof(T));
  return values;
}

template <typename T>
std::vector<int64_t> RawInts(const std::string& raw) {
  const std::vector<T> values = RawValues<T>(raw);
  return {values.begin(), values.end()};
}

size_t ElementWidth(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
    case ElementType::kInt8:
    case ElementType::kBool:
      return 1;
    case ElementType::kUint16:
    case ElementType::kInt16:
      return 2;
    case ElementType::kFloat:
    case ElementType::kInt32:
    case ElementType::kUint32:
      return 4;
    default:
      return 8;
  }
}

void ReadRaw(const std::string& raw, Tensor& out) {
  switch (out.type) {
    case ElementType::kFloat:
      out.floats = RawValues<float>(raw);
      return;
    case ElementType::kDouble:
      out.doubles = RawValues<double>(raw);
      return;
    case ElementType::kUint8:
    case ElementType::kBool:
      out.ints = RawInts<uint8_t>(raw);
      return;
    case ElementType::kInt8:
      out.ints = RawInts<int8_t>(raw);
      return;
    case ElementType::kUint16:
      out.ints = RawInts<uint16_t>(raw);
      return;
    case ElementType::kInt16:
      out.ints = RawInts<int16_t>(raw);
      return;
    case ElementType::kInt32:
      out.ints = RawInts<int32_t>(raw);
      return;
    case ElementType::kUint32:
      out.ints = RawInts<uint32_t>(raw);
      return;
    default:
      out.ints = RawInts<int64_t>(raw);
  }
}

void ReadTyped(const onnx::TensorProto& in, Tensor& out) {
  switch (out.type) {
    case ElementType::kFloat:
      out.floats.assign(in.float_data().begin(), in.float_data().end());
      return;
    case ElementType::kDouble:
      out.doubles.assign(in.double_data().begin(), in.double_data().end());
      return;
    case ElementType::kString:
      out.strings.assign(in.string_data().begin(), in.string_data().end());
      return;
    case ElementType::kInt64:
      out.ints.assign(in.int64_data().begin(), in.int64_data().end());
      return;
    case ElementType::kUint32:
    case ElementType::kUint64:
      for (const uint64_t value : in.uint64_data()) out.ints.push_back(static_cast<int64_t>(value));
      return;
    default:
      out.ints.assign(in.int32_data().begin(), in.int32_data().end());
  }
}

bool IsReadableType(int type) {
  return type >= 1 && type <= 13 && type != static_cast<int>(ElementType::kFloat16);
}

// The number of elements that dims announce; nullopt when they are negative or their product is beyond `limit`.
std::optional<size_t> ElementCount(const std::vector<int64_t>& dims, size_t limit) {
  size_t count = 1;
  for (const int64_t dim : dims) {
    if (dim < 0 || static_cast<size_t>(dim) > limit) return std::nullopt;
    count *= static_cast<size_t>(dim);
    if (count > limit) return std::nullopt;
  }
  return count;
}

Result<Tensor> Reader::Read(const onnx::TensorProto& in) {
  const std::string what = fmt::format("tensor '{}'", in.name());
  if (in.has_data_location() && in.data_location() == onnx::TensorProto::EXTERNAL) {
    return Unimplemented(what + ": data in a file beside the model is not supported yet");
  }
  Tensor out;
  out.name = in.name();
  out.type = static_cast<ElementType>(in.data_type());
  if (!IsReadableType(in.data_type())) {
    return Unimplemented(fmt::format("{}: element type {} is not supported yet", what, ElementTypeName(out.type)));
  }
  out.dims.assign(in.dims().begin(), in.dims().end());
  const std::optional<size_t> count = ElementCount(out.dims, limits_.values);
  if (!count) return DataLoss(what + " has impossible dimensions");
  SLIPWAY_RETURN_IF_ERROR(Count(*count));
  if (in.has_raw_data()) {
    if (out.type == ElementType::kString) return DataLoss(what + " holds strings as raw data");
    if (in.raw_data().size() != *count * ElementWidth(out.type)) {
      return DataLoss(fmt::format("{} announces {} values and holds {} bytes", what, *count, in.raw_data().size()));
    }
    ReadRaw(in.raw_data(), out);
  } else {
    ReadTyped(in, out);
  }
  if (out.size() != *count) {
    return DataLoss(fmt::format("{} announces {} values and holds {}", what, *count, out.size()));
  }
  return out;
}

// Files written before IR 2 carry no type: then the field that is filled tells it.
onnx::AttributeProto::AttributeType TypeOf(const onnx::AttributeProto& in) {
  if (in.type() != onnx::AttributeProto::UNDEFINED) return in.type();
  if (in.has_f()) return onnx::AttributeProto::FLOAT;
  if (in.has_i()) return onnx::AttributeProto::INT;
  if (in.has_s()) return onnx::AttributeProto::STRING;
  if (in.has_t()) return onnx::AttributeProto::TENSOR;
  if (in.floats_size() > 0) return onnx::AttributeProto::FLOATS;
  if (in.strings_size() > 0) return onnx::AttributeProto::STRINGS;
  if (in.has_g() || in.graphs_size() > 0) return onnx::AttributeProto::GRAPH;
  return onnx::AttributeProto::INTS;
}

Result<Attribute> Reader::Read(const onnx::AttributeProto& in) {
  SLIPWAY_RETURN_IF_ERROR(Count(static_cast<size_t>(in.floats_size()) + static_cast<size_t>(in.ints_size()) +
                                static_cast<size_t>(in.strings_size()) + 1));
  if (in.name().empty()) return DataLoss("an attribute has no name");
  switch (TypeOf(in)) {
    case onnx::AttributeProto::FLOAT:
      return Attribute::Float(in.name(), in.f());
    case onnx::AttributeProto::INT:
      return Attribute::Int(in.name(), in.i());
    case onnx::AttributeProto::STRING:
      return Attribute::Text(in.name(), in.s());
    case onnx::AttributeProto::FLOATS:
      return Attribute::Floats(in.name(), {in.floats().begin(), in.floats().end()});
    case onnx::AttributeProto::INTS:
      return Attribute::Ints(in.name(), {in.ints().begin(), in.ints().end()});
    case onnx::AttributeProto::STRINGS:
      return Attribute::Strings(in.name(), {in.strings().begin(), in.strings().end()});
    case onnx::AttributeProto::TENSOR: {
      Attribute attribute;
      attribute.name = in.name();
      attribute.kind = Attribute::Kind::kTensor;
      SLIPWAY_ASSIGN_OR_RETURN(attribute.tensor, Read(in.t()));
      return attribute;
    }
    default:
      return Unimplemented(
          fmt::format("attribute '{}' (a graph, sparse tensor or type) is not supported yet", in.name()));
  }
}

Result<Node> Reader::Read(onnx::NodeProto& in) {
  Node out;
  out.op_type = in.op_type();
  out.domain = in.domain() == "ai.onnx" ? "" : in.domain();
  out.name = in.name();
  if (out.op_type.empty()) return DataLoss("a node has no operator");
  out.inputs.assign(in.input().begin(), in.input().end());
  out.outputs.assign(in.output().begin(), in.output().end());
  out.attributes.reserve(static_cast<size_t>(in.attribute_size()));
  for (onnx::AttributeProto& attribute : *in.mutable_attribute()) {
    SLIPWAY_ASSIGN_OR_RETURN(Attribute read, With(Read(attribute), out.Describe()));
    onnx::AttributeProto().Swap(&attribute);
    if (out.Find(read.name) != nullptr) {
      return DataLoss(fmt::format("{} has attribute '{}' twice", out.Describe(), read.name));
    }
    out.attributes.push_back(std::move(read));
  }
  return out;
}

Result<ValueInfo> Reader::Read(const onnx::ValueInfoProto& in) {
  ValueInfo out;
  out.name = in.name();
  if (out.name.empty()) return DataLoss("an input or output of the graph has no name");
  const onnx::TypeProto& type = in.type();
  if (type.has_sequence_type() && type.sequence_type().elem_type().has_map_type()) {
    out.kind = ValueInfo::Kind::kMaps;
    out.element = static_cast<ElementType>(type.sequence_type().elem_type().map_type().key_type());
    return out;
  }
  if (type.has_map_type() && type.map_type().value_type().tensor_type().elem_type() == onnx::TensorProto::FLOAT) {
    out.kind = ValueInfo::Kind::kMaps;
    out.element = static_cast<ElementType>(type.map_type().key_type());
    return out;
  }
  if (!type.has_tensor_type()) {
    return Unimplemented(fmt::format(
        "'{}': an input or output that is neither a tensor nor a map to floats nor a sequence of such maps is not "
        "supported yet",
        out.name));
  }
  out.element = static_cast<ElementType>(type.tensor_type().elem_type());
  for (const auto& dim : type.tensor_type().shape().dim()) {
    out.shape.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  }
  return out;
}

// Every name is written once, and before it is read.
Status CheckNames(const OnnxGraph& graph) {
  std::unordered_set<std::string_view> known{""};
  for (const Tensor& tensor : graph.initializers) known.insert(tensor.name);
  for (const ValueInfo& input : graph.inputs) known.insert(input.name);
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (!known.contains(input)) {
        return DataLoss(fmt::format("{} reads '{}', which nothing before it writes", node.Describe(), input));
      }
    }
    for (const std::string& output : node.outputs) {
      if (!output.empty() && !known.insert(output).second) {
        return DataLoss(fmt::format("{} writes '{}', which is written already", node.Describe(), output));
      }
    }
  }
  for (const ValueInfo& output : graph.outputs) {
    if (!known.contains(output.name))
      return DataLoss(fmt::format("nothing writes the graph's output '{}'", output.name));
  }
  return {};
}

Status Reader::Read(onnx::GraphProto& in, OnnxGraph& out) {
  out.name = in.name();
  if (static_cast<size_t>(in.node_size()) > limits_.nodes) {
    return Error(Code::kResourceExhausted, fmt::format("the ONNX graph has more than {} nodes", limits_.nodes));
  }
  if (in.sparse_initializer_size() > 0) return Unimplemented("sparse initializers are not supported yet");
  std::unordered_set<std::string> initializer_names;
  for (const onnx::TensorProto& tensor : in.initializer()) {
    SLIPWAY_ASSIGN_OR_RETURN(Tensor read, With(Read(tensor), "initializer"));
    initializer_names.insert(read.name);
    out.initializers.push_back(std::move(read));
  }
  for (onnx::NodeProto& node : *in.mutable_node()) {
    SLIPWAY_ASSIGN_OR_RETURN(Node read, Read(node));
    out.nodes.push_back(std::move(read));
  }
  for (const onnx::ValueInfoProto& input : in.input()) {
    if (initializer_names.contains(input.name())) continue;
    SLIPWAY_ASSIGN_OR_RETURN(ValueInfo read, Read(input));
    out.inputs.push_back(std::move(read));
  }
  for (const onnx::ValueInfoProto& output : in.output()) {
    SLIPWAY_ASSIGN_OR_RETURN(ValueInfo read, Read(output));
    out.outputs.push_back(std::move(read));
  }
  return CheckNames(out);
}

Result<OnnxModel> Reader::Read(onnx::ModelProto& in) {
  if (!in.has_graph()) return DataLoss("the file holds no ONNX graph");
  if (in.functions_size() > 0) return Unimplemented("functions in an ONNX model are not supported yet");
  OnnxModel out;
  out.ir_version = in.ir_version();
  out.producer_name = in.producer_name();
  out.producer_version = in.producer_version();
  // Converters may import a domain twice; the highest version wins, as in ONNX Runtime.
  for (const onnx::OperatorSetIdProto& opset : in.opset_import()) {
    int64_t& version = out.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()];
    version = std::max(version, opset.version());
  }
  for (const onnx::StringStringEntryProto& entry : in.metadata_props()) out.metadata[entry.key()] = entry.value();
  SLIPWAY_RETURN_IF_ERROR(Read(*in.mutable_graph(), out.graph));
  return out;
}

}  // namespace

namespace {

size_t MostBytes(const OnnxLimits& limits) {
  return std::min<size_t>(limits.bytes, INT32_MAX);
}

Result<OnnxModel> ReadStream(google::protobuf::io::CodedInputStream& stream, const OnnxLimits& limits) {
  onnx::ModelProto proto;
  stream.SetTotalBytesLimit(INT32_MAX);
  if (!proto.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return DataLoss("the file is not an ONNX model, or is damaged");
  return Reader(limits).Read(proto);
}

Status CheckBytes(size_t bytes, const OnnxLimits& limits) {
  if (bytes <= MostBytes(limits)) return {};
  return Error(Code::kResourceExhausted,
               fmt::format("the ONNX file has {} bytes, more than {}", bytes, MostBytes(limits)));
}

}  // namespace

Result<OnnxModel> ReadOnnx(std::string_view bytes, const OnnxLimits& limits) {
  SLIPWAY_RETURN_IF_ERROR(CheckBytes(bytes.size(), limits));
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  return ReadStream(stream, limits);
}

// Read piece by piece: the file is never in memory as a whole.
Result<OnnxModel> ReadOnnxFile(const std::filesystem::path& path, const OnnxLimits& limits) {
  std::error_code code;
  const auto bytes = std::filesystem::file_size(path, code);
  std::ifstream file(path, std::ios::binary);
  if (code || !file) return FromErrno(code ? code.value() : errno, fmt::format("cannot read '{}'", path.string()));
  SLIPWAY_RETURN_IF_ERROR(With(CheckBytes(bytes, limits), path.filename().string()));
  google::protobuf::io::IstreamInputStream pieces(&file);
  google::protobuf::io::CodedInputStream stream(&pieces);
  return With(ReadStream(stream, limits), path.filename().string());
}

}  // namespace slipway::model
