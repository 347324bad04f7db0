#include "slipway/client/prepare.h"

#include "slipway/domain/reference.h"

namespace slipway::client {
namespace {

// The reader of YAML files leaves local paths absolute.
bool IsLocal(const std::string& text, domain::AssetKind kind) {
  if (text.empty() || text.starts_with("azureml:")) return false;
  auto reference = domain::ParseReference(text, kind);
  return reference && std::holds_alternative<domain::LocalPath>(*reference);
}

}  // namespace

Status Uploader::ReplaceCode(std::string& code) {
  if (!IsLocal(code, domain::AssetKind::kCode)) return {};
  if (code_folder_.empty()) code_folder_ = code;
  auto known = codes_.find(code);
  if (known == codes_.end()) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string id, UploadCode(workspace_, code, report_));
    known = codes_.emplace(code, std::move(id)).first;
  }
  code = known->second;
  return {};
}

Status Uploader::ReplaceData(std::string& path, domain::AssetKind kind) {
  if (!IsLocal(path, kind)) return {};
  if (datastore_.empty() && workspace_.scope().registry.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(datastore_, DefaultDatastore(workspace_));
  }
  auto known = data_.find(path);
  if (known == data_.end()) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string uri, UploadPath(workspace_, path, kind, datastore_, report_));
    known = data_.emplace(path, std::move(uri)).first;
  }
  path = known->second;
  return {};
}

Status Uploader::ReplaceInputs(std::map<std::string, domain::JobInput>& inputs) {
  for (auto& [key, input] : inputs)
    if (auto* data = std::get_if<domain::DataInput>(&input))
      SLIPWAY_RETURN_IF_ERROR(ReplaceData(
          data->path, data->type.ends_with("_model") ? domain::AssetKind::kModel : domain::AssetKind::kData));
  return {};
}

Status Uploader::ReplaceSweep(domain::SweepSpec& sweep) {
  SLIPWAY_RETURN_IF_ERROR(ReplaceCode(sweep.trial.code));
  return ReplaceInputs(sweep.inputs);
}

Status Uploader::ReplacePipeline(domain::PipelineSpec& pipeline) {
  SLIPWAY_RETURN_IF_ERROR(ReplaceInputs(pipeline.inputs));
  for (auto& [name, step] : pipeline.jobs) {
    SLIPWAY_RETURN_IF_ERROR(ReplaceCode(step.component.code));
    SLIPWAY_RETURN_IF_ERROR(ReplaceInputs(step.inputs));
    if (step.sweep) SLIPWAY_RETURN_IF_ERROR(ReplaceSweep(*step.sweep));
  }
  return {};
}

Status Uploader::ReplaceAll(domain::JobSpec& job) {
  if (auto* command = std::get_if<domain::CommandSpec>(&job.body)) {
    SLIPWAY_RETURN_IF_ERROR(ReplaceCode(command->code));
    return ReplaceInputs(command->inputs);
  }
  if (auto* sweep = std::get_if<domain::SweepSpec>(&job.body)) return ReplaceSweep(*sweep);
  return ReplacePipeline(std::get<domain::PipelineSpec>(job.body));
}

}  // namespace slipway::client
