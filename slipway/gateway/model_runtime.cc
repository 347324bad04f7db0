#include "slipway/gateway/model_runtime.h"

#include <chrono>

#include <fmt/format.h>

#include "slipway/gateway/json_row.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {

Result<std::shared_ptr<ModelRuntime>> ModelRuntime::Load(const WantedDeployment& wanted, int lanes) {
  const std::string& path = wanted.model_path.empty() ? wanted.model_dir : wanted.model_path;
  SLIPWAY_ASSIGN_OR_RETURN(
      auto model, With(scoring::CompiledModel::Load(path),
                       fmt::format("model '{}:{}' cannot be scored", wanted.model_name, wanted.model_version)));
  return std::shared_ptr<ModelRuntime>(new ModelRuntime(std::move(model), lanes));
}

ModelRuntime::ModelRuntime(std::shared_ptr<const scoring::CompiledModel> model, int lanes)
    : model_(std::move(model)), lanes_(static_cast<size_t>(lanes)) {
  for (Lane& lane : lanes_) lane.scratch = model_->MakeScratch();
}

ModelRuntime::~ModelRuntime() = default;

ModelRuntime::Scored ModelRuntime::Score(int lane_index, std::string_view request) {
  Lane& lane = lanes_[static_cast<size_t>(lane_index)];
  const auto started = std::chrono::steady_clock::now();
  const Status status = model_->ScoreJson(request, *lane.scratch, lane.response);
  Scored scored;
  if (status) {
    scored.exec_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  } else {
    scored.status = status.error().code() == Code::kInvalidArgument ? 400 : 500;
    lane.response.clear();
    JsonRow row(lane.response);
    row.Text("message", status.error().message());
    row.Close();
  }
  scored.body = lane.response;
  return scored;
}

}  // namespace slipway::gateway
