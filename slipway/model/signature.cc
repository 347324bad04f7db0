#include "slipway/model/signature.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::model {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 8> kTypeNames = {"boolean", "integer", "long",   "float",
                                                        "double",  "string",  "binary", "datetime"};

// Tensor entries name numpy's types.
struct NumpyType {
  std::string_view name;
  DataType type;
};
constexpr NumpyType kNumpyTypes[] = {
    {"bool", DataType::kBoolean},  {"int32", DataType::kInteger},  {"int64", DataType::kLong},
    {"float32", DataType::kFloat}, {"float64", DataType::kDouble}, {"str", DataType::kString},
    {"object", DataType::kString},
};

Result<DataType> TypeFromJson(const Json& entry, size_t index) {
  const auto found = entry.find("type");
  if (found == entry.end() || !found->is_string()) {
    return InvalidArgument(fmt::format("entry {} of the signature has no 'type'", index));
  }
  const std::string& name = found->get_ref<const std::string&>();
  if (const std::optional<DataType> type = DataTypeFromName(name)) return *type;
  for (const std::string_view nested : {"array", "object", "map", "any", "sparkml_vector"}) {
    if (name == nested) return Unimplemented(fmt::format("type '{}' in a signature is not supported yet", name));
  }
  const std::vector<std::string> known(kTypeNames.begin(), kTypeNames.end());
  return InvalidArgument(
      fmt::format("entry {} of the signature has the unknown type '{}'{}", index, name, DidYouMean(name, known)));
}

Result<ColumnSpec> TensorFromJson(const Json& entry, size_t index) {
  const auto spec = entry.find("tensor-spec");
  if (spec == entry.end() || !spec->is_object() || !spec->contains("dtype") || !spec->contains("shape")) {
    return InvalidArgument(
        fmt::format("tensor entry {} of the signature needs 'tensor-spec' with dtype and shape", index));
  }
  ColumnSpec column;
  const std::string dtype = spec->at("dtype").is_string() ? spec->at("dtype").get<std::string>() : "";
  const auto type = std::find_if(std::begin(kNumpyTypes), std::end(kNumpyTypes),
                                 [&](const NumpyType& candidate) { return candidate.name == dtype; });
  if (type == std::end(kNumpyTypes)) {
    return Unimplemented(fmt::format("a tensor of dtype '{}' in a signature is not supported yet", dtype));
  }
  column.type = type->type;
  for (const Json& dimension : spec->at("shape")) {
    if (!dimension.is_number_integer()) {
      return InvalidArgument(
          fmt::format("the shape of tensor entry {} of the signature is not a list of integers", index));
    }
    column.tensor_shape.push_back(dimension.get<int64_t>());
  }
  if (column.tensor_shape.empty()) return InvalidArgument(fmt::format("tensor entry {} has an empty shape", index));
  return column;
}

Result<ColumnSpec> ColumnFromJson(const Json& entry, size_t index) {
  if (!entry.is_object()) return InvalidArgument(fmt::format("entry {} of the signature is not an object", index));
  ColumnSpec column;
  if (entry.value("type", Json()) == "tensor") {
    SLIPWAY_ASSIGN_OR_RETURN(column, TensorFromJson(entry, index));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(column.type, TypeFromJson(entry, index));
  }
  const Json name = entry.value("name", Json());
  if (name.is_string()) column.name = name.get<std::string>();
  const Json required = entry.value("required", Json());
  const Json optional = entry.value("optional", Json());
  if (required.is_boolean()) {
    column.required = required.get<bool>();
  } else if (optional.is_boolean()) {
    column.required = !optional.get<bool>();
  }
  return column;
}

Json ToJson(const ColumnSpec& column) {
  Json entry = Json::object();
  if (column.tensor_shape.empty()) {
    entry["type"] = DataTypeName(column.type);
  } else {
    entry["type"] = "tensor";
    const auto type = std::find_if(std::begin(kNumpyTypes), std::end(kNumpyTypes),
                                   [&](const NumpyType& candidate) { return candidate.type == column.type; });
    entry["tensor-spec"] = {{"dtype", type == std::end(kNumpyTypes) ? "object" : type->name},
                            {"shape", column.tensor_shape}};
  }
  if (!column.name.empty()) entry["name"] = column.name;
  if (column.tensor_shape.empty()) entry["required"] = column.required;
  return entry;
}

// MLflow's own text has a blank after ',' and ':', and users diff these files.
std::string SpacedDump(const Json& value) {
  std::string text;
  bool in_string = false;
  const std::string dense = value.dump();
  for (size_t i = 0; i < dense.size(); ++i) {
    const char c = dense[i];
    text.push_back(c);
    if (c == '\\' && in_string) {
      text.push_back(dense[++i]);
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ',' || c == ':')) {
      text.push_back(' ');
    }
  }
  return text;
}

Result<std::vector<ColumnSpec>> SideFromJson(const Json& document, const char* side) {
  const auto found = document.find(side);
  if (found == document.end() || found->is_null()) return std::vector<ColumnSpec>();
  if (!found->is_string())
    return InvalidArgument(fmt::format("'{}' of a signature must be a text that holds JSON", side));
  return With(ParseColumnSpecs(found->get_ref<const std::string&>()), side);
}

}  // namespace

std::string_view DataTypeName(DataType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

std::optional<DataType> DataTypeFromName(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<DataType>(found - kTypeNames.begin());
}

const ColumnSpec* Signature::FindInput(std::string_view name) const {
  const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const ColumnSpec& c) { return c.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

std::vector<std::string> Signature::input_names() const {
  std::vector<std::string> names;
  names.reserve(inputs.size());
  for (const ColumnSpec& column : inputs) names.push_back(column.name);
  return names;
}

Result<std::vector<ColumnSpec>> ParseColumnSpecs(std::string_view json) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded() || !document.is_array()) {
    return InvalidArgument("a signature's side must be a JSON list of columns");
  }
  std::vector<ColumnSpec> columns;
  for (size_t i = 0; i < document.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(ColumnSpec column, ColumnFromJson(document[i], i));
    const bool is_repeated = !column.name.empty() && std::any_of(columns.begin(), columns.end(),
                                                                 [&](const auto& c) { return c.name == column.name; });
    if (is_repeated) return InvalidArgument(fmt::format("the signature names column '{}' twice", column.name));
    if (!columns.empty() && columns[0].name.empty() != column.name.empty()) {
      return InvalidArgument("either all columns of a signature have names or none has");
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string PrintColumnSpecs(const std::vector<ColumnSpec>& columns) {
  Json list = Json::array();
  for (const ColumnSpec& column : columns) list.push_back(ToJson(column));
  return SpacedDump(list);
}

Result<Signature> ParseSignature(std::string_view json) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded() || !document.is_object()) return InvalidArgument("a signature must be a JSON object");
  Signature signature;
  SLIPWAY_ASSIGN_OR_RETURN(signature.inputs, SideFromJson(document, "inputs"));
  SLIPWAY_ASSIGN_OR_RETURN(signature.outputs, SideFromJson(document, "outputs"));
  return signature;
}

std::string PrintSignature(const Signature& signature) {
  Json document = Json::object();
  document["inputs"] = PrintColumnSpecs(signature.inputs);
  document["outputs"] = PrintColumnSpecs(signature.outputs);
  document["params"] = nullptr;
  return document.dump();
}

}  // namespace slipway::model
