#include "slipway/scoring/input_columns.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

using model::DataType;
using model::ElementType;
using Kind = InputColumn::Kind;

Result<GraphInput> InputOf(const model::ValueInfo& value) {
  if (value.kind != model::ValueInfo::Kind::kTensor)
    return Unimplemented(fmt::format("the graph's input '{}' is not a tensor: it is not supported yet", value.name));
  if (value.shape.size() > 2)
    return Unimplemented(fmt::format("the graph's input '{}' has {} dimensions; [N] and [N, columns] are supported",
                                     value.name, value.shape.size()));
  GraphInput input;
  input.name = value.name;
  input.element = value.element;
  input.rank = value.shape.size() == 1 ? 1 : 2;
  const int64_t width = value.shape.size() == 2 ? value.shape[1] : 1;
  input.width = width > 0 ? static_cast<size_t>(width) : 0;
  return input;
}

bool IsInteger(ElementType element) {
  return element == ElementType::kInt64 || element == ElementType::kInt32 || element == ElementType::kBool;
}

bool IsReal(ElementType element) {
  return element == ElementType::kFloat || element == ElementType::kDouble;
}

Result<Kind> KindOf(DataType type, ElementType element, const std::string& column) {
  const bool is_text = element == ElementType::kString;
  if (!is_text && !IsInteger(element) && !IsReal(element))
    return Unimplemented(fmt::format("{}: inputs of type {} are not supported yet", column, ElementTypeName(element)));
  switch (type) {
    case DataType::kString:
    case DataType::kDatetime:
      if (is_text) return Kind::kText;
      break;
    case DataType::kBinary:
      return Unimplemented(fmt::format("{}: binary columns are not supported yet", column));
    case DataType::kBoolean:
      if (!is_text) return Kind::kBoolean;
      break;
    case DataType::kInteger:
    case DataType::kLong:
      if (!is_text && element != ElementType::kBool) return Kind::kInteger;
      break;
    case DataType::kFloat:
    case DataType::kDouble:
      if (IsReal(element)) return Kind::kReal;
      if (IsInteger(element)) return Kind::kInteger;
      break;
  }
  return InvalidArgument(fmt::format("{}: the signature says {}, the graph takes {}", column, DataTypeName(type),
                                     ElementTypeName(element)));
}

void SetLimits(InputColumn& column, ElementType element) {
  if (element == ElementType::kFloat) column.real_limit = std::numeric_limits<float>::max();
  if (column.type == DataType::kInteger || element == ElementType::kInt32) {
    column.integer_min = std::numeric_limits<int32_t>::min();
    column.integer_max = std::numeric_limits<int32_t>::max();
  }
}

Result<InputColumn> ColumnOf(const model::ColumnSpec& spec, const GraphInput& input, size_t input_index, size_t index,
                             bool from_graph) {
  InputColumn column;
  column.name = spec.name;
  column.is_plain_name = !spec.name.empty() && std::none_of(spec.name.begin(), spec.name.end(), [](unsigned char c) {
    return c == '"' || c == '\\' || c < ' ';
  });
  column.type = spec.type;
  column.required = spec.required;
  column.graph_input = input_index;
  SLIPWAY_ASSIGN_OR_RETURN(column.kind, KindOf(spec.type, input.element, column.Describe(index)));
  // Integers have no value for "missing"; a graph alone does not say whether its imputers want one.
  column.nullable = (!spec.required || (from_graph && IsReal(input.element))) && !IsInteger(input.element);
  SetLimits(column, input.element);
  return column;
}

// Columns of a matrix without names of their own.
model::ColumnSpec Unnamed(const model::ColumnSpec& spec) {
  model::ColumnSpec column = spec;
  column.name.clear();
  return column;
}

// What each column of the graph is called and how it is typed, input by input.
using Specs = std::vector<std::vector<model::ColumnSpec>>;

Result<Specs> SpecsByName(const std::vector<GraphInput>& inputs, const model::Signature& signature) {
  Specs specs;
  for (const GraphInput& input : inputs) {
    const model::ColumnSpec* spec = signature.FindInput(input.name);
    if (spec == nullptr)
      return InvalidArgument(fmt::format("the graph takes '{}', which the signature does not have{}", input.name,
                                         DidYouMean(input.name, signature.input_names())));
    if (input.width == 0)
      return InvalidArgument(fmt::format("the graph does not say how many columns its input '{}' has", input.name));
    if (input.width == 1 && spec->tensor_shape.empty())
      specs.push_back({*spec});
    else
      specs.emplace_back(input.width, Unnamed(*spec));
  }
  return specs;
}

// A graph that takes one matrix: columns of the signature in order, or one tensor.
Result<Specs> SpecsOfMatrix(GraphInput& input, const model::Signature& signature) {
  const auto& given = signature.inputs;
  const bool is_tensor = given.size() == 1 && (!given[0].tensor_shape.empty() || (input.width > 1));
  if (input.width == 0) {
    const bool says = is_tensor && given[0].tensor_shape.size() == 2 && given[0].tensor_shape[1] > 0;
    input.width = is_tensor ? (says ? static_cast<size_t>(given[0].tensor_shape[1]) : 0) : given.size();
  }
  if (input.width == 0)
    return InvalidArgument(fmt::format("the graph does not say how many columns its input '{}' has", input.name));
  if (is_tensor) return Specs{std::vector<model::ColumnSpec>(input.width, Unnamed(given[0]))};
  if (given.size() != input.width)
    return InvalidArgument(
        fmt::format("the graph's input '{}' has {} columns, the signature {}", input.name, input.width, given.size()));
  return Specs{given};
}

}  // namespace

std::string InputColumn::Describe(size_t index) const {
  return name.empty() ? fmt::format("column {}", index) : fmt::format("column '{}'", name);
}

Result<InputColumns> InputColumns::Bind(const model::OnnxGraph& graph, const model::Signature& signature,
                                        bool signature_from_graph) {
  InputColumns bound;
  for (const model::ValueInfo& value : graph.inputs) {
    SLIPWAY_ASSIGN_OR_RETURN(GraphInput input, InputOf(value));
    bound.graph_inputs_.push_back(std::move(input));
  }
  const bool one_matrix = bound.graph_inputs_.size() == 1 &&
                          (bound.graph_inputs_[0].width != 1 || !signature.FindInput(bound.graph_inputs_[0].name));
  auto specs =
      one_matrix ? SpecsOfMatrix(bound.graph_inputs_[0], signature) : SpecsByName(bound.graph_inputs_, signature);
  if (!specs) return std::move(specs.error());
  for (size_t input = 0; input < specs->size(); ++input) {
    bound.graph_inputs_[input].first_column = bound.columns_.size();
    for (const model::ColumnSpec& spec : (*specs)[input]) {
      SLIPWAY_ASSIGN_OR_RETURN(InputColumn column, ColumnOf(spec, bound.graph_inputs_[input], input,
                                                            bound.columns_.size(), signature_from_graph));
      if (!column.name.empty() && !bound.index_.emplace(column.name, bound.columns_.size()).second)
        return InvalidArgument(fmt::format("the column '{}' stands twice in the signature", column.name));
      bound.columns_.push_back(std::move(column));
    }
  }
  return bound;
}

std::optional<size_t> InputColumns::Find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> InputColumns::names() const {
  std::vector<std::string> names;
  for (const InputColumn& column : columns_) names.push_back(column.name);
  return names;
}

std::vector<std::string> InputColumns::labels() const {
  std::vector<std::string> labels = names();
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i].empty()) labels[i] = std::to_string(i);
  return labels;
}

}  // namespace slipway::scoring
