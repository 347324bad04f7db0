#include "slipway/scoring/compiled_model.h"

#include "slipway/model/model_directory.h"
#include "slipway/scoring/json_model.h"

namespace slipway::scoring {

Result<std::shared_ptr<const CompiledModel>> CompiledModel::Make(const model::OnnxModel& onnx,
                                                                 model::Signature signature, bool signature_from_graph,
                                                                 Path path) {
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
