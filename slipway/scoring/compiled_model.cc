#include "slipway/scoring/compiled_model.h"

#include <algorithm>

#include "slipway/model/model_directory.h"
#include "slipway/scoring/json_model.h"
#include "slipway/scoring/map_inputs.h"

namespace slipway::scoring {
namespace {

// Keys are optional columns.
model::Signature SignatureOfKeys(const FlatGraph& flat) {
  model::Signature signature = model::SignatureOfGraph(flat.onnx.graph);
  for (model::ColumnSpec& column : signature.inputs) {
    const auto found = std::find(flat.columns.begin(), flat.columns.end(), column.name);
    if (found != flat.columns.end()) column.required = false;
  }
  return signature;
}

Result<std::shared_ptr<const CompiledModel>> MakeOfMaps(const model::OnnxModel& onnx, model::Signature signature,
                                                        bool signature_from_graph, CompiledModel::Path path) {
  SLIPWAY_ASSIGN_OR_RETURN(const FlatGraph flat, FlattenMaps(onnx));
  if (signature_from_graph || signature.inputs.empty())
    return CompiledModel::Make(flat.onnx, SignatureOfKeys(flat), true, path);
  return CompiledModel::Make(flat.onnx, std::move(signature), false, path);
}

}  // namespace

Result<std::shared_ptr<const CompiledModel>> CompiledModel::Make(const model::OnnxModel& onnx,
                                                                 model::Signature signature, bool signature_from_graph,
                                                                 Path path) {
  if (TakesMaps(onnx.graph)) return MakeOfMaps(onnx, std::move(signature), signature_from_graph, path);
  if (signature.inputs.empty()) {
    signature = model::SignatureOfGraph(onnx.graph);
    signature_from_graph = true;
  }
  SLIPWAY_ASSIGN_OR_RETURN(InputColumns columns, InputColumns::Bind(onnx.graph, signature, signature_from_graph));
  std::string why = "asked for";
  if (path == Path::kBest) {
    auto fused = MakeFusedModel(onnx, signature, columns);
    if (fused || fused.error().code() != Code::kUnimplemented) return fused;
    why = fused.error().message();
  }
  return MakeReferenceModel(onnx, std::move(signature), std::move(columns), std::move(why));
}

Result<std::shared_ptr<const CompiledModel>> CompiledModel::Load(const std::filesystem::path& path) {
  SLIPWAY_ASSIGN_OR_RETURN(model::ModelDirectory directory, model::ReadModelDirectory(path));
  SLIPWAY_ASSIGN_OR_RETURN(const model::OnnxModel onnx, model::ReadModel(directory));
  return With(Make(onnx, std::move(directory.signature), directory.signature_from_graph),
              "model '" + directory.onnx_file.string() + "'");
}

}  // namespace slipway::scoring
