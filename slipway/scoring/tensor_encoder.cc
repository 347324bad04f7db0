#include "slipway/scoring/tensor_encoder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

using Json = nlohmann::json;

std::string Quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Tensor(const std::string& name, std::string_view datatype, Json shape) {
  return {{"name", name}, {"datatype", datatype}, {"shape", std::move(shape)}};
}

// One tensor a column, where columns have names; else one an input of the graph.
Json InputTensors(const InputColumns& columns) {
  Json tensors = Json::array();
  if (columns.is_named()) {
    for (const InputColumn& column : columns.columns())
      tensors.push_back(Tensor(column.name, TensorDatatype(column), {-1, 1}));
    return tensors;
  }
  for (const GraphInput& input : columns.graph_inputs())
    tensors.push_back(Tensor(input.name, TensorDatatype(columns[input.first_column]), {-1, input.width}));
  return tensors;
}

}  // namespace

TensorEncoder::TensorEncoder(const OutputShape& shape)
    : classes_(shape.classes), label_datatype_(shape.integer_labels ? "INT64" : "BYTES"), width_(shape.width) {
  if (!classes_.empty()) outputs_.push_back({shape.label_name, true});
  outputs_.push_back({shape.score_name, false});
  for (const std::string& label : classes_) label_values_.push_back(shape.integer_labels ? label : Quoted(label));
}

Result<const TensorEncoder::Output*> TensorEncoder::Find(std::string_view name) const {
  std::vector<std::string> names;
  for (const Output& output : outputs_) {
    if (output.name == name) return &output;
    names.push_back(output.name);
  }
  return InvalidArgument(fmt::format("the model has no output '{}'; it has '{}'", name, Join(names, "', '")));
}

void TensorEncoder::AppendTensor(const Output& output, size_t rows, std::span<const uint32_t> labels,
                                 std::span<const float> scores, std::string& out) const {
  out.append("{\"name\":").append(Quoted(output.name));
  if (output.is_label) {
    fmt::format_to(std::back_inserter(out), R"(,"datatype":"{}","shape":[{}],"data":[)", label_datatype_, rows);
    for (size_t row = 0; row < rows; ++row) out.append(row > 0 ? "," : "").append(label_values_[labels[row]]);
  } else {
    fmt::format_to(std::back_inserter(out), R"(,"datatype":"FP32","shape":[{},{}],"data":[)", rows, width_);
    for (size_t i = 0; i < rows * width_; ++i) {
      if (i > 0) out += ',';
      AppendScore(scores[i], out);
    }
  }
  out.append("]}");
}

Status TensorEncoder::Encode(const ModelIdentity& model, const TensorRequest& request, size_t rows,
                             std::span<const uint32_t> labels, std::span<const float> scores, std::string& out) const {
  std::vector<const Output*> wanted;
  for (const std::string& name : request.outputs) {
    SLIPWAY_ASSIGN_OR_RETURN(const Output* output, Find(name));
    wanted.push_back(output);
  }
  if (wanted.empty())
    for (const Output& output : outputs_) wanted.push_back(&output);
  out = "{\"model_name\":" + Quoted(model.name);
  if (!model.version.empty()) out += ",\"model_version\":" + Quoted(model.version);
  if (request.id) out += ",\"id\":" + Quoted(*request.id);
  out += ",\"outputs\":[";
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i > 0) out += ',';
    AppendTensor(*wanted[i], rows, labels, scores, out);
  }
  out += "]}";
  return {};
}

std::string TensorEncoder::Describe(const ModelIdentity& model, const InputColumns& columns) const {
  Json outputs = Json::array();
  for (const Output& output : outputs_) {
    Json tensor =
        output.is_label ? Tensor(output.name, label_datatype_, {-1}) : Tensor(output.name, "FP32", {-1, width_});
    if (!output.is_label && !classes_.empty()) tensor["parameters"] = {{"classes", classes_}};
    outputs.push_back(std::move(tensor));
  }
  Json document = {{"name", model.name},
                   {"platform", "onnx_onnxv1"},
                   {"inputs", InputTensors(columns)},
                   {"outputs", std::move(outputs)}};
  if (!model.version.empty()) document["versions"] = Json::array({model.version});
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace slipway::scoring
