#include "slipway/scoring/map_inputs.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::Node;
using model::ValueInfo;

constexpr int64_t kKeysMax = 65'536;

bool IsMap(const ValueInfo& input) {
  return input.kind == ValueInfo::Kind::kMaps;
}

Error Cannot(const Node& node, std::string_view why) {
  return Unimplemented(fmt::format("{}: {}", node.Describe(), why));
}

// The keys that become columns, in the order of the node's output.
Result<std::vector<std::string>> KeysOf(const Node& node) {
  std::vector<std::string> keys;
  if (node.op_type == "DictVectorizer") {
    if (const Attribute* texts = node.Find("string_vocabulary")) keys = texts->strings;
    if (const Attribute* integers = node.Find("int64_vocabulary"))
      for (const int64_t key : integers->ints) keys.push_back(std::to_string(key));
  } else if (node.op_type == "CastMap") {
    const Attribute *form = node.Find("map_form"), *size = node.Find("max_map"), *to = node.Find("cast_to");
    if (form == nullptr || form->text != "SPARSE") return Cannot(node, "maps in dense form are not supported");
    if (to != nullptr && to->text != "TO_FLOAT")
      return Cannot(node, fmt::format("cast_to '{}' is not supported", to->text));
    for (int64_t key = 0; key < std::min(size == nullptr ? 1 : size->integer, kKeysMax + 1); ++key)
      keys.push_back(std::to_string(key));
  } else {
    return Cannot(node, "maps as input are not supported: DictVectorizer and CastMap take them");
  }
  if (keys.empty() || static_cast<int64_t>(keys.size()) > kKeysMax)
    return Cannot(node, fmt::format("{} keys: from 1 to {} are supported", keys.size(), kKeysMax));
  return keys;
}

// The node's matrix, made of the keys' columns; NaN stands for a key that is not there.
void AddMatrix(const Node& node, const std::vector<std::string>& keys, model::OnnxGraph& graph) {
  const std::string joined = node.outputs[0] + "/keys";
  graph.nodes.push_back({"Concat", "", node.name, keys, {joined}, {Attribute::Int("axis", 1)}});
  graph.nodes.push_back({"Imputer",
                         "ai.onnx.ml",
                         node.name,
                         {joined},
                         node.outputs,
                         {Attribute::Floats("imputed_value_floats", {0}),
                          Attribute::Float("replaced_value_float", std::numeric_limits<float>::quiet_NaN())}});
}

// Keys become values' names, of which each may stand for one thing.
Status CheckFree(const model::OnnxGraph& graph, const std::string& key) {
  const auto is_key = [&key](const auto& value) { return value.name == key; };
  bool is_taken = std::any_of(graph.inputs.begin(), graph.inputs.end(), is_key) ||
                  std::any_of(graph.initializers.begin(), graph.initializers.end(), is_key);
  for (const Node& node : graph.nodes)
    is_taken = is_taken || std::find(node.outputs.begin(), node.outputs.end(), key) != node.outputs.end();
  if (!is_taken) return {};
  return Unimplemented(fmt::format("the key '{}' of a map has the name of another value of the graph", key));
}

}  // namespace

bool TakesMaps(const model::OnnxGraph& graph) {
  return std::any_of(graph.inputs.begin(), graph.inputs.end(), IsMap);
}

Result<FlatGraph> FlattenMaps(const model::OnnxModel& onnx) {
  FlatGraph flat{onnx, {}};
  model::OnnxGraph& graph = flat.onnx.graph;
  std::erase_if(graph.inputs, IsMap);
  graph.nodes.clear();
  const auto is_map = [&](const std::string& name) {
    return std::any_of(onnx.graph.inputs.begin(), onnx.graph.inputs.end(),
                       [&](const ValueInfo& input) { return input.name == name && IsMap(input); });
  };
  for (const Node& node : onnx.graph.nodes) {
    if (std::none_of(node.inputs.begin(), node.inputs.end(), is_map)) {
      graph.nodes.push_back(node);
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<std::string> keys, KeysOf(node));
    if (node.outputs.empty()) return Cannot(node, "it has no output");
    for (const std::string& key : keys) {
      SLIPWAY_RETURN_IF_ERROR(CheckFree(onnx.graph, key));
      if (std::find(flat.columns.begin(), flat.columns.end(), key) == flat.columns.end()) flat.columns.push_back(key);
    }
    AddMatrix(node, keys, graph);
  }
  for (const std::string& column : flat.columns) graph.inputs.push_back({.name = column, .shape = {-1, 1}});
  return flat;
}

}  // namespace slipway::scoring
